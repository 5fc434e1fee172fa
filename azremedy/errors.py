"""Say what went wrong, with the exit code and the advice that belong to it.

The tree::

    AzremedyError                 exit 1
    ├── UsageError                exit 2    the request cannot be understood
    │   ├── MalformedIdError                not an ARM resource id
    │   ├── WrongResourceTypeError          an id, but of another type than is meant
    │   └── AmbiguousTargetError            a name that fits several resources
    ├── RefusedError              exit 4    a guard or a person said no
    │   └── ReadOnlyError                   the pipeline of a dry run refused a change
    ├── AccessError               exit 5    sign-in or permission
    │   ├── SignInError
    │   └── PermissionDeniedError
    ├── TargetNotFoundError       exit 6
    ├── StalePlanError            exit 7    the world moved since the plan was shown
    ├── HeldError                 exit 8    another run holds the target
    ├── BackupNotConfirmedError   exit 11
    │   └── BackupUnknownError              whether it was started is not known
    └── AzureError                exit 3    Azure answered with an error, or not at all
        ├── NotFoundError         exit 6
        │   └── OperationForgottenError exit 3  Azure does not know the operation any more
        ├── LockedError           exit 4
        ├── ConflictError
        ├── ThrottledError
        ├── ServiceUnavailableError
        └── ConnectionFailedError

Errors carry facts as attributes; ``report`` renders them. No error is recognised by its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

EXIT_DONE = 0
EXIT_UNEXPECTED = 1
EXIT_USAGE = 2
EXIT_FAILURES = 3
EXIT_REFUSED = 4
EXIT_ACCESS = 5
EXIT_NOT_FOUND = 6
EXIT_STALE = 7
EXIT_HELD = 8
EXIT_INTERRUPTED = 9
EXIT_BACKUP_FAILED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureAnswer:
    """What Azure said when it refused a request."""

    status: int | None = None
    """HTTP status; ``None`` when no answer arrived. A failed long-running operation has 200."""
    code: str | None = None
    """ARM error code such as ``ScopeLocked``; ``None`` when the body was not ARM's."""
    message: str = ""
    """Azure's own words, which may be localized: to show, never to match."""
    request_id: str | None = None
    """``x-ms-request-id``."""
    correlation_id: str | None = None
    """``x-ms-correlation-request-id``."""
    retry_after: timedelta | None = None
    """How long Azure asked to wait, where it did."""


class AzremedyError(Exception):
    """Any failure that azremedy explains by itself.

    Args:
        summary: what was tried, on what, and what happened: one line.
        advice: what to do next; the class's own advice when left out.
        answer: what Azure said, when it said something.
    """

    exit_code: ClassVar[int] = EXIT_UNEXPECTED
    msgid: ClassVar[str] = "error"
    advice: str = ""

    def __init__(
        self, summary: str, *, advice: str | None = None, answer: AzureAnswer | None = None
    ) -> None:
        super().__init__(summary)
        self.summary = summary
        self.answer = answer
        if advice is not None:
            self.advice = advice


class UsageError(AzremedyError):
    """The request cannot be understood; nothing was tried."""

    exit_code = EXIT_USAGE
    msgid = "usage"
    advice = "See the command's --help."


class MalformedIdError(UsageError):
    """A text that should be an ARM resource id is none."""

    msgid = "malformed-id"
    advice = (
        "An id looks like /subscriptions/<guid>/resourceGroups/<group>/providers/<namespace>"
        "/<type>/<name>."
    )


class WrongResourceTypeError(UsageError):
    """An id is well formed but names a resource of another type than the command works on."""

    msgid = "wrong-resource-type"


class AmbiguousTargetError(UsageError):
    """A name fits more than one resource."""

    msgid = "ambiguous-target"
    advice = "Give the full id, or the resource group with --resource-group."


class RefusedError(AzremedyError):
    """Something was understood and possible, but is not allowed without a further word."""

    exit_code = EXIT_REFUSED
    msgid = "refused"


class ReadOnlyError(RefusedError):
    """The HTTP pipeline stopped a request that could have changed something."""

    msgid = "read-only"
    advice = "This is a defect in azremedy: a dry run must not try to write. Nothing was sent."


class AccessError(AzremedyError):
    """Azure does not know, or does not allow, the caller."""

    exit_code = EXIT_ACCESS
    msgid = "access"


class SignInError(AccessError):
    """No credential worked, or the token was refused."""

    msgid = "sign-in"
    advice = (
        "Run 'az login', or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET "
        "(or a federated token), then try again."
    )


class PermissionDeniedError(AccessError):
    """Azure answered 403.

    Args:
        action: the ARM action that is missing, such as ``Microsoft.Authorization/locks/delete``.
        scope: where it is missing.
    """

    msgid = "permission-denied"

    def __init__(
        self,
        summary: str,
        *,
        action: str | None = None,
        scope: str | None = None,
        advice: str | None = None,
        answer: AzureAnswer | None = None,
    ) -> None:
        super().__init__(summary, advice=advice, answer=answer)
        self.action = action
        self.scope = scope
        if advice is None and action:
            where = f" at {scope}" if scope else ""
            self.advice = f"Ask for a role that has the action {action}{where}, then try again."


class TargetNotFoundError(AzremedyError):
    """The named VM, group or subscription does not exist, or cannot be seen by the caller."""

    exit_code = EXIT_NOT_FOUND
    msgid = "not-found"
    advice = "Check the name, --resource-group and --subscription, and that you may read it."


class StalePlanError(AzremedyError):
    """What a step was planned on is no longer so; the step was not done."""

    exit_code = EXIT_STALE
    msgid = "stale-plan"
    advice = "Run the command again: it reads afresh and shows a new plan."


class HeldError(AzremedyError):
    """Another run that still lives works on the same target."""

    exit_code = EXIT_HELD
    msgid = "held"


class BackupNotConfirmedError(AzremedyError):
    """A backup failed, or its end could not be confirmed."""

    exit_code = EXIT_BACKUP_FAILED
    msgid = "backup-not-confirmed"


class BackupUnknownError(BackupNotConfirmedError):
    """The request for a backup was sent, its answer was lost, and no job of it can be seen."""

    msgid = "backup-unknown"


class AzureError(AzremedyError):
    """Azure answered with an error that has no class of its own here."""

    exit_code = EXIT_FAILURES
    msgid = "azure"


class NotFoundError(AzureError):
    """Azure answered 404 for a resource that was read or changed by its id."""

    exit_code = EXIT_NOT_FOUND
    msgid = "azure-not-found"
    advice = "Check the name, --resource-group and --subscription, and that you may read it."


class OperationForgottenError(NotFoundError):
    """Azure took a request, and does not know its operation any more: how it ended is not told."""

    exit_code = EXIT_FAILURES
    msgid = "operation-forgotten"
    advice = "Look whether the change is there, and make it again if it is not."


class LockedError(AzureError):
    """A management lock refused the change (``ScopeLocked``)."""

    exit_code = EXIT_REFUSED
    msgid = "locked"
    advice = "Remove the lock with 'azremedy unlock-rg', or give --unlock where it is offered."


class ConflictError(AzureError):
    """Azure answered 409 or 412: the resource is busy or is not as it was."""

    msgid = "conflict"
    advice = "Wait for the other operation to end, then run the command again."


class ThrottledError(AzureError):
    """Azure answered 429 more often than the retries allow."""

    msgid = "throttled"
    advice = "Wait as long as Azure asks, then run the command again; it continues where it is."


class ServiceUnavailableError(AzureError):
    """Azure answered 5xx; whether the request was carried out is not known."""

    msgid = "service-unavailable"
    advice = "Try again in a few minutes."


class ConnectionFailedError(AzureError):
    """No answer arrived; whether the request was carried out is not known."""

    msgid = "connection-failed"
    advice = "Check the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE, then try again."
