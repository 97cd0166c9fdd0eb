"""The columns of a gallery in memory: one float32 matrix and the names of its rows, gathered from a stream.

Rules kept here:

- References are read once and none is kept: a row is copied out and the object is let go.
- A template of another model identity is refused, whatever its dimension.
- Subjects are numbered in the order of their names, so that ties are settled by comparing numbers.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import FloatArray, Reference

#: Rows allotted before the first reference arrives, where the stream does not say how long it is.
FIRST_ROWS = 1024
#: Growth of a full matrix. The surplus is given back at the end, so this is also the peak over the final size.
GROWTH = 1.25


@dataclass(frozen=True, slots=True, eq=False)
class PackedStrings:
    """A column of strings laid end to end: their UTF-8 length plus 8 bytes each, where a ``str`` takes 49 more.

    Attributes:
        text: All strings, UTF-8.
        ends: Where each string ends in ``text``, int64.
    """

    text: bytearray = field(repr=False)
    ends: npt.NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ends)

    def at(self, row: int) -> str:
        """Return the string of one row, counted from 0; never negative."""
        start = int(self.ends[row - 1]) if row else 0
        return self.text[start : int(self.ends[row])].decode()


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceTable:
    """All references of a gallery, one a row. Nothing in it changes after it is made.

    Attributes:
        matrix: Templates, float32, shape (references, dimension), contiguous, read-only.
        subject_of_row: Number of each row's subject, int32, shape (references,).
        subjects: Names by number, ascending.
        references_of_subject: Number of rows of each subject, int64, shape (subjects,).
        reference_ids: Identifier of each row.
    """

    matrix: FloatArray = field(repr=False)
    subject_of_row: npt.NDArray[np.int32] = field(repr=False)
    subjects: tuple[str, ...] = field(repr=False)
    references_of_subject: npt.NDArray[np.int64] = field(repr=False)
    reference_ids: PackedStrings = field(repr=False)

    @property
    def memory_bytes(self) -> int:
        """Return the bytes of the matrix, the identifiers and the subjects' names."""
        ids = len(self.reference_ids.text) + self.reference_ids.ends.nbytes
        names = self.subjects.__sizeof__() + sum(name.__sizeof__() for name in self.subjects)
        return self.matrix.nbytes + self.subject_of_row.nbytes + self.references_of_subject.nbytes + ids + names


def collect_references(references: Iterable[Reference], model: ModelIdentity) -> ReferenceTable:
    """Return the table of a stream of references, read once.

    Memory peaks at the final table, or at 1.25 times its matrix where the stream does not know its length.

    Raises:
        ModelMismatch: A template is of another model.
    """
    matrix = np.empty((operator.length_hint(references, FIRST_ROWS), model.dimension), dtype=np.float32)
    numbers: dict[str, int] = {}
    subject_of_row = array("i")
    text = bytearray()
    ends = array("q")
    for row, reference in enumerate(references):
        model.require_same(reference.template.model)
        if row == len(matrix):
            # In place, so there is never a second copy; no view of the matrix exists yet that could be left behind.
            matrix.resize((int(row * GROWTH) + FIRST_ROWS, model.dimension), refcheck=False)
        matrix[row] = reference.template.vector
        subject_of_row.append(numbers.setdefault(reference.subject, len(numbers)))
        text += reference.reference_id.encode()
        ends.append(len(text))
    matrix.resize((len(ends), model.dimension), refcheck=False)
    matrix.setflags(write=False)

    names = list(numbers)
    by_name = sorted(range(len(names)), key=names.__getitem__)
    number_by_name = np.empty(len(names), dtype=np.int32)
    number_by_name[by_name] = np.arange(len(names), dtype=np.int32)
    numbered = number_by_name[np.frombuffer(subject_of_row, dtype=np.int32)]
    return ReferenceTable(
        matrix=matrix,
        subject_of_row=numbered,
        subjects=tuple(names[number] for number in by_name),
        references_of_subject=np.bincount(numbered, minlength=len(names)),
        reference_ids=PackedStrings(text=text, ends=np.frombuffer(ends, dtype=np.int64)),
    )
