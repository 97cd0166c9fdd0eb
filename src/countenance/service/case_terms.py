"""What a case is opened with: plain values from flags or a file → checked terms, or one error that lists what is wrong.

Rules kept here:

- Claims are the policy's own request attributes, under their own names and in their own closed words. What is not
  claimed stays unknown, and rules take the most restrictive word for it.
- A document (an authorisation, the facts of an emergency) is read for its digest and not kept.
- Every case ends: without a time of its own after a week, and never later than after a year.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from countenance.core.errors import CaseInvalid
from countenance.policy.attributes import ATTRIBUTES, JURISDICTION, TEXT_LIMIT, Kind
from countenance.service.account_names import tidy_name
from countenance.service.case_ports import ClaimValue
from countenance.service.standing import CLAIMABLE

#: Attributes that the case itself answers: its number, its times, the documents it was shown.
_ANSWERED_BY_CASE = frozenset({"case_id", "auth_delay_hours", "emergency", "emergency_facts_sha256"})
#: Attributes to be claimed by name, sorted.
CASE_CLAIMS = tuple(sorted(CLAIMABLE - _ANSWERED_BY_CASE))
#: Claims without which no case is opened: every rule and every report asks for them, and no word stands in for them.
#: ``selection_basis`` may be an empty list, which says that nobody was picked by a trait or activity.
NEEDED_CLAIMS = ("actor_sector", "on_behalf_of", "purpose", "jurisdictions", "selection_basis")
#: Keys besides the claims.
_TEXTS = ("case_number", "operator", "attested_by", "purpose_text", "auth_issuer", "auth_document", "emergency_facts")
_NUMBERS = ("most_searches", "most_candidates")
KEYS = frozenset({*CASE_CLAIMS, *_TEXTS, *_NUMBERS, "auth_requested_at", "galleries", "any_gallery", "expires"})

DEFAULT_TERM = timedelta(days=7)
LONGEST_TERM = timedelta(days=366)
#: Longest reason; the ledger's limit for what an operator types is twice that.
LONGEST_REASON = 2000
_SPAN = re.compile(r"([1-9][0-9]{0,4}) ?(m|h|d)")
_SPAN_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class ClaimSpec:
    """How a claim is stated, for whoever asks people for it.

    Attributes:
        name: Its name.
        kind: ``word``, ``words``, ``places``, ``flag``, ``number``, ``text`` or ``time``.
        words: Words allowed, sorted; empty where any value of its kind is.
        meaning: What it says, in a few words.
    """

    name: str
    kind: str
    words: tuple[str, ...]
    meaning: str


_KIND_NAMES = {
    Kind.CHOICE: "word",
    Kind.CHOICES: "words",
    Kind.JURISDICTIONS: "places",
    Kind.FLAG: "flag",
    Kind.WHOLE: "number",
    Kind.TEXT: "text",
    Kind.TIME: "time",
}


def claim_specs() -> tuple[ClaimSpec, ...]:
    """Return how every claim of a case is stated, in alphabetical order."""
    return tuple(
        ClaimSpec(name, _KIND_NAMES[spec.kind], tuple(sorted(spec.words)), spec.meaning)
        for name in CASE_CLAIMS
        for spec in (ATTRIBUTES[name],)
    )


@dataclass(frozen=True, slots=True)
class CaseTerms:
    """Checked terms of a case that is not open yet; ``case_ports.NewCase`` says what each means.

    Attributes:
        galleries: Names of galleries it may search.
    """

    case_number: str
    operator: str
    attested_by: str
    purpose_text: str
    claims: Mapping[str, ClaimValue]
    authorisation_issuer: str | None
    authorisation_requested_at: datetime | None
    authorisation_document_sha256: str | None
    galleries: tuple[str, ...]
    any_gallery: bool
    most_searches: int | None
    most_candidates: int | None
    expires_at: datetime


def read_case_file(content: bytes) -> dict[str, object]:
    """Return the values in a case file (TOML); ``case_terms`` checks them.

    Raises:
        CaseInvalid: It is not TOML.
    """
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseInvalid(f"The case file is not TOML: {error}.") from None


def case_terms(values: Mapping[str, object], *, now: datetime, read: Callable[[str], bytes]) -> CaseTerms:
    """Return the terms that plain values state.

    Args:
        values: Key → value: words as text, several as a list, times as text or datetime, spans as ``8h``.
        now: The server's clock.
        read: Returns the bytes of a document named by its path.

    Raises:
        CaseInvalid: Something is unknown, missing, mistyped or contradicts something else; the message lists all.
        FileUnreadable: A document cannot be read.
    """
    terms, problems = read_terms(values, now=now, read=read)
    if problems:
        raise CaseInvalid("The case cannot be opened: " + "; ".join(problems) + ".")
    return terms


def read_terms(
    values: Mapping[str, object], *, now: datetime, read: Callable[[str], bytes]
) -> tuple[CaseTerms, list[str]]:
    """Return the terms as far as plain values state them, and what is wrong; each problem begins with its key.

    Raises:
        FileUnreadable: A document cannot be read.
    """
    found = _Values(values)
    claims = {name: value for name in CASE_CLAIMS if (value := found.claim(name)) is not None}
    document, facts = found.text("auth_document"), found.text("emergency_facts")
    if facts:
        claims |= {"emergency": True, "emergency_facts_sha256": _digest(read(facts))}
    terms = CaseTerms(
        case_number=found.text("case_number", needed=True),
        # As an account has it: one person is one in the record, and reviews nothing that they asked for.
        operator=tidy_name(found.text("operator", needed=True)),
        attested_by=tidy_name(found.text("attested_by", needed=True)),
        purpose_text=found.text("purpose_text", limit=LONGEST_REASON),
        claims=MappingProxyType(claims),
        authorisation_issuer=found.text("auth_issuer") or None,
        authorisation_requested_at=found.time("auth_requested_at"),
        authorisation_document_sha256=_digest(read(document)) if document else None,
        galleries=found.texts("galleries"),
        any_gallery=found.flag("any_gallery"),
        most_searches=found.number("most_searches"),
        most_candidates=found.number("most_candidates"),
        expires_at=found.expiry(now),
    )
    return terms, found.problems + _contradictions(terms, now)


def _contradictions(terms: CaseTerms, now: datetime) -> list[str]:
    claims, problems = terms.claims, [f"{name} is missing" for name in NEEDED_CLAIMS if name not in terms.claims]
    if terms.any_gallery and terms.galleries:
        problems.append("any_gallery and galleries contradict each other")
    status = claims.get("auth_status", "none")
    if status in ("granted", "requested") and not claims.get("auth_id"):
        problems.append(f"auth_id is missing: an authorisation that is {status} has a number")
    if status == "granted" and "auth_expires" not in claims:
        problems.append("auth_expires is missing: an authorisation that is granted has an end")
    if terms.authorisation_requested_at is not None and terms.authorisation_requested_at > now:
        problems.append("auth_requested_at lies in the future")
    if not now < terms.expires_at <= now + LONGEST_TERM:
        problems.append(f"expires is not between now and {LONGEST_TERM.days} days from now")
    return problems


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Values:
    """Takes values out by type and notes what is wrong with them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self.problems = [f"{str(key)[:40]!r} is not a key of a case" for key in values if key not in KEYS]

    def text(self, name: str, *, needed: bool = False, limit: int = TEXT_LIMIT) -> str:
        value = self._values.get(name, "")
        if not isinstance(value, str) or len(value) > limit or not value.replace("\n", " ").isprintable():
            self.problems.append(f"{name} is not text of up to {limit} printable characters")
            return ""
        if needed and not value.strip():
            self.problems.append(f"{name} is missing")
        return value.strip()

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name, [])
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item.strip() for item in value):
            self.problems.append(f"{name} is not a list of texts")
            return ()
        return tuple(sorted({item.strip() for item in value}))

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            self.problems.append(f"{name} is neither true nor false")
            return False
        return value

    def number(self, name: str) -> int | None:
        value = self._values.get(name)
        if value is not None and (type(value) is not int or not 1 <= value <= 1_000_000):
            self.problems.append(f"{name} is not a whole number from 1 to 1,000,000")
            return None
        return value

    def time(self, name: str) -> datetime | None:
        value = self._values.get(name)
        if value is None:
            return None
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.utcoffset() is None or not 1970 <= moment.year <= 9998:
            self.problems.append(f"{name} is not a time with its offset, such as 2027-01-31T17:00:00+00:00")
            return None
        return moment.astimezone(UTC)

    def expiry(self, now: datetime) -> datetime:
        value = self._values.get("expires")
        span = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
        if span:
            return now + timedelta(**{_SPAN_UNITS[span[2]]: int(span[1])})
        return now + DEFAULT_TERM if value is None else self.time("expires") or now + DEFAULT_TERM

    def claim(self, name: str) -> ClaimValue | None:
        """Return a claim in the form in which it is kept, or None if it is not made."""
        value, attribute = self._values.get(name), ATTRIBUTES[name]
        if value is None:
            return None
        if attribute.kind is Kind.CHOICE:
            if isinstance(value, str) and value in attribute.words:
                return str(value)
            self.problems.append(f"{name} is not one of: {', '.join(sorted(attribute.words))}")
        elif attribute.kind in (Kind.CHOICES, Kind.JURISDICTIONS):
            return self._words(name)
        elif attribute.kind is Kind.FLAG:
            return self.flag(name)
        elif attribute.kind is Kind.WHOLE:
            if type(value) is int and 0 <= value <= attribute.maximum:
                return value
            self.problems.append(f"{name} is not a whole number from 0 to {attribute.maximum}")
        elif attribute.kind is Kind.TEXT:
            return self.text(name)
        else:
            moment = self.time(name)
            return None if moment is None else moment.isoformat()
        return None

    def _words(self, name: str) -> tuple[str, ...] | None:
        words, allowed = self.texts(name), ATTRIBUTES[name].words
        if ATTRIBUTES[name].kind is Kind.JURISDICTIONS:
            if not words or not all(map(JURISDICTION.fullmatch, words)):
                self.problems.append(f"{name} are not codes such as US-VA or US-OR/portland")
        elif not allowed.issuperset(words):
            self.problems.append(f"{name} are not among: {', '.join(sorted(allowed))}")
        return words
