"""What a person allows ``unlock-rg`` to do; apart, as it is known before anything is planned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockOptions:
    """What the caller allows."""

    include_inherited: bool = False
    """Also remove locks on the subscription, for good."""
