"""Turn every failure of the Azure SDK into one of azremedy's errors.

Classes are chosen by ARM's error code, then by the HTTP status and the exception's type, never by
text, which is localized. A failed long-running operation answers 200, so the code comes first.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from azremedy import errors
from azremedy.gateways.policies import WaitTooLong
from azremedy.gateways.wire_errors import parse_error, parse_retry_after
from azremedy.gateways.wire_json import AnswerFormatError
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azure.core import exceptions as azure

# The codes are in lower case. Source: recorded Azure traffic 2015-2024, and
# learn.microsoft.com, Azure Resource Manager, "Common deployment errors".
_LOCKED = {"scopelocked"}
_SIGN_IN = {
    "authenticationfailed",
    "expiredauthenticationtoken",
    "invalidauthenticationtoken",
    "invalidauthenticationtokentenant",
}
_DENIED = {
    "authorizationfailed",
    "authorizationpermissionmismatch",
    "denyassignmentauthorizationfailed",
    "linkedauthorizationfailed",
}
_NO_SUBSCRIPTION = {"invalidsubscriptionid", "subscriptionnotfound"}
_NOT_FOUND = {
    "locknotfound",
    "notfound",
    "parentresourcenotfound",
    "resourcegroupnotfound",
    "resourcenotfound",
}
_CONFLICT = {
    "anotheroperationinprogress",
    "conflict",
    "conflictinguserinput",
    "operationnotallowed",
    "operationpreempted",
    "preconditionfailed",
    "retryableerrorduetoanotheroperation",
}
_THROTTLED = {"resourcerequeststhrottled", "subscriptionrequeststhrottled", "toomanyrequests"}
_ADVICE = {
    "denyassignmentauthorizationfailed": (
        "A deny assignment forbids it, which no role overrides: change the managed application or "
        "the deployment stack that owns it."
    ),
    "invalidauthenticationtokentenant": (
        "The sign-in is for another tenant than the subscription's: give --tenant."
    ),
    "linkedauthorizationfailed": (
        "A permission is missing on another resource that the change refers to; the answer names "
        "both."
    ),
    "missingsubscriptionregistration": (
        "Register the resource provider in the subscription with 'az provider register', then "
        "try again."
    ),
    "readonlydisabledsubscription": "The subscription is disabled: have it enabled again.",
    "requestdisallowedbypolicy": (
        "An Azure Policy forbids it: ask the policy's owner for an exemption. The answer names "
        "the policy."
    ),
}
_PLAIN = {
    "missingsubscriptionregistration",
    "readonlydisabledsubscription",
    "requestdisallowedbypolicy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    tried: str
    action: str | None
    target: ResourceId | None

    def said(self, outcome: str) -> str:
        where = f" {self.target}" if self.target else ""
        return f"{self.tried}{where}: {outcome}"


@contextmanager
def translating(
    tried: str, *, action: str | None = None, target: ResourceId | None = None
) -> Iterator[None]:
    """Raise azremedy's error for any that the SDK raises inside.

    Args:
        tried: what is done, such as ``deleting the lock``; the target's id follows it.
        action: the ARM action that it needs, named when Azure answers 403.
        target: the resource that it is done to.

    Raises:
        AzremedyError: the class that fits, with the facts of Azure's answer.
    """
    from azure.core import exceptions as azure  # noqa: PLC0415 - loads the SDK on use
    from requests import RequestException  # noqa: PLC0415 - loaded by the SDK anyway

    attempt = _Attempt(tried=tried, action=action, target=target)
    try:
        yield
    except WaitTooLong as error:
        raise _of_response(error.response, attempt) from error
    except azure.AzureError as error:
        raise _of_sdk(error, attempt) from error
    except RequestException as error:
        raise _no_answer(error, attempt) from error
    except (
        AnswerFormatError,
        azure.DeserializationError,
        errors.MalformedIdError,
        json.JSONDecodeError,
    ) as error:
        raise errors.AzureError(attempt.said(f"the answer cannot be read: {error}")) from error


def _of_sdk(error: azure.AzureError, attempt: _Attempt) -> errors.AzremedyError:
    from azure.core import exceptions as azure  # noqa: PLC0415 - loads the SDK on use
    from requests import RequestException  # noqa: PLC0415 - loaded by the SDK anyway

    lost = (azure.IncompleteReadError, azure.ServiceRequestError, azure.ServiceResponseError)
    if isinstance(error, lost) or isinstance(error.inner_exception, RequestException):
        return _no_answer(error.inner_exception or error, attempt)
    response = error.response if isinstance(error, azure.HttpResponseError) else None
    if isinstance(error, azure.ClientAuthenticationError):
        return _no_sign_in(error, response, attempt)
    if response is not None:
        return _of_response(response, attempt)
    return errors.AzureError(attempt.said("the answer cannot be read"), answer=_words(error))


def _no_sign_in(error: azure.AzureError, response: Any, attempt: _Attempt) -> errors.SignInError:
    # With an answer it is ARM's or the sign-in service's, without one no credential worked.
    answer = _words(error) if response is None else _answer(response)
    answer = replace(answer, message=answer.message or str(error.message))
    said = "" if response is None else f": Azure answered {_named(answer)}"
    advice = _ADVICE.get((answer.code or "").lower())
    return errors.SignInError(
        attempt.said(f"the sign-in failed{said}"), advice=advice, answer=answer
    )


def _words(error: azure.AzureError) -> errors.AzureAnswer:
    return errors.AzureAnswer(message=str(error.message))


def _no_answer(cause: object, attempt: _Attempt) -> errors.ConnectionFailedError:
    # The query of an operation's URL acts like a password, and the cause may quote the URL.
    words = re.sub(r"\?\S*", "?…", " ".join(str(cause).split()))[:300]
    return errors.ConnectionFailedError(attempt.said(f"no answer ({words})"))


def _of_response(response: Any, attempt: _Attempt) -> errors.AzremedyError:
    answer = _answer(response)
    words = attempt.said(f"Azure answered {_named(answer)}")
    code = (answer.code or "").lower()
    kind = _by_code(code) or _by_status(answer.status or 0)
    advice = _ADVICE.get(code)
    if kind is errors.PermissionDeniedError:
        scope = str(attempt.target) if attempt.target else None
        return errors.PermissionDeniedError(
            words, action=attempt.action, scope=scope, advice=advice, answer=answer
        )
    if kind is errors.TargetNotFoundError and attempt.target:
        words = f"{words}: subscription {attempt.target.subscription_id} cannot be seen"
    return kind(words, advice=advice, answer=answer)


def _by_code(code: str) -> type[errors.AzremedyError] | None:
    kinds: tuple[tuple[set[str], type[errors.AzremedyError]], ...] = (
        (_LOCKED, errors.LockedError),
        (_SIGN_IN, errors.SignInError),
        (_DENIED, errors.PermissionDeniedError),
        (_NO_SUBSCRIPTION, errors.TargetNotFoundError),
        (_NOT_FOUND, errors.NotFoundError),
        (_THROTTLED, errors.ThrottledError),
        (_CONFLICT, errors.ConflictError),
        (_PLAIN, errors.AzureError),
    )
    return next((kind for codes, kind in kinds if code in codes), None)


def _by_status(status: int) -> type[errors.AzremedyError]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.ServiceUnavailableError
    kinds: dict[int, type[errors.AzremedyError]] = {
        401: errors.SignInError,
        403: errors.PermissionDeniedError,
        404: errors.NotFoundError,
        409: errors.ConflictError,
        412: errors.ConflictError,
        429: errors.ThrottledError,
    }
    return kinds.get(status, errors.AzureError)


def _named(answer: errors.AzureAnswer) -> str:
    request = f", request {answer.request_id}" if answer.request_id else ""
    if answer.status == HTTPStatus.OK:
        return f"{answer.code or 'that the operation failed'}{request}"
    return f"{answer.code or 'an error'} (HTTP {answer.status}{request})"


def _answer(response: Any) -> errors.AzureAnswer:
    headers: Mapping[str, str] = response.headers
    code, message = parse_error(_body(response))
    return errors.AzureAnswer(
        status=response.status_code,
        code=code or headers.get("x-ms-error-code"),
        message=message,
        request_id=headers.get("x-ms-request-id"),
        correlation_id=headers.get("x-ms-correlation-request-id"),
        retry_after=parse_retry_after(headers),
    )


def _body(response: Any) -> str:
    if hasattr(response, "read"):
        response.read()
    text: str = response.text()
    return text
