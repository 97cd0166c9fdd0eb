"""What every store does with galleries and references, whatever it is made of."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest

from countenance.core.errors import GalleryExists, GalleryNotFound, InputError, ModelMismatch
from countenance.core.vocabulary import NewReference
from countenance.storage.store import SqlGalleryStore
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL, made_up_reference, photo_sha256
from tests.support.memory_store import MemoryStore
from tests.support.settable_clock import SettableClock

Store = MemoryStore | SqlGalleryStore


@pytest.fixture
def gallery(store: Store) -> str:
    store.create_gallery("staff", MADE_UP_MODEL, basis="consent", retention_days=None)
    return "staff"


def stored(store: Store, gallery: str) -> dict[tuple[str, str], bytes]:
    """Return (subject, digest) → template bytes of everything a snapshot holds."""
    _, references = store.references(gallery)
    return {
        (reference.subject, reference.source_sha256): reference.template.vector.tobytes() for reference in references
    }


def expected(*references: NewReference) -> dict[tuple[str, str], bytes]:
    return {
        (reference.subject, reference.source_sha256): reference.template.vector.tobytes() for reference in references
    }


def test_a_new_gallery_is_empty_and_keeps_what_it_was_made_with(store: Store) -> None:
    made = store.create_gallery("Besucher – Köln", MADE_UP_MODEL, basis="contract, §6", retention_days=30)
    assert made == store.gallery("Besucher – Köln")
    assert made.model == MADE_UP_MODEL
    assert made.created_at == "2031-05-06T07:08:09+00:00"
    assert (made.basis, made.retention_days) == ("contract, §6", 30)
    assert (made.subjects, made.references, made.revision) == (0, 0, 0)


def test_a_name_is_taken_once(store: Store, gallery: str) -> None:
    with pytest.raises(GalleryExists):
        store.create_gallery(gallery, OTHER_MODEL, basis="other", retention_days=1)
    assert store.gallery(gallery).model == MADE_UP_MODEL


def test_galleries_are_listed_by_name_whatever_the_databases_alphabet(store: Store) -> None:
    for name in ["b", "a", "B", "ä", "_"]:
        store.create_gallery(name, MADE_UP_MODEL, basis="test", retention_days=None)
    assert [summary.name for summary in store.list_galleries()] == ["B", "_", "a", "b", "ä"]


@pytest.mark.parametrize("retention_days", [0, -1, 36_526])
def test_a_retention_that_means_nothing_is_refused(store: Store, retention_days: int) -> None:
    with pytest.raises(ValueError, match="retention"):
        store.create_gallery("g", MADE_UP_MODEL, basis="test", retention_days=retention_days)


def test_what_is_not_there_is_said_not_to_be_there(store: Store) -> None:
    for act in (
        store.gallery,
        store.revision,
        store.delete_gallery,
        store.known_photos,
        store.references,
        lambda name: store.add_references(name, [made_up_reference(1)]),
        lambda name: store.erase_subject(name, "somebody"),
        lambda name: store.begin_run(name, "folder"),
    ):
        with pytest.raises(GalleryNotFound):
            act("nowhere")


def test_references_come_back_bit_for_bit(store: Store, gallery: str) -> None:
    new = [made_up_reference(number) for number in range(9)]
    assert store.add_references(gallery, new) == 1
    revision, references = store.references(gallery)
    found = {reference.source_sha256: reference for reference in references}
    assert revision == 1
    assert len({reference.reference_id for reference in found.values()}) == 9
    for reference in new:
        back = found[reference.source_sha256]
        assert (back.subject, back.source_name) == (reference.subject, reference.source_name)
        assert back.template.model == MADE_UP_MODEL
        assert np.array_equal(back.template.vector, reference.template.vector)
    summary = store.gallery(gallery)
    assert (summary.subjects, summary.references, summary.revision) == (5, 9, 1)


def test_a_photo_is_stored_once_a_subject(store: Store, gallery: str) -> None:
    first, second = made_up_reference(1, "ada"), made_up_reference(2, "ada")
    assert store.add_references(gallery, [first, first]) == 1
    assert store.add_references(gallery, [first]) == 1
    assert store.add_references(gallery, [first, second]) == 2
    assert stored(store, gallery) == expected(first, second)


def test_one_photo_can_be_of_two_subjects_and_in_two_galleries(store: Store, gallery: str) -> None:
    store.create_gallery("visitors", MADE_UP_MODEL, basis="consent", retention_days=None)
    of_ada, of_bob = made_up_reference(1, "ada"), made_up_reference(1, "bob")
    store.add_references(gallery, [of_bob, of_ada])
    store.add_references("visitors", [of_bob])
    assert stored(store, gallery) == expected(of_ada, of_bob)
    assert stored(store, "visitors") == expected(of_bob)
    assert store.known_photos(gallery) == {photo_sha256(1): "ada"}
    assert store.known_photos("visitors") == {photo_sha256(1): "bob"}


def test_nothing_to_store_changes_nothing(store: Store, gallery: str) -> None:
    assert store.add_references(gallery, []) == 0
    assert store.gallery(gallery).revision == 0


def test_a_template_of_another_model_stops_the_whole_call(store: Store, gallery: str) -> None:
    mixed = [made_up_reference(1), made_up_reference(2, model=OTHER_MODEL)]
    with pytest.raises(ModelMismatch):
        store.add_references(gallery, mixed)
    assert stored(store, gallery) == {}
    assert store.gallery(gallery).revision == 0


@pytest.mark.parametrize("name", ["", "a\0b", "caf\udce9", "x" * 1353], ids=["empty", "nul", "not text", "too long"])
def test_a_subject_name_that_not_every_database_can_hold_is_refused_by_all(
    store: Store, gallery: str, name: str
) -> None:
    with pytest.raises(InputError) as caught:
        store.add_references(gallery, [made_up_reference(1), made_up_reference(2, name)])
    assert not name or name not in caught.value.message
    assert stored(store, gallery) == {}


def test_the_longest_name_is_stored(store: Store, gallery: str) -> None:
    longest = made_up_reference(1, "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=1352)))
    store.add_references(gallery, [longest])
    assert stored(store, gallery) == expected(longest)


def test_a_file_name_that_is_no_text_is_refused_by_all(store: Store, gallery: str) -> None:
    reference = NewReference("ada", made_up_reference(1).template, photo_sha256(1), "caf\udce9.jpg")
    with pytest.raises(InputError):
        store.add_references(gallery, [reference])


def test_a_snapshot_does_not_see_what_is_written_while_it_is_read(store: Store, gallery: str) -> None:
    before = [made_up_reference(number) for number in range(2500)]
    store.add_references(gallery, before)
    revision, references = store.references(gallery)
    seen = [next(references) for _ in range(3)]
    store.add_references(gallery, [made_up_reference(5000)])
    store.erase_subject(gallery, "subject 600")
    seen.extend(references)
    assert revision == 1
    assert sorted(reference.source_sha256 for reference in seen) == sorted(one.source_sha256 for one in before)
    assert store.gallery(gallery).revision == 3


def test_who_knows_some_references_is_told_what_is_gone_and_what_is_new(
    store: Store, gallery: str, clock: SettableClock
) -> None:
    store.create_gallery("other", MADE_UP_MODEL, basis="test", retention_days=None)
    store.add_references("other", [made_up_reference(77)])
    store.add_references(gallery, [made_up_reference(number) for number in range(1200)])
    known = {reference.reference_id for reference in store.references(gallery)[1]}
    assert store.reference_changes(gallery, known) == (1, frozenset(), ())
    erased = {one.reference_id for one in store.references(gallery)[1] if one.subject == "subject 7"}
    store.erase_subject(gallery, "subject 7")
    store.add_references(gallery, [made_up_reference(5000), made_up_reference(5001)])
    changes = store.reference_changes(gallery, known | {"never there"})
    assert changes is not None
    revision, gone, added = changes
    assert (revision, gone) == (store.gallery(gallery).revision, erased | {"never there"})
    assert sorted(one.source_sha256 for one in added) == sorted(photo_sha256(number) for number in (5000, 5001))
    every = {one.reference_id: one for one in store.references(gallery)[1]}
    for one in added:
        same = every[one.reference_id]
        assert (one.subject, one.source_name) == (same.subject, same.source_name)
        assert np.array_equal(one.template.vector, same.template.vector)
    anew = store.reference_changes(gallery, frozenset())
    assert anew is not None
    assert {one.reference_id for one in anew[2]} == set(every)
    with pytest.raises(GalleryNotFound):
        store.reference_changes("nowhere", known)


def test_what_has_expired_is_gone_before_it_is_deleted(store: Store, clock: SettableClock) -> None:
    store.create_gallery("short", MADE_UP_MODEL, basis="test", retention_days=1)
    store.add_references("short", [made_up_reference(1)])
    known = {reference.reference_id for reference in store.references("short")[1]}
    clock.advance(days=2)
    assert store.reference_changes("short", known) == (store.gallery("short").revision, known, ())


def test_a_deleted_gallery_takes_its_references_along_and_frees_its_name(store: Store, gallery: str) -> None:
    store.create_gallery("other", MADE_UP_MODEL, basis="test", retention_days=None)
    kept = made_up_reference(1)
    store.add_references("other", [kept])
    store.add_references(gallery, [made_up_reference(number) for number in range(5)])
    assert store.delete_gallery(gallery) == 5
    assert [summary.name for summary in store.list_galleries()] == ["other"]
    assert store.create_gallery(gallery, OTHER_MODEL, basis="again", retention_days=None).references == 0
    assert stored(store, "other") == expected(kept)


def test_an_erased_subject_is_gone_from_one_gallery_and_may_be_enrolled_anew(store: Store, gallery: str) -> None:
    store.create_gallery("other", MADE_UP_MODEL, basis="test", retention_days=None)
    ada, also_ada, bob = made_up_reference(1, "ada"), made_up_reference(2, "ada"), made_up_reference(3, "bob")
    store.add_references(gallery, [ada, also_ada, bob])
    store.add_references("other", [ada])
    assert store.erase_subject(gallery, "ada") == 2
    assert store.gallery(gallery).revision == 2
    assert stored(store, gallery) == expected(bob)
    assert stored(store, "other") == expected(ada)
    assert store.known_photos(gallery) == {photo_sha256(3): "bob"}
    store.add_references(gallery, [ada])
    assert stored(store, gallery) == expected(ada, bob)


def test_erasing_somebody_who_is_not_there_changes_nothing(store: Store, gallery: str) -> None:
    store.add_references(gallery, [made_up_reference(1, "ada")])
    assert store.erase_subject(gallery, "nobody") == 0
    assert store.gallery(gallery).revision == 1


def test_a_reference_is_invisible_from_the_second_its_time_is_up(store: Store, clock: SettableClock) -> None:
    store.create_gallery("visitors", MADE_UP_MODEL, basis="consent", retention_days=30)
    ada, also_ada, bob = made_up_reference(1, "ada"), made_up_reference(2, "ada"), made_up_reference(3, "bob")
    store.add_references("visitors", [ada, bob])
    clock.advance(days=1)
    store.add_references("visitors", [also_ada])
    clock.advance(days=29, seconds=-1)
    assert stored(store, "visitors") == expected(ada, also_ada, bob)
    before = store.gallery("visitors")
    clock.advance(seconds=1)
    after = store.gallery("visitors")
    assert stored(store, "visitors") == expected(also_ada)
    assert store.known_photos("visitors") == {photo_sha256(2): "ada"}
    assert (after.subjects, after.references) == (1, 1)
    assert after.revision > before.revision


def test_the_clean_up_deletes_what_is_invisible_already_and_so_leaves_the_revision(
    store: Store, clock: SettableClock
) -> None:
    store.create_gallery("visitors", MADE_UP_MODEL, basis="consent", retention_days=30)
    store.create_gallery("staff", MADE_UP_MODEL, basis="contract", retention_days=None)
    store.add_references("visitors", [made_up_reference(number) for number in range(4)])
    store.add_references("staff", [made_up_reference(1)])
    assert store.expire(clock.now) == 0
    clock.advance(days=30)
    invisible = store.list_galleries()
    assert store.expire(clock.now) == 4
    assert store.list_galleries() == invisible
    assert store.expire(clock.now) == 0


def test_a_photo_whose_time_was_up_is_stored_anew_for_a_full_period(store: Store, clock: SettableClock) -> None:
    store.create_gallery("visitors", MADE_UP_MODEL, basis="consent", retention_days=30)
    ada = made_up_reference(1, "ada")
    store.add_references("visitors", [ada])
    clock.advance(days=31)
    expired = store.gallery("visitors")
    assert store.add_references("visitors", [ada]) > expired.revision
    clock.advance(days=29)
    assert stored(store, "visitors") == expected(ada)


def test_erasing_an_expired_and_a_current_reference_still_grows_the_revision(
    store: Store, clock: SettableClock
) -> None:
    store.create_gallery("visitors", MADE_UP_MODEL, basis="consent", retention_days=30)
    store.add_references("visitors", [made_up_reference(1, "ada")])
    clock.advance(days=10)
    store.add_references("visitors", [made_up_reference(2, "ada")])
    clock.advance(days=25)
    before = store.gallery("visitors").revision
    store.erase_subject("visitors", "ada")
    assert store.gallery("visitors").revision > before
    assert store.gallery("visitors").references == 0


def test_expiry_with_a_moment_ahead_of_the_clock_grows_the_revision(store: Store, clock: SettableClock) -> None:
    store.create_gallery("visitors", MADE_UP_MODEL, basis="consent", retention_days=30)
    store.add_references("visitors", [made_up_reference(1, "ada")])
    assert store.expire(clock.now + timedelta(days=30)) == 1
    assert store.gallery("visitors").revision > 1
    assert stored(store, "visitors") == {}


def test_a_long_history_leaves_every_store_as_it_leaves_the_memory_store(store: Store, clock: SettableClock) -> None:
    """Any sequence of acts has the same visible outcome as in the store that is small enough to be seen to be right."""
    plain = MemoryStore(clock)
    chance = random.Random(20)
    for each in (plain, store):
        each.create_gallery("short", MADE_UP_MODEL, basis="consent", retention_days=3)
        each.create_gallery("long", MADE_UP_MODEL, basis="consent", retention_days=None)
    revisions = {"short": [0], "long": [0]}
    for _ in range(80):
        name = chance.choice(["short", "long"])
        act = chance.choice(["add", "add", "add", "erase", "expire", "wait", "wait"])
        if act == "add":
            new = [made_up_reference(chance.randrange(30)) for _ in range(chance.randrange(5))]
            assert store.add_references(name, new) == plain.add_references(name, new)
        elif act == "erase":
            subject = f"subject {chance.randrange(15)}"
            assert store.erase_subject(name, subject) == plain.erase_subject(name, subject)
        elif act == "expire":
            moment = clock.now + timedelta(hours=chance.randrange(-20, 20))
            assert store.expire(moment) == plain.expire(moment)
        else:
            clock.advance(days=chance.random())
        assert store.list_galleries() == plain.list_galleries()
        for gallery in revisions:
            assert stored(store, gallery) == stored(plain, gallery)
            assert store.known_photos(gallery) == plain.known_photos(gallery)
            assert store.revision(gallery) == store.gallery(gallery).revision >= revisions[gallery][-1]
            revisions[gallery].append(store.revision(gallery))
    assert max(revisions["short"]) > 10 < max(revisions["long"])
