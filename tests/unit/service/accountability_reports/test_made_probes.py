"""Probes that were drawn or edited are listed once a cause; what nobody stated is not."""

from __future__ import annotations

from datetime import date

from countenance.service.accountability_reports.exceptions import exceptions_report
from countenance.service.accountability_reports.found import Kind
from countenance.service.accountability_reports.period import Period
from tests.support.report_samples import ANNA, BRUNO, INTENT, START, ReportLedger

YEAR = Period(START.date(), date(2031, 12, 31))
STATED = (*INTENT["attested_claims"], "probe_source")


def found(ledger: ReportLedger) -> list[dict[str, object]]:
    return [
        one for one in exceptions_report(ledger.sources(), YEAR)["exceptions"] if one["kind"] == Kind.MADE_PROBE.value
    ]


def test_a_sketch_that_was_stated_is_listed_once_for_operator_and_case() -> None:
    ledger = ReportLedger()
    for _ in range(3):
        newest = ledger.search(probe_source="sketch", attested_claims=STATED, case_id="ca" * 16)
    ledger.search(probe_source="sketch", attested_claims=STATED, operator_id=BRUNO)

    one, other = sorted(found(ledger), key=lambda item: str(item["owner"]))

    assert one["owner"] == "Anna Sander"
    assert one["known"] == "3 searches were made with a sketch. The newest is named here."
    assert one["dossier"] == newest
    assert other["owner"] == "Bruno Feld"


def test_edits_are_named() -> None:
    ledger = ReportLedger()
    ledger.search(probe_edits=("face_pasted", "mirrored"))

    assert [one["known"] for one in found(ledger)] == [
        "1 search was made with an edited photo (face pasted, mirrored)."
    ]


def test_what_nobody_stated_photos_and_refusals_are_not_listed() -> None:
    ledger = ReportLedger()
    ledger.search(probe_source="edited_image")
    ledger.search(probe_source="still_photo", attested_claims=STATED)
    ledger.refusal(probe_source="sketch", attested_claims=STATED, operator_id=ANNA)

    assert found(ledger) == []
