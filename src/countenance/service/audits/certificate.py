"""A result → the signed certificate the accuracy rules read: the worst group's rates at the threshold in use.

Rules kept here:

- Only groups with enough people make a certificate; at least two of them with comparisons of both kinds.
- Nothing is rounded and nothing is left out: the certificate names the result it summarises by digest.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.core.model_identity import ModelIdentity
from countenance.policy.certificate import Certificate, GroupRate, sign_certificate
from countenance.policy.terms import EvalGroup, GallerySource
from countenance.service.audits.document import to_json

#: What label columns are called → the demographic factor. The first that fits counts.
_FACTORS = (
    (("sex", "gender"), EvalGroup.SEX),
    (("age",), EvalGroup.AGE),
    (("skin", "race", "ethnic", "fitzpatrick", "monk"), EvalGroup.RACE_OR_SKIN_TONE),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What the evaluator states and signs for.

    Attributes:
        certificate_id: The evaluator's number for it.
        evaluator: Who measured.
        independent: Whether the evaluator states to be independent of the maker and the operator.
        gallery_source: Kind of gallery the audit searched.
        evaluated_on: Day of the evaluation.
    """

    certificate_id: str
    evaluator: str
    independent: bool
    gallery_source: GallerySource
    evaluated_on: date


def gallery_source(word: str) -> GallerySource:
    """Return a kind of gallery by its word.

    Raises:
        AuditInputInvalid: There is none of this name.
    """
    try:
        return GallerySource(word)
    except ValueError as error:
        known = ", ".join(kind.value for kind in GallerySource)
        raise AuditInputInvalid(f"There is no kind of gallery {word!r}.", remedy=f"The kinds are: {known}.") from error


def signed_certificate(document: Mapping[str, Any], statement: Statement, key: Ed25519PrivateKey) -> bytes:
    """Return the certificate of a result as a signed envelope.

    Raises:
        AuditInputInvalid: The result has no model identity, no searches, or fewer than two groups with enough people
            and comparisons of both kinds.
    """
    return sign_certificate(certificate_of(document, statement), key)


def certificate_of(document: Mapping[str, Any], statement: Statement) -> Certificate:
    """Return the certificate of a result; errors as for ``signed_certificate``."""
    model = document["system"]["model"]
    if not model or not {"name", "digest", "dimension"} <= set(model):
        raise AuditInputInvalid(
            "This result is not of a model with a known identity; a certificate speaks about one.",
            remedy="Run the audit with `--engine`.",
        )
    gallery = document["data"]["gallery"]
    if gallery is None:
        raise AuditInputInvalid("This audit searched no gallery.", remedy="Give people two photos, or a gallery.")
    grouping = document["groupings"][-1]
    at = grouping["at"][document["operating"]["stop"]]
    comparable = [place for place, group in enumerate(grouping["groups"]) if group["comparable"]]
    if len(comparable) < 2:
        raise AuditInputInvalid(
            "Fewer than two groups have enough people for a certificate.",
            remedy="Audit more people of each group, or group them by fewer labels: `audit new --label …`.",
        )
    names = [grouping["groups"][place]["name"] for place in comparable]
    spread = at["spread_fmr"]
    text = to_json(document)
    return Certificate(
        certificate_id=statement.certificate_id,
        model=ModelIdentity(str(model["name"]), str(model["digest"]), int(model["dimension"])),
        threshold=document["operating"]["threshold"],
        gallery_source=statement.gallery_source,
        gallery_subjects=gallery["subjects"],
        worst_group_fmr=_worst(names, [at["fmr_within"][place] for place in comparable]),
        worst_group_fnmr=_worst(names, [at["fnmr"][place] for place in comparable]),
        false_positive_ratio=_ratio(spread, "max_geomean"),
        false_positive_ratio_max_min=_ratio(spread, "max_min"),
        groups_measured=factors(document["data"]["attributes"]),
        evaluator=statement.evaluator,
        independent=statement.independent,
        evaluated_on=statement.evaluated_on,
        data_set=document["data"]["description"],
        data_set_sha256=document["digests"]["labels"],
        subjects=document["data"]["subjects"],
        photos=document["data"]["photos"],
        audit_result_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def factors(attributes: Sequence[str]) -> frozenset[EvalGroup]:
    """Return the demographic factors of label columns, by their names."""
    found = set()
    for name in attributes:
        words = name.casefold().replace("-", "_").split("_")
        for starts, factor in _FACTORS:
            if any(word.startswith(starts) for word in words):
                found.add(factor)
                break
    return frozenset(found)


def _worst(names: Sequence[str], rates: Sequence[Mapping[str, Any]]) -> GroupRate:
    measured = [(name, rate) for name, rate in zip(names, rates, strict=True) if rate["trials"]]
    if len(measured) < len(names):
        raise AuditInputInvalid(
            "A group has no comparisons of one kind; a certificate needs both rates of every group.",
            remedy="Give two photos of the people of each group.",
        )
    # Of equal estimates the one with fewer comparisons is less certain.
    name, rate = max(measured, key=lambda one: (one[1]["estimate"], one[1]["high"]))
    return GroupRate(name, rate["estimate"], rate["low"], rate["high"], rate["errors"], rate["trials"])


def _ratio(spread: Mapping[str, Any], measure: str) -> float | None:
    # A group without an error has no ratio to it, and the rules take "none" for the worst.
    if spread.get("zero_cells") or measure not in spread or spread[measure]["estimate"] is None:
        return None
    return max(1.0, float(spread[measure]["estimate"])) if math.isfinite(spread[measure]["estimate"]) else None


def read_key(path: Path) -> Ed25519PrivateKey:
    """Return an evaluator's key from a PEM file (PKCS #8, without a passphrase).

    Raises:
        FileUnreadable: The file cannot be read.
        AuditInputInvalid: It is no Ed25519 key.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or '').lower()}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path)
    return key


def _no_key(path: Path) -> AuditInputInvalid:
    return AuditInputInvalid(
        f"{path.name} is not an Ed25519 key without passphrase in PEM form.",
        remedy="Make one with `openssl genpkey -algorithm ed25519 -out evaluator.pem`.",
    )
