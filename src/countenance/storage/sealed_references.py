"""Rows of stored references beside what opens them, and the reference in one."""

from __future__ import annotations

from sqlalchemy import Row, Select, select

from countenance.core.vocabulary import Reference
from countenance.storage.tables import stored_references, subject_keys, subjects
from countenance.storage.template_sealing import SubjectKey


def sealed_references() -> Select[tuple[object, ...]]:
    """Return the query for references, each with its subject's name and wrapped key."""
    return select(
        stored_references.c.reference_id,
        stored_references.c.subject_id,
        stored_references.c.sealed_template,
        stored_references.c.source_sha256,
        stored_references.c.source_name,
        subjects.c.name,
        subject_keys.c.wrapped_key,
    ).select_from(stored_references.join(subjects).join(subject_keys))


def opened(row: Row[tuple[object, ...]], key: SubjectKey) -> Reference:
    """Return the reference of a row of ``sealed_references``.

    Args:
        row: The row.
        key: Its subject's key.

    Raises:
        TemplateUnsealFailed: The template cannot be opened with it.
    """
    return Reference(
        reference_id=row.reference_id,
        subject=row.name,
        template=key.unseal(row.reference_id, row.sealed_template),
        source_sha256=row.source_sha256,
        source_name=row.source_name,
    )
