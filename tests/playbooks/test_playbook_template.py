"""A playbook to begin with says what the one in use says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from azremedy.errors import UsageError
from azremedy.playbooks import check_files, find_folder, make_schema, read_playbook
from azremedy.playbooks.template import find_template

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODES = sorted(path.stem for path in find_folder().glob("*.yaml"))


@pytest.mark.parametrize("code", CODES)
def test_template_reads_as_the_playbook_in_use(
    code: str, write: Callable[[str, str], Path]
) -> None:
    """Nothing is lost, added or misspelt on the way through YAML."""
    path = write(f"{code}.yaml", find_template(code))

    assert read_playbook(find_folder() / f"{code}.yaml") == read_playbook(path)
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 110


@pytest.mark.parametrize("code", ["TeamCode", "on", "123456", "Team_Code2"])
def test_template_of_an_unknown_code_is_fit_for_use(
    code: str, write: Callable[[str, str], Path]
) -> None:
    """It passes the check and the schema, also where YAML would read the code as something else."""
    path = write("own.yaml", find_template(code))

    document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert () == check_files((path,))
    assert code == read_playbook(path).code
    assert [] == list(Draft202012Validator(make_schema("playbook")).iter_errors(document))


def test_comments_of_a_template_are_right_when_uncommented(
    write: Callable[[str, str], Path],
) -> None:
    """The example of a cause works once its marks are taken away."""
    text = find_template("TeamCode").replace("causes: []", "causes:")
    text = text.replace("#  - cause", "  - cause").replace("#    remedies", "    remedies")

    path = write("own.yaml", text)

    assert () == check_files((path,))
    assert ["agent-not-ready"] == [each.cause for each in read_playbook(path).causes]


def test_template_of_nonsense_is_refused() -> None:
    """What cannot be a code is said at once, not by the check."""
    with pytest.raises(UsageError, match="is no code"):
        find_template("../etc")
