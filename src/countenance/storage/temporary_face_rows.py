"""Rows of temporary faces: templates that a client of Azure Face may compare by identifier until their time is up.

Rules kept here:

- Each template is sealed under a key of its own, and the key goes with the row.
- A face past its time is not there, whether or not its row was deleted yet; whoever stores new ones deletes such rows.
- A face belongs to the case it was detected under; under another one it is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template
from countenance.storage import subject_keys
from countenance.storage.service_tables import temporary_faces
from countenance.storage.template_sealing import MasterKey, SubjectContext
from countenance.storage.transactions import Transaction, as_text, in_portions

#: Stands for the gallery in what a key is bound to: these faces are in none.
_NO_GALLERY = "temporary"


@dataclass(frozen=True, slots=True, eq=False)
class TemporaryFaceRow:
    """A temporary face.

    Attributes:
        face_id: Random UUID.
        recognition_model: Which of the vendor's models the client named.
        template: The face's template.
    """

    face_id: str
    recognition_model: str
    template: Template = field(repr=False)


def add(transaction: Transaction, case_id: str, faces: Sequence[TemporaryFaceRow], expires_at: datetime) -> None:
    """Store faces until a moment, and delete those whose time is up."""
    forget_expired(transaction)
    subject_keys.require_adopted(transaction)
    rows = []
    for face in faces:
        model = face.template.model
        key, wrapped = transaction.master_key.new_subject_key(_context(face.face_id, model))
        rows.append(
            {
                "face_id": face.face_id,
                "case_id": case_id,
                "recognition_model": face.recognition_model,
                "model_name": model.name,
                "model_digest": model.digest,
                "model_dimension": model.dimension,
                "wrapped_key": wrapped,
                "sealed_template": key.seal(face.face_id, face.template),
                "expires_at": as_text(expires_at),
            }
        )
    if rows:
        transaction.connection.execute(insert(temporary_faces), rows)


def find(
    connection: Connection, master_key: MasterKey, case_id: str, face_ids: Sequence[str], now_text: str
) -> dict[str, TemporaryFaceRow]:
    """Return identifier → face for those of a case whose time is not up.

    Raises:
        TemplateUnsealFailed: A template cannot be opened.
    """
    found: dict[str, TemporaryFaceRow] = {}
    for some in in_portions(sorted(set(face_ids))):
        statement = select(temporary_faces).where(
            temporary_faces.c.face_id.in_(some),
            temporary_faces.c.case_id == case_id,
            temporary_faces.c.expires_at > now_text,
        )
        for row in connection.execute(statement):
            model = ModelIdentity(row.model_name, row.model_digest, row.model_dimension)
            key = master_key.open_subject_key(row.wrapped_key, _context(row.face_id, model))
            template = key.unseal(row.face_id, row.sealed_template)
            found[row.face_id] = TemporaryFaceRow(row.face_id, row.recognition_model, template)
    return found


def forget_expired(transaction: Transaction) -> int:
    """Delete the faces whose time is up and return how many there were."""
    gone = delete(temporary_faces).where(temporary_faces.c.expires_at <= transaction.now_text)
    count = transaction.connection.execute(gone).rowcount
    if count:
        transaction.deleted = True
    return count


def _context(face_id: str, model: ModelIdentity) -> SubjectContext:
    return SubjectContext(_NO_GALLERY, face_id, face_id, model)
