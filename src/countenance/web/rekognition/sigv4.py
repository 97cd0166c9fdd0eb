"""AWS Signature Version 4 in the Authorization header: was this request made by the holder of this secret, just now?

Rules kept here:

- What is verified is what was received: the raw path, the raw query, the headers as sent and the bytes of the body.
  Nothing the client says about the body (``x-amz-content-sha256``) is believed.
- ``host``, the date and every ``x-amz-…`` header that is present have to be signed, or an onlooker could change the
  operation of somebody else's request.
- Any region is accepted; the service has to be ``rekognition``.
- The signature is compared in constant time.

Source: AWS General Reference, "Signature Version 4 signing process"; agrees with botocore's signer (see the tests).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from countenance.web.rekognition.errors import (
    INCOMPLETE_SIGNATURE,
    INVALID_SIGNATURE,
    MISSING_TOKEN,
    AwsError,
)

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rekognition"
#: How far the client's clock may be from ours, either way. Source: AWS, five minutes for some services and fifteen for
#: most; the wider one lets every SDK through.
CLOCK_SKEW = timedelta(minutes=15)
_DATE_FORM = "%Y%m%dT%H%M%SZ"
_SCOPE = re.compile(r"([^/\s]{1,128})/(\d{8})/([a-z0-9-]{1,40})/([a-z0-9-]{1,40})/aws4_request")
_NAMED_KEY = re.compile(r"Credential=([^/\s,]{1,128})")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came off the wire.

    Attributes:
        method: HTTP method.
        raw_path: Path as sent, percent-encoding untouched, without the query.
        raw_query: Query string as sent.
        headers: (lower-case name, value) in the order sent.
        body: The bytes of the body.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of this lower-case name, or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """What an Authorization header says about itself; nothing of it is verified yet.

    Attributes:
        access_key_id: Who signed.
        date: ``YYYYMMDD`` of the credential scope.
        region: Region of the scope; any.
        signed_headers: Lower-case names, in order.
        signature: 64 hex digits.
        signed_at: The moment in X-Amz-Date.
        date_text: The same as sent.
    """

    access_key_id: str
    date: str
    region: str
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: datetime
    date_text: str


class OutsideWindow(AwsError):
    """A signature that fits and is too old, or of a time to come."""


def access_key_shown(request: ReceivedRequest) -> str:
    """Return the access key id that a request names, whatever else is wrong with it, or an empty text."""
    found = _NAMED_KEY.search(request.header("authorization") or "")
    return "" if found is None else found.group(1)


def read_claim(request: ReceivedRequest) -> SignatureClaim:
    """Return what the Authorization header claims.

    Raises:
        AwsError: It is missing, of another scheme, incomplete, or leaves out a header that has to be signed.
    """
    authorization = request.header("authorization")
    if authorization is None:
        raise AwsError(MISSING_TOKEN)
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme != ALGORITHM:
        raise AwsError(INCOMPLETE_SIGNATURE, f"Unsupported signing algorithm; use {ALGORITHM}.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not parts.get(name)]
    if missing:
        raise AwsError(INCOMPLETE_SIGNATURE, f"Authorization header requires {', '.join(missing)}.")
    scope = _SCOPE.fullmatch(parts["Credential"])
    if scope is None:
        raise AwsError(INCOMPLETE_SIGNATURE, "Credential must be KEY/DATE/REGION/rekognition/aws4_request.")
    access_key_id, date, region, service = scope.groups()
    if service != SERVICE:
        raise AwsError(INVALID_SIGNATURE, f"Credential should be scoped to correct service: '{SERVICE}'.")
    if not _SIGNATURE.fullmatch(parts["Signature"]):
        raise AwsError(INCOMPLETE_SIGNATURE, "Signature must be 64 hexadecimal digits.")
    signed = tuple(parts["SignedHeaders"].split(";"))
    _require_signed(request, signed)
    date_text = request.header("x-amz-date") or ""
    try:
        signed_at = datetime.strptime(date_text, _DATE_FORM).replace(tzinfo=UTC)
    except ValueError:
        raise AwsError(INCOMPLETE_SIGNATURE, "Date must be in X-Amz-Date as YYYYMMDDTHHMMSSZ.") from None
    if date_text[:8] != date:
        raise AwsError(INVALID_SIGNATURE, "Date in Credential scope does not match the date in X-Amz-Date.")
    return SignatureClaim(access_key_id, date, region, signed, parts["Signature"], signed_at, date_text)


def verify(request: ReceivedRequest, claim: SignatureClaim, secret: str, now: datetime) -> None:
    """Return if the holder of ``secret`` signed this request within fifteen minutes of ``now``.

    Raises:
        AwsError: The signature does not fit.
        OutsideWindow: It fits, and is too old or from the future.
    """
    expected = signature(request, claim, secret)
    # The signature first: whoever does not hold the secret learns nothing about our clock.
    if not hmac.compare_digest(expected, claim.signature):
        raise AwsError(
            INVALID_SIGNATURE,
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Behind a proxy, Host and path must be passed on.",
        )
    if abs(now - claim.signed_at) > CLOCK_SKEW:
        which = "expired" if now > claim.signed_at else "not yet current"
        raise OutsideWindow(
            INVALID_SIGNATURE,
            f"Signature {which}: {claim.date_text} is more than 15 minutes from {now.astimezone(UTC):{_DATE_FORM}}.",
        )


def signature(request: ReceivedRequest, claim: SignatureClaim, secret: str) -> str:
    """Return the signature this request has to have, as 64 hex digits."""
    scope = f"{claim.date}/{claim.region}/{SERVICE}/aws4_request"
    hashed = hashlib.sha256(canonical_request(request, claim.signed_headers).encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{claim.date_text}\n{scope}\n{hashed}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    return _mac(key, to_sign).hex()


def canonical_request(request: ReceivedRequest, signed_headers: Sequence[str]) -> str:
    """Return the text that is hashed and signed."""
    headers = "".join(f"{name}:{_header_values(request, name)}\n" for name in signed_headers)
    return "\n".join(
        (
            request.method.upper(),
            canonical_path(request.raw_path),
            _canonical_query(request.raw_query),
            headers,
            ";".join(signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def canonical_path(raw_path: str) -> str:
    """Return the path as signed: dot segments and empty ones removed, then percent-encoded once more.

    Source: every service but S3 encodes twice; botocore ``SigV4Auth._normalize_url_path``.
    """
    kept: list[str] = []
    for segment in raw_path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    path = "/" + "/".join(kept) + ("/" if kept and raw_path.endswith("/") else "")
    return quote(path, safe="/~")


def _canonical_query(raw_query: str) -> str:
    pairs = [pair.partition("=")[::2] for pair in raw_query.split("&")] if raw_query else []
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _header_values(request: ReceivedRequest, name: str) -> str:
    return ",".join(" ".join(value.split()) for key, value in request.headers if key == name)


def _require_signed(request: ReceivedRequest, signed: tuple[str, ...]) -> None:
    if not all(_HEADER_NAME.fullmatch(name) for name in signed) or list(signed) != sorted(set(signed)):
        raise AwsError(INCOMPLETE_SIGNATURE, "SignedHeaders must be lower-case header names, sorted, once each.")
    present = {name for name, _ in request.headers}
    needed = {"host", "x-amz-date"} | {name for name in present if name.startswith("x-amz-")}
    unsigned = sorted(needed - set(signed))
    if unsigned:
        raise AwsError(INVALID_SIGNATURE, f"These headers must be signed: {', '.join(unsigned)}.")
    absent = sorted(set(signed) - present)
    if absent:
        raise AwsError(INVALID_SIGNATURE, f"Signed headers are missing from the request: {', '.join(absent)}.")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
