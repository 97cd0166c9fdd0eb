"""The list of searches: its address read and written back, and a search told in one line."""

from __future__ import annotations

from datetime import date

import pytest

from countenance.core.errors import InputError
from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import EntryFilter
from countenance.service.search_listing import DRIVERS, Asked, ListedSearch, SearchListing
from countenance.web.console.dossiers.listing import OUTCOMES, Narrowed, narrowed, outcome_said, search_line
from tests.support.listed_acts import acts_of
from tests.support.report_samples import GALLERY, PEOPLE, ReportLedger


def test_the_form_offers_every_kind_of_outcome_there_is() -> None:
    assert {word for word, _ in OUTCOMES} == set(DRIVERS)


def test_what_a_list_is_narrowed_to_survives_its_address() -> None:
    asked = Narrowed("refused", "24-1183 & more", date(2031, 3, 3), date(2031, 3, 4), 120)
    _, _, query = asked.address(120).partition("?")
    read = narrowed(dict(_pairs(query)))
    assert read == asked
    assert Narrowed().address() == "/searches"


@pytest.mark.parametrize(
    "query",
    [{"outcome": "everything"}, {"after": "-1"}, {"after": "9" * 20}, {"from": "yesterday"}, {"from": "0001-01-01"},
     {"from": "2031-03-04", "to": "2031-03-03"}],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InputError):
        narrowed(query)


def listed(ledger: ReportLedger) -> ListedSearch:
    return SearchListing(ledger.rows, acts_of(ledger), lambda _: {}).page(Asked()).searches[0]


def test_a_refusal_says_who_asked_and_why_not() -> None:
    ledger = ReportLedger()
    ledger.refusal()
    line = search_line(listed(ledger), PEOPLE, {GALLERY: "shelter photos"})
    assert line.says.startswith("Anna Sander asked to search")
    assert line.outcome == "refused"
    assert line.why.startswith("Modelled on Microsoft's public statement")


@pytest.mark.parametrize(
    ("result", "said"),
    [("candidates", "3 candidates told"), ("nobody", "nobody found"), ("no_face", "no usable face in the probe")],
)
def test_what_came_of_a_search_is_told(result: str, said: str) -> None:
    ledger = ReportLedger()
    ledger.search(result, gallery_ids=(GALLERY,))
    found = listed(ledger)
    assert outcome_said(found) == said
    line = search_line(found, PEOPLE, {GALLERY: "shelter photos"})
    assert line.says == "Anna Sander searched shelter photos"
    assert (line.purpose, line.case, line.why) == ("missing person", "no case", "")


def test_a_search_without_an_outcome_says_so() -> None:
    ledger = ReportLedger()
    ledger.open_act()
    assert outcome_said(listed(ledger)) == "no outcome recorded"
    assert ledger.journal.entries(EntryFilter(kinds=(EntryKind.ACT_COMPLETED,))) == []


def _pairs(query: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(query)
