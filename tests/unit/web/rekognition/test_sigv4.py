"""The signature check against botocore's own signer, and everything an onlooker could try to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from countenance.web.rekognition.errors import AwsError
from countenance.web.rekognition.sigv4 import (
    CLOCK_SKEW,
    OutsideWindow,
    ReceivedRequest,
    access_key_shown,
    canonical_path,
    read_claim,
    verify,
)

KEY = "AKIDEXAMPLE000000000"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        yield


def signed(
    url: str = "http://127.0.0.1:8000/",
    body: bytes = b'{"CollectionId": "x"}',
    *,
    region: str = "us-east-1",
    service: str = "rekognition",
    token: str | None = None,
    more: tuple[tuple[str, str], ...] = (),
) -> ReceivedRequest:
    """Return a request as botocore signs it, as a server receives it."""
    headers = {
        "X-Amz-Target": "RekognitionService.DescribeCollection",
        "Content-Type": "application/x-amz-json-1.1",
        **dict(more),
    }
    request = AWSRequest("POST", url, data=body, headers=headers)
    SigV4Auth(Credentials(KEY, SECRET, token), service, region).add_auth(request)
    parts = urlsplit(url)
    sent = [("host", parts.netloc), *((name.lower(), str(value)) for name, value in request.headers.items())]
    return ReceivedRequest("POST", parts.path or "/", parts.query, sent, body)


def with_header(request: ReceivedRequest, name: str, value: str | None) -> ReceivedRequest:
    kept = [(key, old) for key, old in request.headers if key != name]
    return replace(request, headers=kept if value is None else [*kept, (name, value)])


def check(request: ReceivedRequest, *, secret: str = SECRET, now: datetime = NOW) -> str:
    claim = read_claim(request)
    verify(request, claim, secret, now)
    return claim.access_key_id


def refusal(request: ReceivedRequest, *, secret: str = SECRET, now: datetime = NOW) -> AwsError:
    with pytest.raises(AwsError) as caught:
        check(request, secret=secret, now=now)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/",
        "http://h/aws",
        "http://h/aws/",
        "http://h//aws//x/",
        "http://h/a/./b/../c",
        "http://h/with%20space/%C3%A9",
        "http://h/tilde~and+plus=and:colon",
        "http://h/?b=2&a=1&a=0&flag",
        "http://h/x?q=%20a%2Fb",
    ],
)
def test_what_botocore_signs_is_accepted_whatever_the_path_and_query(url: str) -> None:
    assert check(signed(url)) == KEY


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "local", "us-gov-west-1"])
def test_any_region_is_accepted_and_told(region: str) -> None:
    request = signed(region=region)
    assert check(request) == KEY
    assert read_claim(request).region == region


def test_temporary_credentials_sign_their_token() -> None:
    request = signed(token="session-token")
    assert "x-amz-security-token" in read_claim(request).signed_headers
    assert check(request) == KEY


def test_a_header_sent_twice_or_with_inner_spaces_is_signed_as_one() -> None:
    assert check(signed(more=(("X-Amz-Meta-Thing", "a   b  c "),))) == KEY


@pytest.mark.parametrize(
    ("path", "canonical"),
    [("", "/"), ("/", "/"), ("//", "/"), ("/a//b", "/a/b"), ("/../a/", "/a/"), ("/%2F", "/%252F"), ("/a~b", "/a~b")],
)
def test_the_canonical_path_is_that_of_the_signer(path: str, canonical: str) -> None:
    signer = SigV4Auth(Credentials(KEY, SECRET), "rekognition", "us-east-1")
    assert canonical_path(path) == canonical == signer._normalize_url_path(path)


def test_a_changed_body_path_query_method_or_signed_header_is_refused() -> None:
    request = signed()
    for changed in (
        replace(request, body=request.body + b" "),
        replace(request, raw_path="/other"),
        replace(request, raw_query="a=1"),
        replace(request, method="PUT"),
        with_header(request, "host", "evil.example"),
        with_header(request, "x-amz-target", "RekognitionService.DeleteCollection"),
        with_header(request, "content-type", "text/plain"),
    ):
        assert refusal(changed).code == "InvalidSignatureException"


def test_another_secret_is_refused() -> None:
    assert refusal(signed(), secret=SECRET[:-1] + "Z").code == "InvalidSignatureException"


def test_whoever_does_not_hold_the_secret_is_told_nothing_of_the_clock() -> None:
    wrong = refusal(signed(), secret=SECRET[:-1] + "Z", now=NOW + timedelta(days=1))
    assert not isinstance(wrong, OutsideWindow)
    assert "20261125" not in wrong.message


@pytest.mark.parametrize("direction", [1, -1])
def test_fifteen_minutes_either_way_are_accepted_and_not_a_second_more(direction: int) -> None:
    request = signed()
    assert check(request, now=NOW + direction * CLOCK_SKEW) == KEY
    late = refusal(request, now=NOW + direction * (CLOCK_SKEW + timedelta(seconds=1)))
    assert isinstance(late, OutsideWindow)
    assert late.code == "InvalidSignatureException"
    assert ("expired" if direction > 0 else "not yet current") in late.message


def test_a_header_of_ours_that_is_not_signed_is_refused() -> None:
    request = with_header(signed(), "x-amz-extra", "1")
    assert "x-amz-extra" in refusal(request).message


@pytest.mark.parametrize("dropped", ["host", "x-amz-date", "x-amz-target"])
def test_what_has_to_be_signed_cannot_be_left_out(dropped: str) -> None:
    request = signed()
    authorization = request.header("authorization") or ""
    names = [name for name in read_claim(request).signed_headers if name != dropped]
    start, _, rest = authorization.partition("SignedHeaders=")
    changed = f"{start}SignedHeaders={';'.join(names)},{rest.partition(',')[2]}"
    assert refusal(with_header(request, "authorization", changed)).code == "InvalidSignatureException"


def test_the_clients_word_on_the_body_is_not_believed() -> None:
    request = signed(more=(("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"),))
    assert refusal(request).code == "InvalidSignatureException"


def test_another_service_is_refused() -> None:
    assert "rekognition" in refusal(signed(service="s3")).message


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "MissingAuthenticationTokenException"),
        ("", "IncompleteSignatureException"),
        ("Basic YTpi", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00", "IncompleteSignatureException"),
        (
            f"AWS4-HMAC-SHA256 Credential={KEY}/20261124/x/rekognition/aws4_request, SignedHeaders=host, Signature=zz",
            "IncompleteSignatureException",
        ),
        (
            f"AWS4-HMAC-SHA256 Credential={KEY}/20261124/x/rekognition/aws4_request, SignedHeaders=Host;a, "
            f"Signature={'0' * 64}",
            "IncompleteSignatureException",
        ),
    ],
)
def test_a_missing_or_mangled_header_is_named_for_what_it_is(value: str | None, code: str) -> None:
    assert refusal(with_header(signed(), "authorization", value)).code == code


@pytest.mark.parametrize("date", ["", "yesterday", "20261124", "20261324T000000Z"])
def test_a_date_that_is_none_is_refused(date: str) -> None:
    assert refusal(with_header(signed(), "x-amz-date", date)).code == "IncompleteSignatureException"


def test_the_date_of_the_scope_has_to_be_the_date_of_the_request() -> None:
    request = with_header(signed(), "x-amz-date", "20261125T000000Z")
    assert "scope" in refusal(request).message


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("", ""),
        ("Basic YTpi", ""),
        ("AWS4-HMAC-SHA256 Credential=, Signature=00", ""),
        (f"AWS4-HMAC-SHA256 Credential={KEY}", KEY),
        (f"AWS4-HMAC-SHA256 SignedHeaders=Host, Credential={KEY}/x, Signature=zz", KEY),
        (f"AWS3 Credential={KEY}", KEY),
        ("AWS4-HMAC-SHA256 Credential=" + "x" * 200, "x" * 128),
    ],
)
def test_the_key_a_request_names_is_found_whatever_else_is_wrong(value: str | None, shown: str) -> None:
    assert access_key_shown(with_header(signed(), "authorization", value)) == shown
