"""Whose use stands out: each measure at its edge, counted again by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from countenance.service.accountability_reports.period import Period, RecordedAct, read_period
from countenance.service.accountability_reports.unusual import NEWEST, Use, uses
from tests.support.report_samples import ANNA, BRUNO, START, ReportLedger

CASE = "ca" * 16


def acts(operator: str, ran: int, refused: int = 0, *, without_case: int = 0) -> list[RecordedAct]:
    made = []
    for number in range(ran + refused):
        is_refused = number >= ran
        fields: dict[str, str] = {"action": "search", "operator_id": operator, "purpose": "missing_person"}
        if number >= without_case:
            fields["case_id"] = CASE
        made.append(
            RecordedAct(
                act_id=f"{operator}{number}", entry_id="", index=number,
                at=datetime(2031, 3, 3, tzinfo=UTC) + timedelta(minutes=number), refused=is_refused, fields=fields,
                ended="refused" if is_refused else "nobody",
            )
        )  # fmt: skip
    return made


def of(found: Sequence[Use], operator: str) -> Use:
    return next(use for use in found if use.operator_id == operator)


@pytest.mark.parametrize(("ran", "stands_out"), [(9, False), (11, False), (12, True)])
def test_somebody_stands_out_from_three_times_the_others_middle_on(ran: int, stands_out: bool) -> None:
    found = uses([*acts("a", ran), *acts("b", 4), *acts("c", 4), *acts("d", 3)])

    assert bool(of(found, "a").stands_out) is stands_out
    assert of(found, "a").others_median == 4


def test_nobody_is_compared_with_themselves() -> None:
    assert of(uses(acts("a", 500)), "a").stands_out == ()


@pytest.mark.parametrize(("ran", "refused", "stands_out"), [(9, 3, True), (10, 3, False), (0, 2, False)])
def test_refusals_stand_out_from_three_and_a_quarter_on(ran: int, refused: int, stands_out: bool) -> None:
    assert bool(of(uses(acts("a", ran, refused)), "a").stands_out) is stands_out


@pytest.mark.parametrize(("without", "stands_out"), [(2, False), (3, True), (6, False)])
def test_searches_without_a_case_stand_out_beside_some_with_one(without: int, stands_out: bool) -> None:
    assert bool(of(uses(acts("a", 6, without_case=without)), "a").stands_out) is stands_out


def test_those_who_stand_out_come_first_and_only_searches_count() -> None:
    comparison = RecordedAct("x", "", 0, datetime(2031, 3, 3, tzinfo=UTC), False, {"action": "compare"})
    found = uses([*acts("a", 40), *acts("b", 1, 3), comparison])

    assert [use.operator_id for use in found] == ["a", "b"]
    assert all(use.stands_out for use in found)
    assert sum(use.searches + use.refused for use in found) == 44


def test_the_newest_searches_are_kept_newest_first() -> None:
    newest = uses(acts("a", NEWEST + 5))[0].newest

    assert len(newest) == NEWEST
    assert newest[0].act_id == f"a{NEWEST + 4}"
    assert [one.at for one in newest] == sorted((one.at for one in newest), reverse=True)


def test_counts_come_from_the_ledgers_entries() -> None:
    ledger = ReportLedger()
    ledger.search("candidates")
    ledger.search("nobody")
    ledger.refusal()
    ledger.search("nobody", operator_id=BRUNO)
    recorded = read_period(ledger.journal, Period(START.date(), date(2031, 12, 31)))

    found = uses(recorded.acts)

    assert (of(found, ANNA).searches, of(found, ANNA).refused, of(found, ANNA).listed) == (2, 1, 1)
    assert (of(found, BRUNO).searches, of(found, BRUNO).refused) == (1, 0)
