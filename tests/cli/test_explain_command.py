"""``explain`` tells all about a code, without Azure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.playbooks import load_shipped

if TYPE_CHECKING:
    from tests.support.calls import Call

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "playbooks"
LIMIT = "UserErrorRpCollectionLimitReached"
BOOKS = load_shipped().playbooks


@pytest.mark.parametrize("code", [book.code for book in BOOKS])
def test_every_code_is_explained(code: str, call: Call) -> None:
    """Each code is told with title, meaning, causes and sources, and the exit code is 0."""
    book = next(each for each in BOOKS if each.code == code)

    called = call("explain", code)

    assert (0, "") == (called.code, called.err)
    assert code == called.out.split()[0]
    told = " ".join(called.out.split())
    for part in (book.title, book.meaning, book.formerly, book.source, *book.links):
        assert " ".join(part.split()) in told
    for cause in book.causes:
        assert f"{cause.cause}: " in told


def test_instructions_are_told_whole(call: Call) -> None:
    """Commands stand alone on their lines, unbroken, ready to be copied."""
    library = load_shipped()
    wanted = library.get_instructions(["end-snapshot-access"])[0]

    lines = [line.strip() for line in call("explain", LIMIT).out.splitlines()]

    assert [] == [command for command in wanted.commands if command not in lines]


def test_prose_is_not_wider_than_a_screen(call: Call) -> None:
    """Only commands, names and sources may be long."""
    called = call("explain", "BackUpOperationFailed")

    meaning = called.out.split("\n\n")[1]
    assert [] == [line for line in meaning.splitlines() if len(line) > 100]


@pytest.mark.parametrize(
    ("remedy", "code"),
    [
        ("restart-vm", "UserErrorGuestAgentStatusUnavailable"),
        ("grant-keyvault", "UserErrorKeyvaultPermissionsNotConfigured"),
        ("cancel-job", "UserErrorBackupOperationInProgress"),
    ],
)
def test_flag_of_a_remedy_is_told(remedy: str, code: str, call: Call) -> None:
    """What disrupts is told with the flag that it needs."""
    called = call("explain", code)

    assert f"azremedy fix --vm VM {FLAGS[Remedy(remedy)]}: " in called.out


def test_whether_it_can_be_undone_is_told(call: Call) -> None:
    """Deleting points cannot be undone, and removing a lock can."""
    called = call("explain", LIMIT)

    assert "delete the VM's restore point collections; cannot be undone" in called.out
    assert "take the locks off the restore point group; can be undone" in called.out


def test_what_must_be_looked_at_is_told(call: Call) -> None:
    """A cause that needs a look inside says so; an advisory one says that too."""
    called = call("explain", "ExtensionSnapshotFailedNoNetwork")

    assert "needs: a look inside the VM (azremedy diagnose --look-inside)" in called.out
    assert "(only worth knowing)" in called.out


@pytest.mark.parametrize(
    "asked",
    [
        (LIMIT.lower(),),
        ("The", "job", "says", LIMIT, "again"),
        (f"Error: {LIMIT}.",),
    ],
)
def test_code_is_found_in_any_form(asked: tuple[str, ...], call: Call) -> None:
    """Case does not matter, and a code is found inside pasted text, quoted or not."""
    called = call("explain", *asked)

    assert (0, LIMIT) == (called.code, called.out.split()[0])


def test_number_is_explained(call: Call) -> None:
    """Azure's integer is as good as the name."""
    called = call("explain", "400196")

    assert called.out.startswith("UserErrorGuestAgentStatusUnavailable (400196)\n")


def test_text_is_read_from_standard_input(call: Call) -> None:
    """All codes of a text are explained, in their order there."""
    text = "UserErrorCrpReportedUserError: VMRestorePointInternalError happened"

    called = call("explain", "-", "-o", "json", stdin=text)

    explained = json.loads(called.out)
    assert ["UserErrorCrpReportedUserError", "VMRestorePointInternalError"] == [
        each["playbook"]["code"] for each in explained
    ]


def test_several_explanations_are_told_apart(call: Call) -> None:
    """A rule stands between two codes."""
    called = call("explain", "BackUpOperationFailed UserErrorFsFreezeFailed")

    assert "──────" in called.out
    assert "UserErrorFsFreezeFailed" in called.out


def test_json_holds_everything(call: Call) -> None:
    """Machines get the playbook, causes with remedies, and whole instructions."""
    called = call("explain", LIMIT, "-o", "json")

    explained: dict[str, Any] = json.loads(called.out)[0]
    assert "azremedy.explanation/1" == explained["schema"]
    assert LIMIT == explained["playbook"]["code"]
    first = explained["causes"][0]
    assert ("point-group-locked", False) == (first["cause"], first["advisory"])
    assert {"remedy": "unlock", "flag": "", "reversible": "yes"} == first["remedies"][0]
    assert "end-snapshot-access" in [each["name"] for each in explained["instructions"]]


def test_list_names_every_code_with_its_numbers(call: Call) -> None:
    """Codes come table by table, each once."""
    called = call("explain", "--list")

    lines = called.out.splitlines()
    assert 0 == called.code
    for book in BOOKS:
        assert 1 == len([line for line in lines if line.startswith(f"  {book.code} ")])
    assert "  UserErrorGuestAgentStatusUnavailable 400196  " in called.out


def test_list_as_json(call: Call) -> None:
    """Machines get the list too."""
    listed = json.loads(call("explain", "--list", "-o", "json").out)

    assert sorted(book.code for book in BOOKS) == sorted(each["code"] for each in listed)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("UserErrorRpColectionLimitReached", LIMIT),
        ("CollectionLimit", LIMIT),
        ("ExtensionSnapshotFailedNoNetwrk", "ExtensionSnapshotFailedNoNetwork"),
    ],
)
def test_typo_gets_a_suggestion(asked: str, meant: str, call: Call) -> None:
    """A code that nobody knows is answered with the one that was probably meant."""
    called = call("explain", asked)

    assert (2, "") == (called.code, called.out)
    assert f"Did you mean {meant}" in called.err


def test_nothing_known_in_a_long_text(call: Call) -> None:
    """A long text is not repeated whole."""
    called = call("explain", "nothing " * 40)

    assert 2 == called.code
    assert "..." in called.err
    assert "azremedy explain --list" in called.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "No code is named"),
        (("",), "No code is named"),
        (("--list", LIMIT), "--list takes no code"),
    ],
)
def test_bad_request_is_refused(arguments: tuple[str, ...], expected: str, call: Call) -> None:
    """What cannot be meant is a usage error."""
    called = call("explain", *arguments)

    assert 2 == called.code
    assert expected in called.err


def test_error_as_json(call: Call) -> None:
    """An error is a document as well."""
    called = call("explain", "NoSuchCodeAnywhere", "-o", "json")

    assert "azremedy.error/1" == json.loads(called.out)["schema"]


def test_own_playbook_is_explained(call: Call) -> None:
    """A team's own code is explained with its own instructions."""
    path = EXAMPLES / "ContosoBackupWindowMissed.yaml"

    called = call("explain", "ContosoBackupWindowMissed", "--playbook", str(path))

    assert 0 == called.code
    assert "call-sap-on-call: Ask SAP operations" in called.out


def test_own_playbooks_are_listed(call: Call) -> None:
    """The list holds a team's codes too."""
    path = EXAMPLES / "ContosoBackupWindowMissed.yaml"

    called = call("explain", "--list", "--playbook", str(path))

    assert "  ContosoBackupWindowMissed  The backup began" in called.out


def test_nothing_of_azure_is_loaded() -> None:
    """Explaining loads neither the Azure SDK nor what reads or changes Azure: it starts fast."""
    code = (
        "import sys\n"
        "from azremedy.cli.main import cli\n"
        "cli.main(['explain', '400196'], standalone_mode=False)\n"
        "print('loaded:', *sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = done.stdout.rpartition("loaded:")[2].split()
    slow = ("azure", "aiohttp", "requests", "azremedy.engine", "azremedy.gateways")
    assert [] == [name for name in loaded if name.startswith(slow)]
