"""Are the rules themselves in order: named once, sourced, and mended by what exists?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.diagnosis import list_needs
from azremedy.domain.rules import RULES
from azremedy.domain.rules.base import ALWAYS, Need

if TYPE_CHECKING:
    from azremedy.domain.rules.base import Rule

# The names that playbooks and reports go by: a change here breaks playbooks of other people.
CAUSES = (
    "vm-gone",
    "not-protected",
    "item-soft-deleted",
    "protection-paused",
    "job-running",
    "too-many-backups",
    "vm-failed",
    "vm-changing",
    "vm-stopped-inside",
    "agent-not-ready",
    "agent-silent",
    "agent-outdated",
    "agent-stopped",
    "extensions-disabled",
    "dot-net-missing",
    "visual-c-missing",
    "app-locker",
    "antivirus",
    "no-dhcp",
    "host-unreachable",
    "extension-leftovers",
    "extension-failed",
    "other-extension-failed",
    "disk-too-large",
    "disk-sku-unsupported",
    "standard-ssd",
    "disk-key-missing",
    "key-vault-closed",
    "point-group-locked",
    "point-limit",
    "snapshot-in-use",
    "collection-deleted",
    "group-denied",
    "orphaned-points",
    "storage-blocked",
)
ADVISORY = ("orphaned-points", "storage-blocked")
INSIDE = CAUSES[CAUSES.index("agent-stopped") : CAUSES.index("extension-failed")]
KEBAB = re.compile(r"[a-z]+(-[a-z]+)*")
by_cause = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.cause)


def test_every_cause_has_one_rule() -> None:
    """Each cause is decided by exactly one rule."""
    assert sorted(CAUSES) == sorted(rule.cause for rule in RULES)


def test_the_network_comes_last() -> None:
    """What everything else rests on is looked at first, the network after all else."""
    assert ("storage-blocked", True) == (RULES[-1].cause, RULES[-1].advisory)


def test_only_what_well_worlds_show_too_is_advisory() -> None:
    """A cause that many healthy VMs show is only worth knowing, and no other is."""
    assert ADVISORY == tuple(rule.cause for rule in RULES if rule.advisory)


def test_nobody_looks_inside_unasked() -> None:
    """Exactly the rules about the guest need a check inside, which only a person can ask for."""
    looking = [rule for rule in RULES if Need.GUEST in rule.needs]

    assert INSIDE == tuple(rule.cause for rule in looking)
    assert Need.GUEST not in list_needs(RULES)
    assert Need.GUEST in list_needs(RULES, look_inside=True)


@by_cause
def test_a_rule_is_told_in_full(rule: Rule) -> None:
    """A rule has a stable name, one sentence for people, and says where its knowledge is from."""
    assert KEBAB.fullmatch(rule.cause) is not None
    assert re.fullmatch(r".+[^.\n]", rule.title) is not None
    assert re.search(r"\b20[12]\d\b", rule.source) is not None
    assert rule.needs != frozenset()


@by_cause
def test_a_rule_names_each_way_once(rule: Rule) -> None:
    """Remedies and instructions are named once, and instructions like files."""
    assert len(set(rule.remedies)) == len(rule.remedies)
    assert len(set(rule.instructions)) == len(rule.instructions)
    assert [] == [name for name in rule.instructions if not KEBAB.fullmatch(name)]


@pytest.mark.parametrize("cause", ["agent-not-ready", "vm-failed", "extension-failed"])
def test_what_a_job_may_hide_is_always_asked(cause: str) -> None:
    """A job names only the first of several causes, so cheap rules need no further read."""
    needs = next(rule.needs for rule in RULES if rule.cause == cause)

    assert needs <= ALWAYS
