"""Cases for tests: a complete one about a made-up missing person, and a list of cases that answers as told."""

from __future__ import annotations

from datetime import UTC, datetime

from countenance.core.errors import CaseListUnavailable
from countenance.service.case_ports import ListedAs
from countenance.service.case_terms import CaseTerms, case_terms

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
NUMBER = "24-1183"
#: What somebody would type: claims in the policy's words.
VALUES: dict[str, object] = {
    "case_number": NUMBER,
    "operator": "R. Example",
    "attested_by": "M. Example",
    "purpose_text": "Girl of nine, last seen at the ferry landing on 4 May; mother asks to compare shelter photos.",
    "actor_sector": "us_public_agency",
    "on_behalf_of": "none",
    "purpose": "missing_person",
    "jurisdictions": ["US-OH"],
    "targeted": True,
    "selection_basis": [],
    "timing": "after_the_fact",
    "space": "private_premises",
    "probe_source": "still_photo",
    "intended_use": "lead_only",
    "adverse_effect": False,
    "legal_basis": "explicit_consent",
    "consent_status": "given",
    "consent_form": "written_release",
    "galleries": [],
    "expires": "8h",
}


def values(**changes: object) -> dict[str, object]:
    """Return the values of a complete case, changed; a change to None leaves the key out."""
    return {name: value for name, value in {**VALUES, **changes}.items() if value is not None}


def terms(now: datetime = NOW, /, **changes: object) -> CaseTerms:
    """Return the terms these values state; documents are read as their own path."""
    return case_terms(values(**changes), now=now, read=str.encode)


class MadeUpCaseList:
    """Answers as told, and keeps what it was asked.

    Attributes:
        listed: Number → what it is listed as; others are unknown.
        reachable: False to answer nothing.
        asked: Numbers asked about.
    """

    def __init__(self, listed: dict[str, ListedAs]) -> None:
        self.listed = listed
        self.reachable = True
        self.asked: list[str] = []

    def look_up(self, case_number: str) -> ListedAs:
        self.asked.append(case_number)
        if not self.reachable:
            raise CaseListUnavailable("The list of cases does not answer.")
        return self.listed.get(case_number, ListedAs.UNKNOWN)
