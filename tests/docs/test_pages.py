"""The manual: written by the program, the same each time, and as it is shipped."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy.cli.docs import write_pages
from azremedy.cli.main import COMMANDS, cli
from azremedy.domain import command_needs
from azremedy.domain.consequences import CONSEQUENCES
from azremedy.report.pages.document import Code, Document, Heading, Paragraph, Table, Term, Terms
from azremedy.report.pages.man import write_man
from azremedy.report.pages.markdown import write_markdown
from tests.support.command_lines import list_commands, list_examples

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "azremedy" / "pages"
ANEW = "Write them anew: azremedy docs --out azremedy/pages"
CONSTRAINTS = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
CLICK = version("click")
PLACES = (("commands/", ".md"), ("man1/", ".1"))


@pytest.fixture(scope="module")
def pages() -> Mapping[str, str]:
    """Write all pages once."""
    return write_pages()


@pytest.fixture(scope="module")
def man(pages: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Put the man pages into files."""
    folder = tmp_path_factory.mktemp("man")
    told = {Path(name).name: text for name, text in pages.items() if name.startswith("man")}
    for name, text in told.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


@pytest.mark.skipif(
    f"click=={CLICK}\n" not in CONSTRAINTS, reason="another Click words options its own way"
)
def test_shipped_pages_are_what_the_program_writes(pages: Mapping[str, str]) -> None:
    """What is in the wheel is of this very version."""
    shipped = {
        path.relative_to(SHIPPED).as_posix(): path.read_text(encoding="utf-8")
        for path in SHIPPED.rglob("*")
        if path.is_file()
    }

    assert [] == sorted(set(pages) ^ set(shipped)), ANEW
    assert [] == [name for name, text in pages.items() if shipped[name] != text], ANEW


def test_pages_are_written_the_same_each_time(pages: Mapping[str, str], tmp_path: Path) -> None:
    """In another process, with other hashes, and over what was there before."""
    (tmp_path / "azremedy-fixes.md").write_text("an earlier version's")
    command = [sys.executable, "-m", "azremedy", "docs", "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)

    written = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes().decode()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert pages == written


def test_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "man7").write_text("a file")

    result = CliRunner().invoke(cli, ["docs", "--out", str(tmp_path)])

    assert 2 == result.exit_code
    assert f"{tmp_path} cannot be written" in result.stderr


@pytest.mark.parametrize("name", [name for name in list_commands() if not name.startswith("plan ")])
def test_every_option_and_example_is_on_the_page(pages: Mapping[str, str], name: str) -> None:
    """A command below another stands on the other's page."""
    command = list_commands()[name]
    words = ["azremedy", *name.split()[:1]]

    markdown, man = (pages[f"{place}{'-'.join(words)}{end}"] for place, end in PLACES)

    options = [each for option in command.params for each in option.opts if each.startswith("--")]
    assert [] == [each for each in options if each not in markdown]
    assert [] == [each for each in options if each.replace("-", r"\-") not in man]
    help_ = CliRunner().invoke(cli, [*name.split(), "--help"]).output
    examples = list_examples(help_.partition("Examples:")[2])
    assert [] == [each for each in examples if f"azremedy {each}" not in markdown]
    assert examples


@pytest.mark.parametrize("form", command_needs.COMMANDS)
def test_every_permission_and_step_of_a_command_is_on_its_page(
    pages: Mapping[str, str], form: str
) -> None:
    """Of each form of the command: what it reads, what it does, and what flags allow."""
    needs = command_needs.COMMANDS[form]
    name = form.partition(" ")[0]
    page = pages[f"commands/azremedy-{name}.md"].partition("## What it changes\n")[2]
    changes, permissions = (
        part.partition(f"### azremedy {form}\n")[2].partition("\n##")[0]
        for part in page.partition("\n## Permissions\n")[::2]
    )

    assert [] == [use.action for use in needs.uses if f"`{use.action}`" not in permissions]
    kinds = [kind for kind in (*needs.steps, *needs.optional) if CONSEQUENCES[kind].changes]
    assert [] == [kind for kind in kinds if CONSEQUENCES[kind].does not in changes]


def test_links_lead_to_pages(pages: Mapping[str, str]) -> None:
    """From each page to the next, inside the folder."""
    found = [
        (name, target)
        for name, text in pages.items()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)]+)\)", text)
    ]

    assert len(found) > len(COMMANDS)
    for name, target in found:
        resolved = (Path("/") / name).parent / target
        assert resolved.resolve().relative_to("/").as_posix() in pages


def test_groff_has_nothing_against_the_man_pages(man: list[Path]) -> None:
    """With all its warnings on; where it is not installed nothing is proven."""
    if (groff := shutil.which("groff")) is None:
        pytest.skip("groff is not installed")

    for path in man:
        done = subprocess.run(
            [groff, "-man", "-Tutf8", "-ww", "-rLL=100n", str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "" == done.stderr
        assert "azremedy" in done.stdout


def test_mandoc_misses_only_the_date(man: list[Path]) -> None:
    """The pages have none, so that the same program makes the same pages."""
    if (mandoc := shutil.which("mandoc")) is None:
        pytest.skip("mandoc is not installed")

    told = subprocess.run(
        [mandoc, "-Tlint", "-Wwarning", *map(str, man)], capture_output=True, text=True, check=False
    ).stdout

    assert len(man) == len(told.splitlines())
    assert {'missing date, using "": TH'} == set(re.findall(r"WARNING: (.*)", told))


def test_wheel_has_the_manual_where_shells_and_man_look(tmp_path: Path) -> None:
    """Each page once, and the program's own modules that write them."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]

    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    shared = {name.partition("/data/share/")[2] for name in names if "/data/share/" in name}
    assert {
        "bash-completion/completions/azremedy",
        "fish/vendor_completions.d/azremedy.fish",
        "zsh/site-functions/_azremedy",
        "azremedy/azremedy.ps1",
        "doc/azremedy/azremedy-fixes.md",
        "man/man7/azremedy-fixes.7",
        "man/man1/azremedy.1",
        *(f"man/man1/azremedy-{name}.1" for name in COMMANDS),
        "doc/azremedy/commands/azremedy.md",
        *(f"doc/azremedy/commands/azremedy-{name}.md" for name in COMMANDS),
    } == shared
    assert "azremedy/report/pages/man.py" in names
    assert [] == [name for name in names if name.startswith("azremedy/pages/")]


STRANGE = Document(
    name="azremedy-strange",
    title="azremedy strange",
    summary="Say 'no' to -x, \\n and .x.",
    section=1,
    blocks=(
        Heading(text="A *heading*"),
        Paragraph(text="'Quoted' at first. It says `a_b *`, *not* <b>, snake_case, x < y."),
        Code(lines=(".profile", "'$HOME' \\", "a `b` ~ ^")),
        Terms(terms=(Term(term="--x A|B", text="Y."), Term(term="z", text="Z.", page="../z"))),
        Heading(text='In "quotes"', level=3),
        Table(head=("a", "b", "c"), rows=(("1", "x|y", ""), ("`2`", ".p", "q"))),
    ),
)


def test_markdown_has_no_marks_that_were_not_meant() -> None:
    """Outside of code, marks are escaped, and only where they would be marks."""
    assert (
        "# azremedy strange\n\n"
        "Say 'no' to -x, \\n and .x.\n\n"
        "## A *heading*\n\n"
        "'Quoted' at first.\nIt says `a_b *`, \\*not\\* \\<b>, snake_case, x < y.\n\n"
        "```sh\n.profile\n'$HOME' \\\na `b` ~ ^\n```\n\n"
        "* `--x A|B`: Y.\n* [`z`](../z.md): Z.\n\n"
        '### In "quotes"\n\n'
        "| a | b | c |\n|---|---|---|\n| 1 | x\\|y |  |\n| `2` | .p | q |\n"
    ) == write_markdown(STRANGE)


def test_man_has_no_requests_that_were_not_meant() -> None:
    """Neither at the beginning of a line nor by a backslash, and every sign is itself."""
    assert (
        '.TH "AZREMEDY-STRANGE" "1" "" "azremedy" "azremedy"\n.nh\n.ad l\n'
        ".SH NAME\nazremedy\\-strange \\- Say \\(aqno\\(aq to \\-x, \\en and .x\n"
        '.SH "A *HEADING*"\n'
        "\\(aqQuoted\\(aq at first. It says \\fBa_b *\\fR, *not* <b>, snake_case, x < y.\n"
        ".PP\n.RS 4\n.nf\n\\&.profile\n\\(aq$HOME\\(aq \\e\na \\(gab\\(ga \\(ti \\(ha\n.fi\n.RE\n"
        ".TP\n\\fB\\-\\-x A|B\\fR\nY.\n.TP\n\\fBz\\fR\nZ.\n"
        '.SS "In \\(dqquotes\\(dq"\n'
        ".TP\n\\fB1\\fR\nb: x|y\n.TP\n\\fB2\\fR\nb: .p\n.br\nc: q\n"
    ) == write_man(STRANGE)
