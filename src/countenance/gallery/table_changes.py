"""A table of references with some rows gone and some new, made of the old one without reading it all again.

The old table stays as it is, for those who are searching it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Reference
from countenance.gallery.reference_table import PackedStrings, ReferenceTable


def identifiers(table: ReferenceTable) -> list[str]:
    """Return the identifier of each row."""
    ids = table.reference_ids
    text = bytes(ids.text)
    ends = ids.ends.tolist()
    return [text[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]


def changed_table(
    table: ReferenceTable, gone: Set[str], added: Sequence[Reference], model: ModelIdentity
) -> ReferenceTable:
    """Return a table with the rows of a table but for those gone, and new ones behind them.

    Raises:
        ModelMismatch: A new template is of another model.
    """
    for reference in added:
        model.require_same(reference.template.model)
    ids = identifiers(table)
    kept = np.fromiter((identifier not in gone for identifier in ids), dtype=bool, count=len(ids))
    new_vectors = np.empty((len(added), model.dimension), dtype=np.float32)
    for row, reference in enumerate(added):
        new_vectors[row] = reference.template.vector
    old_vectors, old_subjects = (
        (table.matrix, table.subject_of_row) if kept.all() else (table.matrix[kept], table.subject_of_row[kept])
    )
    matrix = np.concatenate([old_vectors, new_vectors])
    matrix.setflags(write=False)

    left = np.unique(old_subjects)
    old_names = [table.subjects[number] for number in left.tolist()]
    names = sorted({*old_names, *(reference.subject for reference in added)})
    numbers = {name: number for number, name in enumerate(names)}
    renumbered = np.zeros(len(table.subjects), dtype=np.int32)
    renumbered[left] = [numbers[name] for name in old_names]
    new_subjects = np.array([numbers[reference.subject] for reference in added], dtype=np.int32)
    subject_of_row = np.concatenate([renumbered[old_subjects], new_subjects])
    left_ids = [identifier for identifier, stays in zip(ids, kept.tolist(), strict=True) if stays]
    return ReferenceTable(
        matrix=matrix,
        subject_of_row=subject_of_row,
        subjects=tuple(names),
        references_of_subject=np.bincount(subject_of_row, minlength=len(names)),
        reference_ids=_packed([*left_ids, *(reference.reference_id for reference in added)]),
    )


def _packed(strings: list[str]) -> PackedStrings:
    encoded = [string.encode() for string in strings]
    ends = np.cumsum(np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded)))
    return PackedStrings(text=bytearray(b"".join(encoded)), ends=ends)
