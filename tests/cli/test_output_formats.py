"""``-o`` and ``--query``: one document, every form, and no change for a query that is wrong."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from azremedy.report.formats import DOCUMENTS, paint, write_document
from tests.support.calls import list_writes
from tests.support.terminals import run_at_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.wire import JsonValue
    from tests.support.calls import Call

WORLD = ("--sandbox", "restore-point-limit")
FIND = ("find-rg", *WORLD)
CLEAN = ("clean-rpc", "--vm", "web-1", "--unlock", "--yes", *WORLD)
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")

ROWS: list[JsonValue] = [
    {"name": "web-1", "count": 18, "locked": True, "note": None, "tags": {"a": "b"}, "ids": [1, 2]},
    {"name": "web-2", "count": 0, "locked": False, "note": "two\twords\nhere", "tags": {}},
]
TSV: dict[str, tuple[JsonValue, str]] = {
    "rows of objects": (
        ROWS,
        "web-1\t18\ttrue\tNone\t\t2\nweb-2\t0\tfalse\ttwo words here\t\n",
    ),
    "rows of lists": ([["web-1", 18], ["web-2", None]], "web-1\t18\nweb-2\tNone\n"),
    "a list of texts": (["a b", '"c"'], 'a b\n"c"\n'),
    "one object": ({"name": "web-1", "locked": True}, "web-1\ttrue\n"),
    "one text": ("web-1", "web-1\n"),
    "one truth": (True, "true\n"),
    "no rows": ([], ""),
    "nothing": (None, ""),
}
TABLES: dict[str, tuple[JsonValue, str]] = {
    "rows of objects": (
        ROWS,
        (
            "Name   Count  Locked  Note\n"
            "-----  -----  ------  --------------\n"
            "web-1  18     true\n"
            "web-2  0      false   two words here\n"
        ),
    ),
    "rows of lists": (
        [["web-1", 18], ["web-2", None]],
        "Column1  Column2\n-------  -------\nweb-1    18\nweb-2\n",
    ),
    "a list of texts": (["web-1", "日本"], "Result\n------\nweb-1\n日本\n"),
    "one object": ({"name": "web-1"}, "Name\n-----\nweb-1\n"),
    "wide characters": (
        [{"n": "日本", "o": 1}, {"n": "x", "o": 2}],
        "N     O\n----  -\n日本  1\nx     2\n",
    ),
    "only nested data": ([{"tags": {"a": 1}}], 'Result\n------------------\n{"tags": {"a": 1}}\n'),
    "no rows": ([], ""),
    "nothing": (None, ""),
}
BAD_QUERIES = {
    "no expression": ("", "cannot be read"),
    "open bracket": ("groups[", "cannot be read"),
    "unknown function": ("groups[].lenght(@)", "there is no function lenght()"),
    "too many arguments": ("length(groups, groups)", "takes 1 arguments, not 2"),
    "too few arguments": ("join(',')", "takes 2 arguments, not 1"),
    "variadic without any": ("merge()", "takes 1 or more arguments, not 0"),
    "slice without end": ("groups[::0]", "steps of 0"),
    "unclosed text": ("groups[?name=='x]", "cannot be read"),
}


@pytest.mark.parametrize("case", TSV)
def test_tsv_is_the_azure_clis(case: str) -> None:
    """No quotes, a row a line, nothing is None, lists are counted, and no cell breaks its row."""
    document, expected = TSV[case]

    assert expected == write_document(document, "tsv")


@pytest.mark.parametrize("case", TABLES)
def test_table_of_a_document_has_a_column_a_key(case: str) -> None:
    """Keys are headings, nested data is left out, and what has no keys is a result."""
    document, expected = TABLES[case]

    assert expected == write_document(document, "table")


@pytest.mark.parametrize("document", [ROWS, ROWS[0], "a: 'b'", None, 3, "two\nlines", "", []])
def test_structured_forms_are_read_back(document: JsonValue) -> None:
    """JSON and YAML hold the document, whatever it is; JSON lines hold a list's items."""
    assert document == json.loads(write_document(document, "json"))
    assert document == json.loads(write_document(document, "jsonc"))
    assert document == yaml.safe_load(write_document(document, "yaml"))
    assert document == yaml.safe_load(write_document(document, "yamlc"))
    lines = [json.loads(line) for line in write_document(document, "jsonl").splitlines()]
    assert (document if isinstance(document, list) else [document]) == lines


@pytest.mark.parametrize("form", sorted(DOCUMENTS))
def test_text_for_narrow_streams_is_ascii(form: str) -> None:
    """Where a stream cannot carry all characters, escapes stand for them and mean the same."""
    document: JsonValue = {"notes": "für 日本 \U0001f512"}

    text = write_document(document, form, ascii_only=True)

    assert text.isascii()
    assert document == (yaml.safe_load(text) if form in {"yaml", "yamlc"} else json.loads(text))


@pytest.mark.parametrize("form", ["json", "jsonc", "yamlc"])
def test_colours_leave_the_text_alone(form: str) -> None:
    """What is coloured is the same text."""
    text = write_document(ROWS, form)

    assert text == paint(text, form).plain


def test_every_form_tells_the_same(call: Call) -> None:
    """A command's answer is one document in all forms that keep its structure."""
    expected = call(*FIND, "-o", "json").document

    answers = {form: call(*FIND, "-o", form) for form in sorted(DOCUMENTS)}

    assert {0} == {answer.code for answer in answers.values()}
    assert dict.fromkeys(answers, expected) == {
        form: yaml.safe_load(answer.out) for form, answer in answers.items()
    }


def test_none_says_nothing(call: Call) -> None:
    """With none the exit code is the answer."""
    called = call(*FIND, "-o", "none")

    assert (0, "", "") == (called.code, called.out, called.err)


def test_query_chooses_from_the_document(call: Call) -> None:
    """An expression works on what -o json shows, and its keys keep their order."""
    query = "groups[].{place: group.location, locks: length(locks)}"

    as_json = call(*FIND, "-o", "json", "--query", query).document
    as_tsv = call(*FIND, "-o", "tsv", "--query", query).out
    as_table = call(*FIND, "--query", query).out

    assert [{"place": "westeurope", "locks": 1}] == as_json
    assert "westeurope\t1\n" == as_tsv
    assert "Place       Locks\n----------  -----\nwesteurope  1\n" == as_table


def test_query_that_finds_nothing(call: Call) -> None:
    """What is not there is null for machines, and nothing for shells."""
    assert "null\n" == call(*FIND, "-o", "json", "--query", "nothing").out
    assert "" == call(*FIND, "-o", "tsv", "--query", "nothing").out


@pytest.mark.parametrize("case", BAD_QUERIES)
def test_bad_query_is_refused_before_anything_is_sent(
    call: Call, tmp_path: Path, case: str
) -> None:
    """An expression that cannot be right for any answer is a usage error: nothing was asked."""
    query, told = BAD_QUERIES[case]
    record = tmp_path / "exchanges.jsonl"

    called = call(*CLEAN, "--query", query, "--record", str(record))

    assert (2, "") == (called.code, called.out)
    assert told in called.err
    assert not record.exists()


def test_query_that_cannot_fit_a_run_changes_nothing(call: Call, tmp_path: Path) -> None:
    """A function on the wrong kind of value is refused while nothing is changed yet."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*CLEAN, "--query", "sort(plan)", "--record", str(record))

    assert (2, "") == (called.code, called.out)
    assert "sort() takes array-string or array-number, not object" in called.err
    assert [] == list_writes(record)


def test_query_may_ask_for_what_only_a_run_has(call: Call) -> None:
    """That something is not there before the run is no reason to refuse the query."""
    called = call(*CLEAN, "-o", "tsv", "--query", "starts_with(runId, '2026')")

    assert (0, "true\n") == (called.code, called.out)


def test_query_that_fails_after_the_run_loses_nothing(call: Call) -> None:
    """What was done is told whole, and the exit code is the run's."""
    called = call(*CLEAN, "-o", "json", "--query", "abs(runId)")

    assert 0 == called.code
    assert "abs() takes number, not string" in called.err
    assert "done" == called.document["state"]


def test_query_that_fails_on_a_reading_answer_is_a_usage_error(call: Call) -> None:
    """Nothing was changed, and nothing is shown that was not asked for."""
    called = call(*FIND, "--query", "sort(groups)")

    assert (2, "") == (called.code, called.out)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_error_is_a_document_in_the_form_that_was_asked_for(call: Call, form: str) -> None:
    """Machines get the error in the form that they read."""
    called = call("diagnose", "--vm", "nope", "-o", form, *WORLD)

    document = yaml.safe_load(called.out)
    assert (6, 6, "azremedy.error/1") == (called.code, document["exitCode"], document["schema"])


@pytest.mark.parametrize("more", [("-o", "tsv"), ("-o", "json", "--query", "[]"), ("-o", "none")])
def test_error_is_no_row_of_an_answer(call: Call, more: tuple[str, ...]) -> None:
    """Where rows or parts were asked for, an error does not pretend to be one."""
    called = call("diagnose", "--vm", "nope", *more, *WORLD)

    assert (6, "") == (called.code, called.out)
    assert "There is no VM 'nope'" in called.err


@pytest.mark.parametrize("form", ["jsonc", "yamlc"])
def test_colours_are_for_terminals(call: Call, form: str) -> None:
    """At a terminal there are colours, with NO_COLOR and in a pipe there are none."""
    plain = call("config", "list", "-o", form).out

    coloured = run_at_terminal("config", "list", "-o", form)
    without = run_at_terminal("config", "list", "-o", form, env={"NO_COLOR": "1"})

    assert "\x1b[" not in plain
    assert re.search(COLOUR, coloured)
    assert not re.search(COLOUR, without)
    assert [plain, plain] == [ESCAPES.sub("", coloured), ESCAPES.sub("", without)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "UserErrorRpCollectionLimitReached"),
        ("explain", "--list"),
        ("runs",),
        ("sandbox", "list"),
        ("config", "list"),
        ("diagnose", "--vm", "web-1", *WORLD),
        ("check-access", "clean-rpc", "--vm", "web-1", *WORLD),
        ("role", "--for", "all", "--subscription", "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"),
        ("clean-rpc", "--vm", "web-1", "--dry-run", *WORLD),
    ],
)
def test_commands_answer_with_one_document(call: Call, arguments: tuple[str, ...]) -> None:
    """What a command tells people it also tells machines, the same in every form."""
    as_json, as_yaml = (call(*arguments, "-o", form) for form in ("json", "yaml"))

    assert as_json.code == as_yaml.code
    assert GUID.sub("", as_yaml.out) == GUID.sub("", write_document(as_json.document, "yaml"))
