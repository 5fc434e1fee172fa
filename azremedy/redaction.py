"""Take secrets out of texts before anybody reads them: logs, errors, answers, files, journals.

Secrets are known by their shape: the table :data:`SHAPES`. What merely looks random, such as ids,
hashes and fingerprints, stays. To redact twice changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from operator import is_
from typing import Any, TypeAlias

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
MARK = "REDACTED"
"""What stands where a secret stood. The Azure SDK's own logs write the same word."""

# In texts of logs a URL may be percent-encoded, HTML, or JSON inside a string.
_AND = r"(?:&amp;|&|\\u0026|%26)"
_IS = r"(?:=|%3[Dd]|\\u003[Dd])"
_VALUE = rf"(?:(?!{_AND})[^\s\"'<>;?|\\])"
_PAIR = rf"[A-Za-z][A-Za-z0-9_.$-]{{0,60}}{_IS}{_VALUE}*"
_QUOTE = r"\\?[\"']"
_QUOTED = rf"(?P<quote>{_QUOTE})(?:(?!(?P=quote))(?:\\.|.))+"
_BARE = rf"(?:(?!{_AND}|\\[\"'nrtu])[^\s\"'<>;])"

# Each name begins with a letter, not with a choice: for that Python's search looks ahead.
_KEYED = "|".join(
    (
        *("password", "passwd", "passphrase", "pwd", "secret", "assertion", "identity[_-]header"),
        *(f"{each}[_-]?key" for each in ("access", "account", "api", "functions", "primary")),
        *(f"{each}[_-]?key" for each in ("secondary", "subscription")),
        *(f"{each}[_-]?token" for each in ("access", "auth", "bearer", "federated", "id")),
        *(f"{each}[_-]?token" for each in ("identity", "refresh", "sas", "security", "session")),
        "sharedaccesssignature",
    )
)
_KEYED_HINT = rf"(?:{_KEYED})(?:{_QUOTE})?(?:\s?[:=>]|\s|%3d|\\u003d)"
_SECRET_NAME = rf"(?:{_KEYED})$"
# A plan for a thousand VMs says the same short texts again and again.
_OFTEN = 200
_TEXTS = 8192
_HARMLESS = frozenset(
    {"api-version", "$expand", "$filter", "$orderby", "$select", "$top", "monitor", "statusonly"}
)
"""Names in a query of Azure Resource Manager whose values say nothing that opens anything."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which secrets are written.

    Its expressions are compiled when the first text is read: starting the program is not to wait.
    """

    name: str
    """What it is."""
    pattern: str
    """Finds the secret with what it is known by, in upper and lower case where it says no other."""
    hint: str = field(kw_only=True)
    """Finds in lower case, and quickly, that a text may hold such a secret."""
    mended: str | Callable[[re.Match[str]], str] = field(default=MARK, kw_only=True)
    """What is written instead."""


def clean_query(query: str) -> str:
    """Keep of a URL's query what is known to be harmless, and the names of the rest."""
    parts = re.split(f"({_AND})", query)
    return "".join(part if at % 2 else _clean_pair(part) for at, part in enumerate(parts))


def _clean_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    plain = re.sub("%24", "$", name).lower()
    return pair if not value or plain in _HARMLESS else f"{name}{equals}{MARK}"


# The order counts: whole tokens go before the names in front of them are looked for.
# Sources: RFC 6750 and 7519 (bearer tokens, JSON Web Tokens); learn.microsoft.com/rest/api/
# storageservices/create-service-sas and .../azure/storage/common/storage-configure-connection-
# string; learn.microsoft.com/purview/sit-defn-azure-ad-client-secret and sit-defn-client-secret-
# api-key; recorded Azure traffic, 2024 (URLs of operations).
SHAPES = (
    Shape(
        "private key",
        r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|\Z)",
        hint="private key",
    ),
    # '{"' of JSON is 'eyJ' in base 64 and nothing else: 'sydneyjumphost1.contoso.com' is a name.
    Shape("JSON Web Token", r"(?-i:eyJ)[a-z0-9_-]{8,}(?:\.[a-z0-9_=-]*){1,4}", hint="eyj"),
    # The SDK's own: it holds the URL of an operation. A name is shorter than what has no slash.
    Shape(
        "continuation token",
        r"(?-i:eyJ)[a-z0-9+_-]{60,}[a-z0-9+/_-]*={0,2}",
        hint="eyj",
    ),
    Shape(
        "credential of a scheme",
        r"\b(bearer|pop|sharedkey(?:lite)?)((?:\s|%20|\+)+)(?![a-z_]+=[\"\w])[a-z0-9._~+/%:-]{16,}=*",
        hint="bearer|pop|sharedkey",
        mended=rf"\1\2{MARK}",
    ),
    Shape(
        "authorization header",
        rf"\b(authorization(?:{_QUOTE})?\s*[:=]\s*(?:{_QUOTE})?(?:basic|negotiate|ntlm|digest|sas)\s+)"
        r"[^\s\"'\\]{8,}",
        hint="authorization",
        mended=rf"\1{MARK}",
    ),
    Shape(
        "cookie",
        rf"\b(cookie(?:{_QUOTE})?\s*:\s*(?:{_QUOTE})?)[^\s=;:,\"'\\]+=[^\n\r\"'\\]+",
        hint="cookie",
        mended=rf"\1{MARK}",
    ),
    Shape(
        "shared access signature",
        rf"(?:(?<![a-z0-9])|(?<=%26)|(?<=%3F)|(?<=u0026))(?:{_PAIR}{_AND})*"
        rf"sig{_IS}{_VALUE}{{8,}}(?:{_AND}{_PAIR})*(?<![,.)])",
        hint="sig",
    ),
    Shape(
        "URL of an operation",
        r"(/(?:subscriptions|providers)/[^\s?\"'<>\\]*operation[^\s?\"'<>\\]*\?)"
        r"((?:\\u0026|[^\s\"'<>\\])+)",
        hint="operation",
        mended=lambda found: found[1] + clean_query(found[2]),
    ),
    Shape(
        "sealed query",
        r"([?&]t=\d+&c=)[^\s\"'<>\\&]+&s=[^\s\"'<>\\&]+&h=[^\s\"'<>\\&]+",
        hint="&h=",
        mended=rf"\1{MARK}",
    ),
    Shape(
        "user in a URL",
        r"(://)[^\s/?#@:\"'<>]+:[^\s/?#@\"'<>]+@",
        hint="://",
        mended=rf"\1{MARK}@",
    ),
    Shape(
        "named value in quotes",
        rf"((?:{_KEYED})(?:{_QUOTE})?\s?[:=]\s?){_QUOTED}",
        hint=_KEYED_HINT,
        mended=rf"\1\g<quote>{MARK}",
    ),
    Shape(
        "named value",
        rf"((?:{_KEYED})(?:{_IS}|\s=\s?))(?!{MARK}){_BARE}+",
        hint=_KEYED_HINT,
        mended=rf"\1{MARK}",
    ),
    Shape(
        "named value behind a colon",
        rf"((?:{_KEYED})(?:{_QUOTE})?:\s?)(?!https?:|/subscriptions/)(?=[^\s\d]*\d){_BARE}{{12,}}",
        hint=_KEYED_HINT,
        mended=rf"\1{MARK}",
    ),
    Shape(
        "value of an option",
        rf"(--(?:[a-z]+-)*(?:{_KEYED})\s)(?!--)[^\s\"']{{8,}}",
        hint="--",
        mended=rf"\1{MARK}",
    ),
    Shape(
        "element of XML",
        rf"(<[\w:]{{0,40}}(?:{_KEYED})>)(?!{MARK})[^<]+",
        hint=_KEYED_HINT,
        mended=rf"\1{MARK}",
    ),
    Shape(
        "account key",
        r"(?<![a-z0-9+/=])[a-z0-9+/]{86}==(?![a-z0-9+/=])",
        hint="==",
    ),
    Shape("client secret of Entra", r"[a-z0-9_~.-]{3}\dQ~[a-z0-9_~.-]{31,34}", hint="q~"),
    Shape(
        "token of GitHub",
        r"(?:gh[opsur]|github_pat)_[a-z0-9_]{30,}",
        hint="gh[opsur]_|github_pat_",
    ),
    Shape(
        "refresh token of Entra",
        r"(?<![\w.])[01]\.A[a-z0-9_-]{30,}(?:\.[a-z0-9_-]+)*",
        hint=r"[01]\.a",
    ),
)
"""The secrets that are known, in the order in which they are looked for."""

_SIGNS = (
    *("=", ":", "<", "~", "%3d", "u003d", "eyj", "gh", "private key", "bearer", "pop"),
    *("sharedkey", "github_pat_", "0.a", "1.a", "--"),
)
"""At least one of them is in every text that holds a secret."""


def redact(text: str) -> str:
    """Write a text without the secrets in it; one that holds none comes back itself."""
    shown = _redact_again(text) if len(text) <= _OFTEN else _redact(text)
    # What was kept of an equal text is another object.
    return text if shown == text else shown


@lru_cache(maxsize=_TEXTS)
def _redact_again(text: str) -> str:
    return _redact(text)


def _redact(text: str) -> str:
    lowered = text.lower()
    # An estate's document holds a million ids, which have none of these.
    if not any(sign in lowered for sign in _SIGNS):
        return text
    for holds, replace, mended in _compile():
        if holds(lowered):
            text = replace(mended, text)
    return text


@cache
def _compile() -> tuple[tuple[Callable[..., object], Callable[..., str], Any], ...]:
    return tuple(
        (
            re.compile(shape.hint).search,
            re.compile(shape.pattern, re.IGNORECASE).sub,
            shape.mended,
        )
        for shape in SHAPES
    )


def redact_url(url: str) -> str:
    """Write a URL for a log: of its query only what is known to be harmless keeps its value."""
    place, mark, query = redact(url).partition("?")
    return place + mark + clean_query(query)


def redact_values(
    document: JsonValue, *, spare: frozenset[str] = frozenset(), known: str = ""
) -> JsonValue:
    """Redact every text in a JSON document, whole where its name says that it is a secret.

    What holds no secret is given back itself, not a copy: a plan for a thousand VMs is large.

    Args:
        document: of dictionaries, lists, texts and numbers; it stays as it is.
        spare: names of what is copied as it is, with all that is in it.
        known: in lower case, what is shown in any case: a text that it holds is no secret.
    """
    if isinstance(document, str):
        shown = redact(document)
        return document if shown != document and document.lower() in known else shown
    if isinstance(document, dict):
        shown_values = {
            name: value if name in spare else _redact_named(name, value, spare=spare, known=known)
            for name, value in document.items()
        }
        same = all(shown_values[name] is value for name, value in document.items())
        return document if same else shown_values
    if isinstance(document, list):
        shown_items = [redact_values(each, spare=spare, known=known) for each in document]
        same = all(map(is_, shown_items, document))
        return document if same else shown_items
    return document


def _redact_named(name: str, value: JsonValue, *, spare: frozenset[str], known: str) -> JsonValue:
    if isinstance(value, str) and value and _is_secret(name):
        return MARK
    return redact_values(value, spare=spare, known=known)


@lru_cache(maxsize=_TEXTS)
def _is_secret(name: str) -> bool:
    return re.search(_SECRET_NAME, name, re.IGNORECASE) is not None
