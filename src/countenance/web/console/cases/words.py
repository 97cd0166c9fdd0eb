"""A case as its pages show it: what state it is in, what is left of it, and what it was opened with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from countenance.service.accountability_reports.wording import in_words, several
from countenance.service.case_acts import CaseSearch
from countenance.service.case_outlook import SearchOutlook
from countenance.service.case_ports import NewCase, StoredCase
from countenance.web.console.cases.claim_words import LABELS
from countenance.web.console.cases.claims import claim_in_words, word_in_words
from countenance.web.console.templating import lasting, moment


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list.

    Attributes:
        case: The case.
        purpose: Its purpose in words.
        galleries: Names of its galleries.
        left: How many searches are left, in words.
        ends: When it ends or ended, in words.
        is_open: Whether anything may be done under it.
    """

    case: StoredCase
    purpose: str
    galleries: str
    left: str
    ends: str
    is_open: bool


def case_line(case: StoredCase, now: datetime) -> CaseLine:
    """Return a case as a list shows it."""
    is_open = case.closed_at is None and case.expires_at > now
    return CaseLine(
        case=case,
        purpose=word_in_words(str(case.claims.get("purpose", ""))),
        galleries=galleries_in_words(case),
        left=searches_left(case),
        ends=_ends(case, now),
        is_open=is_open,
    )


def case_facts(case: StoredCase, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return the facts of a case that are not claims."""
    facts = [
        ("Searches under it", case.operator),
        ("Reason", case.purpose_text or "none was given"),
        ("Galleries", galleries_in_words(case)),
        ("Searches", f"{case.searches_done:,} done, {searches_left(case)}"),
        ("Candidates a search", f"at most {case.most_candidates:,}" if case.most_candidates else "no limit of its own"),
        ("Opened", f"{moment(case.opened_at)}, attested by {case.attested_by}"),
        ("Ends", _ends(case, now)),
        (
            "Number checked",
            "found open in the list of cases" if case.case_list_checked else "there is no list of cases",
        ),
    ]
    if case.closed_at is not None:
        facts.append(("Closed", f"{moment(case.closed_at)} by {case.closed_by}: {case.close_reason or 'no reason'}"))
    return tuple(facts)


def claim_facts(case: NewCase) -> tuple[tuple[str, str], ...]:
    """Return what a case claims, in the order in which it is asked for."""
    names = [*LABELS, *sorted(set(case.claims) - set(LABELS))]
    facts = [
        (LABELS.get(name, name.replace("_", " ")), claim_in_words(case.claims[name]))
        for name in names
        if name in case.claims
    ]
    if case.authorisation_issuer:
        facts.append(("Authorisation issued by", case.authorisation_issuer))
    if case.authorisation_requested_at:
        facts.append(("Authorisation asked for", moment(case.authorisation_requested_at)))
    if case.authorisation_document_sha256:
        facts.append(("Authorisation document, SHA-256", case.authorisation_document_sha256))
    return tuple(facts)


def searches_left(case: NewCase | StoredCase) -> str:
    """Return how many searches a case has left, in words."""
    if case.most_searches is None:
        return "no limit"
    return f"{max(0, case.most_searches - getattr(case, 'searches_done', 0)):,} left"


def galleries_in_words(case: NewCase) -> str:
    """Return the galleries a case names."""
    return "every gallery" if case.any_gallery else ", ".join(sorted(case.galleries.values())) or "none"


def _ends(case: StoredCase, now: datetime) -> str:
    if case.closed_at is not None:
        return f"closed {moment(case.closed_at)}"
    if case.expires_at <= now:
        return f"expired {moment(case.expires_at)}"
    return f"{moment(case.expires_at)}, in {lasting(case.expires_at - now)}"


@dataclass(frozen=True, slots=True)
class OutlookLine:
    """What the rules would answer to a search of one gallery."""

    gallery: str
    answer: str
    refuses: bool
    headline: str
    explanation: str
    fitness: str


_ANSWERS = {
    "permit": "no rule objects",
    "review": "held for review",
    "deny": "refused",
    "not_covered": "refused: not covered",
}


def outlook_lines(outlooks: Sequence[SearchOutlook]) -> tuple[OutlookLine, ...]:
    """Return what the rules would answer, gallery by gallery."""
    return tuple(
        OutlookLine(
            one.gallery,
            _ANSWERS.get(one.decision, in_words(one.decision)),
            one.decision not in ("permit", "review"),
            one.headline,
            one.explanation,
            one.fitness,
        )
        for one in outlooks
    )


_RESULTS = {
    "candidates": "candidates",
    "nobody": "nobody",
    "refused": "refused",
    "held": "held for review",
    "under_way": "under way",
    "no_face": "no face in the photo",
    "low_quality": "photo not suitable",
    "failed": "failed",
    "interrupted": "interrupted",
}


def result_in_words(search: CaseSearch) -> str:
    """Return what came of a search."""
    if search.result == "candidates" and search.candidates is not None:
        return several(search.candidates, "candidate")
    return _RESULTS.get(search.result, in_words(search.result))
