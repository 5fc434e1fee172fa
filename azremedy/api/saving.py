"""Keep plans in files, and know them again."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy._version import __version__
from azremedy.domain.plan import Plan
from azremedy.errors import RefusedError, UsageError
from azremedy.wire import from_json, to_document

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "azremedy.plan/1"
"""The form of plans that this version reads and writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """What a plan's file holds."""

    fingerprint: str
    """``find_fingerprint`` of the plan."""
    plan: Plan
    """The plan."""


def find_fingerprint(plan: Plan) -> str:
    """Give the SHA-256 of everything that a plan says, in lower-case hexadecimal digits.

    Two plans with one fingerprint are the same to the last word: steps, reasons, verdicts, the
    loss sheet, who made it, and when. Only secrets in their texts may differ: they are not kept.
    """
    return _hash(to_document(plan))


def save_plan(plan: Plan, path: Path) -> str:
    """Write a plan to a new file that only its owner can read; give its fingerprint.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    if str(path) == "-":
        raise UsageError(
            "A plan is kept in a file that 'azremedy apply' can read, not on standard output",
            advice="Name a new file; -o json writes the plan to standard output.",
        )
    kept = KeptPlan(fingerprint=find_fingerprint(plan), plan=plan)
    text = json.dumps(to_document(kept), indent=2)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise UsageError(
            f"The plan cannot be kept in {path}: {error.strerror or error}",
            advice="Name a new file in a folder that you may write to.",
        ) from error
    return kept.fingerprint


def load_plan(path: Path) -> Plan:
    """Read a plan from a file.

    Its fingerprint guards against a slip of the hand, not against somebody who makes a new one:
    what is approved is the fingerprint, and a plan is made anew before it is carried out.

    Raises:
        UsageError: the file cannot be read, or is no plan.
        RefusedError: it is not as it was written, or is another version's.
    """
    document = _read(path)
    written: dict[str, Any] = document["plan"]
    if document["fingerprint"] != _hash(written):
        raise RefusedError(
            f"{path} is not as it was written: its fingerprint does not fit",
            advice="Make the plan anew; do not edit it.",
        )
    check_version(str(written.get("toolVersion")))
    plan = _parse(path, written)
    if document.keys() != {"fingerprint", "plan"} or find_fingerprint(plan) != _hash(written):
        raise RefusedError(
            f"{path} says more, or less, than a plan of this version: it was made by azremedy "
            f"{plan.tool_version}, and this is {__version__}",
            advice="Carry it out with that version, or make the plan anew.",
        )
    return plan


def check_version(made_by: str) -> None:
    """Refuse what a newer azremedy made: it may mean what this one does not know.

    Raises:
        RefusedError: the message names both versions.
    """
    if _parse_version(made_by) > _parse_version(__version__):
        raise RefusedError(
            f"The plan was made by azremedy {made_by}, and this is {__version__}",
            advice="Install that version or a newer one, or make the plan anew.",
        )


def check_approval(plan: Plan, fingerprint: str) -> None:
    """Refuse a plan that is not the one that was approved.

    Raises:
        RefusedError: the fingerprint is another plan's.
    """
    if fingerprint.strip().lower() != find_fingerprint(plan):
        raise RefusedError(
            "The approval is for another plan than this one",
            advice="Look at the plan, and approve it by its own fingerprint.",
        )


def _hash(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    """Read the file as far as every version's are alike."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        schema = document["plan"]["schema"]
        found = {**document, "fingerprint": document["fingerprint"]}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}", advice="") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _no_plan(path, "nothing in it says that it is one") from error
    if schema != SCHEMA:
        if str(schema).startswith(SCHEMA.rpartition("/")[0]):
            raise RefusedError(
                f"{path} is a plan of the form {schema}, and azremedy {__version__} knows {SCHEMA}",
                advice="Carry it out with the azremedy that made it, or make the plan anew.",
            )
        raise _no_plan(path, f"its form is '{schema}'")
    return found


def _parse(path: Path, written: dict[str, Any]) -> Plan:
    try:
        return from_json(Plan, json.dumps(written))
    except ValueError as error:
        raise _no_plan(path, str(error)) from error


def _no_plan(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is not a plan of this version: {why}",
        advice="'azremedy plan COMMAND … --out FILE' keeps one.",
    )


def _parse_version(text: str) -> tuple[int, ...]:
    """Read the numbers at the front; what is no version is the oldest."""
    numbers = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()
