"""``azremedy docs``."""

from __future__ import annotations

from pathlib import Path

import click

from azremedy.cli import console
from azremedy.cli.completion import SHELLS, write_script
from azremedy.cli.manual import make_command_pages
from azremedy.errors import UsageError
from azremedy.report.pages.fixes import make_fixes_page
from azremedy.report.pages.man import write_man
from azremedy.report.pages.markdown import write_markdown
from azremedy.report.words import plural

SCRIPTS = {
    "bash": "azremedy.bash",
    "zsh": "_azremedy",
    "fish": "azremedy.fish",
    "powershell": "azremedy.ps1",
}
"""The completion scripts' names, as the shells' folders want them."""


def write_pages() -> dict[str, str]:
    """Write all pages, by their paths in the folder. The same program writes the same."""
    fixes, commands = make_fixes_page(), make_command_pages()
    pages = {"azremedy-fixes.md": write_markdown(fixes), "man7/azremedy-fixes.7": write_man(fixes)}
    for page in commands:
        pages[f"commands/{page.name}.md"] = write_markdown(page)
        pages[f"man1/{page.name}.1"] = write_man(page)
    return pages | {f"completions/{SCRIPTS[shell]}": write_script(shell) for shell in SHELLS}


@click.command("docs")
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where to write them; made if it is not there. Pages of an earlier time are replaced.",
)
def command(folder: Path) -> None:
    """Write the manual of this version: Markdown, man pages and completion scripts.

    A page for each command with its options, examples, permissions and exit codes, and one that
    says of every fix what is lost, how it is undone and what it needs. Asks nothing of Azure.

    \b
    Examples:
      azremedy docs --out azremedy-manual
      man azremedy-manual/man1/azremedy-fix.1
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    pages = write_pages()
    try:
        for name, text in pages.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}", advice="Name another folder."
        ) from error
    console.conversation().print(f"{plural(len(pages), 'page')} in {folder}", markup=False)
