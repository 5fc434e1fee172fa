"""What a person allows ``fix`` to do."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.domain import guards
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import WaitFor


@dataclass(frozen=True, slots=True, kw_only=True)
class FixOptions:
    """What the caller allows: without a word only what the backup service made is changed."""

    allowed: frozenset[Remedy] = frozenset()
    """Remedies that disrupt or open something and may be used all the same."""
    unlock: bool = False
    """Take locks in the way off."""
    include_inherited: bool = False
    """Also those on the subscription."""
    accept_unknown_rights: bool = False
    """Lend locks although it could not be seen that the caller may put them back."""
    relock: bool = False
    """Put every lock back afterwards, also those on the service's group."""
    accept_loss: bool = False
    """Delete points that have no copy in the vault."""
    agent_not_ready: bool = False
    """Uninstall the extension although the agent cannot do its part."""
    during_job: bool = False
    """Go on while a job works on the VM."""
    until: WaitFor = WaitFor.SNAPSHOT
    """How far the backup at the end is followed."""
    retain_days: int = 30
    """Days to keep its recovery point."""
    max_backups_per_day: int = guards.SUPPORTED_BACKUPS_PER_DAY
    """Refuse when there were as many today."""
    timeout_s: int = 24 * 3600
    """Seconds after which the backup counts as not confirmed."""
    no_cool_down: bool = False
    """Do at once what did not help a moment ago, or would come too soon after it."""
    policy_name: str | None = None
    """The policy for protection that is resumed; else the one that the item still names."""
