"""Tell the pipeline that a command runs in, if any, what came of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from azremedy.cli import console
from azremedy.report import ci

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from azremedy.domain.estate import Scan
    from azremedy.domain.run import Run
    from azremedy.report.ci import Issue, Pipeline


def tell_pipeline(run: Run) -> None:
    """Annotate the pipeline's page with a run, or a plan that was shown, and leave a summary."""
    if pipeline := ci.find_pipeline(os.environ):
        _tell(pipeline, ci.list_issues(run), ci.write_summary(run))


def tell_pipeline_of_scan(scan: Scan, out: Path | None) -> None:
    """Annotate the pipeline's page with what a scan found, and leave a summary.

    Args:
        scan: the scan.
        out: where it was kept, for the commands that are named.
    """
    if pipeline := ci.find_pipeline(os.environ):
        from azremedy.report.ci_scan import list_scan_issues  # noqa: PLC0415 - only in pipelines
        from azremedy.report.scan_markdown import (  # noqa: PLC0415 - only in pipelines
            write_scan_markdown,
        )

        file = str(out or "FILE")
        _tell(pipeline, list_scan_issues(scan, file), write_scan_markdown(scan, file))


def _tell(pipeline: Pipeline, issues: Iterable[Issue], summary: str) -> None:
    told = ci.write_issues(issues, pipeline)
    kept = ci.keep_summary(summary, pipeline, os.environ)
    console.tell_agent(told + kept)
