"""How much is told on stderr, and that it is told once."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.cli.debugging import Talk
from azremedy.cli.listening import Voice
from azremedy.gateways.request_log import LOGGER, Told
from azremedy.redaction import MARK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

LIMIT = ("--vm", "web-1", "--sandbox", "restore-point-limit")
FIX = ("clean-rpc", *LIMIT, "--unlock", "--yes")
REQUEST = re.compile(
    r"^ *[\d.]+ (debug|info): (?P<method>[A-Z]+) (?P<url>https://\S+): (?P<status>\d+|no answer) "
    r"in \d+\.\d\d s(, request (?P<id>[0-9a-f-]{36}))?(, try (?P<attempt>\d+))?$",
    re.MULTILINE,
)
NAMES = ("azremedy", "azure", "msal", "urllib3", "azremedy.gateways.request_log")


def requests_of(err: str) -> list[dict[str, str | None]]:
    """Read the lines that tell of requests."""
    return [found.groupdict() for found in REQUEST.finditer(err)]


def exchanges_of(record: Path) -> list[dict[str, Any]]:
    """Read what was recorded."""
    return [json.loads(line) for line in record.read_text().splitlines()]


def write_world(folder: Path, *faults: object) -> Path:
    """Write a world at its limit in which something goes wrong on the way."""
    path = folder / "troubled.yaml"
    head = {"schema": "azremedy.sandbox/1", "name": "troubled", "title": "Trouble."}
    path.write_text(json.dumps({**head, "extends": "restore-point-limit", "faults": faults}))
    return path


def test_debug_tells_each_request_once(call: Call, tmp_path: Path) -> None:
    """With its method, address, status, duration and request id, in the order of the answers."""
    record = tmp_path / "exchanges.jsonl"

    told = requests_of(call(*FIX, "--debug", "--record", str(record)).err)

    sent = exchanges_of(record)
    assert sorted(each["response_headers"]["x-ms-request-id"] for each in sent) == sorted(
        str(each["id"]) for each in told
    )
    assert sorted(each["method"] for each in sent) == sorted(str(each["method"]) for each in told)
    assert {str(each["status"]) for each in sent} == {each["status"] for each in told}
    assert all("api-version=20" in str(each["url"]) for each in told)


def test_debug_ends_with_the_sums(call: Call, tmp_path: Path) -> None:
    """How many requests were sent, by what they do and by what they are about."""
    record = tmp_path / "exchanges.jsonl"

    err = call(*FIX, "--debug", "--record", str(record)).err

    sent = exchanges_of(record)
    deletions = sum(each["method"] == "DELETE" for each in sent)
    asked = sum("backupstatus" in each["url"].lower() for each in sent)
    reads = sum(each["method"] == "GET" for each in sent) + asked
    sums = f"info: {len(sent)} requests: {reads} reads, {len(sent) - reads - deletions} writes, "
    assert f"{sums}{deletions} deletions; 0 of them sent again, 0 throttled\n" in err
    by_type = re.findall(r"debug:   (\d+) x (\w+) (\S+)\n", err[err.index(sums) :])
    assert len(sent) == sum(int(count) for count, _, _ in by_type)
    assert ("1", "DELETE", "Microsoft.Authorization/locks") in by_type


def test_debug_lets_the_sdk_speak(call: Call) -> None:
    """Its own lines name their logger, and tell headers that hold nothing secret."""
    err = call("find-rg", "--sandbox", "healthy", "--debug").err

    assert "info: azure.core.pipeline.policies.http_logging_policy: Request URL: " in err
    assert "'Authorization': 'REDACTED'" in err
    assert "urllib3" not in err


def test_verbose_tells_what_matters(call: Call, tmp_path: Path) -> None:
    """Only what changes something is told, and the sums in one line; the SDK is not heard."""
    record = tmp_path / "exchanges.jsonl"

    err = call(*FIX, "--verbose", "--record", str(record)).err

    writes = [each["method"] for each in exchanges_of(record) if each["method"] != "GET"]
    assert [method for method in writes if method == "DELETE"] == [
        each["method"] for each in requests_of(err)
    ]
    assert 1 == len(re.findall(r"info: \d+ requests: ", err))
    assert " azure." not in err
    assert " x GET " not in err


def test_a_retry_is_told(call: Call, tmp_path: Path) -> None:
    """Each try has its own line, with its number, and is counted."""
    locks = {"method": "GET", "path": "*/locks"}
    world = write_world(
        tmp_path,
        {"match": locks, "answer": {"status": 503}},
        {"match": locks, "answer": {"status": 429, "headers": {"Retry-After": "1"}}},
        {"match": locks, "drop": True},
    )

    called = call("find-rg", "--sandbox", str(world), "--verbose")

    tries = [(each["status"], each["attempt"]) for each in requests_of(called.err)]
    assert 0 == called.code
    assert [("503", None), ("429", "2"), ("no answer", "3"), ("200", "4")] == tries
    assert "; 3 of them sent again, 1 throttled\n" in called.err


def test_an_error_comes_before_the_sums(call: Call) -> None:
    """What was sent until then is told also when the command fails."""
    called = call("diagnose", "--vm", "nobody", "--sandbox", "healthy", "--verbose")

    assert 6 == called.code
    assert called.err.index("error: ") < called.err.index(" requests: ")


def test_without_flags_loggers_are_silent(call: Call) -> None:
    """What they warn of is told by the command's own errors: nothing is told twice."""
    plain = call("find-rg", "--sandbox", "healthy").err

    assert "" == plain


@pytest.mark.parametrize("flags", [(), ("--verbose",), ("--debug",), ("--only-show-errors",)])
def test_loggers_are_left_as_they_were(call: Call, flags: tuple[str, ...]) -> None:
    """A program that calls the command line goes on with its own logging."""

    def describe() -> list[object]:
        loggers = [logging.getLogger(), *map(logging.getLogger, NAMES)]
        return [(each.level, each.propagate, list(each.handlers)) for each in loggers]

    before = describe()
    call("find-rg", "--sandbox", "healthy", *flags)
    call("find-rg", "--subscription", "nobody", "--sandbox", "healthy", *flags)

    assert before == describe()


def test_a_second_command_is_not_told_twice(call: Call) -> None:
    """No handler of an earlier command is left behind."""
    first = call("find-rg", "--sandbox", "healthy", "--debug").err
    second = call("find-rg", "--sandbox", "healthy", "--debug").err

    assert len(requests_of(first)) == len(requests_of(second)) > 0


def test_the_library_configures_no_logging(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Who uses it chooses what is heard, and hears no secret either."""
    before = list(logging.getLogger().handlers)
    caplog.set_level(logging.DEBUG, logger=LOGGER.name)

    with api.connect(api.ConnectOptions(sandbox="healthy")) as azure:
        api.find_groups(azure)

    told = [record.told for record in caplog.records if isinstance(record.told, Told)]  # type: ignore[attr-defined] # given as extra
    assert before == list(logging.getLogger().handlers)
    assert {"read"} == {each.kind for each in told}
    assert {"GET"} == {each.method for each in told}


def test_records_are_redacted_with_their_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a logger of the SDK says, by its text, its arguments or an exception."""
    secret = "Nobody4Shall8See0This"
    address = f"https://a.blob.core.windows.net/b?sv=1&sig={secret}"
    voice = Voice()
    voice.choose(Talk.DEBUG)
    try:
        int(address)
    except ValueError:
        logging.getLogger("azure.identity.x").exception("no token: %s", address)
    logging.getLogger("msal.x").debug("client_secret=%s", secret)
    voice.end()

    err = capsys.readouterr().err
    assert secret not in err
    assert f"error: azure.identity.x: no token: https://a.blob.core.windows.net/b?{MARK}\n" in err
    assert f"base 10: 'https://a.blob.core.windows.net/b?{MARK}'\n" in err
    assert f"debug: msal.x: client_secret={MARK}\n" in err


def test_only_errors_are_shown(call: Call) -> None:
    """No progress and no notes; the answer is not touched."""
    loud = call(*FIX)
    terse = call(*FIX, "--only-show-errors")

    assert (0, 0) == (loud.code, terse.code)
    assert "removing lock" in loud.err
    assert "" == terse.err
    assert loud.out.splitlines()[0] == terse.out.splitlines()[0]


def test_errors_are_shown_all_the_same(call: Call, tmp_path: Path) -> None:
    """Those of steps, those that end the command, and that there is nobody to ask."""
    denied = {"match": {"method": "DELETE", "path": "*/locks/*"}, "answer": {"status": 403}}
    world = write_world(tmp_path, denied)
    clean = ("clean-rpc", "--vm", "web-1", "--unlock", "--only-show-errors")

    failed = call(*clean, "--yes", "--sandbox", str(world))
    unknown = call("diagnose", "--vm", "x", "--sandbox", "healthy", "--only-show-errors")
    unasked = call(*clean, "--sandbox", "restore-point-limit")

    assert failed.err.startswith("error: ")
    assert "removing lock" not in failed.err
    assert unknown.err.startswith("error: ")
    assert unasked.err.startswith("Refused: there is no terminal")
    assert 4 == unasked.code


def test_who_is_asked_sees_the_plan() -> None:
    """Nobody says yes to what was not shown."""
    mine, its = pty.openpty()
    line = ("unlock-rg", "--all", "--sandbox", "restore-point-limit", "--only-show-errors")
    with subprocess.Popen(
        [sys.executable, "-m", "azremedy", *line], stdin=its, stderr=its, stdout=subprocess.PIPE
    ) as child:
        os.close(its)
        seen = ""
        while "[y/N]" not in seen:
            seen += os.read(mine, 4096).decode()
        os.write(mine, b"n\n")
        child.communicate(timeout=60)
    os.close(mine)

    assert "would remove CanNotDelete lock" in seen


@pytest.mark.parametrize("flag", ["--verbose", "--debug"])
def test_less_and_more_contradict(call: Call, flag: str) -> None:
    """As the Azure CLI has it: nobody can want both."""
    called = call("find-rg", "--sandbox", "healthy", "--only-show-errors", flag)

    assert 2 == called.code
    assert "contradicts" in called.err


def test_a_flag_overrides_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline that only shows errors can still be debugged."""
    monkeypatch.setenv("AZREMEDY_ONLY_SHOW_ERRORS", "1")

    assert "" == call(*FIX).err
    assert " requests: " in call(*FIX, "--verbose").err
    monkeypatch.setenv("AZREMEDY_DEBUG", "1")
    assert " requests: " in call(*FIX).err
    assert "" == call(*FIX, "--only-show-errors").err


def test_the_environment_asks_for_more(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline is debugged without a change of its commands."""
    monkeypatch.setenv("AZREMEDY_DEBUG", "1")

    assert requests_of(call("find-rg", "--sandbox", "healthy").err)


ARM = "https://management.azure.com/subscriptions/s"
COLLECTION = f"{ARM}/resourceGroups/g/providers/Microsoft.Compute/restorePointCollections/c"


@pytest.mark.parametrize(
    ("method", "url", "kind", "about"),
    [
        ("GET", f"{ARM}?api-version=1", "read", "subscriptions"),
        ("GET", f"{ARM}/resourcegroups/g", "read", "subscriptions/resourcegroups"),
        ("DELETE", COLLECTION, "deletion", "Microsoft.Compute/restorePointCollections"),
        (
            "DELETE",
            f"{COLLECTION}/providers/Microsoft.Authorization/locks/l",
            "deletion",
            "Microsoft.Authorization/locks",
        ),
        (
            "POST",
            f"{ARM}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v/restart",
            "write",
            "Microsoft.Compute/virtualMachines/restart",
        ),
        (
            "POST",
            "https://management.azure.com/providers/Microsoft.ResourceGraph/resources",
            "read",
            "Microsoft.ResourceGraph/resources",
        ),
        ("GET", "https://graph.microsoft.com/v1.0/servicePrincipals", "read", "servicePrincipals"),
    ],
)
def test_requests_are_told_apart(method: str, url: str, kind: str, about: str) -> None:
    """By what they do to Azure, and by the type of what they are about."""
    told = Told(method=method, url=url, attempt=1, seconds=0.1, status=200, request_id="")

    assert (kind, about) == (told.kind, told.resource_type)


def test_a_program_of_its_own_tells_the_same(program: Call) -> None:
    """On stderr, so that the answer can be read by a machine."""
    called = program("find-rg", "--sandbox", "healthy", "--debug", "-o", "json")

    assert called.document
    assert requests_of(called.err)
    assert sys.executable not in called.err
