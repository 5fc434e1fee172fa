"""Sign in to the right cloud and tenant."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError

from azremedy.errors import SignInError
from azremedy.gateways.clouds import PUBLIC, US_GOVERNMENT, Cloud
from azremedy.gateways.credentials import KeptTokens, TenantCredential, default_credential
from azremedy.gateways.session import Session

if TYPE_CHECKING:
    from tests.gateways.conftest import Scripted

TENANT = "22222222-0000-0000-0000-000000000001"
CUSTOM = Cloud(
    name="Contoso",
    resource_manager="https://management.contoso.test",
    authority="https://login.contoso.test",
    audience="https://management.contoso.test",
    custom=True,
)
VARIABLES = {
    "AZURE_TENANT_ID": "22222222-0000-0000-0000-000000000009",
    "AZURE_CLIENT_ID": "22222222-0000-0000-0000-000000000002",
    "AZURE_CLIENT_SECRET": "canary",
    "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
}


@dataclass
class Recorder:
    """A credential that keeps what it was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Keep the question."""
        self.asked.append({"scopes": scopes, **options})
        return AccessToken("token", 0)

    def get_token_info(self, *scopes: str, options: Any = None) -> AccessTokenInfo:
        """Keep the question."""
        self.asked.append({"scopes": scopes, **options})
        return AccessTokenInfo("token", 0)

    def close(self) -> None:
        """Keep that it was closed."""
        self.closed = True


def test_every_token_is_asked_for_in_the_tenant() -> None:
    """Both of the SDK's ways to ask carry the tenant, and keep what else was asked."""
    inner = Recorder()
    credential = TenantCredential(inner, TENANT)

    credential.get_token("scope", enable_cae=True)
    credential.get_token("scope", tenant_id=None)
    credential.get_token_info("scope", options={"claims": "c"})
    credential.get_token_info("scope")

    assert {TENANT} == {asked["tenant_id"] for asked in inner.asked}
    assert inner.asked[0]["enable_cae"] is True
    assert "c" == inner.asked[2]["claims"]


def test_a_requests_own_tenant_wins() -> None:
    """Azure may ask for a token of another tenant in a challenge."""
    inner = Recorder()
    credential = TenantCredential(inner, TENANT)

    credential.get_token("scope", tenant_id="other")
    credential.get_token_info("scope", options={"tenant_id": "other"})

    assert ["other", "other"] == [asked["tenant_id"] for asked in inner.asked]


def test_closing_reaches_the_credential_inside() -> None:
    """No connection is left open."""
    inner = Recorder()

    TenantCredential(inner, TENANT).close()

    assert inner.closed


def lasting(seconds: float, *, refresh_in: float | None = None) -> AccessTokenInfo:
    """Make a token that is good for so many seconds."""
    now = int(time.time())
    refresh_on = None if refresh_in is None else now + int(refresh_in)
    return AccessTokenInfo("token", now + int(seconds), refresh_on=refresh_on)


@dataclass
class Issuer:
    """A credential that counts what it is asked, and answers or fails as it is told."""

    answer: AccessTokenInfo | Exception
    asked: list[tuple[tuple[str, ...], Any]] = field(default_factory=list)
    closed: bool = False

    def get_token_info(self, *scopes: str, options: Any = None) -> AccessTokenInfo:
        """Count, then answer or fail."""
        self.asked.append((scopes, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        """Keep that it was closed."""
        self.closed = True


def test_many_threads_and_both_ways_to_ask_sign_in_once() -> None:
    """The Azure CLI, for one, would be started for each of them."""
    inner = Issuer(lasting(3600))
    credential = KeptTokens(inner)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: credential.get_token_info("scope").token, range(32)))

    assert {"token"} == found
    assert "token" == credential.get_token("scope").token
    assert [(("scope",), {})] == inner.asked


@pytest.mark.parametrize("kept", [lasting(200), lasting(3600, refresh_in=-1)])
def test_a_token_that_ends_soon_is_asked_for_again(kept: AccessTokenInfo) -> None:
    """Some minutes before its end, or when the sign-in service wants it renewed."""
    inner = Issuer(kept)
    credential = KeptTokens(inner)

    credential.get_token_info("scope")
    credential.get_token_info("scope")

    assert 2 == len(inner.asked)


def test_tokens_of_other_scopes_and_tenants_are_others() -> None:
    """What is asked for is what is kept apart."""
    inner = Issuer(lasting(3600))
    credential = KeptTokens(inner)

    for _ in range(2):
        credential.get_token("scope")
        credential.get_token("other")
        credential.get_token("scope", tenant_id=TENANT)

    assert [
        (("scope",), {}),
        (("other",), {}),
        (("scope",), {"tenant_id": TENANT}),
    ] == inner.asked


def test_after_a_challenge_no_older_token_is_given() -> None:
    """Azure has taken back what was signed in before."""
    inner = Issuer(lasting(3600))
    credential = KeptTokens(inner)

    credential.get_token_info("scope")
    credential.get_token_info("scope", options={"claims": "c"})
    credential.get_token_info("scope", options={"claims": "c"})
    credential.get_token_info("scope")

    assert [{}, {"claims": "c"}, {"claims": "c"}, {}] == [options for _, options in inner.asked]


def test_a_sign_in_that_was_begun_is_not_made_twice() -> None:
    """Whoever asks waits for the one that is under way."""
    inner = Issuer(lasting(3600))
    credential = KeptTokens(inner)

    credential.begin("scope")

    assert "token" == credential.get_token("scope").token
    assert 1 == len(inner.asked)


def test_a_begun_sign_in_that_failed_is_told_to_whoever_asks_first() -> None:
    """The reason is not lost, and the next may succeed."""
    inner = Issuer(ClientAuthenticationError("not signed in"))
    credential = KeptTokens(inner)

    credential.begin("scope")
    with pytest.raises(ClientAuthenticationError):
        credential.get_token("scope")
    inner.answer = lasting(3600)

    assert "token" == credential.get_token("scope").token


@dataclass
class Blocked:
    """A credential whose first question, or each with claims, waits; the first one fails."""

    fails: bool
    asked: list[Any] = field(default_factory=list)
    waits: Event = field(default_factory=Event)
    goes_on: Event = field(default_factory=Event)

    def get_token_info(self, *_scopes: str, options: Any = None) -> AccessTokenInfo:
        """Wait where it is the one to wait, then fail or answer."""
        self.asked.append(options)
        if len(self.asked) == 1:
            self.waits.set()
            self.goes_on.wait(10)
            if self.fails:
                raise ClientAuthenticationError("not signed in")
        return lasting(3600)


def test_a_failure_is_told_once_and_not_after_a_later_success() -> None:
    """Those who waited meanwhile: one is told, the others sign in, and nobody is told again."""
    for _ in range(40):
        inner = Blocked(fails=True)
        credential = KeptTokens(inner)
        credential.begin("scope")
        inner.waits.wait(10)
        with ThreadPoolExecutor(4) as pool:
            found = [pool.submit(credential.get_token_info, "scope") for _ in range(4)]
            inner.goes_on.set()

        assert 1 == sum(each.exception() is not None for each in found)
        assert "token" == credential.get_token_info("scope").token
        assert 2 == len(inner.asked)


def test_those_who_meet_one_challenge_together_share_its_token() -> None:
    """Each of a client's threads is challenged with the same claims; few of them come late."""
    inner = Blocked(fails=False)
    credential = KeptTokens(inner)
    together = Barrier(21)

    def ask() -> str:
        together.wait(10)
        return credential.get_token("scope", claims="c").token

    with ThreadPoolExecutor(20) as pool:
        found = [pool.submit(ask) for _ in range(20)]
        together.wait(10)
        inner.waits.wait(10)
        inner.goes_on.set()

    assert {"token"} == {each.result() for each in found}
    assert len(inner.asked) < 10


def test_closing_what_keeps_tokens_reaches_the_credential_inside() -> None:
    """No connection is left open."""
    inner = Issuer(lasting(3600))

    KeptTokens(inner).close()

    assert inner.closed


@pytest.fixture
def service_principal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a service principal of another tenant into the environment."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AZURE_AUTHORITY_HOST", raising=False)


def signing_in(host: str, tenant: str) -> dict[str, Any]:
    """Answer any question of a sign-in: where to get the token, and the token."""
    base = f"https://{host}/{tenant}"
    return {
        "body": {
            "tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "issuer": f"{base}/v2.0",
            "access_token": "the token",
            "token_type": "Bearer",
            "expires_in": 3600,
            "metadata": [],
        }
    }


@pytest.mark.usefixtures("service_principal")
@pytest.mark.parametrize("tenant", [None, TENANT])
@pytest.mark.parametrize("cloud", [PUBLIC, US_GOVERNMENT, CUSTOM])
def test_the_clouds_own_sign_in_service_is_asked_in_the_tenant(
    scripted: Scripted, cloud: Cloud, tenant: str | None
) -> None:
    """The environment's service principal gets its token there, in the tenant that was given."""
    host = cloud.authority.removeprefix("https://")
    expected = tenant or VARIABLES["AZURE_TENANT_ID"]
    scripted.play(scripted.reply(**signing_in(host, expected)))

    token = default_credential(cloud, tenant, transport=scripted.transport).get_token(cloud.scope)

    assert "the token" == token.token
    last = scripted.transport.sent[-1]
    assert f"https://{host}/{expected}/oauth2/v2.0/token" == last.url


@pytest.mark.usefixtures("service_principal")
def test_a_custom_clouds_authority_is_not_looked_up_at_microsoft(scripted: Scripted) -> None:
    """Microsoft does not know it, so only the authority itself is asked."""
    scripted.play(scripted.reply(**signing_in("login.contoso.test", TENANT)))

    default_credential(CUSTOM, TENANT, transport=scripted.transport).get_token(CUSTOM.scope)

    assert all(each.url.startswith(CUSTOM.authority) for each in scripted.transport.sent)


@pytest.mark.usefixtures("service_principal")
def test_the_public_clouds_authority_can_be_moved_by_the_environment(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZURE_AUTHORITY_HOST means what it means to the SDK."""
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")
    scripted.play(scripted.reply(**signing_in("login.microsoftonline.us", TENANT)))

    default_credential(PUBLIC, TENANT, transport=scripted.transport).get_token(PUBLIC.scope)

    assert scripted.transport.sent[-1].url.startswith("https://login.microsoftonline.us/")


@pytest.mark.usefixtures("service_principal")
def test_a_refused_sign_in_is_told_without_the_secret(scripted: Scripted) -> None:
    """The first request of a session shows it, with advice."""
    refusal = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid secret."}
    known = scripted.reply(**signing_in("login.contoso.test", TENANT))
    scripted.play(known, scripted.reply(status=401, body=refusal))
    credential = default_credential(CUSTOM, TENANT, transport=scripted.transport)

    session = Session(credential, CUSTOM, transport=scripted.transport)
    with session, pytest.raises(SignInError) as caught:
        session.subscriptions.list_subscriptions()

    assert caught.value.answer is not None
    assert "AADSTS7000215" in caught.value.answer.message
    assert "az login" in caught.value.advice
    assert "canary" not in str(caught.value) + caught.value.answer.message


def test_an_empty_secret_in_the_environment_is_a_sign_in_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pipeline's unset secret comes as an empty text: that is told, and is no defect."""
    monkeypatch.setenv("AZURE_TENANT_ID", "common")
    monkeypatch.setenv("AZURE_CLIENT_ID", "somebody")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "")

    with pytest.raises(SignInError, match="cannot be used"):
        default_credential(PUBLIC)
