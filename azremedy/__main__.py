"""Start the program: the console script, and ``python -m azremedy``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process; what needs no command line is answered at once."""
    if sys.argv[1:] == ["--version"]:
        from azremedy.cli.version import describe_version  # noqa: PLC0415 - nothing else is needed

        sys.stdout.write(describe_version())
        return
    from azremedy.cli.main import main as run  # noqa: PLC0415 - loads Click

    run()


if __name__ == "__main__":
    main()
