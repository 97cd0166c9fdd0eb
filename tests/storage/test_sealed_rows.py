"""What somebody with the database, but without the key file, can read and change; and what erasure leaves behind."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, text, update

from countenance.core.errors import StorageUnavailable, TemplateUnsealFailed
from countenance.storage.key_file import create_key_file, read_key_file
from countenance.storage.store import SqlGalleryStore, open_store
from countenance.storage.tables import galleries, stored_references, subject_keys, subjects
from tests.storage.conftest import StorePlace
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_reference, photo_sha256

ULLA, ALSO_ULLA, OTTO = made_up_reference(1, "ulla"), made_up_reference(2, "ulla"), made_up_reference(3, "otto")


@pytest.fixture
def filled(place: StorePlace) -> SqlGalleryStore:
    """Return a store with two subjects in one gallery and one of them in another."""
    return fill(place)


def fill(place: StorePlace) -> SqlGalleryStore:
    store = place.open()
    for gallery in ("staff", "visitors"):
        store.create_gallery(gallery, MADE_UP_MODEL, basis="test", retention_days=None)
    store.add_references("staff", [ULLA, ALSO_ULLA, OTTO])
    store.add_references("visitors", [ULLA])
    return store


def read_all(store: SqlGalleryStore) -> int:
    return sum(1 for gallery in ("staff", "visitors") for _ in store.references(gallery)[1])


def ids(store: SqlGalleryStore, subject: str, gallery: str = "staff") -> tuple[str, str]:
    """Return (gallery id, subject id)."""
    with store.database.reading() as connection:
        statement = select(galleries.c.gallery_id, subjects.c.subject_id).join_from(galleries, subjects)
        row = connection.execute(statement.where(subjects.c.name == subject, galleries.c.name == gallery)).one()
    return row.gallery_id, row.subject_id


def sealed(store: SqlGalleryStore, photo: int, gallery: str = "staff") -> bytes:
    with store.database.reading() as connection:
        statement = (
            select(stored_references.c.sealed_template)
            .join_from(stored_references, galleries, stored_references.c.gallery_id == galleries.c.gallery_id)
            .where(galleries.c.name == gallery, stored_references.c.source_sha256 == photo_sha256(photo))
        )
        return bytes(connection.execute(statement).scalar_one())


def wrapped(store: SqlGalleryStore, subject: str, gallery: str = "staff") -> bytes:
    with store.database.reading() as connection:
        statement = select(subject_keys.c.wrapped_key).where(
            subject_keys.c.subject_id == ids(store, subject, gallery)[1]
        )
        return bytes(connection.execute(statement).scalar_one())


def put_sealed(store: SqlGalleryStore, photo: int, value: bytes) -> None:
    gallery_id, _ = ids(store, "ulla")
    with store.database.writing() as connection:
        statement = update(stored_references).where(
            stored_references.c.gallery_id == gallery_id, stored_references.c.source_sha256 == photo_sha256(photo)
        )
        assert connection.execute(statement.values(sealed_template=value)).rowcount == 1


def put_wrapped(store: SqlGalleryStore, subject: str, value: bytes) -> None:
    with store.database.writing() as connection:
        statement = update(subject_keys).where(subject_keys.c.subject_id == ids(store, subject)[1])
        assert connection.execute(statement.values(wrapped_key=value)).rowcount == 1


def damaged(value: bytes, position: int) -> bytes:
    return value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]


def execute(store: SqlGalleryStore, statement: str) -> None:
    with store.database.writing() as connection:
        assert connection.execute(text(statement)).rowcount > 0


DAMAGE: dict[str, Callable[[SqlGalleryStore], None]] = {
    "template of the same subject moved": lambda store: put_sealed(store, 1, sealed(store, 2)),
    "template of another subject moved": lambda store: put_sealed(store, 1, sealed(store, 3)),
    "template of the same photo in another gallery moved": lambda store: put_sealed(
        store, 1, sealed(store, 1, "visitors")
    ),
    "one bit of the nonce": lambda store: put_sealed(store, 1, damaged(sealed(store, 1), 0)),
    "one bit of the ciphertext": lambda store: put_sealed(store, 1, damaged(sealed(store, 1), 100)),
    "one bit of the tag": lambda store: put_sealed(store, 1, damaged(sealed(store, 1), -2)),
    "template cut short": lambda store: put_sealed(store, 1, sealed(store, 1)[:-1]),
    "template emptied": lambda store: put_sealed(store, 1, b""),
    "key of another subject moved": lambda store: put_wrapped(store, "ulla", wrapped(store, "otto")),
    "key of the same name in another gallery moved": lambda store: put_wrapped(
        store, "ulla", wrapped(store, "ulla", "visitors")
    ),
    "one bit of the key": lambda store: put_wrapped(store, "ulla", damaged(wrapped(store, "ulla"), 20)),
    "key emptied": lambda store: put_wrapped(store, "ulla", b""),
    "subject renamed": lambda store: execute(store, "UPDATE subjects SET name = 'inge' WHERE name = 'otto'"),
    "model digest changed": lambda store: execute(store, "UPDATE galleries SET model_digest = 'other'"),
    "model dimension changed": lambda store: execute(store, "UPDATE galleries SET model_dimension = 64"),
    "reference renumbered": lambda store: execute(
        store, "UPDATE stored_references SET reference_id = substr(reference_id, 2) || 'x'"
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_row_that_was_moved_or_altered_does_not_open(filled: SqlGalleryStore, damage: str) -> None:
    assert read_all(filled) == 4
    DAMAGE[damage](filled)
    with pytest.raises(TemplateUnsealFailed) as caught:
        read_all(filled)
    assert "ulla" not in caught.value.message
    assert "otto" not in caught.value.message


def test_a_reference_that_does_not_open_ends_the_reading_and_its_transaction(filled: SqlGalleryStore) -> None:
    put_sealed(filled, 3, b"damaged")
    _, references = filled.references("staff")
    with pytest.raises(TemplateUnsealFailed):
        list(references)
    assert list(references) == []
    assert filled.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_damaged_key_stops_enrolment_rather_than_replacing_the_key(filled: SqlGalleryStore) -> None:
    put_wrapped(filled, "ulla", b"damaged")
    with pytest.raises(TemplateUnsealFailed):
        filled.add_references("staff", [made_up_reference(9, "ulla")])
    assert wrapped(filled, "ulla") == b"damaged"


def test_another_key_file_does_not_open_the_database(place: StorePlace, tmp_path: Path) -> None:
    fill(place)
    other = tmp_path / "other.key"
    create_key_file(other)
    with pytest.raises(TemplateUnsealFailed) as caught:
        place.open(other)
    assert str(other) in caught.value.message
    assert read_all(place.open()) == 4


def test_a_missing_key_file_is_not_replaced_while_anything_is_sealed(place: StorePlace) -> None:
    fill(place)
    moved = place.key_file.rename(place.key_file.with_suffix(".moved"))
    with pytest.raises(TemplateUnsealFailed, match="missing"):
        place.open()
    assert not place.key_file.exists()
    moved.rename(place.key_file)
    assert read_all(place.open()) == 4


def test_a_missing_key_file_is_made_anew_while_nothing_is_sealed(place: StorePlace) -> None:
    first = place.open()
    first.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    first.add_references("staff", [ULLA])
    first.erase_subject("staff", "ulla")
    place.key_file.unlink()
    second = place.open()
    second.add_references("staff", [OTTO])
    with pytest.raises(TemplateUnsealFailed, match="moved on"):
        first.add_references("staff", [ULLA])
    assert [reference.subject for reference in second.references("staff")[1]] == ["otto"]


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("countenance.db*")))


def test_no_template_and_no_key_is_in_the_database_file_in_the_clear(sqlite_place: StorePlace, tmp_path: Path) -> None:
    fill(sqlite_place)
    master_key = read_key_file(sqlite_place.key_file).key
    while_open = everything_on_disk(tmp_path)
    sqlite_place.close()
    for content in (while_open, everything_on_disk(tmp_path)):
        assert photo_sha256(1).encode() in content
        for reference in (ULLA, ALSO_ULLA, OTTO):
            vector = reference.template.vector
            for form in (vector, vector.astype(">f4"), vector.astype(np.float64), vector.astype(np.float16)):
                # Six numbers in a row do not turn up by chance, and a template cannot hide them.
                assert all(form[start : start + 6].tobytes() not in content for start in range(0, 120, 6))
        assert master_key not in content
        assert master_key.hex().encode() not in content
        assert base64.b64encode(master_key) not in content


@pytest.mark.parametrize("act", ["erase", "delete", "expire"])
def test_what_is_deleted_is_overwritten_in_the_file_and_its_log(
    sqlite_place: StorePlace, tmp_path: Path, act: str
) -> None:
    store = sqlite_place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=1 if act == "expire" else None)
    store.add_references("staff", [ULLA, ALSO_ULLA, OTTO])
    template, key = sealed(store, 1), wrapped(store, "ulla")
    traces = (template, template[20:60], key, key[8:24], b"1.jpg", photo_sha256(1).encode())
    assert all(trace in everything_on_disk(tmp_path) for trace in traces)
    if act == "erase":
        store.erase_subject("staff", "ulla")
    elif act == "delete":
        store.delete_gallery("staff")
    else:
        sqlite_place.clock.advance(days=1)
        store.expire(sqlite_place.clock.now)
    assert not [trace for trace in traces if trace in everything_on_disk(tmp_path)]


def test_a_reader_of_an_old_snapshot_delays_the_scrubbing_but_not_the_erasure(
    sqlite_place: StorePlace, tmp_path: Path
) -> None:
    store = fill(sqlite_place)
    template = sealed(store, 1)
    _, references = store.references("staff")
    next(references)
    assert store.erase_subject("staff", "ulla") == 2
    assert store.gallery("staff").references == 1
    assert template in everything_on_disk(tmp_path)
    assert not store.database.scrub()
    assert len(list(references)) == 2
    assert store.database.scrub()
    assert template not in everything_on_disk(tmp_path)


def test_a_new_master_key_opens_everything_and_the_old_one_nothing(place: StorePlace, tmp_path: Path) -> None:
    store, new_key_file = fill(place), tmp_path / "new.key"
    elsewhere = place.open()
    old_wrapped = wrapped(store, "ulla")
    assert store.rotate_master_key(new_key_file) == 3
    assert wrapped(store, "ulla") != old_wrapped
    assert read_all(store) == 4
    store.add_references("staff", [made_up_reference(9, "ulla")])
    assert store.describe().key_file == str(new_key_file)
    with pytest.raises(TemplateUnsealFailed):
        read_all(elsewhere)
    with pytest.raises(TemplateUnsealFailed, match="moved on"):
        elsewhere.add_references("staff", [made_up_reference(10, "carl")])
    with pytest.raises(TemplateUnsealFailed):
        place.open()
    assert read_all(place.open(new_key_file)) == 5


def test_a_new_master_key_waits_for_who_is_wrapping_with_the_old_one(place: StorePlace, tmp_path: Path) -> None:
    store, elsewhere = fill(place), place.open()
    with ThreadPoolExecutor(1) as pool:
        with elsewhere.transaction() as transaction:
            elsewhere.add_references("staff", [made_up_reference(9, "carl")], transaction=transaction)
            rotating = pool.submit(store.rotate_master_key, tmp_path / "new.key")
            with pytest.raises(TimeoutError):
                rotating.result(timeout=0.5)
        assert rotating.result() == 4
    assert read_all(store) == 5


def test_a_new_master_key_never_replaces_a_file(place: StorePlace) -> None:
    store = fill(place)
    with pytest.raises(StorageUnavailable, match="exists already"):
        store.rotate_master_key(place.key_file)
    assert read_all(place.open()) == 4


def test_a_master_key_is_not_replaced_if_any_key_does_not_open(place: StorePlace, tmp_path: Path) -> None:
    store = fill(place)
    good = wrapped(store, "otto")
    put_wrapped(store, "otto", b"damaged")
    with pytest.raises(TemplateUnsealFailed):
        store.rotate_master_key(tmp_path / "new.key")
    put_wrapped(store, "otto", good)
    assert read_all(store) == 4
    assert read_all(place.open()) == 4


def test_erasure_reaches_a_backup_once_the_master_key_was_replaced(sqlite_place: StorePlace, tmp_path: Path) -> None:
    fill(sqlite_place)
    sqlite_place.close()
    backup = tmp_path / "backup.db"
    shutil.copy(tmp_path / "countenance.db", backup)
    store = sqlite_place.open()
    store.erase_subject("staff", "ulla")

    def open_backup(key_file: Path) -> int:
        restored = open_store(f"sqlite:///{backup}", key_file, sqlite_place.clock)
        try:
            return read_all(restored)
        finally:
            restored.close()

    # The key file of the backup's day opens the backup: until it is replaced and destroyed, erasure ends at the file.
    assert open_backup(sqlite_place.key_file) == 4
    store.rotate_master_key(tmp_path / "new.key")
    sqlite_place.key_file.unlink()
    with pytest.raises(TemplateUnsealFailed):
        open_backup(tmp_path / "new.key")
    assert read_all(store) == 2
