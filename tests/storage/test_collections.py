"""Collections in both databases: faces with their templates, users, tags, answered requests; what goes with what."""

from __future__ import annotations

import uuid
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select

from countenance.core.errors import GalleryNotFound, StorageError
from countenance.storage.collection_face_rows import FaceRow
from countenance.storage.collection_rows import ANSWER_KEPT
from countenance.storage.collection_store import SqlCollectionStore
from countenance.storage.service_tables import collection_faces
from countenance.storage.store import SqlGalleryStore
from tests.storage.conftest import StorePlace
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_template, photo_sha256


@pytest.fixture
def gallery_store(place: StorePlace) -> SqlGalleryStore:
    return place.open()


@pytest.fixture
def staff(gallery_store: SqlGalleryStore) -> SqlCollectionStore:
    """Return a store with the empty collection ``staff``, kept for ten days."""
    store = SqlCollectionStore(gallery_store, "rekognition")
    with store.transaction() as current:
        gallery_store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=10, transaction=current)
        store.add_collection("staff", {"purpose": "test"}, transaction=current)
    return store


def face(number: int, *, image: int | None = None, external: str | None = None, place_in_photo: int = 1) -> FaceRow:
    return FaceRow(
        face_id=str(uuid.UUID(int=number, version=4)),
        image_id=str(uuid.UUID(int=1000 + number, version=4)),
        image_sha256=photo_sha256(number if image is None else image),
        external_image_id=external,
        face_number=place_in_photo,
        box=(0.25, 0.5, 0.125, 0.0625),
        detector_score=0.9375,
    )


def add(store: SqlCollectionStore, *faces: FaceRow) -> int:
    numbers = {item.face_id: number for number, item in enumerate(faces)}
    with store.transaction() as current:
        rows = [(item, made_up_template(uuid.UUID(item.face_id).int % 997)) for item in faces]
        revision, reference_ids = store.add_faces("staff", rows, transaction=current)
    assert len(set(reference_ids)) == len(numbers)
    return revision


def test_a_face_comes_back_as_it_was_stored_with_its_template(staff: SqlCollectionStore) -> None:
    stored = face(1, external="ada:1")
    add(staff, stored)
    assert staff.faces("staff", [stored.face_id, str(uuid.uuid4())]) == {stored.face_id: stored}
    template = staff.templates("staff", [stored.face_id])[stored.face_id]
    assert np.array_equal(template.vector, made_up_template(uuid.UUID(stored.face_id).int % 997).vector)
    assert staff.collection("staff").faces == 1


def test_the_faces_of_a_picture_are_found_by_its_bytes_and_its_name(staff: SqlCollectionStore) -> None:
    faces = [
        face(1, image=7, external="a", place_in_photo=2),
        face(2, image=7, external="a", place_in_photo=1),
        face(3, image=7),
        face(4, image=8, external="a"),
    ]
    add(staff, *faces)
    with staff.transaction() as current:
        found = staff.faces_of_image("staff", photo_sha256(7), "a", transaction=current)
        unnamed = staff.faces_of_image("staff", photo_sha256(7), None, transaction=current)
    assert [item.face_id for item in found] == [faces[1].face_id, faces[0].face_id]
    assert [item.face_id for item in unnamed] == [faces[2].face_id]


def test_a_face_of_a_picture_cannot_be_stored_twice(staff: SqlCollectionStore) -> None:
    add(staff, face(1, image=7))
    with pytest.raises(StorageError, match="constraint"), staff.transaction() as current:
        staff.add_faces("staff", [(face(2, image=7), made_up_template(2))], transaction=current)
    assert staff.collection("staff").faces == 1


def test_pages_are_complete_and_can_be_narrowed(staff: SqlCollectionStore) -> None:
    faces = [face(number) for number in range(1, 8)]
    add(staff, *faces)
    seen: list[str] = []
    while True:
        page = staff.faces_page("staff", after=seen[-1] if seen else "", limit=3, user_id=None, face_ids=None)
        seen += [item.face_id for item in page]
        if len(page) < 3:
            break
    assert seen == sorted(item.face_id for item in faces)
    some = [faces[2].face_id, faces[5].face_id, str(uuid.uuid4())]
    narrowed = staff.faces_page("staff", after="", limit=10, user_id=None, face_ids=some)
    assert {item.face_id for item in narrowed} == {faces[2].face_id, faces[5].face_id}


def test_users_have_faces_until_the_faces_or_the_users_go(staff: SqlCollectionStore) -> None:
    faces = [face(number) for number in range(1, 4)]
    add(staff, *faces)
    with staff.transaction() as current:
        assert staff.add_user("staff", "ada", transaction=current)
        assert not staff.add_user("staff", "ada", transaction=current)
        assert staff.add_user("staff", "bob", transaction=current)
        staff.associate("staff", [faces[0].face_id, faces[1].face_id], "ada", transaction=current)
        assert staff.count_of_user("staff", "ada", transaction=current) == 2
    assert staff.users_page("staff", after="", limit=10) == [("ada", 2), ("bob", 0)]
    assert staff.users_page("staff", after="ada", limit=10) == [("bob", 0)]
    assert staff.users_of_faces("staff") == {faces[0].face_id: "ada", faces[1].face_id: "ada"}
    revision = staff.collection("staff").users_revision
    with staff.transaction() as current:
        assert staff.remove_faces("staff", [faces[0].face_id], transaction=current) == 1
    assert staff.users_page("staff", after="", limit=1) == [("ada", 1)]
    with staff.transaction() as current:
        assert staff.remove_user("staff", "ada", transaction=current)
        assert not staff.remove_user("staff", "ada", transaction=current)
    assert staff.users_of_faces("staff") == {}
    assert staff.collection("staff").faces == 2
    assert staff.revisions("staff")[1] > revision


def test_deleting_a_face_deletes_its_row_its_template_and_its_key(
    staff: SqlCollectionStore, gallery_store: SqlGalleryStore
) -> None:
    one, two = face(1), face(2)
    before = add(staff, one, two)
    with staff.transaction() as current:
        assert staff.remove_faces("staff", [one.face_id, str(uuid.uuid4())], transaction=current) == 1
    assert set(staff.faces("staff", [one.face_id, two.face_id])) == {two.face_id}
    assert staff.templates("staff", [one.face_id]) == {}
    assert staff.revisions("staff")[0] > before
    assert [reference.subject for reference in gallery_store.references("staff")[1]] == [two.face_id]


def test_erasing_the_subject_by_itself_takes_the_face_along(
    staff: SqlCollectionStore, gallery_store: SqlGalleryStore
) -> None:
    one = face(1)
    add(staff, one)
    gallery_store.erase_subject("staff", one.face_id)
    with gallery_store.database.reading() as connection:
        assert connection.execute(select(collection_faces)).all() == []


def test_a_face_past_its_time_is_not_there_and_its_picture_can_be_stored_anew(
    staff: SqlCollectionStore, place: StorePlace
) -> None:
    add(staff, face(1))
    place.clock.now += timedelta(days=11)
    assert staff.collection("staff").faces == 0
    assert staff.faces_page("staff", after="", limit=10, user_id=None, face_ids=None) == []
    with staff.transaction() as current:
        assert staff.faces_of_image("staff", photo_sha256(1), None, transaction=current) == []
        staff.add_faces("staff", [(face(2, image=1), made_up_template(2))], transaction=current)
    assert staff.collection("staff").faces == 1


def test_tags_are_replaced_as_a_whole(staff: SqlCollectionStore) -> None:
    assert staff.tags("staff") == {"purpose": "test"}
    with staff.transaction() as current:
        staff.replace_tags("staff", {"a": "", "b": "é"}, transaction=current)
    assert staff.tags("staff") == {"a": "", "b": "é"}


def test_collections_are_listed_oldest_first_and_only_those_of_the_dialect(
    staff: SqlCollectionStore, gallery_store: SqlGalleryStore, place: StorePlace
) -> None:
    other = SqlCollectionStore(gallery_store, "other")
    for number, name in enumerate(("zoe", "amy")):
        place.clock.now += timedelta(seconds=number + 1)
        with staff.transaction() as current:
            gallery_store.create_gallery(name, MADE_UP_MODEL, basis="t", retention_days=None, transaction=current)
            staff.add_collection(name, {}, transaction=current)
    gallery_store.create_gallery("no collection", MADE_UP_MODEL, basis="t", retention_days=None)
    first = staff.collections_page(after="", limit=2, only=None)
    rest = staff.collections_page(after=first[-1][2], limit=2, only=None)
    assert [name for name, _, _ in (*first, *rest)] == ["staff", "zoe", "amy"]
    assert [name for name, _, _ in staff.collections_page(after="", limit=9, only={"amy", "x"})] == ["amy"]
    assert other.collections_page(after="", limit=9, only=None) == []
    for ask in (other.collection, other.tags, other.revisions):
        with pytest.raises(GalleryNotFound):
            ask("staff")


def test_an_answer_is_remembered_for_a_day_and_goes_with_its_collection(
    staff: SqlCollectionStore, gallery_store: SqlGalleryStore, place: StorePlace
) -> None:
    with staff.transaction() as current:
        assert staff.answer("staff", "create_user", "token", transaction=current) is None
        staff.keep_answer("staff", "create_user", "token", "0" * 64, "{}", transaction=current)
    with staff.transaction() as current:
        assert staff.answer("staff", "create_user", "token", transaction=current) == ("0" * 64, "{}")
        assert staff.answer("staff", "delete_user", "token", transaction=current) is None
    place.clock.now += ANSWER_KEPT
    with staff.transaction() as current:
        assert staff.answer("staff", "create_user", "token", transaction=current) is None
        staff.keep_answer("staff", "create_user", "token", "0" * 64, "{}", transaction=current)
    gallery_store.delete_gallery("staff")
    with pytest.raises(GalleryNotFound):
        staff.collection("staff")


def test_nothing_of_a_transaction_that_fails_is_stored(staff: SqlCollectionStore) -> None:
    def fail() -> None:
        with staff.transaction() as current:
            staff.add_faces("staff", [(face(1), made_up_template(1))], transaction=current)
            staff.add_user("staff", "ada", transaction=current)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (staff.collection("staff").faces, staff.collection("staff").users) == (0, 0)
