"""What is wrong with a file is told with its line, and with what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy.errors import UsageError
from azremedy.playbooks import check_files, load_library, read_playbook
from azremedy.playbooks.documents import Document, read_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = """\
schema: azremedy.playbook/1
code: OwnCode
title: A code of our own.
meaning: It means this.
table: vm
causes:
  - cause: agent-not-ready
    remedies: [restart-vm]
    instructions: [contact-support]
source: us, 2026
"""
STEPS = """\
schema: azremedy.instructions/1
name: own-steps
title: Do this
place: portal
lines: [Look at it.]
source: us, 2026
"""

WRONG = {
    "unknown cause": (
        GOOD.replace("agent-not-ready", "agent-not-redy"),
        "7: unknown cause 'agent-not-redy': did you mean 'agent-not-ready'?",
    ),
    "cause that is like none": (
        GOOD.replace("agent-not-ready", "xyz"),
        "7: unknown cause 'xyz': see 'azremedy playbook schema'",
    ),
    "cause named twice": (
        GOOD.replace("source:", "  - cause: agent-not-ready\nsource:"),
        "10: 'agent-not-ready' is named twice",
    ),
    "unknown remedy": (
        GOOD.replace("restart-vm", "restart-wm"),
        "8: unknown remedy 'restart-wm': did you mean 'restart-vm'?",
    ),
    "unknown instructions": (
        GOOD.replace("contact-support", "contact-suport"),
        "9: unknown instructions 'contact-suport': did you mean 'contact-support'?",
    ),
    "instructions that are like none": (
        GOOD.replace("contact-support", "xyz"),
        "9: unknown instructions 'xyz': no file in 'instructions' has that name",
    ),
    "unknown table": (
        GOOD.replace("table: vm", "table: vmm"),
        "5: unknown table 'vmm': did you mean 'vm'?",
    ),
    "table that is like none": (
        GOOD.replace("table: vm", "table: x"),
        "5: unknown table 'x': known are agent-or-extension, vm, compute, linux-extension, health",
    ),
    "unknown key": (
        GOOD.replace("title:", "titlex:"),
        "3: unknown key 'titlex': did you mean 'title'?",
    ),
    "unknown key of a cause": (
        GOOD.replace("    remedies:", "    remedy:"),
        "8: unknown key 'remedy': did you mean 'remedies'?",
    ),
    "key that is like none": (
        GOOD.replace("    remedies:", "    x:"),
        "8: unknown key 'x': the keys are cause, remedies, instructions, note",
    ),
    "missing key": (GOOD.replace("title: A code of our own.\n", ""), "1: 'title' is missing"),
    "another schema": (
        GOOD.replace("playbook/1", "playbook/2"),
        "1: 'schema' must be 'azremedy.playbook/1'",
    ),
    "number for text": (
        GOOD.replace("A code of our own.", "5"),
        "3: 'title' must be a text",
    ),
    "text for list": (GOOD + "links: a\n", "11: 'links' must be a list"),
    "text for number": (
        GOOD + "numbers:\n  - 4\n  - '5'\n",
        "13: each entry of 'numbers' must be a whole number",
    ),
    "text for truth": (GOOD + "envelope: 'yes'\n", "11: 'envelope' must be true or false"),
    "text for mapping": (
        GOOD.replace("causes:", "causes:\n  - agent-silent"),
        "7: each entry of 'causes' must be a mapping",
    ),
    "a list of causes that is none": (
        GOOD[: GOOD.index("causes:")] + "causes: 5\nsource: us, 2026\n",
        "6: 'causes' must be a list",
    ),
    "code with blanks": (
        GOOD.replace("OwnCode", "Own Code"),
        "2: 'Own Code' is no code: letters and digits only, or a number",
    ),
    "alias with blanks": (
        GOOD + "aliases: [Fine, Not Fine]\n",
        "11: 'Not Fine' is no code: letters and digits only, or a number",
    ),
    "template language": (
        GOOD.replace("It means this.", "'It means {{ this }}.'"),
        "4: a playbook is data: template language has no meaning in it",
    ),
    "control characters": (
        GOOD.replace("It means this.", '"It means \\e[31mthis."'),
        "4: the text holds control characters, which a terminal would obey",
    ),
    "empty text": (GOOD.replace("It means this.", "''"), "4: the text is empty"),
    "title of two lines": (
        GOOD.replace("A code of our own.", "|\n  A code\n  of our own."),
        "3: 'title' must be one line",
    ),
    "number of another code": (
        GOOD + "numbers: [400196]\n",
        "2: '400196' belongs to UserErrorGuestAgentStatusUnavailable already",
    ),
    "key given twice": (GOOD + "code: Again\n", "11: the key 'code' is given twice"),
    "alias": (
        GOOD.replace("title: A", "title: &a A") + "formerly: *a\n",
        "3: an alias (*name) is not plain data: write it out",
    ),
    "tag": (
        GOOD.replace("It means this.", "!!python/name:os.system ''"),
        "4: 'python/name:os.system' is not plain data: use texts, lists and mappings",
    ),
    "merge": (GOOD + "<<: {formerly: x}\n", "11: unknown key '<<'"),
    "key that is no text": (GOOD + "5: x\n", "11: a key must be a text"),
    "no mapping": ("- a\n", "1: the file must be a mapping: key, colon, value"),
    "empty": ("", "1: the file is empty"),
    "no YAML": ("a: [1\nb: 2\n", "2: not YAML: did not find expected ',' or ']'"),
    "several documents": (GOOD + "---\na: b\n", "11: not YAML: but found another document"),
    "a character that YAML refuses": ("a: \x01\n", "1: not YAML: unacceptable character #x0001"),
}
WRONG_STEPS = {
    "unknown place without a schema": (
        STEPS.replace("schema: azremedy.instructions/1\n", "").replace("portal", "porta"),
        "3: unknown place 'porta': did you mean 'portal'?",
    ),
    "unknown word": (
        STEPS.replace("Look at it.", '"Look at {vm_nam}."'),
        "5: unknown word '{vm_nam}': did you mean 'vm_name'?",
    ),
    "word that is like none": (
        STEPS.replace("Look at it.", '"Look at {xyz}."'),
        "5: unknown word '{xyz}': known are location, resource_group, subscription, vm, vm_name",
    ),
    "unknown place": (
        STEPS.replace("place: portal", "place: porta"),
        "4: unknown place 'porta': did you mean 'portal'?",
    ),
    "no name": (
        STEPS.replace("own-steps", "Own_Steps"),
        "2: 'Own_Steps' is no name: small letters and digits, joined by '-'",
    ),
    "nothing to do": (
        STEPS.replace("[Look at it.]", "[]"),
        "1: there is nothing to do: 'lines' and 'commands' are both empty",
    ),
}


@pytest.mark.parametrize("text", [GOOD, STEPS], ids=["playbook", "instructions"])
def test_good_file_has_no_problems(text: str, write: Callable[[str, str], Path]) -> None:
    """A file that holds only what is known is fine."""
    assert () == check_files([write("own.yaml", text)])


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_problem_of_a_playbook_is_told(
    text: str, expected: str, write: Callable[[str, str], Path]
) -> None:
    """A mistake is told with file, line and suggestion; the file is not used."""
    path = write("own.yaml", text)

    told = [str(problem) for problem in check_files([path])]

    assert any(line.startswith(f"{path}:{expected}") for line in told), told
    with pytest.raises(UsageError, match=r"own\.yaml:\d+: "):
        load_library([path])


@pytest.mark.parametrize(("text", "expected"), WRONG_STEPS.values(), ids=WRONG_STEPS)
def test_problem_of_instructions_is_told(
    text: str, expected: str, write: Callable[[str, str], Path]
) -> None:
    """Instructions are held to the same."""
    path = write("instructions/own-steps.yaml", text)

    told = [str(problem) for problem in check_files([path])]

    assert [f"{path}:{expected}"] == told


def test_all_problems_are_told_in_their_order(write: Callable[[str, str], Path]) -> None:
    """One look tells everything, line by line."""
    text = GOOD.replace("title:", "titlex:").replace("table: vm", "table: 5")

    told = [problem.line for problem in check_files([write("own.yaml", text)])]

    assert [1, 3, 5] == told


def test_error_names_the_first_problem_and_counts_the_others(
    write: Callable[[str, str], Path],
) -> None:
    """An error is one line; the check has the rest."""
    path = write("own.yaml", GOOD.replace("title:", "titlex:"))

    with pytest.raises(UsageError) as caught:
        load_library([path])

    assert f"{path}:1: 'title' is missing (and 1 more)" == caught.value.summary
    assert "azremedy playbook check" in caught.value.advice


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A wrong path is a problem of its own."""
    path = tmp_path / "none.yaml"

    told = [str(problem) for problem in check_files([path])]

    assert [f"{path}:1: cannot be read: No such file or directory"] == told


def test_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    """A file in another encoding cannot be read."""
    path = tmp_path / "own.yaml"
    path.write_bytes(b"\xff\xfea")

    (problem,) = check_files([path])

    assert (1, "cannot be read") == (problem.line, problem.message.partition(":")[0])


def test_two_files_cannot_claim_one_code(write: Callable[[str, str], Path]) -> None:
    """Which of them would be used could not be told."""
    first, second = write("a.yaml", GOOD), write("b.yaml", GOOD.replace("OwnCode", "OWNCODE"))

    told = [str(problem) for problem in check_files([first, second])]

    assert [f"{second}:2: 'owncode' belongs to {first} already"] == told


def test_two_files_cannot_claim_one_name(write: Callable[[str, str], Path]) -> None:
    """Names of instructions are unique too."""
    first, second = write("instructions/a.yaml", STEPS), write("instructions/b.yaml", STEPS)

    told = [str(problem) for problem in check_files([first, second])]

    assert [f"{second}:2: 'instructions/own-steps' belongs to {first} already"] == told


def test_instructions_are_no_playbook(write: Callable[[str, str], Path]) -> None:
    """Reading one playbook refuses instructions."""
    with pytest.raises(UsageError, match="these are instructions"):
        read_playbook(write("own.yaml", STEPS))


def test_reading_one_playbook_tells_its_problems(write: Callable[[str, str], Path]) -> None:
    """Reading one playbook refuses what has another form."""
    with pytest.raises(UsageError, match=r"own\.yaml:5: unknown table 'x'"):
        read_playbook(write("own.yaml", GOOD.replace("table: vm", "table: x")))


def test_folder_without_files_is_told(tmp_path: Path) -> None:
    """A folder in which nothing was checked is not called fine."""
    told = [str(problem) for problem in check_files([tmp_path])]

    assert [f"{tmp_path}:1: no *.yaml is in this folder"] == told


def test_nesting_without_end_is_refused(write: Callable[[str, str], Path]) -> None:
    """A file that is nested too deeply is a problem of the file, not a defect."""
    path = write("own.yaml", "a: " + "[" * 5000 + "]" * 5000)

    (problem,) = check_files([path])

    assert problem.message.startswith("not YAML: ")


@pytest.mark.parametrize(
    ("spot", "expected"),
    [
        ((), 1),
        (("causes",), 6),
        (("causes", 0, "cause"), 7),
        (("causes", 0, "note"), 7),
        (("causes", 7), 6),
        (("title", "deeper"), 3),
    ],
)
def test_line_is_that_of_the_deepest_part_that_exists(
    spot: tuple[str | int, ...], expected: int, write: Callable[[str, str], Path]
) -> None:
    """What is missing is told where it should be."""
    document = read_document(write("own.yaml", GOOD))

    assert isinstance(document, Document)
    assert expected == document.make_problem(spot, "x").line
