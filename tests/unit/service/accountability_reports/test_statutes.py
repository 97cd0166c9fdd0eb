"""What laws ask for: every item is answered from the report or said to be missing, with who would know."""

from __future__ import annotations

from datetime import date

import pytest

from countenance.service.accountability_reports.period import Period
from countenance.service.accountability_reports.statutes import TEMPLATES, WITHHELD, Template, answers, template_named
from countenance.service.accountability_reports.transparency import transparency_report
from countenance.service.accountability_reports.wording import in_words
from tests.support.report_samples import START, ReportLedger

YEAR = Period(START.date(), date(2031, 12, 31))


def ids(template: Template) -> str:
    return template.name


@pytest.mark.parametrize("template", TEMPLATES, ids=ids)
def test_nothing_is_left_blank(template: Template) -> None:
    for ledger in (ReportLedger(), filled()):
        document = transparency_report(ledger.sources(), YEAR)
        for one in answers(template, document):
            assert one.found or one.who, one.item


@pytest.mark.parametrize("template", TEMPLATES, ids=ids)
def test_every_table_named_is_one_of_the_report(template: Template) -> None:
    names = {table["name"] for table in transparency_report(filled().sources(), YEAR)["tables"]}

    assert {one.table for one in answers(template, transparency_report(filled().sources(), YEAR)) if one.table} <= names


def test_figures_are_those_of_the_report() -> None:
    document = transparency_report(filled().sources(), YEAR, minimum=1)
    maryland = template_named("maryland")
    assert maryland is not None

    found = {one.item: one.found for one in answers(maryland, document)}

    assert found["Number of searches"] == "8 searches asked for, 2 of them refused"
    assert f"{in_words('theft')}: 0 run, 2 refused" in found["Searches by class of the offence"]
    assert "shelter photos" in found["Databases searched, with their description"]


def test_small_counts_stay_withheld() -> None:
    document = transparency_report(filled().sources(), YEAR, minimum=100)
    virginia = template_named("virginia")
    assert virginia is not None

    found = {one.item: one.found for one in answers(virginia, document)}

    assert document["searches"]["asked"] is None
    assert found["Total number of searches"] == WITHHELD
    assert found["Offences investigated"] == WITHHELD


def test_an_unknown_name_is_no_template() -> None:
    assert template_named("atlantis") is None
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)


def filled() -> ReportLedger:
    ledger = ReportLedger()
    for result in ("nobody", "nobody", "candidates", "candidates", "candidates", "no_face"):
        ledger.search(result)
    ledger.refusal()
    ledger.refusal()
    return ledger
