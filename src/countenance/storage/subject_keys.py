"""Rows of keys: which master key a database belongs to, and every data subject's wrapped key.

Rules kept here:

- A database is opened only with the master key it names. A missing key file is replaced by a new one only while nothing
  is sealed.
- A subject's key is made with the subject's row and goes with it; without it the subject's templates, in this database,
  in its replicas and in its files, cannot be opened by anybody.
- A *backup* holds the wrapped keys of its day, and the master key of its day opens them. Erasure reaches backups with
  ``rotate``: a new master key wraps the keys of those who are left, and once the old key file is destroyed no earlier
  backup opens at all. So: erase, rotate, take a new backup, destroy the old key file and every copy of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from countenance.core.errors import TemplateUnsealFailed
from countenance.core.model_identity import ModelIdentity
from countenance.storage import credential_rows, digest_keys, review_keys
from countenance.storage.database import Database
from countenance.storage.galleries import GalleryRow
from countenance.storage.key_file import create_key_file, read_key_file
from countenance.storage.service_tables import temporary_faces
from countenance.storage.tables import galleries, sealing_state, subject_keys, subjects
from countenance.storage.template_sealing import MasterKey, SubjectContext, SubjectKey
from countenance.storage.transactions import Transaction, in_portions, new_identifier


def adopt_master_key(database: Database, path: Path, now_text: str) -> MasterKey:
    """Return the master key of a database; on first use, make its file and note in the database which key it is.

    Raises:
        TemplateUnsealFailed: The key file is missing or another one, and the database holds sealed keys.
        StorageUnavailable: The key file or the database cannot be read or written.
    """
    with database.reading() as connection:
        adopted = connection.execute(select(sealing_state.c.master_key_id)).scalar_one()
    key = _read(path)
    if key is not None and key.key_id == adopted:
        return key
    with database.writing() as connection:
        return _adopt(connection, path, now_text)


def require_adopted(transaction: Transaction) -> None:
    """Keep the master key from being replaced until the transaction ends.

    Raises:
        TemplateUnsealFailed: It has been replaced already.
    """
    statement = select(sealing_state.c.master_key_id).with_for_update(read=True)
    if transaction.connection.execute(statement).scalar_one() != transaction.master_key.key_id:
        raise TemplateUnsealFailed(
            "The database has moved on to another master key since it was opened.",
            remedy="Put the new key file where the settings say, then start again.",
        )


def open_or_create(
    transaction: Transaction, gallery: GalleryRow, names: Iterable[str]
) -> dict[str, tuple[str, SubjectKey]]:
    """Return name → (subject id, opened key), with a new subject and key for every name the gallery does not know.

    Every new subject has to get a reference in the same transaction: a subject without one is nobody.

    Raises:
        TemplateUnsealFailed: A key does not open, or the database has moved on to another master key.
    """
    require_adopted(transaction)
    wanted = sorted(set(names))
    opened = open_known(transaction, gallery, wanted)
    new_subjects, new_keys = [], []
    for name in wanted:
        if name in opened:
            continue
        context = SubjectContext(gallery.gallery_id, new_identifier(), name, gallery.model)
        key, wrapped = transaction.master_key.new_subject_key(context)
        opened[name] = (context.subject_id, key)
        identity = {"gallery_id": gallery.gallery_id, "subject_id": context.subject_id}
        new_subjects.append(identity | {"name": name})
        new_keys.append(identity | {"wrapped_key": wrapped})
    if new_subjects:
        transaction.connection.execute(insert(subjects), new_subjects)
        transaction.connection.execute(insert(subject_keys), new_keys)
    return opened


def open_known(transaction: Transaction, gallery: GalleryRow, names: list[str]) -> dict[str, tuple[str, SubjectKey]]:
    """Return name → (subject id, opened key) of those names that the gallery knows.

    Raises:
        TemplateUnsealFailed: A key does not open.
    """
    opened = {}
    for portion in in_portions(names):
        statement = (
            select(subjects.c.subject_id, subjects.c.name, subject_keys.c.wrapped_key)
            .join_from(subjects, subject_keys)
            .where(subjects.c.gallery_id == gallery.gallery_id, subjects.c.name.in_(portion))
        )
        for row in transaction.connection.execute(statement):
            context = SubjectContext(gallery.gallery_id, row.subject_id, row.name, gallery.model)
            opened[row.name] = (row.subject_id, transaction.master_key.open_subject_key(row.wrapped_key, context))
    return opened


def rotate(transaction: Transaction, new: MasterKey) -> int:
    """Wrap every subject's key, and seal every credential's secret, with a new master key; return how many subjects.

    Raises:
        TemplateUnsealFailed: A key does not open; nothing is changed then.
    """
    connection, old = transaction.connection, transaction.master_key
    # Stronger than the share lock of whoever wraps a key: waits for them, and keeps them out until the end.
    connection.execute(select(sealing_state.c.row_number).with_for_update())
    require_adopted(transaction)
    rewrapped = []
    for row in connection.execute(_keys_with_context()):
        model = ModelIdentity(row.model_name, row.model_digest, row.model_dimension)
        context = SubjectContext(row.gallery_id, row.subject_id, row.name, model)
        wrapped = old.rewrap(row.wrapped_key, context, new)
        rewrapped.append({"of_gallery": row.gallery_id, "of_subject": row.subject_id, "wrapped": wrapped})
    if rewrapped:
        statement = update(subject_keys).where(
            subject_keys.c.gallery_id == bindparam("of_gallery"), subject_keys.c.subject_id == bindparam("of_subject")
        )
        connection.execute(statement.values(wrapped_key=bindparam("wrapped")), rewrapped)
    credential_rows.rewrap(transaction, new)
    digest_keys.rewrap(transaction, new)
    review_keys.rewrap(transaction, new)
    # They live for hours: whoever needs one again has it detected again.
    connection.execute(delete(temporary_faces))
    _note(connection, new, transaction.now_text)
    transaction.deleted = True
    return len(rewrapped)


def _adopt(connection: Connection, path: Path, now_text: str) -> MasterKey:
    adopted = connection.execute(select(sealing_state.c.master_key_id).with_for_update()).scalar_one()
    # Read again under the lock: another process may have made file and note in the meantime.
    key = _read(path)
    if key is not None and key.key_id == adopted:
        return key
    sealed = connection.execute(select(func.count()).select_from(subject_keys)).scalar_one()
    others = (credential_rows, digest_keys, review_keys)
    if sealed or any(rows.any_sealed(connection) for rows in others):
        what = "is missing" if key is None else f"holds key {key.key_id}"
        raise TemplateUnsealFailed(f"The key file {path} {what}; this database is sealed with key {adopted}.")
    key = create_key_file(path) if key is None else key
    _note(connection, key, now_text)
    return key


def _note(connection: Connection, key: MasterKey, now_text: str) -> None:
    connection.execute(update(sealing_state).values(master_key_id=key.key_id, adopted_at=now_text))


def _read(path: Path) -> MasterKey | None:
    try:
        return read_key_file(path)
    except FileNotFoundError:
        return None


def _keys_with_context() -> Select[tuple[object, ...]]:
    return select(
        subject_keys,
        subjects.c.name,
        galleries.c.model_name,
        galleries.c.model_digest,
        galleries.c.model_dimension,
    ).select_from(subject_keys.join(subjects).join(galleries, subjects.c.gallery_id == galleries.c.gallery_id))
