"""Cancel backup jobs, and protect VMs again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from azremedy.domain.resources import vault_of
from azremedy.errors import AzureError
from azremedy.gateways.operations import Operation, Receipt, deferred_polling, receipt_of
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_backup import is_cancellable
from azremedy.gateways.wire_json import document_of

if TYPE_CHECKING:
    from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

    from azremedy.gateways.clients import Connect
    from azremedy.gateways.clock import Clock
    from azremedy.ids import ResourceId

_VAULT = "Microsoft.RecoveryServices/Vaults"
READ_JOBS = f"{_VAULT}/backupJobs/read"
CANCEL = f"{_VAULT}/backupJobs/cancel/action"
PROTECT = f"{_VAULT}/backupFabrics/protectionContainers/protectedItems/write"


class BackupChangesGateway:
    """What changes jobs and protected items in the vaults of one subscription."""

    def __init__(
        self,
        connect: Connect[RecoveryServicesBackupClient],
        clock: Clock,
        *,
        polling_interval_s: float,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._polling_interval_s = polling_interval_s

    def is_cancellable(self, job_id: ResourceId) -> bool:
        """Say whether a job is of a kind that can be cancelled, as the job itself tells.

        It may be over: then it cannot be cancelled any more. Safe to repeat.
        Permission: ``Microsoft.RecoveryServices/Vaults/backupJobs/read``.

        Raises:
            NotFoundError: the vault has no such job.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the backup job", action=READ_JOBS, target=job_id):
            answer = self._connect(job_id).job_details.get(*_job(job_id))
            return is_cancellable(document_of(answer))

    def cancel_job(self, job_id: ResourceId) -> Receipt:
        """Ask the service to cancel a job; the job itself tells when it has ended.

        Exactly one request is sent: the service refuses a second one. After
        ``ConnectionFailedError`` or ``ServiceUnavailableError`` look at the job.
        Permission: ``Microsoft.RecoveryServices/Vaults/backupJobs/cancel/action``.

        Raises:
            NotFoundError: the vault has no such job.
            AzureError: the job is over, is being cancelled, or cannot be cancelled.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("cancelling the backup job", action=CANCEL, target=job_id):
            # The SDK gives nothing back, and would repeat the POST where it must not.
            calls: Any = self._connect(job_id).job_cancellations
            receipt: Receipt = calls.trigger(*_job(job_id), retry_total=0, cls=receipt_of)
            return receipt

    def protect_vm(
        self, item_id: ResourceId, vm_id: ResourceId, policy_id: ResourceId
    ) -> Operation:
        """Start to protect a VM with a policy; an item that was stopped goes on. Safe to repeat.

        Permission: ``…/protectionContainers/protectedItems/write`` of the vault, and reading the
        VM.
        Source: Microsoft's example ConfigureProtection; recorded Azure traffic, 2024, of
        ``az backup protection resume``.

        Raises:
            NotFoundError: there is no such vault.
            AzureError: the service refuses: no such policy, or the item is soft-deleted.
            AzremedyError: as ``translating`` tells them.
        """
        polling = deferred_polling(self._polling_interval_s)
        body: Any = {
            "properties": {
                "protectedItemType": "Microsoft.Compute/virtualMachines",
                "sourceResourceId": str(vm_id),
                "policyId": str(policy_id),
            }
        }
        with self._protecting(item_id)():
            self._begin(item_id, body, polling=polling)
        return self._operation(item_id, polling)

    def resume_protect_vm(self, item_id: ResourceId, token: str) -> Operation:
        """Take up a protection that another process started; sends none.

        Args:
            item_id: the protected item, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        damaged = AzureError(
            "the saved operation cannot be taken up: its token is damaged",
            advice="Look at the protected item, and run the command again if need be.",
        )
        if not token:
            raise damaged
        polling = deferred_polling(self._polling_interval_s)
        with self._protecting(item_id)():
            try:
                self._begin(item_id, {}, polling=polling, continuation_token=token)
            except (KeyError, TypeError, ValueError) as error:
                raise damaged from error
        return self._operation(item_id, polling)

    def _begin(self, item_id: ResourceId, body: Any, **options: Any) -> None:
        calls = self._connect(item_id).protected_items
        calls.begin_create_or_update(*_item(item_id), body, **options)

    def _operation(self, item_id: ResourceId, polling: Any) -> Operation:
        return Operation(polling=polling, clock=self._clock, translate=self._protecting(item_id))

    def _protecting(self, item_id: ResourceId) -> partial[Any]:
        return partial(translating, "protecting the VM with", action=PROTECT, target=item_id)


def _job(job_id: ResourceId) -> tuple[str, str, str]:
    return job_id.parent.name, job_id.resource_group, job_id.name


def _item(item_id: ResourceId) -> tuple[str, str, str, str, str]:
    container = item_id.parent
    vault, fabric = vault_of(item_id), container.parent
    return vault.name, vault.resource_group, fabric.name, container.name, item_id.name
