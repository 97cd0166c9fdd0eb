"""Certificates: the round trip, and contents that are refused although they are signed."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from countenance.policy.certificate import CERTIFICATE_TYPE, read_certificate, sign_certificate
from countenance.policy.envelope import key_id, open_envelope, seal
from countenance.policy.terms import CertificateStatus
from tests.support.certificate_samples import EVALUATOR_KEY, STRANGER_KEY, certificate

_TRUSTED = {key_id(EVALUATOR_KEY.public_key()): EVALUATOR_KEY.public_key()}


def _payload() -> dict[str, Any]:
    opened = open_envelope(sign_certificate(certificate(), EVALUATOR_KEY), CERTIFICATE_TYPE, _TRUSTED)
    return json.loads(opened.payload)


def _status(payload: object) -> CertificateStatus:
    sealed = seal(json.dumps(payload).encode(), CERTIFICATE_TYPE, EVALUATOR_KEY)
    return read_certificate(sealed, _TRUSTED).status


@pytest.mark.parametrize("changes", [{}, {"false_positive_ratio": None, "false_positive_ratio_max_min": None}])
def test_certificate_comes_back_as_it_was_signed(changes: dict[str, object]) -> None:
    signed = certificate(**changes)

    read = read_certificate(sign_certificate(signed, EVALUATOR_KEY), _TRUSTED)

    assert (read.status, read.certificate) == (CertificateStatus.VALID, signed)
    assert read.key_id in _TRUSTED


def test_stranger_and_edit_are_told_apart() -> None:
    stranger = read_certificate(sign_certificate(certificate(), STRANGER_KEY), _TRUSTED)
    assert (stranger.status, stranger.certificate) == (CertificateStatus.UNTRUSTED_SIGNER, None)

    sealed = json.loads(sign_certificate(certificate(), EVALUATOR_KEY))
    sealed["payload"] = json.loads(sign_certificate(certificate(independent=False), EVALUATOR_KEY))["payload"]
    edited = read_certificate(json.dumps(sealed).encode(), _TRUSTED)
    assert (edited.status, edited.certificate) == (CertificateStatus.ALTERED, None)
    assert read_certificate(b"no envelope", _TRUSTED).status is CertificateStatus.UNREADABLE


@pytest.mark.parametrize("key", sorted(_payload()))
def test_signed_content_without_a_key_is_unreadable(key: str) -> None:
    payload = _payload()
    assert _status(payload) is CertificateStatus.VALID
    del payload[key]
    assert _status(payload) is CertificateStatus.UNREADABLE


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "countenance-certificate/2"),
        (("threshold",), 1.5),
        (("threshold",), math.nan),
        (("threshold",), "0.5"),
        (("gallery", "source"), "album"),
        (("gallery", "subjects"), 1.5),
        (("groups_measured",), ["hair"]),
        (("evaluator", "independent"), "yes"),
        (("evaluated_on",), "last summer"),
        (("worst_group_fnmr", "estimate"), 0.001),
        (("worst_group_fnmr", "estimate"), 0.02),
        (("worst_group_fnmr", "errors"), 1001),
        (("worst_group_fnmr", "errors"), -1),
        (("worst_group_fnmr", "trials"), 0),
        (("worst_group_fnmr", "low"), 0.02),
        (("worst_group_fmr", "high"), 2),
        (("false_positive_ratio", "max_over_geometric_mean"), 0.5),
        (("false_positive_ratio", "max_over_geometric_mean"), math.inf),
        (("extra",), 1),
        (("data_set", "extra"), 1),
    ],
)
def test_signed_content_that_cannot_be_is_unreadable(path: tuple[str, ...], value: object) -> None:
    payload = _payload()
    table = payload
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value

    assert _status(payload) is CertificateStatus.UNREADABLE


@pytest.mark.parametrize("payload", [[], 1, None, "text"])
def test_signed_content_that_is_no_table_is_unreadable(payload: object) -> None:
    assert _status(payload) is CertificateStatus.UNREADABLE
