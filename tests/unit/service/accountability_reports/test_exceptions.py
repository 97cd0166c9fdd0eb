"""The list of exceptions: what is on it, who answers, and what is not on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from countenance.core.errors import ReviewNotFound
from countenance.ledger.entries import utc_text
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.exceptions import exceptions_report
from countenance.service.accountability_reports.period import Period
from countenance.service.standing import operator_id
from tests.support.report_samples import ANNA, BRUNO, MODEL, ReportLedger, references, reviewed_search

YEAR = Period(date(2031, 1, 1), date(2031, 12, 31))
CASE = "0c" * 16
#: What the samples' certificate was measured at; a search there is no exception.
CERTIFIED = "0.5"


def found(ledger: ReportLedger, **changes: Any) -> list[dict[str, Any]]:
    exceptions: list[dict[str, Any]] = exceptions_report(ledger.sources(**changes), YEAR)["exceptions"]
    return exceptions


def kinds(ledger: ReportLedger, **changes: Any) -> list[str]:
    return [one["kind"] for one in found(ledger, **changes)]


def test_ordinary_work_is_not_on_the_list() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    ledger.search(case_id=CASE, threshold_value=CERTIFIED)
    ledger.search(threshold_value=CERTIFIED, actor_sector="individual", purpose="photo_organisation")
    ledger.refusal()
    assert kinds(ledger) == []


def test_a_case_that_was_not_checked_and_one_the_list_does_not_know() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE, case_list_checked=False)
    refused = ledger.refusal(action="OpenCase", deciding_rules=("case.not_listed",))
    newest, oldest = found(ledger)
    assert (newest["kind"], newest["dossier"], newest["owner"]) == ("unknown_case", refused, "Anna Sander")
    assert (oldest["kind"], oldest["case_id"], oldest["owner"]) == ("unknown_case", CASE, "Bruno Feld")
    assert "24-1183" in oldest["known"]


def test_a_vague_reason_is_listed_once_however_many_searches_there_were() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE, purpose_text="investigation")
    acts = [ledger.search(case_id=CASE, threshold_value=CERTIFIED) for _ in range(3)]
    (one,) = found(ledger)
    assert (one["kind"], one["dossier"]) == ("vague_reason", acts[0])
    assert "investigation" in one["known"]


def test_a_search_for_others_under_no_case_has_to_say_why() -> None:
    ledger = ReportLedger()
    ledger.search(threshold_value=CERTIFIED)
    ledger.search(threshold_value=CERTIFIED)
    assert kinds(ledger) == ["vague_reason"]


def test_what_was_tried_after_closing_and_what_ran_after_it() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    ledger.record(EntryKind.CASE_CLOSED, case_id=CASE, credentials_ended=3, operator_id=BRUNO)
    ledger.refusal(case_id=CASE, deciding_rules=("case.closed",))
    ran = ledger.search(case_id=CASE, threshold_value=CERTIFIED)
    newest, oldest = found(ledger)
    assert {newest["kind"], oldest["kind"]} == {"search_after_closing"}
    assert newest["dossier"] == ran
    assert "must not run" in newest["do"]
    assert "it was refused" in oldest["known"]


def test_an_operator_among_their_own_candidates_is_noticed_by_name() -> None:
    ledger = ReportLedger()
    own = operator_id("Anna Sander", ledger.journal.keyed_digest)
    ledger.open_case(CASE)
    act = ledger.search(operator_id=own, case_id=CASE, threshold_value=CERTIFIED)
    ledger.search(operator_id=BRUNO, case_id=CASE, threshold_value=CERTIFIED)
    names = {references(3)[1]: "  anna SANDER"}
    (one,) = found(ledger, names=lambda _: names)
    assert (one["kind"], one["dossier"]) == ("self_search", act)
    assert "candidate 2" in one["known"]


def test_whom_a_search_under_review_listed_is_told_by_no_exception() -> None:
    ledger = ReportLedger()
    own = operator_id("Anna Sander", ledger.journal.keyed_digest)
    ledger.open_case(CASE)
    reviewed_search(ledger, end=False, operator_id=own, case_id=CASE, threshold_value=CERTIFIED)
    names = {references(1)[0]: "Anna Sander"}
    assert kinds(ledger, names=lambda _: names) == []


def test_a_review_that_is_late_or_was() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    act = reviewed_search(ledger, end=False, case_id=CASE, threshold_value=CERTIFIED)
    assert kinds(ledger) == []
    (one,) = found(ledger, now=ledger.clock.now + timedelta(hours=30))
    assert (one["kind"], one["dossier"]) == ("late_review", act)
    assert "still under way" in one["known"]


def test_a_threshold_below_the_certificates_or_the_default_is_listed_once_an_operator() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    ledger.record(EntryKind.THRESHOLD_CHANGED, operator_id=BRUNO, model_digest=MODEL, value_after="0.45")
    acts = [ledger.search(case_id=CASE, threshold_value="0.3") for _ in range(4)]
    (one,) = found(ledger)
    assert (one["kind"], one["dossier"]) == ("threshold_below_policy", acts[-1])
    assert "4 acts were decided at 0.3" in one["known"]
    assert "0.5" in one["known"]
    assert "0.45" in one["known"]


def test_a_default_that_came_later_does_not_count_backwards() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    ledger.search(case_id=CASE, threshold_value="0.3", certificate_digest="00" * 32)
    ledger.record(EntryKind.THRESHOLD_CHANGED, operator_id=BRUNO, model_digest=MODEL, value_after="0.45")
    assert kinds(ledger) == []


def test_failed_interrupted_and_never_finished_acts() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    ledger.search("failed", error_code="image_unreadable", case_id=CASE, threshold_value=CERTIFIED)
    ledger.open_act()
    later = ledger.clock.now + timedelta(days=2)
    listed = [one for one in found(ledger, now=later) if one["kind"] == "failed_or_interrupted"]
    assert len(listed) == 2
    assert "image_unreadable" in listed[1]["known"]


def test_overrides_and_rules_switched_off_have_an_owner() -> None:
    ledger = ReportLedger()
    ledger.record(EntryKind.OVERRIDE, operator_id=ANNA, reason="child in danger", overridden_rules=("a.b",))
    ledger.record(
        EntryKind.POLICY_CHANGED,
        operator_id=BRUNO,
        change="pack_disabled",
        pack="accuracy",
        policy_digest_after="1" * 64,
    )
    assert [(one["kind"], one["owner"]) for one in found(ledger)] == [
        ("override", "Bruno Feld"),
        ("override", "Anna Sander"),
    ]


def test_a_checkpoint_that_is_overdue_says_what_can_be_rewritten() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    assert kinds(ledger, now=ledger.clock.now + timedelta(days=30)) == []
    (one,) = found(ledger, now=ledger.clock.now + timedelta(days=32))
    assert one["kind"] == "checkpoint_overdue"
    assert "No checkpoint ever went out; 1 entry" in one["known"]
    ledger.record(EntryKind.CHECKPOINT_PUBLISHED, entries=1, root="ab" * 32, destination="board")
    assert kinds(ledger, now=ledger.clock.now + timedelta(days=30)) == []


def test_every_exception_has_an_owner_a_fact_and_something_to_do() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE, purpose_text="case", case_list_checked=False, expires_at=utc_text(ledger.clock.now))
    ledger.search("failed", error_code="x")
    ledger.refusal(deciding_rules=("case.expired",))
    for one in found(ledger, now=ledger.clock.now + timedelta(days=99), account=ReviewNotFound):
        assert one["owner"]
        assert one["known"].endswith((".", "!")) or "reads" in one["known"]
        assert one["do"].endswith(".")
