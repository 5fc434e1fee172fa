"""What a pipeline's own page shows of a scan: a warning for each cause.

Its summary is the scan as Markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.report.ci import Issue, Level
from azremedy.report.words import plural

if TYPE_CHECKING:
    from azremedy.domain.estate import GroupOfCause, Scan

_TITLE = "azremedy scan"


def list_scan_issues(scan: Scan, file: str) -> tuple[Issue, ...]:
    """List a warning for each cause that makes backups fail, and for what could not be read.

    They are no errors: the scan did what it was asked to, and its exit code says so. Causes that
    only will make backups fail are in the summary.

    Args:
        scan: the scan.
        file: where it is kept, for the commands.
    """
    failing = (_tell_group(each, file) for each in scan.groups if each.failing)
    gaps = (_warn("could not be read", f"{gap.source}: {gap.why}") for gap in scan.gaps)
    return (*failing, *gaps)


def _tell_group(group: GroupOfCause, file: str) -> Issue:
    command = group.command.replace(" FILE ", f" {file} ")
    count = f"The backup of {plural(group.count, 'VM')} fails: {group.title}"
    return _warn(group.cause, f"{count}\nNext: {command}" if command else count)


def _warn(about: str, message: str) -> Issue:
    return Issue(level=Level.WARNING, title=f"{_TITLE}: {about}", message=message)
