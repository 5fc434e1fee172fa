"""Keep plans in files, and know them again."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from azremedy.domain.plan import Plan
from azremedy.errors import RefusedError, UsageError
from azremedy.wire import WireError, from_json, to_document

if TYPE_CHECKING:
    from pathlib import Path


def find_fingerprint(plan: Plan) -> str:
    """Give the SHA-256 of everything that a plan says, in lower-case hexadecimal digits.

    Two plans with one fingerprint are the same to the last word: steps, reasons, verdicts, the
    loss sheet, who made it, and when.
    """
    text = json.dumps(to_document(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def save_plan(plan: Plan, path: Path) -> str:
    """Write a plan to a new file that only its owner can read; give its fingerprint.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    fingerprint = find_fingerprint(plan)
    text = json.dumps({"fingerprint": fingerprint, "plan": to_document(plan)}, indent=2)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise UsageError(
            f"The plan cannot be kept in {path}: {error.strerror or error}",
            advice="Name a new file in a folder that you may write to.",
        ) from error
    return fingerprint


def load_plan(path: Path) -> Plan:
    """Read a plan from a file.

    Raises:
        UsageError: the file cannot be read, or is no plan of this version.
        RefusedError: it is not as it was written.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        plan = from_json(Plan, json.dumps(document["plan"]))
        written = document["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError, WireError) as error:
        raise UsageError(f"{path} is not a plan of this version: {error}", advice="") from error
    if written != find_fingerprint(plan):
        raise RefusedError(
            f"{path} is not as it was written: its fingerprint does not fit",
            advice="Make the plan anew; do not edit it.",
        )
    return plan


def check_approval(plan: Plan, fingerprint: str) -> None:
    """Refuse a plan that is not the one that was approved.

    Raises:
        RefusedError: the fingerprint is another plan's.
    """
    if fingerprint.strip().lower() != find_fingerprint(plan):
        raise RefusedError(
            "The approval is for another plan than this one",
            advice="Look at the plan, and approve it by its own fingerprint.",
        )
