"""boto3's Rekognition client with an explicit retry plan, and its errors sorted into ours.

The SDK is imported when a client is asked for, because it is an extra.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from countenance.core.errors import (
    SettingsInvalid,
    VendorCredentialsRefused,
    VendorError,
    VendorRefused,
    VendorSdkMissing,
    VendorUnavailable,
)
from countenance.vendors.values import Received, RetryPlan

#: Codes that speak of the credentials, their rights, or the region they are for.
#: Source: AWS General Reference, "Common errors"; Amazon Rekognition API Reference.
_CREDENTIAL_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
#: Codes after which the same call may succeed later. Source: as above.
_PASSING_CODES = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class RekognitionClient:
    """One client; every attempt, retries included, is announced before it is sent.

    Args:
        endpoint_url: Another server that speaks the protocol; None for the vendor's own.
        region: AWS region; None for the one of the environment or profile.
        profile: Profile of the shared configuration; None for the usual chain of credentials.
        retry: How the SDK repeats.

    Raises:
        VendorSdkMissing: boto3 is not installed.
        VendorCredentialsRefused: There are no credentials.
        SettingsInvalid: There is no region, or no such profile.
    """

    def __init__(self, *, endpoint_url: str | None, region: str | None, profile: str | None, retry: RetryPlan) -> None:
        try:
            import boto3
            import botocore
            import botocore.exceptions as problems
            from botocore.config import Config
        except ImportError as error:
            raise VendorSdkMissing(
                "Rekognition is asked through boto3, which is not installed here.",
                remedy="Run `pip install 'countenance[rekognition]'`.",
            ) from error
        self._problems = problems
        try:
            session = boto3.Session(profile_name=profile, region_name=region)
            if session.get_credentials() is None:
                raise VendorCredentialsRefused(
                    "No AWS credentials were found.",
                    remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --aws-profile.",
                )
            self._client = session.client(
                "rekognition",
                endpoint_url=endpoint_url,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": retry.attempts},
                    connect_timeout=retry.connect_timeout_s,
                    read_timeout=retry.read_timeout_s,
                ),
            )
        except problems.NoRegionError as error:
            raise SettingsInvalid("No AWS region is set.", remedy="Give --region, such as us-east-1.") from error
        except problems.ProfileNotFound as error:
            raise SettingsInvalid(
                f"There is no AWS profile {profile!r}.", remedy="See `aws configure list-profiles`."
            ) from error
        self.endpoint = str(self._client.meta.endpoint_url)
        self.region = str(self._client.meta.region_name)
        self.sdk = f"boto3 {boto3.__version__}, botocore {botocore.__version__}"
        self._before_attempt: Callable[[], None] = _not_announced
        self._raw = b""
        events = self._client.meta.events
        events.register("before-send.rekognition", self._on_send)
        events.register("before-parse.rekognition", self._on_answer)

    def announce_to(self, before_attempt: Callable[[], None]) -> None:
        """Call this before every attempt; what it raises stops the attempt."""
        self._before_attempt = before_attempt

    def call(self, operation: str, parameters: Mapping[str, Any], *, final: Collection[str] = ()) -> Received:
        """Return the answer to one operation (in Python's spelling); codes in ``final`` are answers too.

        Raises:
            VendorCredentialsRefused, VendorUnavailable, VendorRefused: Other refusals and failures.
        """
        problems = self._problems
        try:
            parsed = getattr(self._client, operation)(**parameters)
        except problems.ClientError as error:
            return self._refusal(error, final)
        except (
            problems.NoCredentialsError,
            problems.PartialCredentialsError,
            problems.CredentialRetrievalError,
        ) as error:
            raise VendorCredentialsRefused(f"AWS credentials cannot be used: {error}") from error
        except (problems.HTTPClientError, problems.BotoCoreError) as error:
            raise VendorUnavailable(f"{self.endpoint} did not answer {operation}: {error}") from error
        about = parsed["ResponseMetadata"]
        return Received(self._json(), about["HTTPStatusCode"], about.get("RequestId"))

    def _refusal(self, error: Any, final: Collection[str]) -> Received:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        about = error.response.get("ResponseMetadata", {})
        status = int(about.get("HTTPStatusCode", 0))
        if code in final:
            return Received(self._json(), status, about.get("RequestId"), refusal=code, message=message)
        raise _sorted(code, message, status, self.region)

    def _json(self) -> Any:
        return json.loads(self._raw) if self._raw.strip() else {}

    def _on_send(self, **_: Any) -> None:
        self._before_attempt()

    def _on_answer(self, response_dict: Mapping[str, Any], **_: Any) -> None:
        self._raw = response_dict["body"]


def _sorted(code: str, message: str, status: int, region: str) -> VendorError:
    words = f"Rekognition answered {code}: {message}"
    if code in _CREDENTIAL_CODES:
        return VendorCredentialsRefused(
            words,
            remedy=f"Check the key, its rights to rekognition:*, and that it is valid in {region}.",
        )
    if code in _PASSING_CODES or status >= 500 or status == 429:
        return VendorUnavailable(words)
    return VendorRefused(words)


def _not_announced() -> None:
    raise AssertionError("the client is used before anybody counts its attempts")
