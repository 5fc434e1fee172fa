"""Walk README's first ten minutes as a newcomer does, and write down how long each command took.

python -m tests.docs.newcomer copies the checkout to a place of its own, types README's commands
there, with a home that nobody has used, and writes the times into README.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
HEAD = "| command | shows | seconds |\n|---|---|---|\n"
ACTIVATE = ". .venv/bin/activate"
# What leads to package registries belongs to the machine, not to its user.
KEPT = re.compile(r"PATH|LANG|PIP_\w+|UV_\w+|\w+_proxy|\w+_PROXY|SSL_\w+|REQUESTS_CA_BUNDLE")


def find_install(readme: str) -> str:
    """Find the command that installs azremedy and plays the demo."""
    return next(line for line in readme.splitlines() if line.endswith("/azremedy demo"))


def find_rows(readme: str) -> list[tuple[str, str]]:
    """Find the commands of the path, each with what it shows."""
    table = readme.partition(HEAD)[2].partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", table, re.MULTILINE)


def write_times(readme: str, installed: float, taken: Mapping[str, float]) -> str:
    """Write the times into README, and where they were taken."""
    rows = "\n".join(
        f"| `{command}` | {shows} | {taken[command]:.1f} |" for command, shows in find_rows(readme)
    )
    before, _, rest = readme.partition(HEAD)
    after = rest.partition("\n\n")[2].partition("\n\n")[2]
    python = platform.python_version()
    told = (
        f"Taken with Python {python} on {os.cpu_count()} cores, with a load of "
        f"{os.getloadavg()[1]:.0f}, by `python -m tests.docs.newcomer`; "
        f"the command above took {installed:.0f} seconds."
    )
    return f"{before}{HEAD}{rows}\n\n{told}\n\n{after}"


def main() -> int:
    """Type the commands; the first that fails ends it, and its code is this program's."""
    readme = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
        checkout, home = Path(folder) / "azremedy", Path(folder) / "home"
        _copy(checkout)
        home.mkdir()
        environment = {k: v for k, v in os.environ.items() if KEPT.fullmatch(k)}
        environment["HOME"] = str(home)
        installed = _type(find_install(readme), checkout, environment)
        taken = {
            command: _type(command, checkout, environment, before=ACTIVATE)
            for command, _ in find_rows(readme)
        }
    README.write_text(write_times(readme, installed, taken), encoding="utf-8")
    return 0


def _copy(target: Path) -> None:
    """Copy what a clone would have, with what is not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def _type(
    command: str, folder: Path, environment: Mapping[str, str], *, before: str = "true"
) -> float:
    """Type one command and give the seconds that it took."""
    sys.stdout.write(f"$ {command}\n")
    sys.stdout.flush()
    started = time.perf_counter()
    subprocess.run(
        ["bash", "-c", f"{before}; {command}"],
        cwd=folder,
        env=dict(environment),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
