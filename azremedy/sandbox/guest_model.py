"""Say what can be true inside a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field

ServiceState: TypeAlias = Literal["running", "stopped", "disabled", "missing"]
"""How a service stands. A boot starts a stopped one; disabled or missing, it stays away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """What is true inside a machine, or about it, and stands in no ARM document.

    The backup service and Run Command go by it; no answer of the sandbox ever shows it. A fact that
    is not written is as it should be.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", populate_by_name=False)

    agent_version: Annotated[str, Field(alias="agentVersion")] = ""
    """The VM agent's version; empty = what the instance view reports."""
    repository_agent: Annotated[str, Field(alias="repositoryAgent")] = ""
    """Linux: the VM agent that the distribution's repository has; empty = a current one."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Linux: small files that scripts have written, by path."""
    services: Mapping[str, ServiceState] = field(default_factory=dict)
    """Services that do not run as they should, by name, such as `walinuxagent` or `RdAgent`."""
    conf: Mapping[str, str] = field(default_factory=dict)
    """Linux: switches of /etc/waagent.conf that differ from its defaults, such as
    `Extensions.Enabled: n`."""
    dhcp: bool = True
    """Whether the guest takes its address by DHCP; without it no extension reaches its host."""
    host_reachable: Annotated[bool, Field(alias="hostReachable")] = True
    """Whether the extension reaches 168.63.129.16 to have the host take the snapshot; a proxy or
    firewall in the guest may stand between."""
    dot_net: Annotated[str, Field(alias="dotNet")] = "4.8"
    """Windows: the .NET Framework; empty = none, and then the agent does not start."""
    visual_c: Annotated[bool, Field(alias="visualC")] = True
    """Windows: whether the Visual C++ runtime fits iaasvmprovider.dll."""
    blocker: Literal["", "AppLocker", "antivirus"] = ""
    """Windows: what keeps the backup extension's program from running."""
    shut_down: Annotated[bool, Field(alias="shutDown")] = False
    """Whether the guest was shut down from inside while Azure still reports it as running."""
    leftovers: bool = False
    """Whether broken remains of the backup extension survive its deletion: a deep clean is due."""
    script_running: Annotated[bool, Field(alias="scriptRunning")] = False
    """Whether Run Command is at work in the machine."""
    open_snapshots: Annotated[tuple[str, ...], Field(alias="openSnapshots")] = ()
    """Ids of disk restore points of the machine that somebody reads through an open SAS."""
