"""``azremedy report``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azremedy import wire
from azremedy.api.reporting import is_scan, report_plan, tell_run
from azremedy.api.runs import read_run
from azremedy.cli import console
from azremedy.cli.names import complete_runs
from azremedy.cli.output import answer, asked
from azremedy.cli.run_options import check_run_id, open_runs, place_options
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from azremedy.domain.estate import Scan
    from azremedy.engine.store import Store
    from azremedy.report.material import Material

_FORMS = {
    "html": "one page for a browser, which needs nothing else",
    "md": "Markdown, for a ticket or a pull request",
    "json": "JSON, for machines",
    "junit": "JUnit XML, for pipelines",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One thing in each form; what nobody asks for is not written."""

    document: object
    """The domain value that JSON is made of."""
    md: Callable[[], str]
    """Writes Markdown."""
    html: Callable[[], str]
    """Writes a page."""
    junit: Callable[[], str]
    """Writes JUnit XML."""

    def write(self, form: str) -> str:
        """Write it in one of the forms."""
        if form == "json":
            return wire.to_json(self.document) + "\n"
        return {"md": self.md, "html": self.html, "junit": self.junit}[form]()


def _file_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add a file for each form."""
    for form, told in reversed(_FORMS.items()):
        option = click.option(
            f"--{form}",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help=f"Write into a new file: {told}.",
        )
        command = option(command)
    return command


@click.command("report")
@click.argument("what", metavar="RUN|PLAN|SCAN", shell_complete=complete_runs)
@_file_options
@place_options
def command(
    *,
    what: str,
    rehearsals: bool,
    state: str | None,
    output: str,  # noqa: ARG001 - -o is kept by its option
    **files: Path | None,
) -> None:
    """Tell a run, a kept plan or a kept scan as a document.

    Causes with the facts they rest on, steps with their outcome and request ids, the loss sheet,
    and how to go on. The page also draws each VM's backup world before and after, and when each
    step was done. On the terminal it is Markdown.

    \b
    Examples:
      azremedy report 20261120T080000Z-7f593ab0 --html report.html
      azremedy report plan.json --md plan.md
      azremedy report scan.json --html scan.html --junit scan.xml
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    named = {form: path for form, path in files.items() if path is not None}
    if there := next((path for path in named.values() if path.exists()), None):
        raise UsageError(f"{there} is there already", advice="Name a new file.")
    if Path(what).is_file():
        told = _read_file(Path(what))
    else:
        with open_runs(state, rehearsals=rehearsals) as store:
            told = _read_run(what, store)
    for form, path in named.items():
        _write(path, told.write(form))
        console.conversation().print(f"Written: {path}", markup=False, soft_wrap=True)
    if not asked().for_people or not named.keys() - {"md"}:
        answer(told.document, lambda _: click.echo(told.md(), nl=False))


def _read_run(run_id: str, store: Store) -> _Told:
    found = read_run(store, check_run_id(run_id))
    title = f"Run {found.past.run_id}: {found.past.plan.command}, {found.state}"
    return _tell(tell_run(found, store), found, title)


def _read_file(path: Path) -> _Told:
    from azremedy.api.scan import load_scan  # noqa: PLC0415 - most reports are of runs

    if is_scan(path):
        return _tell_scan(load_scan(path), str(path))
    material = report_plan(path)
    return _tell(material, material.plan, f"Plan: {material.plan.command}")


def _tell(material: Material, document: object, title: str) -> _Told:
    from azremedy.report import html, junit, runs_text  # noqa: PLC0415 - templates take time

    return _Told(
        document=document,
        md=lambda: runs_text.write_markdown(
            material.plan, material.results, title=title, locks=material.locks_off
        ),
        html=lambda: html.write_html(material),
        junit=lambda: junit.write_junit(material),
    )


def _tell_scan(scan: Scan, file: str) -> _Told:
    from azremedy.report import html, junit, scan_markdown  # noqa: PLC0415 - see above

    return _Told(
        document=scan,
        md=lambda: scan_markdown.write_scan_markdown(scan, file),
        html=lambda: html.write_scan_html(scan, file),
        junit=lambda: junit.write_scan_junit(scan),
    )


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}", advice="Name a new file."
        ) from error
