"""What the person, or the pipeline, wants to become of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azremedy.cli.ramp_options import take_ramp
from azremedy.domain.ramp import Ramp
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy import api
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How the person, or the pipeline, wants to be treated."""

    dry_run: bool
    """Show the plan only."""
    yes: bool
    """Do not ask."""
    detailed_exitcode: bool
    """Tell by the exit code that a dry run found something to do."""
    output: str
    """The form of the answer."""
    max_targets: int
    """Refuse more targets than this."""
    out: Path | None = None
    """Keep the plan in this file instead of carrying it out."""
    approve: str | None = None
    """Carry the plan out without asking if this is its fingerprint."""
    ramp: Ramp = field(default_factory=Ramp)
    """How several VMs are worked on side by side."""


def take_flow(options: dict[str, Any]) -> Flow:
    """Take the flow's options out of a command's options."""
    names = ("dry_run", "yes", "detailed_exitcode", "output", "max_targets", "out", "approve")
    given = {name: options.pop(name) for name in names if name in options}
    flow = Flow(**given, ramp=take_ramp(options))
    if flow.detailed_exitcode and not (flow.dry_run or flow.out):
        raise UsageError("--detailed-exitcode is for dry runs", advice="Add --dry-run.")
    if flow.out and flow.yes:
        raise UsageError("--out keeps a plan, --yes carries one out", advice="Leave one out.")
    return replace(flow, dry_run=True) if flow.out else flow


def carry_out(
    azure: api.Azure,
    plan: Plan,
    flow: Flow,
    *,
    after: Callable[[Run], None] = lambda _: None,
) -> int:
    """Do what the person wants with a plan and give the exit code.

    Args:
        azure: the connection.
        plan: what was planned.
        flow: what the person wants.
        after: told what became of a plan that was carried out, before the answer is given.
    """
    from azremedy.cli.carrying import carry_out_plan  # noqa: PLC0415 - not before signing in

    return carry_out_plan(azure, plan, flow, after=after)
