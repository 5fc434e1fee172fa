"""Hold one answer against recorded ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.recordings.forms import header_form, message_form
from tests.sandbox.recordings.shapes import differences, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.recordings.traffic import Exchange

INFRASTRUCTURE = {
    "connection": "hop by hop",
    "content-length": "hop by hop; the recordings' no longer fits",
    "transfer-encoding": "hop by hop",
    "vary": "compression of the way, not of the service",
    "server": "names the web server of a node",
    "x-powered-by": "names the web framework of a node",
    "x-aspnet-version": "names the web framework of a node",
    "x-ms-served-by": "names a node",
    "x-cache": "added by the content network before ARM",
    "x-msedge-ref": "added by the content network before ARM",
    "x-ms-operation-identifier": "names the caller's tenant and the service's node",
    "x-ms-original-request-ids": "request ids of nodes behind ARM",
    "x-ms-need-to-refresh-epl-cache": "the service's own cache",
    "x-ms-request-charge": "the service's own data base",
    "x-ms-client-request-id": "repeats a request header, if sent",
    "set-cookie": "load balancing",
    "mise-correlation-id": "the service's sign-in library",
    "x-ms-keyvault-service-version": "names a build",
}
"""Headers that are not compared, with the reason."""


def compare(recorded: tuple[Exchange, ...], answered: Exchange) -> Iterator[str]:
    """Say where an answer departs from all the recorded ones."""
    statuses = sorted({one.status for one in recorded})
    if answered.status not in statuses:
        yield f"status: {answered.status}, recorded {statuses}"
        return
    yield from _headers(recorded, answered)
    if answered.error:
        yield from _error(recorded, answered)
    bodies = [one.body for one in recorded]
    yield from differences(shape(bodies), shape([answered.body]))


def _error(recorded: tuple[Exchange, ...], answered: Exchange) -> Iterator[str]:
    codes = sorted({str(one.error.get("code")) for one in recorded})
    if answered.error.get("code") not in codes:
        yield f"error code: {answered.error.get('code')}, recorded {' or '.join(codes)}"
    forms = {message_form(str(one.error.get("message"))) for one in recorded}
    said = message_form(str(answered.error.get("message")))
    if said not in forms:
        yield f"error message: {said!r}, recorded {' or '.join(map(repr, sorted(forms)))}"


def _headers(recorded: tuple[Exchange, ...], answered: Exchange) -> Iterator[str]:
    names = {name for one in recorded for name in one.headers} | set(answered.headers)
    for name in sorted(names - set(INFRASTRUCTURE)):
        telling = [one for one in recorded if one.tells(name) or name in one.headers]
        forms = {header_form(name, one.headers[name]) for one in telling if name in one.headers}
        if name not in answered.headers:
            always = all(name in one.headers for one in telling)
            yield f"header {name}: {'always' if always else 'sometimes'} recorded, missing"
        elif telling and not forms:
            yield f"header {name}: never recorded"
        elif forms and (form := header_form(name, answered.headers[name])) not in forms:
            yield f"header {name}: {form}, recorded {' or '.join(sorted(forms))}"
