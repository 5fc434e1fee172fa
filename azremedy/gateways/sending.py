"""Read documents where a client of their own would be too much to install, or to load.

The client of documents adds host, sign-in, retries and the session's guards. Changes never go this
way: they are the SDK's named calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from azremedy.gateways.wire_json import Json, object_of, page_entries, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.gateways.clients import DocumentClient
    from azremedy.ids import ResourceId

_PLAIN = "/;:@()!$&'*+,="
"""What a path may hold as it is. Source: RFC 3986, section 3.3."""


def make_url(path: ResourceId | str, *, api_version: str, **options: str) -> str:
    """Make a request's URL without its host; an option's name gets its dollar sign."""
    given = {f"${name}": value for name, value in options.items()}
    return make_query(str(path), {"api-version": api_version, **given})


def make_query(path: str, options: Mapping[str, str]) -> str:
    """Make a URL of a path that is not percent-encoded and the options of its query."""
    query = urlencode(options, quote_via=quote, safe="$'(),")
    return f"{quote(path, safe=_PLAIN)}?{query}"


def read(client: DocumentClient, url: str) -> Json:
    """Read a document.

    Raises:
        azure.core.exceptions.HttpResponseError: the answer is an error; for ``translating``.
        AnswerFormatError: the answer is no object; for ``translating`` too.
    """
    answer = client.get(url)
    answer.raise_for_status()
    return object_of(answer.json())


def read_all(client: DocumentClient, url: str) -> tuple[Json, ...]:
    """Read all pages of a list.

    Raises:
        azure.core.exceptions.HttpResponseError, AnswerFormatError: see :func:`read`; a page without
            its list is no empty list.
    """
    found: list[Json] = []
    while url:
        page = read(client, url)
        found.extend(page_entries(page))
        url = text(page, "nextLink")
    return tuple(found)
