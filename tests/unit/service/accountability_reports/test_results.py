"""What came of a search, reported back."""

from __future__ import annotations

import pytest

from countenance.core.errors import InputError
from countenance.service.accountability_reports.results import Came, report_result
from tests.support.report_samples import ANNA, ReportLedger


def test_a_false_match_says_so_by_itself_and_keeps_its_case() -> None:
    ledger = ReportLedger()
    act = ledger.search(case_id="0c" * 16)
    recorded = report_result(ledger.journal, act, Came.FALSE_MATCH, ANNA, reason=" alibi ")
    fields = ledger.journal.entry(recorded.entry_id).fields
    assert fields == {
        "operator_id": ANNA,
        "act_id": act,
        "case_id": "0c" * 16,
        "result": "false_match",
        "false_match_known": True,
        "disclosed_to_defence": False,
        "reason": "alibi",
    }


def test_nothing_comes_of_what_was_refused() -> None:
    ledger = ReportLedger()
    with pytest.raises(InputError, match="was refused"):
        report_result(ledger.journal, ledger.refusal(), Came.ARREST, ANNA)
