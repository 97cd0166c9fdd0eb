"""One policy request: typed, complete, and checked when it is made.

Rules kept here:

- A request that exists is valid: all attributes present, of their type, from their closed words, and not
  contradicting each other. Anything else raises, and the caller treats it as a denial.
- The clock is not part of a request; it is an argument of the evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Self, get_type_hints

from countenance.core.errors import InputError
from countenance.policy.attributes import ATTRIBUTES, JURISDICTION, REQUEST_ATTRIBUTES, TEXT_LIMIT, Attribute, Kind
from countenance.policy.jurisdictions import implied_jurisdictions
from countenance.policy.terms import (
    Action,
    AuthStatus,
    CertificateStatus,
    ConsentForm,
    ConsentStatus,
    Corroboration,
    DeploymentFact,
    EvalGroup,
    GallerySource,
    IntendedUse,
    LegalBasis,
    Mode,
    Notice,
    OffenceTag,
    ProbeSource,
    Purpose,
    RetentionClock,
    Sector,
    SelectionBasis,
    Space,
    Suspicion,
    Timing,
)

_SHA256_HEX = re.compile(r"[0-9a-f]{64}")
#: Modes an action can have; actions not named here can have any.
_MODES: dict[Action, frozenset[Mode]] = {
    Action.VERIFY: frozenset({Mode.VERIFY}),
    Action.SEARCH: frozenset({Mode.SEARCH, Mode.DEDUP}),
    Action.LIVE_WATCHLIST: frozenset({Mode.LIVE_WATCHLIST}),
    Action.INFER_ATTRIBUTE: frozenset({Mode.EMOTION, Mode.CATEGORISE_SENSITIVE}),
}


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """What is asked to be done, with everything a rule may want to know; ``attributes.py`` says what each means.

    Raises:
        InputError: A value is not of its type or words, or two values contradict each other; the message lists all.
    """

    action: Action
    jurisdictions: frozenset[str]
    actor_sector: Sector
    on_behalf_of: Sector
    purpose: Purpose
    case_id: str
    targeted: bool
    selection_basis: frozenset[SelectionBasis]
    mode: Mode
    timing: Timing
    space: Space
    probe_source: ProbeSource
    gallery_source: GallerySource
    legal_basis: LegalBasis
    auth_status: AuthStatus
    auth_id: str
    auth_delay_hours: int
    auth_expires: datetime
    emergency: bool
    emergency_facts_sha256: str
    suspicion: Suspicion
    offence_tags: frozenset[OffenceTag]
    offence_statute: str
    offence_max_years: int
    offence_facts_linked: bool
    consent_status: ConsentStatus
    consent_form: ConsentForm
    purpose_and_term_disclosed: bool
    notice: Notice
    retention_days: int
    retention_clock: RetentionClock
    reviewers: int
    reviewers_trained: bool
    intended_use: IntendedUse
    corroboration: frozenset[Corroboration]
    adverse_effect: bool
    defence_disclosure: bool
    eval_certificate: CertificateStatus
    eval_independent: bool
    eval_age_days: int
    eval_tpr_min_group_ppm: int
    eval_fpir_ratio_x100: int
    eval_groups: frozenset[EvalGroup]
    threshold_as_evaluated: bool
    threshold_fmr_ppb: int
    deployment: frozenset[DeploymentFact]
    federal_law_id: str

    def __post_init__(self) -> None:
        problems = [] if type(self.action) is Action else ["action: not a known action"]
        for name, check in _checks():
            problem = check(getattr(self, name))
            if problem:
                problems.append(f"{name}: {problem}")
        problems = problems or _contradictions(self)
        if problems:
            raise InputError("The policy request is not valid: " + "; ".join(problems) + ".", remedy=_REMEDY)

    @classmethod
    def parse(cls, raw: Mapping[str, object]) -> Self:
        """Return a request from plain values: words as text, sets as lists, times as ISO 8601 text with an offset.

        Raises:
            InputError: A key is unknown or missing, or a value is not acceptable; the message lists everything found.
        """
        known = ("action", *REQUEST_ATTRIBUTES)
        problems = [f"{str(key)[:40]!r}: unknown attribute" for key in raw if key not in known]
        problems += [f"{name}: missing" for name in known if name not in raw]
        if problems:
            raise InputError("The policy request is not valid: " + "; ".join(problems) + ".", remedy=_REMEDY)
        values: dict[str, Any] = {name: _typed(raw[name], hint) for name, hint in _hints().items()}
        return cls(**values)

    @property
    def acting_as(self) -> frozenset[str]:
        """Return the sectors acting and acted for: ``by or for``."""
        return frozenset({self.actor_sector.value, self.on_behalf_of.value} - {"none"})

    def auth_in_force(self, now: datetime) -> bool:
        """Return whether an authorisation was granted and has not expired."""
        return self.auth_status is AuthStatus.GRANTED and self.auth_expires > now


_REMEDY = "State every attribute with its type and words; where a fact is unknown, state the most restrictive word."


def cedar_values(request: PolicyRequest, names: frozenset[str], now: datetime) -> dict[str, Any]:
    """Return the named attributes, derived ones included, as JSON values for Cedar."""
    values: dict[str, Any] = {}
    for name in names:
        if name == "now":
            values[name] = _cedar_time(now)
        elif name == "auth_in_force":
            values[name] = request.auth_in_force(now)
        elif name == "acting_as":
            values[name] = list(request.acting_as)
        elif name == "jurisdictions":
            values[name] = list(implied_jurisdictions(request.jurisdictions, request.acting_as))
        else:
            value = getattr(request, name)
            if isinstance(value, frozenset):
                value = list(value)
            elif isinstance(value, datetime):
                value = _cedar_time(value)
            values[name] = value
    return values


def _cedar_time(moment: datetime) -> dict[str, dict[str, str]]:
    # Whole milliseconds, which is what Cedar's datetime holds.
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"__extn": {"fn": "datetime", "arg": text}}


def _typed(value: object, hint: Any) -> object:
    """Return the value in the field's own type where its plain form allows; otherwise unchanged, for the check."""
    if hint is datetime and isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(hint, type) and issubclass(hint, str) and hint is not str:
        return _word(value, hint)
    member = getattr(hint, "__args__", (None,))[0]
    if member is not None and isinstance(value, list | tuple | set | frozenset):
        try:
            return frozenset(value if member is str else (_word(item, member) for item in value))
        except TypeError:
            return value
    return value


def _word(value: object, words: Callable[[str], object]) -> object:
    if not isinstance(value, str):
        return value
    try:
        return words(value)
    except ValueError:
        return value


@cache
def _hints() -> dict[str, Any]:
    hints = get_type_hints(PolicyRequest)
    return {field.name: hints[field.name] for field in fields(PolicyRequest)}


@cache
def _checks() -> tuple[tuple[str, Callable[[Any], str | None]], ...]:
    return tuple((name, _check_for(ATTRIBUTES[name], _hints()[name])) for name in REQUEST_ATTRIBUTES)


def _check_for(attribute: Attribute, hint: Any) -> Callable[[Any], str | None]:
    """Return a function that says what is wrong with a value, or None; types are exact, so True is not a number."""
    kind = attribute.kind
    if kind is Kind.CHOICE:
        allowed = frozenset(word for word in hint if word.value in attribute.words)
        return lambda value: None if type(value) is hint and value in allowed else "not one of the known words"
    if kind is Kind.CHOICES:
        member = hint.__args__[0]
        return lambda value: (
            None
            if type(value) is frozenset and all(type(item) is member for item in value)
            else "not a set of the known words"
        )
    if kind is Kind.JURISDICTIONS:
        return _check_jurisdictions
    if kind is Kind.FLAG:
        return lambda value: None if type(value) is bool else "neither true nor false"
    if kind is Kind.WHOLE:
        maximum = attribute.maximum
        return lambda value: (
            None if type(value) is int and 0 <= value <= maximum else f"not a whole number from 0 to {maximum}"
        )
    if kind is Kind.TEXT:
        return _check_text
    return _check_time


def _check_jurisdictions(value: Any) -> str | None:
    if type(value) is not frozenset or not value:
        return "not a set with at least one code"
    if all(type(code) is str and JURISDICTION.fullmatch(code) for code in value):
        return None
    return "holds something that is not a code such as US-VA or US-OR/portland"


def _check_text(value: Any) -> str | None:
    if type(value) is not str:
        return "not text"
    if len(value) > TEXT_LIMIT or not value.isprintable():
        return f"longer than {TEXT_LIMIT} characters or not printable"
    return None


def _check_time(value: Any) -> str | None:
    if type(value) is not datetime or value.utcoffset() is None:
        return "not a time with an offset from UTC"
    # One year short of what datetime and Cedar hold, so that no conversion to UTC can overflow.
    return None if 1970 <= value.year <= 9998 else "not between the years 1970 and 9998"


def _contradictions(request: PolicyRequest) -> list[str]:
    problems = []
    modes = _MODES.get(request.action)
    if modes is not None and request.mode not in modes:
        problems.append(f"mode: {request.mode} cannot be the mode of {request.action}")
    if request.emergency and not _SHA256_HEX.fullmatch(request.emergency_facts_sha256):
        problems.append("emergency_facts_sha256: an emergency needs the digest of its statement of facts")
    if request.auth_status in (AuthStatus.GRANTED, AuthStatus.REQUESTED) and not request.auth_id:
        problems.append("auth_id: an authorisation needs its number")
    return problems
