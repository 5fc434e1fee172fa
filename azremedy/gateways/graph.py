"""Ask Azure Resource Graph: one question about many subscriptions, answered page by page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azremedy.errors import AzureError
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import Json, number, sections, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from azure.mgmt.resourcegraph import ResourceGraphClient

    from azremedy.gateways.clients import Connect
    from azremedy.gateways.clock import Clock

PAGE_ROWS = 1000
"""Rows of a page, the most that there may be.
Source: learn.microsoft.com/azure/governance/resource-graph/concepts/paging-results (2026-02-06)."""

MOST_SUBSCRIPTIONS = 300
"""Subscriptions in one question. A thousand may be; beyond some three hundred larger questions are
no cheaper. Source: learn.microsoft.com/azure/governance/resource-graph/concepts/
guidance-for-throttled-requests (2025) and troubleshoot/general (2025)."""

_SPAN = re.compile(r"(\d+):(\d\d):(\d\d)(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphScope:
    """What a question is about; nothing at all stands for whatever the caller can read."""

    subscriptions: tuple[str, ...] = ()
    """GUIDs. Those that the caller cannot read are left out of the answer without a word."""
    management_groups: tuple[str, ...] = ()
    """Names; instead of subscriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    rows: tuple[Json, ...]
    total: int
    token: str
    wait: timedelta


class GraphGateway:
    """Resource Graph. It only reads, and its copy is late at times by minutes."""

    def __init__(self, connect: Connect[ResourceGraphClient], *, clock: Clock) -> None:
        self._connect = connect
        self._clock = clock
        self._ready_at: datetime | None = None

    def ask(self, query: str, scope: GraphScope) -> Iterator[Json]:
        """Give the rows of a question, a page at a time. Safe to repeat.

        The question must have a column that is a text, and an order by one that is unique: without
        the first there is only one page, without the second rows may be missing. Where the quota
        is used up it is waited for, so that no question is refused for it.
        Needs no action of its own: what the caller may not read is left out.
        Source: learn.microsoft.com/azure/governance/resource-graph/concepts/paging-results.

        Raises:
            AzureError: rows are missing: the answer was cut, and there is no way to the others.
            AzremedyError: as ``translating`` tells them.
        """
        given, token = 0, ""
        while True:
            self._await_quota()
            with translating("asking Resource Graph"):
                page = self._send(query, scope, token)
            self._note_quota(page)
            yield from page.rows
            given, token = given + len(page.rows), page.token
            if not token:
                break
        if given < page.total:
            raise AzureError(f"Resource Graph gave {given} of {page.total} rows")

    def _await_quota(self) -> None:
        if self._ready_at is None:
            return
        wait = (self._ready_at - self._clock.now()).total_seconds()
        if wait > 0:
            self._clock.sleep(wait)
        self._ready_at = None

    def _note_quota(self, page: _Page) -> None:
        self._ready_at = self._clock.now() + page.wait if page.wait else None

    def _send(self, query: str, scope: GraphScope, token: str) -> _Page:
        from azure.mgmt.resourcegraph import models  # noqa: PLC0415 - loads the SDK on use

        options = models.QueryRequestOptions(top=PAGE_ROWS, skip_token=token or None)
        asked = models.QueryRequest(
            query=query,
            subscriptions=list(scope.subscriptions) or None,
            management_groups=list(scope.management_groups) or None,
            options=options,
        )
        calls: Any = self._connect()
        page: _Page = calls.resources(asked, cls=_parse_page)
        return page


def _parse_page(answer: Any, _model: object, _headers: object) -> _Page:
    document: Json = answer.http_response.json()
    return _Page(
        rows=sections(document, "data"),
        total=number(document, "totalRecords") or 0,
        token=text(document, "$skipToken"),
        wait=_wait(answer.http_response.headers),
    )


def _wait(headers: Mapping[str, str]) -> timedelta:
    """Say how long to wait for the quota, when the answer used up the last of it.

    Source: learn.microsoft.com/azure/governance/resource-graph/concepts/
    guidance-for-throttled-requests (2025).
    """
    if headers.get("x-ms-user-quota-remaining", "").strip() != "0":
        return timedelta()
    match = _SPAN.match(headers.get("x-ms-user-quota-resets-after", ""))
    hours, minutes, seconds = map(int, match.groups()) if match else (0, 0, 5)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
