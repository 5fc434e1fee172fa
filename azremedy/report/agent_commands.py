"""No text of a stranger's is a command for the agent of a pipeline.

Agents read each line that a command writes. Azure Pipelines obeys ``##vso[`` wherever it stands,
and colours lines by ``##[``; GitHub Actions obeys ``::name::`` behind white space at the start of a
line, and in its old form ``##[name]`` anywhere. Texts are changed wherever they are shown, also
outside of pipelines: what a file or a terminal holds today may be printed in a pipeline tomorrow.

Sources: learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands;
docs.github.com/actions/reference/workflow-commands-for-github-actions; ``ActionCommand.cs`` of
github.com/actions/runner.
"""

from __future__ import annotations

import re

_ANYWHERE = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)
# Where a line is folded is not known yet, so the start of each word counts. Each command begins
# with a letter, which the addresses '::1' and '::/0' do not.
_LEADING = re.compile(r"(?<!\S)::(?=[a-z])", re.IGNORECASE)

_IN_YAML = re.compile(r"^[\s-]*::(?=[a-z])", re.IGNORECASE | re.MULTILINE)


def break_commands(text: str) -> str:
    """Write a text for people with a space in each mark that an agent would obey."""
    return _LEADING.sub(": :", _ANYWHERE.sub("# #", text))


def escape_commands(text: str) -> str:
    """Write JSON, or YAML whose commands stand in double quotes, with escapes for such marks.

    It means the same. A line of JSON cannot begin with two colons, so that these may stay.
    """
    return _ANYWHERE.sub(r"\\u0023\\u0023", text)


def may_command(text: str) -> bool:
    """Say whether YAML, or a text that stands in it as it is, may hold a command."""
    return any(each.search(text) for each in (_ANYWHERE, _IN_YAML))
