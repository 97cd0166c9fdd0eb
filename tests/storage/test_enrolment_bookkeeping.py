"""What every store records about a bulk enrolment, so that it can be taken up again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countenance.core.errors import GalleryNotFound, InputError, ModelMismatch, StorageError
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus
from countenance.storage.store import SqlGalleryStore
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL, made_up_reference, stored_outcome
from tests.support.memory_store import MemoryStore
from tests.support.settable_clock import SettableClock

Store = MemoryStore | SqlGalleryStore
NO_FACE = EnrolmentOutcome("x/empty.jpg", "x", EnrolmentStatus.NO_FACE, "no face was found", "0" * 64)
UNREADABLE = EnrolmentOutcome("y/broken.jpg", "y", EnrolmentStatus.UNREADABLE, "the file ends too early")


@pytest.fixture
def gallery(store: Store) -> str:
    store.create_gallery("staff", MADE_UP_MODEL, basis="consent", retention_days=30)
    return "staff"


def test_a_new_run_knows_nothing_and_records_everything(store: Store, gallery: str) -> None:
    run = store.begin_run(gallery, "folder photos")
    assert (run.gallery, run.source, dict(run.already)) == (gallery, "folder photos", {})
    reference = made_up_reference(1)
    given = [NO_FACE, stored_outcome(reference), UNREADABLE]
    assert store.record_batch(run.run_id, [reference], given) == tuple(given)
    assert store.outcomes(run.run_id) == sorted(given, key=lambda outcome: outcome.source_name)
    assert store.gallery(gallery).references == 1


def test_an_unfinished_run_is_taken_up_where_it_stopped(store: Store, gallery: str) -> None:
    run = store.begin_run(gallery, "folder photos")
    store.record_batch(run.run_id, [], [NO_FACE])
    again = store.begin_run(gallery, "folder photos")
    assert again.run_id == run.run_id
    assert dict(again.already) == {("x/empty.jpg", "x"): EnrolmentStatus.NO_FACE}


def test_runs_of_other_sources_and_galleries_are_their_own(store: Store, gallery: str) -> None:
    store.create_gallery("other", MADE_UP_MODEL, basis="test", retention_days=None)
    runs = {
        store.begin_run(gallery, "a").run_id,
        store.begin_run(gallery, "b").run_id,
        store.begin_run("other", "a").run_id,
    }
    assert len(runs) == 3


def test_a_finished_run_is_closed_and_its_source_starts_anew(store: Store, gallery: str) -> None:
    run = store.begin_run(gallery, "folder photos")
    store.record_batch(run.run_id, [], [NO_FACE])
    store.finish_run(run.run_id)
    assert store.outcomes(run.run_id) == [NO_FACE]
    with pytest.raises(StorageError):
        store.record_batch(run.run_id, [], [UNREADABLE])
    with pytest.raises(StorageError):
        store.finish_run(run.run_id)
    again = store.begin_run(gallery, "folder photos")
    assert again.run_id != run.run_id
    assert dict(again.already) == {}
    with pytest.raises(StorageError):
        store.outcomes(run.run_id)


def test_an_unknown_run_is_refused(store: Store, gallery: str) -> None:
    for act in (store.outcomes, store.finish_run, lambda run_id: store.record_batch(run_id, [], [NO_FACE])):
        with pytest.raises(StorageError):
            act("no such run")


def test_a_photo_that_was_there_already_counts_as_a_duplicate(store: Store, gallery: str) -> None:
    present, new = made_up_reference(1), made_up_reference(2)
    store.add_references(gallery, [present])
    run = store.begin_run(gallery, "folder photos")
    first, second = store.record_batch(run.run_id, [present, new], [stored_outcome(present), stored_outcome(new)])
    assert first.outcome is EnrolmentStatus.DUPLICATE
    assert first.reason is not None
    assert second == stored_outcome(new)
    assert store.outcomes(run.run_id) == [first, second]


def test_two_files_with_the_same_bytes_are_one_stored_and_one_duplicate(store: Store, gallery: str) -> None:
    reference = made_up_reference(1)
    copy = replace(stored_outcome(reference), source_name="copy.jpg")
    run = store.begin_run(gallery, "folder photos")
    recorded = store.record_batch(run.run_id, [reference, reference], [stored_outcome(reference), copy])
    assert [outcome.outcome for outcome in recorded] == [EnrolmentStatus.STORED, EnrolmentStatus.DUPLICATE]
    assert store.gallery(gallery).references == 1


def test_an_input_keeps_the_first_outcome_recorded_for_it(store: Store, gallery: str) -> None:
    reference = made_up_reference(1)
    no_face = replace(stored_outcome(reference), outcome=EnrolmentStatus.NO_FACE, reason="no face was found")
    run = store.begin_run(gallery, "folder photos")
    store.record_batch(run.run_id, [], [no_face])
    assert store.record_batch(run.run_id, [reference], [stored_outcome(reference)]) == (no_face,)
    assert store.outcomes(run.run_id) == [no_face]
    assert store.gallery(gallery).references == 0


def test_recording_a_batch_twice_is_as_good_as_once(store: Store, gallery: str) -> None:
    references = [made_up_reference(number) for number in range(5)]
    outcomes = [stored_outcome(reference) for reference in references]
    run = store.begin_run(gallery, "folder photos")
    once = store.record_batch(run.run_id, references, outcomes)
    assert store.record_batch(run.run_id, references, outcomes) == once
    assert store.gallery(gallery).references == 5
    assert store.gallery(gallery).revision == 1


def test_one_file_listed_for_two_subjects_is_two_inputs(store: Store, gallery: str) -> None:
    of_ada, of_bob = made_up_reference(1, "ada"), made_up_reference(1, "bob")
    run = store.begin_run(gallery, "list.csv")
    store.record_batch(run.run_id, [of_ada, of_bob], [stored_outcome(of_ada), stored_outcome(of_bob)])
    assert set(store.begin_run(gallery, "list.csv").already) == {("1.jpg", "ada"), ("1.jpg", "bob")}


def test_references_and_outcomes_have_to_belong_together(store: Store, gallery: str) -> None:
    reference = made_up_reference(1)
    said = stored_outcome(reference)
    run = store.begin_run(gallery, "folder photos")
    for references, outcomes in (
        ([reference], []),
        ([], [said]),
        ([reference], [replace(said, subject="somebody else")]),
        ([reference], [replace(said, sha256="f" * 64)]),
        ([], [NO_FACE, NO_FACE]),
    ):
        with pytest.raises(ValueError, match=r"outcome|input"):
            store.record_batch(run.run_id, references, outcomes)
    assert store.outcomes(run.run_id) == []
    assert store.gallery(gallery).references == 0


def test_what_stops_a_batch_stops_all_of_it(store: Store, gallery: str) -> None:
    good, foreign = made_up_reference(1), made_up_reference(2, model=OTHER_MODEL)
    run = store.begin_run(gallery, "folder photos")
    with pytest.raises(ModelMismatch):
        store.record_batch(run.run_id, [good, foreign], [stored_outcome(good), stored_outcome(foreign), NO_FACE])
    with pytest.raises(InputError):
        store.record_batch(run.run_id, [good], [stored_outcome(good), replace(NO_FACE, source_name="caf\udce9.jpg")])
    assert store.outcomes(run.run_id) == []
    assert store.gallery(gallery).references == 0


def test_a_path_longer_than_an_index_entry_is_recorded(store: Store, gallery: str) -> None:
    deep = replace(NO_FACE, source_name="/".join(f"{number:04x}" for number in range(800)))
    run = store.begin_run(gallery, "folder photos")
    store.record_batch(run.run_id, [], [deep])
    assert store.outcomes(run.run_id) == [deep]


def test_erasing_a_person_erases_what_the_runs_say_about_them(store: Store, gallery: str) -> None:
    of_ada, of_bob = made_up_reference(1, "ada"), made_up_reference(2, "bob")
    run = store.begin_run(gallery, "folder photos")
    store.record_batch(run.run_id, [of_ada, of_bob], [stored_outcome(of_ada), stored_outcome(of_bob), NO_FACE])
    store.erase_subject(gallery, "ada")
    store.erase_subject(gallery, "x")
    assert store.outcomes(run.run_id) == [stored_outcome(of_bob)]


def test_bookkeeping_ends_with_the_retention(store: Store, gallery: str, clock: SettableClock) -> None:
    run = store.begin_run(gallery, "folder photos")
    store.record_batch(run.run_id, [], [NO_FACE])
    clock.advance(days=30)
    store.expire(clock.now)
    with pytest.raises(StorageError):
        store.outcomes(run.run_id)


def test_a_person_whose_time_is_up_leaves_the_bookkeeping_too(store: Store, gallery: str, clock: SettableClock) -> None:
    of_ada, of_bob = made_up_reference(1, "ada"), made_up_reference(2, "bob")
    store.add_references(gallery, [of_ada])
    clock.advance(days=20)
    run = store.begin_run(gallery, "folder photos")
    store.record_batch(
        run.run_id,
        [of_bob],
        [replace(stored_outcome(of_ada), outcome=EnrolmentStatus.DUPLICATE), stored_outcome(of_bob)],
    )
    clock.advance(days=15)
    store.expire(clock.now)
    assert store.outcomes(run.run_id) == [stored_outcome(of_bob)]


def test_bookkeeping_goes_with_its_gallery(store: Store, gallery: str) -> None:
    run = store.begin_run(gallery, "folder photos")
    store.delete_gallery(gallery)
    with pytest.raises(StorageError):
        store.record_batch(run.run_id, [], [NO_FACE])
    with pytest.raises(GalleryNotFound):
        store.begin_run(gallery, "folder photos")
