"""Held searches under blind review, over real databases: voted, released, closed, erased, counted; and all recorded."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from countenance.core.errors import (
    LedgerError,
    ReviewerRefused,
    ReviewNotFound,
    ReviewOver,
    ReviewUndecided,
    VoteInvalid,
)
from countenance.ledger.kinds import EntryKind
from countenance.service.refusals import ActRefused
from countenance.service.review_account import account
from countenance.service.review_ballots import Ballot
from countenance.service.review_order import order_seed, placed
from countenance.service.review_release import LEAD
from countenance.service.reviews import ABANDONED_AFTER
from countenance.service.search import SearchOutcome
from tests.storage.conftest import StorePlace
from tests.support.review_place import FIRST, GALLERY, PEOPLE, REQUESTER, SECOND, THIRD, ReviewPlace, enrol_people
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import synthetic_photo

Made = Callable[..., ReviewPlace]


@pytest.fixture
def made(place: StorePlace, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> Made:
    def make(reviewers: int = 2) -> ReviewPlace:
        store = place.open()
        return ReviewPlace.made(store, place.url, tmp_path / "data", clock, monkeypatch, reviewers=reviewers)

    (tmp_path / "data").mkdir()
    return make


def rows(place: ReviewPlace, statement: str) -> list[tuple[object, ...]]:
    with place.store.database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_two_blind_votes_for_the_same_person_release_a_lead_and_nothing_before(made: Made) -> None:
    place = made()
    done = place.search("p03")
    assert (done.held, done.value.outcome, done.value.candidates) == (True, SearchOutcome.HELD, ())
    review_id = done.review_id
    assert review_id is not None
    assert place.vote(review_id, FIRST, "p03").votes_missing == 1
    with pytest.raises(ReviewUndecided):
        place.parts.release(review_id, REQUESTER)
    assert place.vote(review_id, SECOND, "p03", rating=3).state == "agreed"
    before = place.parts.journal.size()
    released = place.parts.release(review_id[:10], REQUESTER)
    lead = released.value
    assert (lead.statement, lead.statement) == (LEAD, "Investigative lead, not an identification.")
    assert [(item.subject, item.ratings) for item in lead.candidates] == [("p03", (2, 3))]
    assert (lead.reviewers, lead.votes) == (2, 2)
    recorded = place.entries()[before:]
    assert [entry.kind for entry in recorded] == ["act_intended", "review_released", "act_completed"]
    intent, release, outcome = (entry.fields for entry in recorded)
    assert (intent["action"], intent["review_id"]) == ("release", review_id)
    assert (release["act_id"], outcome["act_id"]) == (done.act_id, released.act_id)
    assert release["decision"] == "permit"
    assert release["deciding_rules"] == ("operator.access-requests",)
    assert release["released_to"] == place.parts.reviews.person(REQUESTER)
    votes = [entry for entry in place.entries() if entry.kind == "review_vote"]
    assert release["vote_entry_ids"] == tuple(entry.entry_id for entry in votes)
    assert outcome["review_id"] == review_id
    # Handing it out again is decided and recorded again, and is no second release.
    assert place.parts.release(review_id, FIRST).value == lead
    assert place.kinds().count("review_released") == 1
    assert place.kinds()[-2:] == ["act_intended", "act_completed"]


def test_what_is_recorded_at_opening_says_what_was_held_and_names_nobody(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    kinds = place.kinds()
    assert kinds[-3:] == ["act_intended", "review_opened", "act_completed"]
    opened, outcome = (entry.fields for entry in place.entries()[-2:])
    assert opened["act_id"] == outcome["act_id"]
    assert (opened["candidates"], opened["fillers"], opened["quorum"], opened["probes"]) == (1, 5, 2, 1)
    assert outcome["held_for_review"] is True
    assert outcome["review_id"] == review_id
    assert "'p03'" not in str(place.entries())


def test_nobody_who_may_not_review_can_look_or_vote(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    for who, why in ((REQUESTER, "asked for"), (" rosa ", "asked for"), ("Nobody", "training")):
        with pytest.raises(ReviewerRefused, match=why):
            place.parts.reviews.look(review_id, who)
        with pytest.raises(ReviewerRefused, match=why):
            place.parts.reviews.vote(review_id, who, Ballot(none_of_these=True))
    with pytest.raises(VoteInvalid, match="looked"):
        place.parts.reviews.vote(review_id, FIRST, Ballot(none_of_these=True))
    place.vote(review_id, FIRST, "p03")
    for again in (lambda: place.look(review_id, FIRST), lambda: place.vote(review_id, FIRST)):
        with pytest.raises(ReviewerRefused, match="voted"):
            again()
    place.clock.advance(days=401)
    with pytest.raises(ReviewerRefused, match="training"):
        place.look(review_id, SECOND)
    with pytest.raises(ReviewNotFound):
        place.look("0" * 32, SECOND)
    assert place.kinds().count("review_vote") == 1


def test_a_third_reviewer_decides_a_disagreement(made: Made) -> None:
    place = made()
    agreed, not_agreed, nobody = (place.held("p03") for _ in range(3))
    for review_id in (agreed, not_agreed):
        place.vote(review_id, FIRST, "p03")
        assert place.vote(review_id, SECOND).votes_missing == 1
        with pytest.raises(ReviewUndecided):
            place.parts.release(review_id, REQUESTER)
    assert place.vote(agreed, THIRD, "p03").state == "agreed"
    lead = place.parts.release(agreed, REQUESTER).value
    assert (lead.reviewers, lead.votes, lead.candidates[0].ratings) == (2, 3, (2, -3, 2))
    assert place.vote(not_agreed, THIRD).result == "disagreement"
    for who in (FIRST, SECOND):
        cast = place.vote(nobody, who)
    assert (cast.state, cast.result) == ("closed", "none_chosen")
    for review_id in (not_agreed, nobody):
        with pytest.raises(ReviewOver):
            place.parts.release(review_id, REQUESTER)
    closed = [entry.fields for entry in place.entries() if entry.kind == "review_closed"]
    assert [fields["result"] for fields in closed] == ["disagreement", "none_chosen"]
    assert [len(fields["vote_entry_ids"]) for fields in closed] == [3, 2]  # type: ignore[arg-type]


def test_whoever_takes_a_filler_for_the_probe_supports_nobody_and_is_counted(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    filler = sorted(place.fillers(review_id))[0]
    place.vote(review_id, FIRST, "p03", filler)
    # While the review goes on nothing is counted that would tell the next reviewer something.
    assert all(one.votes == 0 for one in place.parts.reviewers.everybody())
    place.vote(review_id, SECOND, "p03")
    assert place.vote(review_id, THIRD, "p03").state == "agreed"
    assert place.parts.release(review_id, REQUESTER).value.reviewers == 2
    wrong, right, _ = (one for one in place.parts.reviewers.everybody())
    assert wrong.per_filler is not None
    assert right.per_filler is not None
    assert (wrong.name, wrong.per_filler.errors, wrong.per_filler.trials) == (FIRST, 1, 5)
    # Exact 95 % interval of 1 of 5. Source: Clopper and Pearson; the same as R's binom.test(1, 5).
    assert (wrong.per_filler.low, wrong.per_filler.high) == pytest.approx((0.00505, 0.71642), abs=1e-5)
    assert (right.per_filler.errors, right.per_filler.low) == (0, 0.0)
    assert wrong.per_lineup is not None
    assert (wrong.per_lineup.errors, wrong.per_lineup.trials) == (1, 1)


def test_reviewers_see_one_another_in_no_order_that_tells_anything(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    orders = {who: list(place.look(review_id, who).values()) for who in (FIRST, SECOND, THIRD)}
    assert orders[FIRST] == list(place.look(review_id, FIRST).values())
    assert len({tuple(order) for order in orders.values()}) > 1
    assert len({frozenset(order) for order in orders.values()}) == 1
    (stored,) = place.parts.review_store.find(review_id)
    place.vote(review_id, FIRST, "p03")
    vote = place.entries()[-1].fields
    assert stored.key is not None
    seed = order_seed(stored.key, place.parts.reviews.person(FIRST))
    assert vote["order_seed"] == seed.hex()
    again = placed(place.items(review_id), bytes.fromhex(str(vote["order_seed"])))
    assert vote["shown_reference_ids"] == tuple(one.item.reference_id for one in again)
    names = place.parts.review_store.names(list(vote["shown_reference_ids"]))  # type: ignore[arg-type]
    assert [names[one.item.reference_id] for one in again] == orders[FIRST]
    assert dict(zip(orders[FIRST], vote["ratings"], strict=True))["p03"] == 2  # type: ignore[call-overload]


def test_over_many_reviews_the_candidate_stands_at_every_place(made: Made) -> None:
    place = made()
    positions = [list(place.look(place.held("p03"), FIRST).values()).index("p03") for _ in range(40)]
    # Six places: the chance that one stays empty in forty draws is below 0.5 %.
    assert set(positions) == set(range(6))


def test_a_search_that_found_nobody_is_held_as_fillers_alone_and_cannot_be_told_from_another(made: Made) -> None:
    place = made()
    nobody, somebody = place.search("stranger"), place.search("p03")
    assert (nobody.held, nobody.value.outcome) == (somebody.held, somebody.value.outcome)
    review_id = nobody.review_id
    assert review_id is not None
    assert len(place.look(review_id, FIRST)) == 5
    for who in (FIRST, SECOND):
        cast = place.vote(review_id, who)
    assert cast.result == "none_chosen"
    # A filler cannot be released, whoever agrees on one.
    misled = place.held("stranger")
    filler = sorted(place.fillers(misled))[0]
    for who in (FIRST, SECOND, THIRD):
        cast = place.vote(misled, who, filler)
    assert cast.result == "disagreement"


def test_fillers_are_no_candidates_are_below_the_threshold_and_differ_from_review_to_review(made: Made) -> None:
    place = made()
    seen = set()
    for _ in range(6):
        review_id = place.held("p03", limit=1)
        fillers = place.fillers(review_id)
        assert "p03" not in fillers
        assert len(fillers) == 5
        seen.add(frozenset(fillers))
    assert len(seen) > 1


def test_who_the_fillers_are_follows_from_the_recorded_seed(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    opened = next(entry.fields for entry in place.entries() if entry.kind == "review_opened")
    seed = bytes.fromhex(str(opened["filler_seed"]))
    subjects = sorted(
        (str(subject), str(reference))
        for subject, reference in rows(place, "SELECT subject_id, reference_id FROM stored_references")
    )
    candidate = next(item.reference_id for item in place.items(review_id) if not item.is_filler)
    left = [pair for pair in subjects if pair[1] != candidate]
    drawn = []
    for number in range(1, 6):
        point = hmac.digest(seed, f"countenance-review-filler/1 {number}".encode(), "sha256").hex()[:32]
        chosen = next((pair for pair in left if pair[0] >= point), left[0])
        left.remove(chosen)
        drawn.append(chosen[1])
    assert opened["filler_reference_ids"] == tuple(drawn)
    assert tuple(item.reference_id for item in place.items(review_id) if item.is_filler) == tuple(drawn)


def test_somebody_above_the_threshold_whom_the_limit_cut_off_is_no_filler(made: Made, tmp_path: Path) -> None:
    place = made()
    twins = tmp_path / "twins"
    for name in ("twin1", "twin2", "twin3"):
        (twins / name).mkdir(parents=True)
        (twins / name / "1.jpg").write_bytes(synthetic_photo("p03", variant=name))
    enrol_people(place.parts, twins, ())
    for _ in range(5):
        review_id = place.held("p03", limit=1)
        assert not place.fillers(review_id) & {"twin1", "twin2", "twin3", "p03"}


def test_every_face_of_a_photo_has_a_lineup_of_its_own(made: Made) -> None:
    place = made()
    review_id = place.search_every_face("p01", "p02", "stranger").review_id
    assert review_id is not None
    panel = place.parts.reviews.look(review_id, FIRST)
    assert [(item.probe_number, len(item.faces)) for item in panel.lineups] == [(1, 6), (2, 6), (3, 2)]
    letters = [face.letter for item in panel.lineups for face in item.faces]
    assert letters == list("ABCDEFGHIJKLMN")
    place.vote(review_id, FIRST, "p01", "p02")
    place.vote(review_id, SECOND, "p01")
    lead = place.parts.release(review_id, REQUESTER).value
    assert [(item.subject, item.probe_number) for item in lead.candidates] == [("p01", 1)]
    assert lead.not_chosen == 1


def test_unchosen_candidates_and_every_vote_are_kept_and_shown_once_the_review_has_ended(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    with pytest.raises(ReviewUndecided):
        account(place.parts.reviews, review_id)
    place.vote(review_id, FIRST)
    place.vote(review_id, SECOND)
    found = account(place.parts.reviews, review_id)
    candidate, *fillers = found.items
    assert (candidate.subject, candidate.candidate_rank, candidate.ratings) == ("p03", 1, (-3, -3))
    assert candidate.similarity is not None
    assert not candidate.agreed
    assert len(fillers) == 5
    assert all(item.is_filler and item.similarity is None for item in fillers)
    assert found.result == "none_chosen"
    assert [vote.none_of_these for vote in found.votes] == [True, True]


def test_the_probes_picture_and_the_reviews_key_last_no_longer_than_the_review(made: Made) -> None:
    place = made()
    ended = place.held("p03")
    panel = place.parts.reviews.look(ended, FIRST)
    assert panel.lineups[0].probe == b"picture of p03, 200 px"
    files = place.store.database.location
    if files.endswith(".db"):
        assert b"picture of" not in Path(files).read_bytes()
    going_on = place.held("p03")
    place.parts.reviews.close(ended, REQUESTER, "found at home")
    kept = rows(place, "SELECT review_id FROM review_probes WHERE sealed_crop IS NOT NULL")
    assert kept == [(going_on,)]
    assert rows(place, "SELECT review_id FROM reviews WHERE wrapped_key IS NOT NULL") == [(going_on,)]
    with pytest.raises(ReviewOver):
        place.parts.reviews.close(ended, REQUESTER, "")
    closed = place.entries()[-1].fields
    assert (closed["result"], closed["closed_by"]) == ("withdrawn", place.parts.reviews.person(REQUESTER))


def test_erasing_somebody_reaches_their_picture_the_lineup_and_the_release(made: Made) -> None:
    place = made()
    review_id, other = place.held("p03"), place.held("p03")
    for who in (FIRST, SECOND):
        place.vote(review_id, who, "p03")
    letters = place.look(other, FIRST)
    pictures = rows(place, "SELECT count(*) FROM reference_crops")
    assert pictures == [(len(PEOPLE),)]
    assert place.store.erase_subject(GALLERY, "p03") == 1
    assert rows(place, "SELECT count(*) FROM reference_crops") == [(len(PEOPLE) - 1,)]
    with pytest.raises(ReviewUndecided, match="no more"):
        place.parts.release(review_id, REQUESTER)
    # The others keep their letters; nobody can be rated who cannot be seen.
    left = place.look(other, FIRST)
    assert left == {letter: name for letter, name in letters.items() if name != "p03"}
    gone = next(letter for letter, name in letters.items() if name == "p03")
    with pytest.raises(VoteInvalid, match=gone):
        place.parts.reviews.vote(other, FIRST, Ballot({gone: 2}, rest=-3))
    place.vote(other, FIRST)
    place.vote(other, SECOND)
    nameless = account(place.parts.reviews, other).items[0]
    assert (nameless.subject, nameless.is_filler, nameless.ratings) == (None, False, (None, None))


def test_rules_are_asked_again_at_release_and_a_refusal_is_recorded(made: Made) -> None:
    place = made(reviewers=1)
    review_id = place.held("p03")
    assert place.vote(review_id, FIRST, "p03").state == "agreed"
    place.parts.changes(place.parts.standing()).enable("two-people", "a stricter rule")
    with pytest.raises(ActRefused) as refused:
        place.parts.release(review_id, REQUESTER)
    assert refused.value.rule_ids == ("P12.two_people",)
    denied = place.entries()[-1]
    assert (denied.kind, denied.fields["review_id"]) == ("act_denied", review_id)
    assert [one.state for one in place.parts.reviews.recent()] == ["agreed"]
    place.parts.changes(place.parts.standing()).disable("two-people", "and back")
    assert place.parts.release(review_id, REQUESTER).value.candidates[0].subject == "p03"


def test_a_lead_is_handed_to_nobody_else(made: Made) -> None:
    place = made(reviewers=1)
    review_id = place.held("p03")
    place.vote(review_id, FIRST, "p03")
    with pytest.raises(ReviewerRefused):
        place.parts.release(review_id, SECOND)
    assert place.parts.release(review_id, FIRST).value.candidates


def test_what_cannot_be_recorded_is_not_held_not_voted_and_not_released(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = made(reviewers=1)
    real = place.parts.journal.record

    def failing(kind: EntryKind, *arguments: object, **named: object) -> object:
        if kind in (EntryKind.REVIEW_OPENED, EntryKind.REVIEW_VOTE, EntryKind.REVIEW_RELEASED):
            raise LedgerError("The disk of the ledger is full.")
        return real(kind, *arguments, **named)  # type: ignore[arg-type]

    review_id = place.held("p03")
    with monkeypatch.context() as broken:
        broken.setattr(place.parts.journal, "record", failing)
        with pytest.raises(LedgerError):
            place.search("p03")
        with pytest.raises(LedgerError):
            place.vote(review_id, FIRST, "p03")
    assert rows(place, "SELECT count(*) FROM reviews") == [(1,)]
    assert rows(place, "SELECT count(*) FROM review_votes") == [(0,)]
    place.vote(review_id, FIRST, "p03")
    with monkeypatch.context() as broken:
        broken.setattr(place.parts.journal, "record", failing)
        with pytest.raises(LedgerError):
            place.parts.release(review_id, REQUESTER)
    assert rows(place, "SELECT state FROM reviews") == [("agreed",)]
    assert place.entries()[-1].fields["result"] == "failed"


def test_a_late_review_is_flagged_and_an_abandoned_one_is_closed(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    (before,) = place.parts.reviews.recent()
    place.clock.advance(days=1, seconds=1)
    (after,) = place.parts.reviews.recent()
    assert (before.late, after.late) == (False, True)
    assert place.vote(review_id, FIRST, "p03").late
    assert place.entries()[-1].fields["late"] is True
    assert place.parts.reviews.close_abandoned() == 0
    place.clock.now += ABANDONED_AFTER + timedelta(days=1)
    assert place.parts.reviews.close_abandoned() == 1
    (ended,) = place.parts.reviews.recent(everything=True)
    assert (ended.state, ended.result, ended.late) == ("closed", "abandoned", True)
    assert place.entries()[-1].kind == "review_closed"


def test_two_votes_at_once_are_counted_one_after_the_other(made: Made) -> None:
    place = made()
    for round_number in range(4):
        review_id = place.held("p03")
        who = (FIRST, SECOND) if round_number % 2 == 0 else (FIRST, FIRST)
        ballots = []
        for name in who:
            letters = {person: letter for letter, person in place.look(review_id, name).items()}
            ballots.append((name, Ballot({letters["p03"]: 2}, rest=-3)))
        together, outcomes = threading.Barrier(2), []

        def cast(
            name: str, ballot: Ballot, at: threading.Barrier = together, seen: list[str] = outcomes, to: str = review_id
        ) -> None:
            at.wait()
            try:
                seen.append(place.parts.reviews.vote(to, name, ballot).state)
            except ReviewerRefused:
                seen.append("refused")

        threads = [threading.Thread(target=cast, args=ballot) for ballot in ballots]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == (["agreed", "open"] if who[0] != who[1] else ["open", "refused"])
        numbers = rows(place, f"SELECT vote_number FROM review_votes WHERE review_id = '{review_id}'")  # noqa: S608
        assert sorted(numbers) == ([(1,), (2,)] if who[0] != who[1] else [(1,)])


def test_a_new_master_key_opens_reviews_under_way(made: Made, tmp_path: Path) -> None:
    place = made()
    review_id = place.held("p03")
    place.store.rotate_master_key(tmp_path / "new.key")
    assert "p03" in place.look(review_id, FIRST).values()
    assert place.parts.reviews.look(review_id, FIRST).lineups[0].probe == b"picture of p03, 200 px"


def test_without_pictures_a_held_search_stays_held(
    place: StorePlace, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTENANCE_REFERENCE_PICTURE_PX", "0")
    (tmp_path / "data").mkdir()
    made = ReviewPlace.made(place.open(), place.url, tmp_path / "data", clock, monkeypatch)
    review_id = made.held("p03")
    assert made.look(review_id, FIRST) == {}
    with pytest.raises(VoteInvalid, match="nothing to compare"):
        made.parts.reviews.vote(review_id, FIRST, Ballot(none_of_these=True))
    assert rows(made, "SELECT count(*) FROM reference_crops") == [(0,)]
    opened = next(entry.fields for entry in made.entries() if entry.kind == "review_opened")
    assert opened["candidates_without_picture"] == 1
