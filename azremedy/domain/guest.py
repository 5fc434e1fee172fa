"""What a check inside the VM told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFacts:
    """The answers of the ``check`` script.

    ``None``: this system has no such thing, or the script did not tell.
    """

    services: tuple[tuple[str, str], ...] = ()
    """The agent's services with ``running``, ``stopped``, ``disabled`` or ``missing``."""
    agent_version: str | None = None
    """The agent's own word."""
    extensions_enabled: bool | None = None
    """Linux: ``Extensions.Enabled`` in /etc/waagent.conf."""
    provisioning_agent: str | None = None
    """Linux: ``Provisioning.Agent`` in /etc/waagent.conf, in lower case."""
    verbose_logging: bool | None = None
    """Linux: ``Logs.Verbose`` in /etc/waagent.conf."""
    dhcp: bool | None = None
    """Whether the guest takes its address by DHCP."""
    host_reachable: bool | None = None
    """Whether 168.63.129.16 answers."""
    dot_net: str | None = None
    """Windows: the .NET Framework's version; empty when there is none."""
    visual_c: bool | None = None
    """Windows: whether the Visual C++ runtime of the snapshot provider is installed."""
    app_locker: bool | None = None
    """Windows: whether an AppLocker rule denies the extension's program."""
    antivirus_excluded: bool | None = None
    """Windows: whether the extension's two folders are excluded from the antivirus."""
    leftovers: bool | None = None
    """Whether remains of the snapshot extension lie in the guest that no installed one owns."""
