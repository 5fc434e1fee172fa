"""Which URLs name a container for runs, and what is never repeated of one."""

from __future__ import annotations

import pytest

from azremedy.errors import UsageError
from azremedy.gateways.blob_places import CONNECTION, open_blobs, parse_place
from azremedy.gateways.clouds import CHINA, PUBLIC, US_GOVERNMENT, Cloud

KEY = "Y2FuYXJ5LWtleS1vZi1hLXN0b3JhZ2UtYWNjb3VudA=="
PUBLIC_URL = "https://contoso.blob.core.windows.net/runs"


@pytest.mark.parametrize(
    ("url", "endpoint", "prefix"),
    [
        (PUBLIC_URL, "https://contoso.blob.core.windows.net", ""),
        (f"{PUBLIC_URL}/team/a/", "https://contoso.blob.core.windows.net", "team/a/"),
        ("http://127.0.0.1:10000/contoso/runs", "http://127.0.0.1:10000/contoso", ""),
        ("https://localhost:10000/contoso/runs/x", "https://localhost:10000/contoso", "x/"),
    ],
)
def test_a_place_is_an_account_a_container_and_a_prefix(
    url: str, endpoint: str, prefix: str
) -> None:
    """An emulator has the account in its path."""
    place = parse_place(url)

    assert (endpoint, "runs", prefix) == (place.endpoint, place.container, place.prefix)
    assert url.rstrip("/") == place.url


@pytest.mark.parametrize(
    "url",
    [
        "https://contoso.blob.core.windows.net",
        "https://contoso.blob.core.windows.net/RUNS",
        "https://contoso.blob.core.windows.net/a--b",
        "https://contoso.blob.core.windows.net/ab",
        f"{PUBLIC_URL}/../other",
        "http://contoso.blob.core.windows.net/runs",
        "http://127.0.0.1:10000/contoso",
        "s3://contoso/runs",
    ],
)
def test_what_is_no_container_is_refused(url: str) -> None:
    """With the form that it should have; without TLS only on this machine."""
    with pytest.raises(UsageError, match="no container for runs") as refused:
        parse_place(url)

    assert 2 == refused.value.exit_code
    assert "blob.core.windows.net/CONTAINER" in refused.value.advice


@pytest.mark.parametrize(
    "url",
    [
        f"{PUBLIC_URL}?sv=2025-01-05&sig=canary-signature",
        "https://me:canary-signature@contoso.blob.core.windows.net/runs",
        f"{PUBLIC_URL}#canary-signature",
        "https://[canary-signature/runs",
    ],
)
def test_a_url_with_a_secret_is_refused_and_not_repeated(url: str) -> None:
    """It would be in the shell's history and in the list of processes."""
    with pytest.raises(UsageError) as refused:
        parse_place(url)

    assert "canary" not in f"{refused.value.summary} {refused.value.advice}"


@pytest.mark.parametrize(
    ("host", "cloud"),
    [
        ("contoso.blob.core.windows.net", PUBLIC),
        ("contoso.blob.core.chinacloudapi.cn", CHINA),
        ("contoso.blob.core.usgovcloudapi.net", US_GOVERNMENT),
        ("contoso.blob.stack.example", None),
    ],
)
def test_the_account_tells_where_to_sign_in(host: str, cloud: Cloud | None) -> None:
    """Looking runs up needs no word about the cloud, if it is one of Azure's own."""
    assert cloud == parse_place(f"https://{host}/runs").cloud


def test_nobody_signs_in_before_the_first_request() -> None:
    """With a prefix for rehearsals, which lie apart."""
    blobs = open_blobs(PUBLIC_URL, env={}, below="sandbox")
    blobs.close()

    assert f"{PUBLIC_URL}/sandbox/runs/a" == blobs.url("runs/a")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"AccountName=other;AccountKey={KEY}", "another account"),
        (f"nonsense {KEY}", "no connection string"),
        (f"AccountKey={KEY}", "no connection string"),
    ],
)
def test_a_connection_string_that_does_not_fit_is_refused_and_not_repeated(
    text: str, told: str
) -> None:
    """A key sent to another account would be a key given away."""
    with pytest.raises(UsageError, match=told) as refused:
        open_blobs(PUBLIC_URL, env={CONNECTION: text})

    assert KEY not in f"{refused.value.summary} {refused.value.advice} {refused.value.__cause__}"


def test_a_connection_string_goes_before_a_sign_in() -> None:
    """For an account of its own, with key or signature."""
    signed = "BlobEndpoint=https://contoso.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x"
    for text in (f"AccountName=contoso;AccountKey={KEY}", signed):
        blobs = open_blobs(PUBLIC_URL, env={CONNECTION: text})
        blobs.close()

        assert f"{PUBLIC_URL}/runs/a" == blobs.url("runs/a")
