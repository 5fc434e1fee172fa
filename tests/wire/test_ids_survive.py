"""What is read back from a journal or a plan's file means the same resources."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from azremedy import api, wire
from azremedy.domain.plan import Copy, Plan, PlannedStep, PointLoss, Request, TargetPlan
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.domain.run import Trigger
from azremedy.domain.steps import CreateLock, DeleteRestorePointCollection, Step, TriggerBackup
from azremedy.engine.history import read_past
from azremedy.engine.journal import EntryKind, Journal, JournalEntry
from azremedy.ids import LOCK, RESTORE_POINT_COLLECTION, VAULT, VIRTUAL_MACHINE, ResourceId
from azremedy.redaction import MARK

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
WHEN = datetime(2026, 11, 20, 8, tzinfo=UTC)
LIKE_SECRETS = (
    *(
        "sig",
        "key",
        "token",
        "eyJabc.eyJdef.x",
        "eyJabcdefgh.eyJdefghij.klmno",
        "KeyJumphost1.corp",
    ),
    *(
        "sydneyjumpbox-rsv",
        "sydneyjumphost1.contoso.com",
        "password=hunter2hunter2",
        "?sig=abcdefgh1",
    ),
    *("sharedkey abcdefghijklmnopqr", "ghs_" + "a" * 36, "eyJ" + "a" * 80, "0.A" + "x" * 40),
)
around = st.text("aZ9-_.(;", max_size=5)


def _is_name(text: str) -> bool:
    odd = not text.isprintable() or "/" in text or text.lower() == "providers"
    return not odd and bool(text.strip(" ."))


any_names = st.one_of(
    st.sampled_from(LIKE_SECRETS),
    st.builds("{}{}{}".format, around, st.sampled_from(LIKE_SECRETS), around),
    st.text(min_size=1, max_size=12).map(str.strip).filter(_is_name),
)
often = settings(max_examples=40, deadline=None)


def plan_for(group: str, vault: str, name: str) -> Plan:
    """Plan steps that find what they work on by its names."""
    root = ResourceId.of_group(SUBSCRIPTION, group)
    vm = root.child("providers", *VIRTUAL_MACHINE.split("/"), name)
    kind = RESTORE_POINT_COLLECTION.split("/")
    collection = root.child("providers", *kind, f"AzureBackup_{name}_1")
    container = f"iaasvmcontainerv2;{group};{name}"
    fabric = root.child("providers", *VAULT.split("/"), vault, "backupFabrics", "Azure")
    holder = fabric.child("protectionContainers", f"IaasVMContainer;{container}")
    kept = vm.child("providers", *LOCK.split("/"), name)
    steps: tuple[Step, ...] = (
        TriggerBackup(
            item_id=holder.child("protectedItems", f"VM;{container}"),
            container_name=container,
            retain_days=30,
        ),
        DeleteRestorePointCollection(
            collection_id=collection, source_id=vm, restore_points=(name,)
        ),
        CreateLock(lock=ManagementLock(id=kept, level=LockLevel.READ_ONLY)),
    )
    target = TargetPlan(
        target=vm,
        steps=tuple(PlannedStep(number=n, step=each, reason="") for n, each in enumerate(steps, 1)),
        loss=(PointLoss(restore_point_id=vm.child("points", name), time=None, copy=Copy.NONE),),
    )
    asked = Request(command="c", targets=(vm,))
    return Plan(command="c", created_at=WHEN, tool_version="0", targets=(target,), request=asked)


@often
@given(any_names, any_names, any_names)
def test_a_plans_file_names_the_same_resources(group: str, vault: str, name: str) -> None:
    """Whatever they are called: a plan is judged, and carried out, by what was read back."""
    plan = plan_for(group, vault, name)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        fingerprint = api.save_plan(plan, path)
        kept = api.load_plan(path)

    assert (plan, fingerprint) == (kept, api.find_fingerprint(kept))
    assert str(plan.targets) == str(kept.targets)


@often
@given(any_names, any_names, any_names)
def test_a_journal_names_the_same_resources(group: str, vault: str, name: str) -> None:
    """A run that is taken up works on what it began with, and never finds it gone by mistake."""
    plan = plan_for(group, vault, name)
    job = plan.targets[0].target.child("jobs", name)
    trigger = Trigger(sent_at=WHEN, operation_id=None, job_id=job, earlier_jobs=frozenset({job}))

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.create(Path(folder), "run")
        journal.write(JournalEntry(entry=EntryKind.PLAN, at=WHEN, plan=plan))
        journal.write(JournalEntry(entry=EntryKind.INTENT, at=WHEN, number=1, trigger=trigger))
        journal.close()
        past = read_past(Path(folder) / "run")

    assert (plan, {1: trigger}) == (past.plan, past.triggers)
    assert str(plan.targets) == str(past.plan.targets)


def test_a_secret_behind_an_id_is_no_part_of_it() -> None:
    """A text that begins like an id is a text; so is a query that somebody copied with it."""
    plan = plan_for("rg", "vault", "eyJabcdefgh.eyJdefghij.klmno")
    vm = plan.targets[0].target
    told = f"{vm}?sig=abcdefgh12345"

    shown: Any = wire.to_document(replace(plan, undoes=told, command=str(vm)))

    assert str(vm) == shown["command"]
    assert MARK in shown["undoes"]
    assert "abcdefgh12345" not in shown["undoes"]
