"""Decide → record the intent → act → record the outcome; and what must not happen when a step fails."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from countenance.core.errors import (
    CaseClosed,
    CaseLimitReached,
    ImageUnreadable,
    LedgerError,
    PolicyDenied,
    PolicyError,
    StorageFull,
)
from countenance.ledger.kinds import EntryKind
from countenance.policy.decision import Outcome as Ruling
from countenance.service import acts
from countenance.service.accountability import Performed
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.compare import ThresholdChoice
from countenance.service.faces import PhotoInput
from countenance.service.journal_port import OpenTransaction
from countenance.service.refusals import ActRefused
from countenance.service.search import SearchOutcome, SearchRequest, SearchResult
from countenance.service.standing import Standing
from tests.support.accountable_place import GALLERY, AccountablePlace
from tests.support.policy_builders import NOW
from tests.support.synthetic_engine import synthetic_photo

POLICE = {
    "actor_sector": "us_local_police",
    "purpose": "suspect_search",
    "jurisdictions": ("US",),
    "case_id": "24-1183",
}
REQUEST = SearchRequest(GALLERY, PhotoInput("probe.jpg", synthetic_photo("p2", variant="new")))


@pytest.fixture
def place() -> AccountablePlace:
    return AccountablePlace()


def search(place: AccountablePlace, standing: Standing | None = None, **stated: object) -> Performed[SearchResult]:
    jobs = place.jobs(standing, **stated)
    return jobs.search(REQUEST, galleries=place.searches, policies=place.policies)


def perform(place: AccountablePlace, run: Callable[[OngoingAct], str], **stated: object) -> Performed[str]:
    return place.accountability.perform(
        acts.detection(), place.standing(**stated), run, lambda value: Outcome(value, {"faces_found": 1})
    )


def test_the_intent_is_recorded_before_the_act_and_the_outcome_after_it(place: AccountablePlace) -> None:
    seen: list[list[str]] = []

    def run(act: OngoingAct) -> str:
        seen.append(place.kinds())
        assert place.entries()[-1].entry_id == act.intent_entry_id
        place.clock.advance(seconds=3)
        return "faces"

    done = perform(place, run)
    assert seen == [["act_intended"]]
    assert place.kinds() == ["act_intended", "act_completed"]
    intent, outcome = place.entries()
    assert (done.intent_entry_id, done.outcome_entry_id) == (intent.entry_id, outcome.entry_id)
    assert intent.fields["act_id"] == outcome.fields["act_id"] == done.act_id
    assert outcome.fields["intent_entry_id"] == intent.entry_id
    assert outcome.fields["result"] == "faces"
    assert outcome.fields["started_at"] == "2026-11-24T12:00:00.000000Z"
    assert outcome.fields["finished_at"] == "2026-11-24T12:00:03.000000Z"
    assert (done.value, done.held, done.decision.decision) == ("faces", False, Ruling.PERMIT)


def test_what_the_rules_refuse_is_not_done_and_the_refusal_is_recorded_and_explained(place: AccountablePlace) -> None:
    with pytest.raises(ActRefused) as refusal:
        search(place, **POLICE)
    error = refusal.value
    assert isinstance(error, PolicyDenied)
    assert place.engine.looked == 0
    (entry,) = place.entries()
    assert (entry.kind, entry.entry_id) == ("act_denied", error.entry_id)
    assert set(entry.fields["deciding_rules"]) == set(error.rule_ids) >= {"P2.us_police", "operator.no_permission"}
    assert entry.fields["actor_sector"] == "us_local_police"
    assert entry.fields["decision"] == "deny"
    # Which rule, why, from which source, what would change it, where it is recorded.
    for part in ("P2.us_police", "by or for a US police", "usatoday.com", "enters and signs", error.entry_id):
        assert part in error.message
    assert "not legal advice" in error.message


def test_a_place_no_pack_looks_at_is_refused_as_not_covered(place: AccountablePlace) -> None:
    with pytest.raises(ActRefused) as refusal:
        search(place, jurisdictions=("JP",))
    assert refusal.value.decision.decision is Ruling.NOT_COVERED
    assert place.last(EntryKind.ACT_DENIED)["decision"] == "not_covered"


@pytest.mark.parametrize("what", ["intent", "refusal"])
def test_if_it_cannot_be_recorded_nothing_is_done(place: AccountablePlace, what: str) -> None:
    place.rows.fails = True
    with pytest.raises(LedgerError):
        search(place, **(POLICE if what == "refusal" else {}))
    assert place.engine.looked == 0
    place.rows.fails = False
    assert place.kinds() == []


def test_a_full_disk_at_the_intent_stops_everything(place: AccountablePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageFull("The disk is full.")

    monkeypatch.setattr(place.journal, "begin_act", full)
    with pytest.raises(StorageFull):
        perform(place, lambda act: pytest.fail("the act was begun"))


def test_an_outcome_that_cannot_be_recorded_is_not_released(place: AccountablePlace) -> None:
    def run(act: OngoingAct) -> str:
        place.rows.fails = True
        return "faces"

    with pytest.raises(LedgerError):
        perform(place, run)
    place.rows.fails = False
    assert place.kinds() == ["act_intended"]
    # Its process dies; the next start says so.
    place.rows.dead = set(place.rows.acts)
    place.journal.interrupted_acts()
    assert place.kinds() == ["act_intended", "act_interrupted"]


@pytest.mark.parametrize(
    ("error", "result", "code"),
    [
        (ImageUnreadable("x"), "failed", "image_unreadable"),
        (RuntimeError("a name that must not be recorded"), "failed", "unexpected"),
        (KeyboardInterrupt(), "interrupted", "unexpected"),
        (SystemExit(1), "interrupted", "unexpected"),
    ],
)
def test_an_error_and_ctrl_c_are_recorded_and_go_on(
    place: AccountablePlace, error: BaseException, result: str, code: str
) -> None:
    def run(act: OngoingAct) -> str:
        raise error

    with pytest.raises(type(error)) as raised:
        perform(place, run)
    assert raised.value is error
    fields = place.last(EntryKind.ACT_COMPLETED)
    assert (fields["result"], fields["error_code"]) == (result, code)
    assert "a name that must not be recorded" not in str(place.entries())
    assert place.rows.acts == {}


def test_an_error_that_cannot_be_recorded_is_still_the_error_and_says_so(place: AccountablePlace) -> None:
    def run(act: OngoingAct) -> str:
        place.rows.fails = True
        raise ImageUnreadable("x")

    with pytest.raises(ImageUnreadable) as raised:
        perform(place, run)
    assert "next start" in raised.value.__notes__[0]


def test_a_search_records_model_threshold_expectation_candidates_and_exactness(place: AccountablePlace) -> None:
    done = search(place)
    (candidate,) = done.value.candidates
    intent, outcome = place.last(EntryKind.ACT_INTENDED), place.last(EntryKind.ACT_COMPLETED)
    gallery = place.policies.gallery_facts(GALLERY)
    assert intent["gallery_ids"] == (gallery.gallery_id,)
    assert intent["probe_digest"] == place.journal.keyed_digest("probe", REQUEST.probe.data)
    assert intent["threshold_value"] == outcome["threshold_value"]
    assert intent["packs"]
    assert outcome["result"] == "candidates"
    assert outcome["model_digest"] == place.engine.model.digest
    assert outcome["candidate_reference_ids"] == (candidate.candidate.reference_id,)
    assert outcome["candidate_subject_digests"] == place.journal.subject_digests(GALLERY, ("p2",))
    assert float(outcome["candidate_scores"][0]) == pytest.approx(candidate.candidate.similarity, abs=1e-8)
    assert (outcome["exact_search"], outcome["gallery_references"], outcome["candidate_count"]) == (True, 4, 1)
    assert float(outcome["expected_false_candidates"]) == pytest.approx(done.value.expected.expected, abs=1e-8)
    # No name of a person or photo, and no gallery's name, enters the ledger.
    for word in ("p2", "probe.jpg", GALLERY, "Anna"):
        assert f"'{word}'" not in str(place.entries())


def test_what_is_held_for_review_comes_back_without_anybody(place: AccountablePlace) -> None:
    done = search(place, purpose="data_subject_request")
    result = done.value
    assert done.held
    assert done.decision.decision is Ruling.REVIEW
    assert (result.outcome, result.candidates, result.searched) == (SearchOutcome.HELD, (), None)
    for shown in (repr(done), str(dataclasses.asdict(result)), repr(result)):
        assert "p2" not in shown
    outcome = place.last(EntryKind.ACT_COMPLETED)
    # What was found is kept for review and disclosure.
    assert outcome["held_for_review"] is True
    assert outcome["candidate_count"] == 1


def test_a_held_search_does_not_tell_whether_anybody_was_found(place: AccountablePlace) -> None:
    stranger = SearchRequest(GALLERY, PhotoInput("probe.jpg", synthetic_photo("stranger")))
    jobs = place.jobs(purpose="data_subject_request")
    none = jobs.search(stranger, galleries=place.searches, policies=place.policies).value
    some = search(place, purpose="data_subject_request").value
    hidden = [dataclasses.replace(item, probe=None) for item in (none, some)]
    assert hidden[0] == hidden[1]


def test_every_face_of_a_held_photo_is_withheld_with_who_was_left_out(place: AccountablePlace) -> None:
    photo = SearchRequest(GALLERY, PhotoInput("group.jpg", synthetic_photo("p1", "p1", "p2", variant="x")))
    jobs = place.jobs(purpose="data_subject_request")
    open_result = place.jobs().search_every_face(photo, galleries=place.searches, policies=place.policies)
    assert "p1" in repr(open_result.value)
    done = jobs.search_every_face(photo, galleries=place.searches, policies=place.policies)
    assert done.held
    assert "p1" not in repr(done)
    assert "p2" not in repr(done)
    assert all(item.removed == () for item in done.value.faces)


def test_without_a_face_there_is_nothing_to_hold(place: AccountablePlace) -> None:
    empty = SearchRequest(GALLERY, PhotoInput("probe.jpg", synthetic_photo()))
    jobs = place.jobs(purpose="data_subject_request")
    done = jobs.search(empty, galleries=place.searches, policies=place.policies)
    assert (done.held, done.value.outcome) == (False, SearchOutcome.NO_FACE)


def test_an_act_that_cannot_be_held_is_refused_where_a_review_is_due(place: AccountablePlace) -> None:
    act = dataclasses.replace(acts.detection(), action=acts.Action.SEARCH, mode=acts.Mode.SEARCH)
    with pytest.raises(ActRefused):
        place.accountability.perform(
            act, place.standing(purpose="data_subject_request"), lambda ongoing: "x", lambda value: Outcome(value, {})
        )
    assert place.last(EntryKind.ACT_DENIED)["decision"] == "deny"


class Desk:
    """Takes what is held, or fails to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.found: list[object] = []

    def open(self, act: OngoingAct, found: object, *, standing: Standing, transaction: OpenTransaction) -> str:
        if self.error is not None:
            raise self.error
        assert act.decision.reviewers_needed >= 1
        self.found.append(found)
        return "a" * 32


def test_the_review_desk_gets_the_candidates_in_the_outcomes_transaction() -> None:
    desk = Desk()
    place = AccountablePlace(reviews=desk)
    done = search(place, purpose="data_subject_request")
    (found,) = desk.found
    assert isinstance(found, SearchResult)
    assert [item.candidate.subject for item in found.candidates] == ["p2"]
    assert done.review_id == place.last(EntryKind.ACT_COMPLETED)["review_id"] == "a" * 32


def test_a_review_that_cannot_be_opened_releases_nothing_and_is_recorded_as_failed() -> None:
    place = AccountablePlace(reviews=Desk(StorageFull("The disk is full.")))
    with pytest.raises(StorageFull):
        search(place, purpose="data_subject_request")
    fields = place.last(EntryKind.ACT_COMPLETED)
    assert (fields["result"], fields["error_code"]) == ("failed", "storage_full")


class Book:
    """Admits, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[str] = []
        self.admitted: list[tuple[str, int, str | None]] = []
        self.transaction: OpenTransaction | None = None

    def ask_list(self, case_id: str, now: datetime, *, operator: str, credential_id: str | None = None) -> None:
        self.asked.append(case_id)

    def admit(
        self,
        case_id: str,
        now: datetime,
        *,
        searches: int = 1,
        credential_id: str | None = None,
        transaction: OpenTransaction | None = None,
    ) -> None:
        assert transaction is not None, "counted in the intent's transaction"
        assert self.asked[len(self.admitted) :] == [case_id], "the list of cases is asked once, before"
        if self.error is not None:
            raise self.error
        self.admitted.append((case_id, searches, credential_id))
        self.transaction = transaction


def under_case(place: AccountablePlace, **changes: object) -> Standing:
    return dataclasses.replace(place.standing(), case_id="c" * 32, case_number="24-1183", **changes)  # type: ignore[arg-type]


def test_a_search_under_a_case_is_counted_and_carries_its_number_and_credential() -> None:
    book = Book()
    place = AccountablePlace(cases=book)
    search(place, under_case(place, credential_id="d" * 32))
    assert book.admitted == [("c" * 32, 1, "d" * 32)]
    intent = place.last(EntryKind.ACT_INTENDED)
    assert (intent["case_id"], intent["case_number"], intent["credential_id"]) == ("c" * 32, "24-1183", "d" * 32)
    place.jobs(under_case(place)).detect(synthetic_photo("p1"))
    assert book.admitted[-1][1] == 0


def test_the_count_is_stored_with_the_intent_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book()
    place = AccountablePlace(cases=book)
    used: list[OpenTransaction | None] = []

    def fail(*_: object, transaction: OpenTransaction | None = None) -> None:
        used.append(transaction)
        raise LedgerError("told to fail")

    monkeypatch.setattr(place.journal, "begin_act", fail)
    with pytest.raises(LedgerError, match="told to fail"):
        search(place, under_case(place))
    assert used == [book.transaction]
    assert book.transaction is not None
    assert (place.engine.looked, place.kinds()) == (0, [])


@pytest.mark.parametrize(
    ("error", "rule"),
    [(CaseClosed("24-1183 is closed."), "case.closed"), (CaseLimitReached("none left"), "case.limit_reached")],
)
def test_what_the_case_refuses_is_recorded_and_not_done(error: Exception, rule: str) -> None:
    place = AccountablePlace(cases=Book(error))
    with pytest.raises(type(error)) as raised:
        search(place, under_case(place))
    (entry,) = place.entries()
    assert (entry.kind, entry.fields["deciding_rules"]) == ("act_denied", (rule,))
    assert entry.entry_id in raised.value.__notes__[0]
    assert place.engine.looked == 0
    assert "24-1183 is closed" not in str(entry.fields["reasons"])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"galleries": frozenset({"other"})}, "case.gallery"),
        ({"expires_at": NOW}, "case.expired"),
        ({"expires_at": NOW - timedelta(seconds=1)}, "case.expired"),
        ({"case_id": "c" * 32}, "case.unknown"),
    ],
)
def test_a_standing_does_not_reach_beyond_itself(
    place: AccountablePlace, changes: dict[str, object], rule: str
) -> None:
    with pytest.raises(ActRefused) as refusal:
        search(place, dataclasses.replace(place.standing(), **changes))  # type: ignore[arg-type]
    assert refusal.value.rule_ids == (rule,)
    assert place.last(EntryKind.ACT_DENIED)["deciding_rules"] == (rule,)


def test_a_standing_limits_candidates_and_never_raises_what_was_asked(place: AccountablePlace) -> None:
    for limit, most, shown in ((4, 2, 2), (3, 10, 3), (4, None, 4)):
        request = dataclasses.replace(REQUEST, choice=ThresholdChoice(value=-1.0), limit=limit)
        standing = dataclasses.replace(place.standing(), most_candidates=most)
        done = place.jobs(standing).search(request, galleries=place.searches, policies=place.policies)
        assert len(done.value.candidates) == shown


def test_a_token_cannot_be_made_used_for_something_else_or_used_again(place: AccountablePlace) -> None:
    kept: list[OngoingAct] = []

    def run(act: OngoingAct) -> str:
        kept.append(act)
        act.require(acts.DETECT)
        with pytest.raises(PolicyError, match="admitted to detect"):
            act.require(acts.SEARCH, gallery=GALLERY)
        with pytest.raises(PolicyError, match="admitted to detect"):
            place.searches.search(act, REQUEST)
        return "faces"

    perform(place, run)
    with pytest.raises(PolicyError, match="is over"):
        kept[0].require(acts.DETECT)
    with pytest.raises(PolicyError, match="is over"):
        kept[0].complete(Outcome("again", {}), finished_at=NOW)
    with pytest.raises(TypeError):
        OngoingAct(object(), **dict.fromkeys(OngoingAct.__init__.__kwdefaults__ or {}))  # type: ignore[call-arg]


def test_a_search_is_never_looser_than_what_was_judged(place: AccountablePlace) -> None:
    jobs = place.jobs()
    facts = place.policies.gallery_facts(GALLERY)
    judged = place.searches.plan(REQUEST, facts)
    strict = dataclasses.replace(judged, value=0.99)
    act = acts.search(place.engine.model, strict, facts, REQUEST.probe.data, 10)
    done = place.accountability.perform(
        act, jobs.standing, lambda ongoing: place.searches.search(ongoing, REQUEST), lambda value: Outcome("x", {})
    )
    assert done.value.threshold.value == 0.99


def test_a_change_of_the_rules_counts_from_the_next_act(place: AccountablePlace) -> None:
    search(place)
    reads = place.policies.reads
    search(place)
    assert place.policies.reads == reads
    place.policies.keep_operator_list('format = "countenance-operator/1"\n', transaction=None)
    with pytest.raises(ActRefused):
        search(place)


def test_deciding_alone_does_and_records_nothing(place: AccountablePlace) -> None:
    decided = place.accountability.decide(acts.detection(), place.standing())
    assert decided.decision.decision is Ruling.PERMIT
    assert place.entries() == []
