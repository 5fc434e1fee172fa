"""Turn every failure of the SDK into one of ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3
from azure.core import exceptions as azure
from azure.core.pipeline.transport import HttpRequest as LegacyRequest
from azure.core.pipeline.transport import RequestsTransportResponse

from azremedy import errors
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_errors import parse_error, parse_retry_after
from azremedy.gateways.wire_json import AnswerFormatError
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    import logging

    from tests.gateways.conftest import Scripted

GROUP = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "group")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ('{"error": {"code": "A", "message": "b"}}', "A", "b"),
        ('{"Error": {"Code": "A", "Message": "b", "Target": null}}', "A", "b"),
        ('{"code": "A", "message": "b"}', "A", "b"),
        ('{"ErrorCode": "A", "Message": {"Language": "en", "Value": "b"}}', "A", "b"),
        ('{"odata.error": {"code": "A", "message": {"value": "b"}}}', "A", "b"),
        ('{"error": {"code": 7, "message": null}}', "7", ""),
        ('{"error": null}', None, ""),
        ('{"error": "word", "message": "b"}', None, "b"),
        ("{}", None, ""),
        ("[]", None, "[]"),
        ("", None, ""),
        ("<html><body>Service Unavailable</body></html>", None, ""),
        ("<!DOCTYPE html>", None, ""),
        ("Gateway\n  timeout", None, "Gateway timeout"),
        ('{"error": {"code": "A", "mess', None, '{"error": {"code": "A", "mess'),
    ],
)
def test_each_envelope_gives_up_its_code(body: str, code: str | None, message: str) -> None:
    """Azure writes errors in many shapes; pages for browsers are not quoted."""
    assert (code, message) == parse_error(body)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "17"}, timedelta(seconds=17)),
        ({"retry-after": " 17 "}, timedelta(seconds=17)),
        ({"x-ms-retry-after-ms": "50"}, timedelta(milliseconds=50)),
        ({"retry-after-ms": "50", "Retry-After": "9"}, timedelta(milliseconds=50)),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Fri, 20 Nov 2026 08:00:30 GMT"}, None),
        (
            {
                "Retry-After": "Fri, 20 Nov 2026 08:00:30 GMT",
                "Date": "Fri, 20 Nov 2026 08:00:00 GMT",
            },
            timedelta(seconds=30),
        ),
        (
            {
                "Retry-After": "Fri, 20 Nov 2026 07:00:00 GMT",
                "Date": "Fri, 20 Nov 2026 08:00:00 -0000",
            },
            timedelta(0),
        ),
    ],
)
def test_a_wait_is_read_in_all_its_forms(headers: dict[str, str], wait: timedelta | None) -> None:
    """Seconds, milliseconds or a date; what cannot be read is no wait."""
    assert wait == parse_retry_after(headers)


def test_a_date_to_wait_for_is_measured_from_now() -> None:
    """A caller that knows Azure's time can say so."""
    headers = {"Retry-After": "Fri, 20 Nov 2026 08:00:30 GMT"}

    wait = parse_retry_after(headers, datetime(2026, 11, 20, 8, tzinfo=UTC))

    assert timedelta(seconds=30) == wait


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ScopeLocked", 409, errors.LockedError),
        ("AuthorizationFailed", 403, errors.PermissionDeniedError),
        ("LinkedAuthorizationFailed", 403, errors.PermissionDeniedError),
        ("DenyAssignmentAuthorizationFailed", 403, errors.PermissionDeniedError),
        ("RequestDisallowedByPolicy", 403, errors.AzureError),
        ("InvalidAuthenticationTokenTenant", 401, errors.SignInError),
        ("SubscriptionNotFound", 404, errors.TargetNotFoundError),
        ("InvalidSubscriptionId", 400, errors.TargetNotFoundError),
        ("ReadOnlyDisabledSubscription", 409, errors.AzureError),
        ("AnotherOperationInProgress", 409, errors.ConflictError),
        ("OperationNotAllowed", 400, errors.ConflictError),
        ("TooManyRequests", 503, errors.ThrottledError),
        ("Unheard", 418, errors.AzureError),
        ("Unheard", 599, errors.ServiceUnavailableError),
    ],
)
def test_the_code_decides_before_the_status(
    scripted: Scripted, code: str, status: int, error: type[errors.AzremedyError]
) -> None:
    """Each code has its class; unknown ones go by their status."""
    body = {"error": {"code": code, "message": "words"}}

    with pytest.raises(error) as caught:
        scripted.play(scripted.reply(status=status, body=body)).groups.get_group(GROUP)

    assert type(caught.value) is error
    assert caught.value.answer is not None
    assert (code, status, "words") == (
        caught.value.answer.code,
        caught.value.answer.status,
        caught.value.answer.message,
    )
    assert str(GROUP) in caught.value.summary
    assert code in caught.value.summary


def test_a_deny_assignment_is_not_cured_by_a_role(scripted: Scripted) -> None:
    """The advice says what owns it instead of which action to ask for."""
    body = {"error": {"code": "DenyAssignmentAuthorizationFailed"}}

    with pytest.raises(errors.PermissionDeniedError) as caught:
        scripted.play(scripted.reply(status=403, body=body)).groups.get_group(GROUP)

    assert "deployment stack" in caught.value.advice
    assert "Microsoft.Resources/subscriptions/resourceGroups/read" == caught.value.action


def test_the_ids_for_support_are_kept(scripted: Scripted) -> None:
    """Request and correlation id are in the answer, the request's in the message."""
    headers = {"x-ms-request-id": "r-1", "x-ms-correlation-request-id": "c-1"}
    reply = scripted.reply(status=400, body="", headers=headers)

    with pytest.raises(errors.AzureError, match="r-1") as caught:
        scripted.play(reply).groups.get_group(GROUP)

    assert caught.value.answer is not None
    assert "c-1" == caught.value.answer.correlation_id


def test_an_empty_answer_leaves_no_traceback_in_the_log(
    scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    """The generated clients would log one before they raise the error."""
    vm = GROUP.child("providers", "Microsoft.Compute", "virtualMachines", "vm")
    azure_gateways = scripted.play(scripted.reply(status=404))

    for read in (lambda: azure_gateways.groups.get_group(GROUP), lambda: _read(azure_gateways, vm)):
        with pytest.raises(errors.NotFoundError):
            read()

    assert [] == _warnings(caplog.records)


def _read(gateways: Any, vm: ResourceId) -> None:
    gateways.compute.get_vm(vm)


def _warnings(records: list[logging.LogRecord]) -> list[str]:
    return [record.getMessage() for record in records if record.levelname != "INFO"]


@pytest.mark.parametrize(
    "body",
    [
        '{"value": [{"id": "/subscr',
        "<html>Welcome to the hotel</html>",
        {"value": [{"id": "no id"}]},
        {"value": [{"id": str(GROUP), "location": {}}]},
    ],
)
def test_a_good_status_with_a_bad_body_is_an_error(scripted: Scripted, body: Any) -> None:
    """Truncated, foreign or misshapen answers never pass as facts, nor as the user's mistake."""
    with pytest.raises(errors.AzureError, match=r"cannot be read|HTTP 200|operation failed") as got:
        scripted.play(scripted.reply(body=body)).groups.list_groups()

    assert type(got.value) is errors.AzureError


@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectionError("refused"),
        requests.ConnectionError(urllib3.exceptions.ProtocolError("reset")),
        requests.exceptions.SSLError("certificate verify failed"),
        requests.exceptions.ReadTimeout("too long"),
        requests.exceptions.ChunkedEncodingError("broken off"),
    ],
)
def test_a_broken_connection_is_told_as_such(scripted: Scripted, failure: Exception) -> None:
    """The advice names what to look at."""
    with pytest.raises(errors.ConnectionFailedError) as caught:
        scripted.play(failure).groups.list_groups()

    assert "REQUESTS_CA_BUNDLE" in caught.value.advice


def test_an_operations_url_does_not_reach_the_message() -> None:
    """Its query acts like a password."""
    failure = azure.ServiceRequestError("no route to https://arm.test/o?t=1&s=canary then")

    with pytest.raises(errors.ConnectionFailedError) as caught, translating("polling"):
        raise failure

    assert "canary" not in str(caught.value)
    assert "arm.test" in str(caught.value)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (azure.IncompleteReadError("short"), errors.ConnectionFailedError),
        (azure.ServiceResponseTimeoutError("late"), errors.ConnectionFailedError),
        (azure.ClientAuthenticationError("no credential"), errors.SignInError),
        (azure.DecodeError("garbled"), errors.AzureError),
        (azure.AzureError("odd"), errors.AzureError),
        (azure.DeserializationError("odd"), errors.AzureError),
        (AnswerFormatError("odd"), errors.AzureError),
        (json.JSONDecodeError("odd", "", 0), errors.AzureError),
        (errors.MalformedIdError("odd"), errors.AzureError),
        (requests.exceptions.SSLError("odd"), errors.ConnectionFailedError),
    ],
)
def test_each_exception_has_its_error(
    failure: Exception, error: type[errors.AzremedyError]
) -> None:
    """Without an answer the type decides; the original stays attached as the cause."""
    with pytest.raises(error, match=str(GROUP)) as caught, translating("reading", target=GROUP):
        raise failure

    assert type(caught.value) is error
    assert failure is caught.value.__cause__


def test_the_sign_in_services_refusal_is_no_refusal_of_arm() -> None:
    """Its answer is of another shape and of the SDK's old kind; it is a sign-in error anyway."""
    request = LegacyRequest("POST", "https://login.contoso.test/token")
    internal = requests.Response()
    internal.status_code, internal.reason = 400, "Bad Request"
    internal._content = b'{"error": "invalid_client"}'  # noqa: SLF001 - requests has no other way
    response = RequestsTransportResponse(request, internal)
    failure = azure.ClientAuthenticationError(message="AADSTS1: no", response=response)

    with pytest.raises(errors.SignInError) as caught, translating("reading"):
        raise failure

    assert caught.value.answer is not None
    assert caught.value.answer.status == 400
    assert caught.value.answer.message.startswith("AADSTS1: no")


def test_our_own_errors_and_foreign_ones_pass(scripted: Scripted) -> None:
    """Only Azure's failures are renamed: a defect stays a defect."""
    for failure in (errors.ReadOnlyError("no"), ZeroDivisionError(), KeyboardInterrupt()):
        with pytest.raises(type(failure)) as caught, translating("reading"):
            raise failure
        assert failure is caught.value
    assert [] == scripted.transport.sent
