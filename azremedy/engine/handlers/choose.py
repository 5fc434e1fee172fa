"""Which handler carries out which step."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from azremedy.domain.steps import (
    CreateLock,
    DeleteExtension,
    DeleteLock,
    DeleteRestorePointCollection,
    Step,
    TriggerBackup,
    WaitForCleanup,
    WaitForJob,
)
from azremedy.engine.handlers.backup import BackupTrigger, JobWait
from azremedy.engine.handlers.cleanup import CleanupWait
from azremedy.engine.handlers.collections import CollectionDeletion
from azremedy.engine.handlers.extensions import ExtensionDeletion
from azremedy.engine.handlers.locks import LockCreation, LockDeletion

if TYPE_CHECKING:
    from azremedy.engine.handlers.base import Handler, Tools


def choose_handler(step: Step, tools: Tools) -> Handler:
    """Make the handler of a step."""
    match step:
        case DeleteLock():
            return LockDeletion(step=step, tools=tools)
        case CreateLock():
            return LockCreation(step=step, tools=tools)
        case DeleteRestorePointCollection():
            return CollectionDeletion(step=step, tools=tools)
        case DeleteExtension():
            return ExtensionDeletion(step=step, tools=tools)
        case TriggerBackup():
            return BackupTrigger(step=step, tools=tools)
        case WaitForJob():
            return JobWait(step=step, tools=tools)
        case WaitForCleanup():
            return CleanupWait(step=step, tools=tools)
        case _:
            assert_never(step)
