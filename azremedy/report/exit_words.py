"""What each exit code means."""

from __future__ import annotations

from azremedy import errors

CHANGES_PENDING = 10
"""What ``--detailed-exitcode`` asks for."""
EXIT_CODES = {
    errors.EXIT_DONE: "done, or nothing to do",
    errors.EXIT_UNEXPECTED: (
        "unexpected: a defect of azremedy; the details are in a file that the message names"
    ),
    errors.EXIT_USAGE: (
        "the request cannot be understood: options, ids, names, files; nothing was tried"
    ),
    errors.EXIT_FAILURES: "finished with failures, or not everything could be read",
    errors.EXIT_REFUSED: "refused by a guard, or by the person, or nobody was there to ask",
    errors.EXIT_ACCESS: "sign-in or permission",
    errors.EXIT_NOT_FOUND: "VM, group or subscription not found",
    errors.EXIT_STALE: (
        "the plan is stale: something moved since it was shown, and the step was not done"
    ),
    errors.EXIT_HELD: "another run works on the same target",
    errors.EXIT_INTERRUPTED: "interrupted; `azremedy resume` goes on",
    CHANGES_PENDING: "something was found (only with `--detailed-exitcode`)",
    errors.EXIT_BACKUP_FAILED: "the backup itself failed, or was not confirmed",
}
"""The same for every command; any other code is a failure."""
