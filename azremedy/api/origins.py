"""Refuse a plan that was made somewhere else, before anything is sent on its behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.saving import check_version
from azremedy.errors import RefusedError

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.domain.plan import Plan


def check_origin(azure: Azure, plan: Plan) -> None:
    """Refuse a plan that was made somewhere else, or by a newer azremedy.

    Raises:
        RefusedError: the message says what differs.
        SignInError: no credential worked.
    """
    here, there = azure.find_origin(), plan.origin
    if there is None:
        raise RefusedError("The plan does not say where it was made", advice="Make it anew.")
    for what, one, other, flag in (
        ("cloud", there.cloud, here.cloud, "--cloud"),
        ("tenant", there.tenant_id, here.tenant_id, "--tenant"),
        ("sandbox", there.sandbox, here.sandbox, "--sandbox"),
    ):
        if one.lower() != other.lower():
            raise RefusedError(
                f"The plan was made for another {what}: {one or 'none'}, and this is "
                f"{other or 'none'}",
                advice=f"Sign in where the plan was made ({flag}), or make it anew here.",
            )
    check_version(plan.tool_version)
