"""Who asks, through which door, under which case, and what they state about it: claims, never permissions.

Rules kept here:

- A claim is somebody's word. The record says whose; no claim lets anything happen that a rule forbids.
- What the software fills in by itself (the gallery's source, measured fitness, the installation's facts, reviewers)
  cannot be claimed.
- Without a case there is the person at the keyboard: a private person with their own album, unless they state
  otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from countenance.core.errors import InputError, PolicyPackInvalid
from countenance.ledger.field_types import FieldValue
from countenance.policy.attributes import ATTRIBUTES, REQUEST_ATTRIBUTES, Kind
from countenance.policy.toml_tables import Table, read_toml

#: Request attributes that the software fills in and nobody can claim.
FILLED_IN = frozenset(
    {
        "mode",
        "retention_days",
        "retention_clock",
        "reviewers",
        "reviewers_trained",
        "eval_certificate",
        "eval_independent",
        "eval_age_days",
        "eval_tpr_min_group_ppm",
        "eval_fpir_ratio_x100",
        "eval_groups",
        "threshold_as_evaluated",
        "threshold_fmr_ppb",
        "deployment",
        "federal_law_id",
    }
)
#: Request attributes a case, a credential or a person can state. ``gallery_source`` counts only where no gallery of
#: ours is concerned; a gallery's own source was stated when it was made.
CLAIMABLE = frozenset(REQUEST_ATTRIBUTES) - FILLED_IN

PROFILE_FORMAT = "countenance-standing/1"
#: Case number stated for a person's own album and for measuring, where there is no case and none is needed.
OWN_ALBUM_CASE = "own album"

#: What the shell states for everybody: files on a disk are looked at after the fact, and nobody was picked by a trait.
SHELL_CLAIMS: Mapping[str, Any] = MappingProxyType(
    {
        "on_behalf_of": "none",
        "timing": "after_the_fact",
        "probe_source": "still_photo",
        "selection_basis": (),
        "intended_use": "lead_only",
    }
)
#: What it states besides for a private person; each can be stated otherwise.
OWN_ALBUM_CLAIMS: Mapping[str, Any] = MappingProxyType(
    {
        "actor_sector": "individual",
        "purpose": "photo_organisation",
        "case_id": OWN_ALBUM_CASE,
        "space": "private_premises",
        "gallery_source": "consented_enrolment",
        "adverse_effect": False,
    }
)


@dataclass(frozen=True, slots=True)
class Standing:
    """On whose behalf an act is done.

    Attributes:
        operator_id: Random-looking identifier of the operator, 32 hex digits; see ``operator_id``.
        operator: The operator's name, for people. It never enters the ledger.
        role: A word such as ``searcher``, ``reviewer``, ``auditor``.
        interface: The door: ``cli``, ``python``, ``rest``, ``rekognition``, ``azure``, ``watson`` or ``console``.
        claims: Policy request attributes as the case, the credential or the person states them, in plain values.
        credential_id: The credential used, 32 hex digits, or None.
        case_id: The case's identifier in the ledger, 32 hex digits, or None without a case.
        case_number: The case's number as people write it; empty without a case.
        attester_id: Who vouches for the claims, as an identifier like ``operator_id``; None: the operator.
        galleries: Names of the galleries that may be used; None means any.
        most_candidates: Most candidates a search may give; None means no limit of the case's own.
        expires_at: From this moment nothing is done under it any more; None: it does not expire.
        record: Further fields for the entry of the intent (``authorisation_issuer``, ``purpose_text`` …), named and
            typed as ``countenance.ledger.kinds`` has them.

    Raises:
        InputError: A claim is unknown, or about something the software fills in.
    """

    operator_id: str
    operator: str
    role: str
    interface: str
    claims: Mapping[str, object]
    credential_id: str | None = None
    case_id: str | None = None
    case_number: str = ""
    attester_id: str | None = None
    galleries: frozenset[str] | None = None
    most_candidates: int | None = None
    expires_at: datetime | None = None
    record: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        require_claimable(self.claims)


def require_claimable(claims: Mapping[str, object]) -> None:
    """Return if every claim is one that somebody can make.

    Raises:
        InputError: One is unknown, or about something the software fills in.
    """
    strange = sorted(set(claims) - CLAIMABLE)
    if strange:
        filled = sorted(set(strange) & FILLED_IN)
        said = f"; the software fills in {', '.join(filled)} by itself" if filled else ""
        raise InputError(
            f"Nobody can claim {', '.join(strange)}{said}.", remedy=f"Claims are: {', '.join(sorted(CLAIMABLE))}."
        )


def parse_claim(text: str) -> tuple[str, object]:
    """Return (attribute, plain value) of a claim written as ``name=value``; several words are parted by commas.

    Raises:
        InputError: It is not written so, is not a claim, or the value cannot be one of this attribute.
    """
    name, equals, written = text.partition("=")
    name, written = name.strip(), written.strip()
    if not equals:
        raise InputError(f"The claim {text[:40]!r} is not NAME=VALUE.", remedy="For example: --claim targeted=true")
    require_claimable({name: written})
    kind = ATTRIBUTES[name].kind
    if kind in (Kind.CHOICES, Kind.JURISDICTIONS):
        return name, tuple(word.strip() for word in written.split(",") if word.strip())
    if kind is Kind.FLAG and written in ("true", "false"):
        return name, written == "true"
    if kind is Kind.WHOLE and written.isdecimal():
        return name, int(written)
    if kind in (Kind.FLAG, Kind.WHOLE):
        wanted, example = ("true or false", "true") if kind is Kind.FLAG else ("a whole number", "2")
        raise InputError(f"The claim {name} is {wanted}.", remedy=f"For example: --claim {name}={example}")
    return name, written


def operator_id(name: str, keyed_digest: Callable[[str, bytes], str]) -> str:
    """Return the identifier that stands for a person who works with the system: the same name, the same identifier.

    Args:
        name: The person's name or account; case and surrounding space do not matter.
        keyed_digest: The journal's, so that nobody outside can test a guess at a name.
    """
    return keyed_digest("operator", name.strip().casefold().encode())[:32]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the person at the keyboard has written down about themselves.

    Attributes:
        operator: Their name, or None to take the account's.
        role: A word such as ``searcher``.
        claims: What they state about every act, unless the command line says otherwise.
    """

    operator: str | None = None
    role: str = "operator"
    claims: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


def parse_profile(text: str) -> Profile:
    """Return the profile in a ``countenance-standing/1`` file (TOML).

    Raises:
        InputError: A key is unknown, or a claim cannot be made.
    """
    try:
        table = Table(
            read_toml(text, where="standing.toml"),
            where="standing.toml",
            required=("format",),
            optional=("operator", "role", "claims"),
        )
        if table.text("format") != PROFILE_FORMAT:
            raise PolicyPackInvalid(f"standing.toml: format should be {PROFILE_FORMAT!r}.")
        claims = table.raw("claims") if "claims" in table else {}
        named = table.text("operator") if "operator" in table else None
        role = table.text("role") if "role" in table else "operator"
        if not isinstance(claims, Mapping):
            raise PolicyPackInvalid("standing.toml: claims is a table.")
    except PolicyPackInvalid as error:
        raise InputError(error.message, remedy="docs/how-to/rules.md shows a complete file.") from error
    require_claimable(claims)
    return Profile(named, role, MappingProxyType(dict(claims)))


def local_standing(
    operator: str,
    *,
    interface: str,
    keyed_digest: Callable[[str, bytes], str],
    stated: Mapping[str, object] | None = None,
    role: str = "operator",
) -> Standing:
    """Return the standing of the person at the keyboard, without a case.

    Args:
        operator: Account or name of the person.
        interface: ``cli`` or ``python``.
        keyed_digest: The journal's.
        stated: Claims from their profile and from the command line; they win over what the shell states by itself.
            Whoever states another sector than a private person loses the private person's claims.
        role: The person's role.

    Raises:
        InputError: A claim is unknown or cannot be made.
    """
    stated = dict(stated or {})
    private = stated.get("actor_sector", "individual") == "individual"
    claims: dict[str, object] = {**SHELL_CLAIMS}
    if private:
        claims |= OWN_ALBUM_CLAIMS
    claims |= stated
    return Standing(
        operator_id=operator_id(operator, keyed_digest),
        operator=operator,
        role=role,
        interface=interface,
        claims=MappingProxyType(claims),
    )
