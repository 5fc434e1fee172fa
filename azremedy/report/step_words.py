"""Every wording of a step: what it would do, and what it does while it does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from azremedy.domain import steps
from azremedy.domain.resources import vault_of
from azremedy.report.words import place, plural

if TYPE_CHECKING:
    from azremedy.domain.steps import Step


def would(step: Step) -> str:
    """Say what a step would do, as in a plan."""
    return f"would {_infinitive(step)}"


def doing(step: Step) -> str:  # noqa: C901 - one flat match
    """Say what a step does while it does it."""
    match step:
        case steps.DeleteLock():
            return f"removing lock {step.lock.name}"
        case steps.CreateLock():
            return f"putting lock {step.lock.name} back"
        case steps.DeleteRestorePointCollection():
            return f"deleting collection {step.collection_id.name}"
        case steps.WaitForCleanup():
            return "waiting for Azure Backup to clean up"
        case steps.CancelJob():
            return f"cancelling job {step.job_id.name}"
        case steps.WaitForIdle():
            return "waiting until no job runs"
        case steps.ResumeProtection():
            return "resuming protection"
        case steps.TriggerBackup():
            return "starting a backup"
        case steps.WaitForJob():
            return "following the backup"
        case steps.Manual():
            return step.instructions.title
        case _:
            return _doing_around(step)


def _doing_around(step: steps.AroundStep) -> str:  # noqa: C901, PLR0911, PLR0912 - one flat match
    """Say it for the steps that change the VM and what is around it."""
    match step:
        case steps.DeleteExtension():
            return f"uninstalling extension {step.extension_id.name}"
        case steps.ReapplyVm():
            return f"reapplying {step.vm.id.name}"
        case steps.RestartVm():
            return f"restarting {step.vm.id.name}"
        case steps.RedeployVm():
            return f"redeploying {step.vm.id.name}"
        case steps.DeallocateVm():
            return f"deallocating {step.vm.id.name}"
        case steps.StartVm():
            return f"starting {step.vm.id.name}"
        case steps.WaitForVm():
            return f"waiting until nobody changes {step.vm.id.name}"
        case steps.WaitForRights():
            return "waiting until Azure acts on the new rights"
        case steps.RunGuestScript():
            return f"running '{step.script}' in {step.vm.id.name}"
        case steps.AddSecurityRule():
            return f"adding rule {step.rule_id.name}"
        case steps.RemoveSecurityRule():
            return f"removing rule {step.rule_id.name}"
        case steps.AddServiceEndpoint():
            return f"adding service endpoint {step.service}"
        case steps.RemoveServiceEndpoint():
            return f"removing service endpoint {step.service}"
        case steps.AddVaultAccess() | steps.AddRoleAssignment():
            return "letting the backup service read keys"
        case steps.RemoveVaultAccess() | steps.RemoveRoleAssignment():
            return "taking rights on keys back"
        case _:
            assert_never(step)


def _infinitive(step: Step) -> str:  # noqa: C901 - one flat match
    match step:
        case steps.DeleteLock():
            return f"remove {step.lock.level} lock '{step.lock.name}' at {place(step.lock.scope)}"
        case steps.CreateLock():
            return f"put {step.lock.level} lock '{step.lock.name}' back at {place(step.lock.scope)}"
        case steps.DeleteRestorePointCollection():
            points = plural(len(step.restore_points), "restore point")
            return f"delete {place(step.collection_id)} with {points}"
        case steps.WaitForCleanup():
            return f"wait until fewer than {step.below} restore points are left"
        case steps.CancelJob():
            return f"cancel job {step.job_id.name}"
        case steps.WaitForIdle():
            return "wait until no job works on the VM"
        case steps.ResumeProtection():
            return f"protect the VM again with policy '{step.policy_id.name}'"
        case steps.TriggerBackup():
            kept = plural(step.retain_days, "day")
            return f"start a backup into vault {place(vault_of(step.item_id))}, kept {kept}"
        case steps.WaitForJob():
            return f"follow the backup {_until(step)}"
        case steps.Manual():
            return f"ask you to do this: {step.instructions.title}"
        case _:
            return _infinitive_around(step)


def _infinitive_around(step: steps.AroundStep) -> str:  # noqa: C901, PLR0911, PLR0912 - one flat match
    match step:
        case steps.DeleteExtension():
            return f"uninstall {place(step.extension_id)}"
        case steps.ReapplyVm():
            return f"reapply {place(step.vm.id)}, without a restart"
        case steps.RestartVm():
            return f"restart {place(step.vm.id)}: it is away for minutes"
        case steps.RedeployVm():
            return f"redeploy {place(step.vm.id)}: it restarts and loses its temporary disk"
        case steps.DeallocateVm():
            return f"deallocate {place(step.vm.id)}: it stays off until it is started"
        case steps.StartVm():
            return f"start {place(step.vm.id)}"
        case steps.WaitForVm():
            return f"wait until Azure has ended its change of {place(step.vm.id)}"
        case steps.WaitForRights():
            return f"wait {step.wait_s // 60} minutes until Azure acts on the new rights"
        case steps.RunGuestScript():
            return f"run script '{step.script}' in {place(step.vm.id)}"
        case steps.AddSecurityRule():
            ports = ", ".join(step.ports)
            return (
                f"add rule {place(step.rule_id)}, priority {step.priority}: "
                f"out to {step.destination}, port {ports}"
            )
        case steps.RemoveSecurityRule():
            return f"remove rule {place(step.rule_id)}"
        case steps.AddServiceEndpoint():
            return f"add service endpoint {step.service} to subnet {place(step.subnet_id)}"
        case steps.RemoveServiceEndpoint():
            return f"remove service endpoint {step.service} from subnet {place(step.subnet_id)}"
        case steps.AddVaultAccess():
            return f"give {step.object_id} in key vault {place(step.vault_id)}: {_rights(step)}"
        case steps.RemoveVaultAccess():
            return f"take from {step.object_id} in {place(step.vault_id)}: {_rights(step)}"
        case steps.AddRoleAssignment():
            return f"assign {step.object_id} a role at {place(step.assignment_id.scope)}"
        case steps.RemoveRoleAssignment():
            return f"remove the role of {step.object_id} at {place(step.assignment_id.scope)}"
        case _:
            assert_never(step)


def _rights(step: steps.AddVaultAccess | steps.RemoveVaultAccess) -> str:
    parts = (("keys", step.keys), ("secrets", step.secrets))
    return "; ".join(f"{what} {', '.join(rights)}" for what, rights in parts if rights)


def _until(step: steps.WaitForJob) -> str:
    ends = {
        steps.WaitFor.SNAPSHOT: "until its snapshot is taken",
        steps.WaitFor.JOB: "until its job has ended",
        steps.WaitFor.NONE: "until its job is named",
    }
    expected = " (it may fail, as expected)" if step.failure_expected else ""
    return ends[step.until] + expected
