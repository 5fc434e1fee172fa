"""Say what an error code of the backup service is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupError:
    """One reason for which a backup fails."""

    title: str
    """The code's name; jobs carry it in `errorTitle`."""
    number: int = 0
    """The code's integer, 0 when unknown."""
    message: str = "The backup failed."
    """What the service says about it."""
    advice: tuple[str, ...] = ()
    """What it recommends."""
    detail: str = ""
    """What Compute said; only the job shows it, in `dynamicErrorMessage`."""

    def job_detail(self) -> Json:
        """Write it as an entry of a job's `errorDetails`."""
        return {
            "errorCode": self.number,
            "errorTitle": self.title,
            "errorString": self.message,
            "recommendations": list(self.advice),
        }

    def health_detail(self) -> Json:
        """Write it as an entry of an item's `healthDetails`."""
        return {
            "code": self.number,
            "title": self.title,
            "message": self.message,
            "recommendations": list(self.advice),
        }
