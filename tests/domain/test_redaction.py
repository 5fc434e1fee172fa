"""No secret of a known shape stays in a text, and nothing else is touched."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azremedy.redaction import (
    MARK,
    SHAPES,
    Shape,
    clean_query,
    redact,
    redact_url,
    redact_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
VM = (
    "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg-shop"
    "/providers/Microsoft.Compute/virtualMachines/web-1"
)
OPERATION = (
    "https://management.azure.com/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/providers"
    "/Microsoft.Compute/locations/westeurope/operations/79456c91-d04a-4d4b-9da0-ebe9335b2395"
)
PLACES = {
    "bearer token in a header": "Authorization: Bearer {}",
    "bearer token in a request line": "authorization=Bearer%20{}&x=1",
    "JSON Web Token": "token eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.{}",
    "JSON Web Token's claims": "token eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{}.c2ln",
    "continuation token with a slash": "eyJ" + "Aa0" * 21 + "/{}",
    "credential of a user": "proxy-authorization: Basic {}",
    "cookie": "Set-Cookie: esctx={}; path=/; secure",
    "SAS in a URL": "https://md-x.z31.blob.storage.azure.net/a/abcd?sv=2018-03-28&sr=b&sig={}&se=2026",
    "SAS that begins with the signature": "https://a.blob.core.windows.net/b?sig={}&sp=r",
    "SAS in HTML": "<a href='https://a.blob.core.windows.net/b?sv=1&amp;sig={}&amp;se=2'>",
    "SAS in JSON of .NET": r'{{"uri":"https://a/b?sv=1\u0026sig={}\u0026se=2"}}',
    "SAS in an encoded URL": "u=https%3A%2F%2Fa.blob%2Fb%3Fsv%3D1%26sig%3D{}%26se%3D2",
    "SAS alone": "sv=2022-11-02&ss=b&srt=sco&spr=https,http&sig={}",
    "SAS in a connection string": "BlobEndpoint=https://a;SharedAccessSignature=sv=1&sig={};X=1",
    "user delegation SAS": "?skoid=1&sktid=2&skt=3&ske=4&sks=b&skv=5&sv=6&sr=b&sp=r&sig={}",
    "account key": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=b",
    "shared access key": "Endpoint=sb://a/;SharedAccessKeyName=Root;SharedAccessKey={}",
    "key of a function": "x-functions-key: {}",
    "header of a managed identity": "X-IDENTITY-HEADER: {}",
    "client secret in a form": "client_id=a&client_secret={}&grant_type=client_credentials",
    "client secret in an environment": "AZURE_CLIENT_SECRET={}",
    "client secret on a command line": "az login --service-principal --client-secret {} --tenant x",
    "assertion in a form": "client_assertion={}&client_assertion_type=jwt-bearer",
    "refresh token in JSON": '{{"refresh_token": "{}", "expires_in": 3599}}',
    "password in JSON": '{{"adminPassword": "{}"}}',
    "password in escaped JSON": r"{{\"adminPassword\":\"{}\",\"x\":1}}",
    "password in a literal of Python": "{{'password': '{}'}}",
    "password in YAML": "password: {}",
    "password in a file of settings": "password = {}",
    "password in XML": "<AdminPassword>{}</AdminPassword>",
    "password in a URL": "http://operator:{}@proxy.contoso.com:8080/",
    "URL of an operation": OPERATION + "?p=1&api-version=2024-07-01&t=6386&c={}&s=a&h=b",
    "seal of an operation": OPERATION + "?api-version=2024-07-01&t=6386&c=a&s={}&h=b",
    "hash of an operation": OPERATION + "?monitor=true&t=6386&c=a&s=b&h={}",
    "operation in JSON of .NET": OPERATION + r"?api-version=2024-07-01\u0026t=6386\u0026c={}",
    "sealed URL elsewhere": "https://example.azure.com/x?api-version=1&t=6386&c=a&s=b&h={}",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "private key that is cut off": "-----BEGIN PRIVATE KEY-----\n{}",
}
"""How secrets of Azure are written in texts, with a gap for the secret itself."""
ALONE = {
    "storage account key": r"[A-Za-z0-9+/]{86}==",
    "client secret of Entra": r"[a-z0-9]{3}8Q~[A-Za-z0-9_~.-]{31,34}",
    "refresh token of Entra": r"0\.AX[A-Za-z0-9_-]{40,80}",
    "token of GitHub": r"ghs_[A-Za-z0-9]{36}",
    "fine-grained token of GitHub": r"github_pat_[A-Z0-9]{22}_[A-Za-z0-9]{40,59}",
}
"""Secrets that are known by themselves, as regular expressions."""
BARE = {
    "private key": "-----BEGIN PRIVATE KEY-----",
    "JSON Web Token": "eyJhbGciOiJ9.a",
    "continuation token": "eyJ" + "a" * 60,
    "credential of a scheme": "PoP aaaaaaaaaaaaaaaa",
    "authorization header": "authorization:sas aaaaaaaa",
    "cookie": "cookie:a=b",
    "shared access signature": "sig%3daaaaaaaa",
    "URL of an operation": "/providers/operations/1?t=1",
    "sealed query": "?t=1&c=a&s=a&h=a",
    "user in a URL": "://a:b@",
    "named value in quotes": "pwd:'a'",
    "named value": r"pwd\u003da",
    "named value behind a colon": "pwd:aaaaaaaaaaa1",
    "value of an option": "--pwd aaaaaaaa",
    "element of XML": "<pwd>a",
    "account key": "a" * 86 + "==",
    "client secret of Entra": "aaa8Q~" + "a" * 31,
    "token of GitHub": "github_pat_" + "a" * 30,
    "refresh token of Entra": "1.A" + "a" * 30,
}
"""The least text of each shape, by its name."""
NARROW = {
    *("JSON Web Token", "JSON Web Token's claims", "continuation token with a slash"),
    "password in a URL",
}
"""Places in which only letters, digits, dashes and underscores can stand."""

# A digit, because what stands behind a colon is else taken for prose.
canaries = st.from_regex(r"[A-Za-z0-9_-]{10,40}[0-9][A-Za-z0-9_-]{10,20}", fullmatch=True)
in_base_64 = st.from_regex(r"[A-Za-z0-9_~.+/-]{10,40}[0-9][A-Za-z0-9+/]{8}={0,2}", fullmatch=True)
PLAIN = (
    "The VM agent is Ready.",
    "Invalid client secret provided. Ensure the secret being sent in the request is the client",
    "secret value, not the client secret ID, for a secret added to app 'x'.",
    'WWW-Authenticate: Bearer authorization_uri="https://login.windows.net/x", error="invalid"',
    "secrets: get, list; keys: get, list, backup",
    "az keyvault set-policy -n kv --secret-permissions get list backup --key-permissions get",
    'sc.exe config MSDTC obj= "NT AUTHORITY\\NetworkService" password= ""',
    "https://kv-shop.vault.azure.net/secrets/web-1/1f0c2a6e8d414b7a9c352e1d7a90b8f4",
    "https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot?tabs=linux&view=x#a",
    "369548e7eb69d5a1f0c4b1f2b8f7f0d0c2f1f9d8f5b0a8a7c9f1d4e3b2a19087",
    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "2026-11-20T08:00:00.1234567+00:00",
    "request dd2fae0c-8044-50d5-a7fd-1229b62eadad",
    "W/\"datetime'2026-02-24T10%3A12%3A45.1190264Z'\"",
    "?$filter=backupManagementType eq 'AzureIaasVM'&$top=200",
    OPERATION + "?api-version=2024-07-01&monitor=true",
    "missing permission Microsoft.Authorization/locks/delete",
    "sydneyjumphost1.contoso.com",
    f"{VM}/providers/Microsoft.RecoveryServices/vaults/sydneyjumpbox-rsv/backupFabrics/Azure/a/b",
    "Recovery password: the 48-digit one",
    "significant=signal, design=0, sig=",
    VM,
    "ünïcödé İstanbul ŝ",
)
plain_texts = st.lists(st.sampled_from(PLAIN) | st.text(max_size=12), max_size=6).map(" ".join)
often = settings(max_examples=60, deadline=None)


def pieces(secret: str) -> Iterable[str]:
    """List all that would betray a part of a secret."""
    return (secret[at : at + 8] for at in range(len(secret) - 7))


def assert_hidden(secret: str, shown: str) -> None:
    """Check that no part of a secret is shown."""
    assert [] == [piece for piece in pieces(secret) if piece in shown]


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=15, deadline=None)
@given(secret=canaries, before=plain_texts, after=plain_texts)
def test_a_secret_in_its_place_never_stays(
    place: str, secret: str, before: str, after: str
) -> None:
    """Whatever the secret is, and whatever stands around it."""
    text = f"{before} {PLACES[place].format(secret)}\n{after}"

    assert_hidden(secret, redact(text))


@pytest.mark.parametrize("place", sorted(PLACES.keys() - NARROW))
@settings(max_examples=15, deadline=None)
@given(secret=in_base_64)
def test_signs_in_a_secret_do_not_end_it(place: str, secret: str) -> None:
    """Keys are written in base 64, client secrets with dots and tildes."""
    assert_hidden(secret, redact(PLACES[place].format(secret)))


@pytest.mark.parametrize("kind", ALONE)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), before=plain_texts, after=plain_texts)
def test_a_secret_that_is_known_by_itself_never_stays(
    kind: str, data: st.DataObject, before: str, after: str
) -> None:
    """It needs no name in front of it."""
    secret = data.draw(st.from_regex(ALONE[kind], fullmatch=True))

    assert_hidden(secret, redact(f"{before} {secret}\n{after}"))


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_each_shape_is_known_by_its_bare_text(shape: Shape) -> None:
    """Nothing else in the text has to betray that it may hold a secret."""
    text = BARE[shape.name]

    assert re.search(shape.pattern, text, re.IGNORECASE)
    assert text != redact(text)


@often
@given(plain_texts)
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    """Ids, hashes, times, links and prose about secrets are no secrets."""
    assert text == redact(text)


def test_an_equal_text_comes_back_itself() -> None:
    """Not the one that was seen before: by that, documents without secrets stay uncopied."""
    parts = ("web", "-1")
    earlier, text = "".join(parts), "".join(parts)
    redact(earlier)

    assert redact(text) is text


@pytest.mark.parametrize("text", PLAIN)
def test_what_people_need_stays(text: str) -> None:
    """Each text by itself, so that a failure names it."""
    assert text == redact(text)


def test_the_projects_own_texts_stay() -> None:
    """Playbooks and pages speak of secrets all the time, and hold none."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("playbooks/**/*.yaml")]

    assert len(files) > 50
    assert [] == [
        file.name for file in files if file.read_text("utf-8") != redact(file.read_text("utf-8"))
    ]


@often
@given(st.sampled_from(sorted(PLACES)), canaries, plain_texts)
def test_to_redact_twice_is_to_redact_once(place: str, secret: str, before: str) -> None:
    """A text passes several places that redact, and is known again after each."""
    once = redact(f"{before} {PLACES[place].format(secret)}")

    assert once == redact(once)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "upload to https://a.blob.core.windows.net/b?sv=1&sig=abcdefgh12&se=2 failed: 403",
            f"upload to https://a.blob.core.windows.net/b?{MARK} failed: 403",
        ),
        (
            OPERATION + "?p=1&api-version=2024-07-01&t=6&c=x&s=y&h=z",
            OPERATION + f"?p={MARK}&api-version=2024-07-01&t={MARK}&c={MARK}&s={MARK}&h={MARK}",
        ),
        (
            "AccountName=a;AccountKey=abc=;EndpointSuffix=b",
            f"AccountName=a;AccountKey={MARK};EndpointSuffix=b",
        ),
        ('{"password": "a, b\\"c", "user": "d"}', f'{{"password": "{MARK}", "user": "d"}}'),
        ("Bearer abcdefghijklmnop.qr, next", f"Bearer {MARK}, next"),
    ],
)
def test_what_stands_around_a_secret_stays(text: str, expected: str) -> None:
    """A person still sees what happened, and to what."""
    assert expected == redact(text)


def test_a_logged_url_keeps_only_harmless_values() -> None:
    """Names stay, so that one sees what was asked; tokens of pages go as well."""
    url = f"https://management.azure.com{VM}?api-version=2024-07-01&$expand=instanceView&$skiptoken=abc"

    assert url.replace("=abc", f"={MARK}") == redact_url(url)
    assert f"https://{MARK}@proxy:8080/" == redact_url("https://me:abc@proxy:8080/")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ("api-version=1", "api-version=1"),
        ("%24top=5&a=b", f"%24top=5&a={MARK}"),
        (r"monitor=true\u0026c=d", rf"monitor=true\u0026c={MARK}"),
        ("flag&empty=", "flag&empty="),
    ],
)
def test_a_query_is_cleaned_pair_by_pair(query: str, expected: str) -> None:
    """What has no value betrays none."""
    assert expected == clean_query(query)


@often
@given(secret=canaries)
def test_documents_are_redacted_to_their_leaves(secret: str) -> None:
    """By the texts in them, and by the names that texts have."""
    document: Any = {
        "notes": f"see https://a.blob.core.windows.net/b?sig={secret}",
        "list": [{"clientSecret": secret}, {"sasToken": secret}, 1, None, True],
        "secrets": ["get", "list"],
    }

    shown: Any = redact_values(document)

    assert_hidden(secret, json.dumps(shown))
    assert [{"clientSecret": MARK}, {"sasToken": MARK}, 1, None, True] == shown["list"]
    assert ["get", "list"] == shown["secrets"]
    assert secret in document["notes"]


def test_what_is_spared_is_copied_whole() -> None:
    """A lock is put back as it was, notes and all."""
    lock: Any = {"notes": "password=abc", "owners": ["password=def"]}

    shown = redact_values(
        {"step": {"lock": lock, "why": "password=ghi"}}, spare=frozenset({"lock"})
    )

    assert {"step": {"lock": lock, "why": f"password={MARK}"}} == shown
