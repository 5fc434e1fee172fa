"""``azremedy role``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from azremedy import api
from azremedy.cli import console
from azremedy.cli.output import answer_document, asked, output_options
from azremedy.domain.command_needs import find_commands
from azremedy.domain.custom_role import (
    CustomRole,
    Part,
    find_plan_needs,
    find_plan_scopes,
    make_roles,
)
from azremedy.errors import UsageError
from azremedy.ids import is_guid
from azremedy.report.access_text import show_roles


@click.command("role")
@click.option(
    "--for",
    "what",
    required=True,
    metavar="PLANFILE|COMMAND|all",
    help="A plan that was kept in a file, a command, or all commands.",
)
@click.option(
    "--subscription",
    "subscriptions",
    multiple=True,
    envvar="AZURE_SUBSCRIPTION_ID",
    metavar="ID",
    help="Where the roles may be assigned; may be repeated. A plan names its own.",
)
@click.option(
    "--name-prefix", default="azremedy", show_default=True, help="How the roles' names begin."
)
@click.option("--part", type=click.Choice([part.value for part in Part]), help="Only this role.")
@output_options
def command(**options: Any) -> None:
    """Write least-privilege custom roles: to diagnose, to operate, and to unlock.

    Asks nothing of Azure and changes nothing. As JSON, one role with --part is what 'az role
    definition create --role-definition' takes; without it the answer is a list of them.

    \b
    Examples:
      azremedy role --for clean-rpc --subscription 5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001
      azremedy role --for plan.json --part operate -o json > role.json
      az role definition create --role-definition @role.json
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    roles = _make(options["what"], options["subscriptions"], options["name_prefix"].strip())
    part = options["part"]
    chosen = tuple(role for role in roles if part in {None, role.part.value})
    if not chosen:
        raise UsageError(f"{options['what']} needs no role to {part}", advice="Leave --part out.")
    if asked().for_people:
        show_roles(chosen, console.answer())
        return
    documents: list[Any] = [role.document for role in chosen]
    answer_document(documents[0] if part else documents)


def _make(what: str, subscriptions: tuple[str, ...], prefix: str) -> tuple[CustomRole, ...]:
    """Make the roles for a plan file, where there is one of that name, else for a command.

    Raises:
        UsageError: it is neither, or nobody says in which subscription the roles are for.
        RefusedError: the plan is not as it was written.
    """
    if not prefix:
        raise UsageError("--name-prefix is empty", advice="Give it a value, or leave it out.")
    if Path(what).is_file():
        plan = api.load_plan(Path(what))
        return make_roles(find_plan_needs(plan), scopes=find_plan_scopes(plan), prefix=prefix)
    return make_roles(find_commands(what), scopes=_scopes(subscriptions), prefix=prefix)


def _scopes(subscriptions: tuple[str, ...]) -> tuple[str, ...]:
    """Write the subscriptions as scopes.

    Raises:
        UsageError: there is none, or one is no GUID: names are not looked up here.
    """
    if not subscriptions:
        raise UsageError(
            "No subscription is named", advice="Give --subscription ID, or AZURE_SUBSCRIPTION_ID."
        )
    if odd := next((each for each in subscriptions if not is_guid(each)), None):
        raise UsageError(f"'{odd}' is not a subscription's id", advice="It is a GUID.")
    return tuple(f"/subscriptions/{each}" for each in subscriptions)
