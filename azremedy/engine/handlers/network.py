"""Open the way to Azure Storage, and close it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.network import is_same_rule, make_storage_rule
from azremedy.domain.reach import find_rule_ahead, is_needed, name_ports
from azremedy.domain.steps import (
    AddSecurityRule,
    AddServiceEndpoint,
    RemoveSecurityRule,
    RemoveServiceEndpoint,
)
from azremedy.engine.handlers.base import Accepted, Already, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.deletions import follow_deletion, wait_until_gone
from azremedy.engine.handlers.patient import retry_locked
from azremedy.errors import AzureError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.domain.network import SecurityGroup, SecurityRule, Subnet
    from azremedy.gateways.network import NetworkGateway
    from azremedy.gateways.operations import Operation
    from azremedy.ids import ResourceId

_NO_RULE = "the rule is gone already"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRuleCreation:
    """Carries out ``AddSecurityRule``."""

    step: AddSecurityRule
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that the rule is still needed, would help, and that nothing stands in its place."""
        rule = _rule_of(self.step)
        try:
            group = _network(self.step.rule_id, self.tools).get_group(self.step.rule_id.parent)
        except NotFoundError:
            return Moved(why="its security group is gone")
        for other in group.rules:
            if other.name.lower() == rule.name.lower():
                return _judge_namesake(rule, other)
        outbound = (other for other in group.rules if other.direction.lower() == "outbound")
        for other in outbound:
            if other.priority == rule.priority:
                return Moved(why=f"priority {rule.priority} is taken by rule '{other.name}'")
        return _judge_use(rule, group)

    def act(self) -> Accepted:
        """Start to write the rule."""
        network, rule = _network(self.step.rule_id, self.tools), _rule_of(self.step)
        return _accept(retry_locked(lambda: network.put_rule(self.step.rule_id, rule), self.tools))

    def resume(self, token: str) -> Accepted:
        """Take up the writing that another process started."""
        network = _network(self.step.rule_id, self.tools)
        return Accepted(operation=network.resume_put_rule(self.step.rule_id, token))

    def confirm(self) -> Accepted | None:
        """Look whether the rule is there."""
        return Accepted() if self._is_there() else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the writing to its end and see that the rule is there and comes first."""
        _follow(accepted, self.tools, self.step.target)
        if not _wait_until(self._is_in_effect, accepted, self.tools):
            raise AzureError(f"The rule {self.step.rule_id} is not there after it was written")
        group = _network(self.step.rule_id, self.tools).get_group(self.step.rule_id.parent)
        if (ahead := find_rule_ahead(group, _rule_of(self.step))) is not None:
            raise AzureError(
                f"Rule '{ahead.name}' comes before {self.step.rule_id} and denies the same",
                advice="It was added meanwhile. Run the command again: it plans a rule before it.",
            )
        ports = name_ports(self.step.ports)
        return Outcome(message=f"allowed: out to {self.step.destination}, {ports}")

    def _is_there(self) -> bool:
        seen = _find_rule(self.step.rule_id, self.tools)
        return seen is not None and is_same_rule(seen, _rule_of(self.step))

    def _is_in_effect(self) -> bool:
        """Say whether the rule is there and Azure does not work on it any more."""
        seen = _find_rule(self.step.rule_id, self.tools)
        if seen is None or not is_same_rule(seen, _rule_of(self.step)):
            return False
        return _is_settled(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRuleRemoval:
    """Carries out ``RemoveSecurityRule``."""

    step: RemoveSecurityRule
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that the rule is still as it was made."""
        seen = _find_rule(self.step.rule_id, self.tools)
        if seen is None:
            return Already(why=_NO_RULE)
        if not is_same_rule(seen, _rule_of(self.step)):
            return Moved(why="somebody changed the rule: it is not azremedy's any more")
        return Proceed()

    def act(self) -> Accepted:
        """Start the deletion."""
        network = _network(self.step.rule_id, self.tools)
        return _accept(retry_locked(lambda: network.delete_rule(self.step.rule_id), self.tools))

    def resume(self, token: str) -> Accepted:
        """Take up a deletion that another process started."""
        network = _network(self.step.rule_id, self.tools)
        return Accepted(operation=network.resume_delete_rule(self.step.rule_id, token))

    def confirm(self) -> Accepted | None:
        """Look whether the rule is gone, or going."""
        seen = _find_rule(self.step.rule_id, self.tools)
        if seen is None:
            return Accepted()
        underway = seen.provisioning_state.lower() == "deleting"
        return Accepted(underway=True) if underway else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the deletion to its end and see that the rule is gone."""
        _follow(accepted, self.tools, self.step.target)
        patience = self.tools.patience.delete if accepted.underway else None
        if not wait_until_gone(self._is_there, self.tools, within=patience):
            raise AzureError(f"The rule {self.step.rule_id} is still there after its deletion")
        self.tools.memory.deleted.add(self.step.rule_id)
        return Outcome(message="the rule is gone")

    def _is_there(self) -> bool:
        return _find_rule(self.step.rule_id, self.tools) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEndpointChange:
    """Carries out ``AddServiceEndpoint`` and ``RemoveServiceEndpoint``."""

    step: AddServiceEndpoint | RemoveServiceEndpoint
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that the subnet is there and still lacks, or still has, the endpoint."""
        try:
            done = self._is_done()
        except NotFoundError:
            return Moved(why="the subnet is gone")
        if done:
            return Already(why=f"the subnet {self._state} already")
        return Proceed()

    def act(self) -> Accepted:
        """Start to write the subnet with nothing else changed."""
        network, step = _network(self.step.subnet_id, self.tools), self.step
        change = (
            network.add_endpoint
            if isinstance(step, AddServiceEndpoint)
            else network.remove_endpoint
        )
        try:
            return _accept(retry_locked(lambda: change(step.subnet_id, step.service), self.tools))
        except ConflictError:
            # A request that was repeated after a lost answer meets the entity tag that it made.
            if (accepted := self.confirm()) is None:
                raise
            return accepted

    def resume(self, token: str) -> Accepted:
        """Take up a change that another process started."""
        network = _network(self.step.subnet_id, self.tools)
        return Accepted(operation=network.resume_write_subnet(self.step.subnet_id, token))

    def confirm(self) -> Accepted | None:
        """Look whether the subnet has changed."""
        return Accepted() if self._is_done() else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the change to its end and see it."""
        _follow(accepted, self.tools, self.step.target)
        if not _wait_until(self._is_in_effect, accepted, self.tools):
            raise AzureError(f"{self.step.subnet_id} is as it was after it was changed")
        return Outcome(message=f"the subnet {self._state}")

    def _is_done(self) -> bool:
        return self._is_wanted(self._read())

    def _is_in_effect(self) -> bool:
        """Say whether the subnet is as wanted and Azure does not work on it any more."""
        subnet = self._read()
        return self._is_wanted(subnet) and _is_settled(subnet)

    def _read(self) -> Subnet:
        return _network(self.step.subnet_id, self.tools).get_subnet(self.step.subnet_id)

    def _is_wanted(self, subnet: Subnet) -> bool:
        services = {service.lower() for service in subnet.service_endpoints}
        wanted = isinstance(self.step, AddServiceEndpoint)
        return (self.step.service.lower() in services) is wanted

    @property
    def _state(self) -> str:
        has = "has" if isinstance(self.step, AddServiceEndpoint) else "has not"
        return f"{has} the endpoint {self.step.service}"


def _rule_of(step: AddSecurityRule | RemoveSecurityRule) -> SecurityRule:
    return make_storage_rule(
        step.rule_id.name, step.priority, destination=step.destination, ports=step.ports
    )


def _judge_namesake(rule: SecurityRule, other: SecurityRule) -> Seen:
    if is_same_rule(rule, other):
        return Already(why="the rule is there already")
    return Moved(why=f"there is another rule of the name '{other.name}'")


def _judge_use(rule: SecurityRule, group: SecurityGroup) -> Seen:
    if not is_needed(group, rule):
        return Already(why="no rule of the security group denies it any more")
    if (ahead := find_rule_ahead(group, rule)) is not None:
        return Moved(why=f"rule '{ahead.name}' comes before it now and denies the same")
    return Proceed()


def _network(target: ResourceId, tools: Tools) -> NetworkGateway:
    return tools.gateways(target).network


def _find_rule(rule_id: ResourceId, tools: Tools) -> SecurityRule | None:
    try:
        return _network(rule_id, tools).get_rule(rule_id)
    except NotFoundError:
        return None


def _accept(operation: Operation) -> Accepted:
    return Accepted(
        request_id=operation.receipt.request_id,
        correlation_id=operation.receipt.correlation_id,
        operation=operation,
        moot=operation.receipt.already_gone,
    )


def _follow(accepted: Accepted, tools: Tools, target: ResourceId) -> None:
    if not follow_deletion(accepted, tools):
        raise AzureError(
            f"Azure is still changing {target}",
            advice="The change goes on in Azure. Run the command again later: it sees it then.",
        )


def _is_settled(seen: SecurityRule | Subnet) -> bool:
    return seen.provisioning_state.lower() in {"", "succeeded"}


def _wait_until(is_so: Callable[[], bool], accepted: Accepted, tools: Tools) -> bool:
    """Say whether something becomes so within the minutes that Azure's reads may lag behind.

    What cannot be followed as an operation may take as long as one.
    """
    patience = tools.patience.delete if accepted.operation is None else None
    return wait_until_gone(lambda: not is_so(), tools, within=patience)
