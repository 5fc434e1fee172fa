"""Read from a policy when its next backup is due.

Times of day are taken as UTC, whatever the policy's time zone.
Source: learn.microsoft.com/rest/api/backup/protection-policies/create-or-update.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.sandbox import backup_job

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json

_DAY = timedelta(days=1)
_WEEK = 8
"""How many days to look ahead, the first one included: a weekly run comes at least once in them."""


def next_run(policy: Json, *, after: datetime) -> datetime | None:
    """Give the first moment after a time at which a policy's backup is due; None for never."""
    schedule = policy["properties"].get("schedulePolicy") or {}
    midnight = datetime(after.year, after.month, after.day, tzinfo=UTC)
    for ahead in range(_WEEK + 1):
        day = midnight + ahead * _DAY
        due = [moment for moment in _runs_on(schedule, day) if moment > after]
        if due:
            return min(due)
    return None


def _runs_on(schedule: Json, day: datetime) -> list[datetime]:
    """Give the moments of one day; a window of hours may reach into the next."""
    frequency = str(schedule.get("scheduleRunFrequency", "")).lower()
    hourly = schedule.get("hourlySchedule")
    if frequency == "hourly" and hourly:
        return _hours(hourly, day)
    daily = schedule.get("dailySchedule") or schedule
    if frequency == "daily":
        return _times(daily, day)
    weekly = schedule.get("weeklySchedule") or schedule
    if frequency == "weekly" and f"{day:%A}" in (weekly.get("scheduleRunDays") or []):
        return _times(weekly, day)
    return []


def _times(schedule: Json, day: datetime) -> list[datetime]:
    times = [backup_job.moment(text) for text in schedule.get("scheduleRunTimes") or []]
    return [day.replace(hour=time.hour, minute=time.minute) for time in times]


def _hours(hourly: Json, day: datetime) -> list[datetime]:
    start = backup_job.moment(hourly["scheduleWindowStartTime"])
    first = day.replace(hour=start.hour, minute=start.minute)
    interval, window = int(hourly["interval"]), int(hourly["scheduleWindowDuration"])
    return [first + timedelta(hours=hours) for hours in range(0, window + 1, interval)]
