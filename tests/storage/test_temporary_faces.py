"""Temporary faces in both databases: sealed, of one case, gone when their time is up or the master key is replaced."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from countenance.core.errors import GalleryNotFound
from countenance.storage.collection_store import SqlCollectionStore
from countenance.storage.person_group_store import SqlPersonGroupStore
from countenance.storage.service_tables import azure_containers, azure_persons, temporary_faces
from countenance.storage.store import SqlGalleryStore
from tests.storage.conftest import StorePlace
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_template

ONE, OTHER = str(uuid.UUID(int=1, version=4)), str(uuid.UUID(int=2, version=4))
HOUR = timedelta(hours=1)


@pytest.fixture
def gallery_store(place: StorePlace) -> SqlGalleryStore:
    return place.open()


@pytest.fixture
def groups(gallery_store: SqlGalleryStore) -> SqlPersonGroupStore:
    return SqlPersonGroupStore(gallery_store)


def keep(
    store: SqlGalleryStore, groups: SqlPersonGroupStore, face_id: str, *, life: timedelta, case: str = "c"
) -> None:
    with store.transaction() as current:
        groups.keep_temporary(
            "c",
            [(face_id, made_up_template(5))],
            recognition_model="recognition_04",
            expires_at=current.now + life,
            transaction=current,
        )


def rows(store: SqlGalleryStore) -> int:
    with store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(temporary_faces)).scalar_one())


def test_a_face_comes_back_for_its_case_only(gallery_store: SqlGalleryStore, groups: SqlPersonGroupStore) -> None:
    keep(gallery_store, groups, ONE, life=HOUR)
    (found,) = groups.temporary("c", [ONE, OTHER]).values()
    assert (found.face_id, found.recognition_model) == (ONE, "recognition_04")
    assert np.array_equal(found.template.vector, made_up_template(5).vector)
    assert found.template.model == MADE_UP_MODEL
    assert groups.temporary("another", [ONE]) == {}


def test_the_template_is_not_stored_in_the_clear(gallery_store: SqlGalleryStore, groups: SqlPersonGroupStore) -> None:
    keep(gallery_store, groups, ONE, life=HOUR)
    with gallery_store.database.reading() as connection:
        row = connection.execute(select(temporary_faces)).one()
    plain = made_up_template(5).vector.astype("<f4").tobytes()
    assert plain[:16] not in bytes(row.sealed_template)
    assert len(row.sealed_template) > len(plain)


def test_a_face_ends_with_its_time_and_its_row_with_the_next_face(
    gallery_store: SqlGalleryStore, groups: SqlPersonGroupStore, place: StorePlace
) -> None:
    keep(gallery_store, groups, ONE, life=HOUR)
    place.clock.advance(seconds=3_599)
    assert set(groups.temporary("c", [ONE])) == {ONE}
    place.clock.advance(seconds=1)
    assert groups.temporary("c", [ONE]) == {}
    assert rows(gallery_store) == 1
    keep(gallery_store, groups, OTHER, life=HOUR)
    assert rows(gallery_store) == 1
    assert set(groups.temporary("c", [ONE, OTHER])) == {OTHER}


def test_a_new_master_key_ends_them_all(
    gallery_store: SqlGalleryStore, groups: SqlPersonGroupStore, tmp_path: Path
) -> None:
    keep(gallery_store, groups, ONE, life=HOUR)
    gallery_store.rotate_master_key(tmp_path / "new.key")
    assert rows(gallery_store) == 0


def test_deleting_the_gallery_deletes_container_and_persons(
    gallery_store: SqlGalleryStore, groups: SqlPersonGroupStore
) -> None:
    name, collections = "persongroup.g", SqlCollectionStore(gallery_store, "azure")
    with gallery_store.transaction() as current:
        gallery_store.create_gallery(name, MADE_UP_MODEL, basis="test", retention_days=None, transaction=current)
        collections.add_collection(name, {}, transaction=current)
        groups.add_container(
            name, kind="persongroup", container_id="g", name="n", user_data="u", recognition_model="recognition_01",
            transaction=current,
        )  # fmt: skip
        collections.add_user(name, ONE, transaction=current)
        groups.add_person(name, ONE, "Ada", None, transaction=current)
    assert groups.container(name).container_id == "g"
    assert [person.name for person in groups.persons(name, after="", limit=5)] == ["Ada"]
    gallery_store.delete_gallery(name)
    with pytest.raises(GalleryNotFound):
        groups.container(name)
    with gallery_store.database.reading() as connection:
        for table in (azure_containers, azure_persons):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
