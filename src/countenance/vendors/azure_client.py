"""Azure's Face clients with an explicit retry plan, and their errors sorted into ours.

The SDK is imported when a client is asked for, because it is an extra.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from countenance.core.errors import (
    CountenanceError,
    SettingsInvalid,
    VendorCredentialsRefused,
    VendorError,
    VendorRefused,
    VendorSdkMissing,
    VendorUnavailable,
)
from countenance.vendors.values import Received, RetryPlan

#: Methods repeated after throttling. The SDK leaves POST out by default, and nearly every call here is a POST.
_REPEATED = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE"})
#: Longest single wait between attempts, seconds.
_LONGEST_WAIT_S = 30
#: Statuses after which the same call may succeed later. Source: azure-core 1.41, RetryPolicy.
_PASSING_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


class AzureFaceClient:
    """Both clients of the SDK; every attempt, retries included, is announced before it is sent.

    Args:
        endpoint: The resource's endpoint, or another server that speaks the protocol.
        key: The resource's key; it is handed to the SDK and kept nowhere else.
        retry: How the SDK repeats.

    Raises:
        VendorSdkMissing: azure-ai-vision-face is not installed.
        SettingsInvalid: The endpoint is not a URL.
    """

    def __init__(self, *, endpoint: str, key: str, retry: RetryPlan) -> None:
        try:
            import azure.core
            import azure.core.exceptions as problems
            from azure.ai.vision.face import FaceAdministrationClient, FaceClient
            from azure.ai.vision.face import __version__ as sdk_version
            from azure.core.credentials import AzureKeyCredential
            from azure.core.pipeline import policies
        except ImportError as error:
            raise VendorSdkMissing(
                "Azure Face is asked through azure-ai-vision-face, which is not installed here.",
                remedy="Run `pip install 'countenance[azure]'`.",
            ) from error
        if not endpoint.startswith(("https://", "http://")):
            raise SettingsInvalid(
                f"{endpoint!r} is not an endpoint.", remedy="Give https://NAME.cognitiveservices.azure.com."
            )
        client = self

        class Announced(policies.CustomHookPolicy[Any, Any]):
            """Runs once an attempt, because it stands after the SDK's retry policy."""

            def on_request(self, request: Any) -> None:
                client._before_attempt()

            def on_response(self, request: Any, response: Any) -> None:
                client._keep_raw(response.http_response)

        def options() -> dict[str, Any]:
            count = retry.attempts - 1
            again = policies.RetryPolicy(
                retry_total=count,
                retry_connect=count,
                retry_read=count,
                retry_status=count,
                retry_backoff_factor=retry.backoff_s,
                retry_backoff_max=_LONGEST_WAIT_S,
            )
            return {
                "custom_hook_policy": Announced(),
                "retry_policy": again,
                "connection_timeout": retry.connect_timeout_s,
                "read_timeout": retry.read_timeout_s,
            }

        self._problems = problems
        self.faces = FaceClient(endpoint.rstrip("/"), AzureKeyCredential(key), **options())
        self.lists = FaceAdministrationClient(endpoint.rstrip("/"), AzureKeyCredential(key), **options())
        self.endpoint = endpoint.rstrip("/")
        self.sdk = f"azure-ai-vision-face {sdk_version}, azure-core {azure.core.__version__}"
        self._before_attempt: Callable[[], None] = _not_announced
        self._raw = b""
        self._status = 0
        self._request_id: str | None = None

    def announce_to(self, before_attempt: Callable[[], None]) -> None:
        """Call this before every attempt; what it raises stops the attempt."""
        self._before_attempt = before_attempt

    def call(self, send: Callable[..., Any], *arguments: Any, final: Collection[str] = (), **named: Any) -> Received:
        """Return the answer of one SDK method; error codes in ``final`` are answers too.

        Raises:
            VendorCredentialsRefused, VendorUnavailable, VendorRefused: Other refusals and failures.
        """
        self._raw, self._status = b"", 0
        try:
            send(*arguments, retry_on_methods=_REPEATED, **named)
        except CountenanceError:
            raise
        except (self._problems.ServiceRequestError, self._problems.ServiceResponseError) as error:
            raise VendorUnavailable(f"{self.endpoint} did not answer: {error}") from error
        except (self._problems.AzureError, ValueError) as error:
            # ValueError: the SDK reads the body of every error as JSON, and some have none.
            code, message = self._error_words(str(error))
            if code in final:
                return Received(self._json(), self._status, self._request_id, refusal=code, message=message)
            raise self._sorted(code, message) from error
        return Received(self._json(), self._status, self._request_id)

    def _keep_raw(self, response: Any) -> None:
        self._raw = response.body() if hasattr(response, "body") else b""
        self._status = int(response.status_code)
        self._request_id = response.headers.get("apim-request-id") or response.headers.get("x-ms-client-request-id")

    def _json(self) -> Any:
        try:
            return json.loads(self._raw) if self._raw.strip() else None
        except ValueError:
            return {"not_json": self._raw[:2000].decode(errors="replace")}

    def _error_words(self, fallback: str) -> tuple[str, str]:
        body = self._json()
        error = body.get("error") if isinstance(body, dict) else None
        if isinstance(error, dict):
            return str(error.get("code", self._status)), str(error.get("message", ""))
        return str(self._status), fallback.splitlines()[0] if fallback else "no message"

    def _sorted(self, code: str, message: str) -> VendorError:
        if 200 <= self._status < 300:
            return VendorRefused(
                f"Azure Face answered in a shape that is not the documented shape: {message}",
                remedy="Another version of azure-ai-vision-face may be needed.",
            )
        words = f"Azure Face answered {self._status} {code}: {message}"
        if self._status == 401:
            return VendorCredentialsRefused(
                words, remedy="Check that key and endpoint belong to one resource and one region."
            )
        if self._status in _PASSING_STATUSES or not self._status:
            return VendorUnavailable(words)
        return VendorRefused(words)


def _not_announced() -> None:
    raise AssertionError("the client is used before anybody counts its attempts")
