"""Defaults that outlast a command line: a table of settings, and the file that keeps them.

What is given with a flag goes first, then the environment, then the file, then the flag's own
default.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azremedy.errors import UsageError
from azremedy.report.formats import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterable

SECTION = "[defaults]"
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True}
_BOOLEANS |= {"false": False, "no": False, "off": False, "0": False}
_MAX_TARGETS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A default that a person may choose once."""

    flag: str
    """The flag that it stands for; without its dashes it is the setting's name."""
    variables: tuple[str, ...]
    """Environment variables that are looked at before the file, the first that is set wins."""
    help: str
    """What it does, and what it may be."""
    read: Callable[[str], object]
    """Reads the text of the file; raises ``ValueError`` with what is wrong."""

    @property
    def name(self) -> str:
        """The setting's name in the file."""
        return self.flag.removeprefix("--")


def _any_text(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _form(text: str) -> str:
    if text not in FORMS:
        raise ValueError(f"is none of {', '.join(FORMS)}")
    return text


def _switch(text: str) -> bool:
    if (found := _BOOLEANS.get(text.lower())) is None:
        raise ValueError("is neither true nor false")
    return found


def _fewer_targets(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MAX_TARGETS):
        raise ValueError(f"is not a number from 1 to {_MAX_TARGETS}: a file may only allow less")
    return int(text)


def _setting(
    flag: str, help_: str, read: Callable[[str], object], *more_variables: str
) -> tuple[str, Setting]:
    name = flag.removeprefix("--")
    variables = ("AZREMEDY_" + name.replace("-", "_").upper(), *more_variables)
    return name, Setting(flag=flag, variables=variables, help=help_, read=read)


SETTINGS = dict(
    (
        _setting("--output", f"Form of the answer: {', '.join(FORMS)}.", _form),
        _setting(
            "--subscription",
            "Subscription by id or name. Behind it: AZURE_SUBSCRIPTION_ID, the Azure CLI's own.",
            _any_text,
        ),
        _setting("--resource-group", "Group of VMs that are given by name.", _any_text),
        _setting("--tenant", "Tenant to sign in to.", _any_text),
        _setting(
            "--cloud",
            "public, china, usgov, or the https URL of a cloud's metadata.",
            _any_text,
            "ARM_CLOUD_METADATA_URL",
        ),
        _setting("--read-only", "Whether nothing at all may be changed: true or false.", _switch),
        _setting("--only-show-errors", "Whether only errors are told: true or false.", _switch),
        _setting("--max-targets", "Refuse more targets: 1 to 20 in the file.", _fewer_targets),
    )
)
"""All settings. None of them can open, disrupt or destroy anything, or answer a question."""

NEVER = frozenset(
    {
        "accept-loss",
        "accept-unknown-rights",
        "agent-not-ready",
        "all",
        "all-failed",
        "allow-storage",
        "approve",
        "cancel-job",
        "deallocate",
        "during-job",
        "grant-keyvault",
        "include-inherited",
        "look-inside",
        "max-backups-per-day",
        "orphaned",
        "reapply",
        "redeploy",
        "restart",
        "resume-protection",
        "run-command",
        "unlock",
        "yes",
    }
)
"""Flags that allow, widen or confirm a change. They are given each time, on the command line."""


def find_file() -> Path:
    """Name the file, which need not exist; ``AZREMEDY_CONFIG_DIR`` names another folder."""
    if named := os.environ.get("AZREMEDY_CONFIG_DIR"):
        return Path(named) / "config"
    from platformdirs import user_config_path  # noqa: PLC0415 - 10 ms that few calls need

    return user_config_path("azremedy", appauthor=False) / "config"


def read_file(path: Path) -> dict[str, tuple[int, str]]:
    """Read the names in the file, each with its line and its text; nothing is judged yet.

    Raises:
        UsageError: it cannot be read, or a line is neither a comment nor ``name = value``.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}", advice="Repair or remove it."
        ) from error
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line[0] in "#;" or line == SECTION:
            continue
        name, sign, value = line.partition("=")
        if not sign or line.startswith("["):
            raise UsageError(
                f"{path}, line {number}: '{line}' is not 'name = value' under {SECTION}",
                advice="See 'azremedy config --help'.",
            )
        found[name.strip()] = (number, value.strip())
    return found


def check_name(name: str, where: str = "") -> Setting:
    """Find a setting by its name.

    Raises:
        UsageError: there is none; the message says why not, or which one was probably meant.
    """
    plain = name.removeprefix("--").replace("_", "-").lower()
    if (setting := SETTINGS.get(plain)) is not None:
        return setting
    if plain in NEVER:
        raise UsageError(
            f"{where}'{name}' cannot be a default: it allows, widens or confirms a change, and a "
            "file that was written long ago must not decide that",
            advice=f"Give --{plain} each time that you mean it.",
        )
    from difflib import get_close_matches  # noqa: PLC0415 - only for typos

    near = get_close_matches(plain, SETTINGS, n=1)
    meant = f" Did you mean '{near[0]}'?" if near else ""
    raise UsageError(
        f"{where}there is no setting '{name}'.{meant}", advice=f"There are: {', '.join(SETTINGS)}."
    )


def check_value(setting: Setting, text: str, where: str = "") -> object:
    """Read a setting's text.

    Raises:
        UsageError: it is not what the setting takes.
    """
    try:
        return setting.read(text)
    except ValueError as error:
        raise UsageError(
            f"{where}{setting.name}: '{text}' {error}", advice="See 'azremedy config --help'."
        ) from error


def read_settings(path: Path) -> dict[str, object]:
    """Read all settings of the file.

    Raises:
        UsageError: something in it is unknown, forbidden or malformed; the message names the line.
    """
    found = {}
    for name, (number, text) in read_file(path).items():
        where = f"{path}, line {number}: "
        setting = check_name(name, where)
        found[setting.name] = check_value(setting, text, where)
    return found


def default_of(name: str, otherwise: object = None) -> Callable[[], object]:
    """Make a default that looks into the file when a command runs."""

    def find() -> object:
        context = click.get_current_context(silent=True)
        # A file that cannot be read must not break completion, which has nobody to tell.
        if context is not None and context.resilient_parsing:
            return otherwise
        return read_settings(find_file()).get(name, otherwise)

    return find


def list_variables(name: str) -> list[str]:
    """List the environment variables of a setting, for its option."""
    return list(SETTINGS[name].variables)


def change_lines(lines: Iterable[str], name: str, value: str | None) -> list[str]:
    """Give the file's lines with a setting changed in its place, added, or taken out."""
    made, written = [], value is None
    for line in lines:
        if line.partition("=")[0].strip().replace("_", "-").lower() != name:
            made.append(line)
        elif not written:
            made.append(f"{name} = {value}")
            written = True
    if written:
        return made
    head = [] if SECTION in map(str.strip, made) else [SECTION]
    return [*head, *made, f"{name} = {value}"]
