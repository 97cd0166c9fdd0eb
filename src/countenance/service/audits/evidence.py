"""Where scores are from: templates, through the fused engine, or a table of scores, as a bundle or a file holds it.

Rules kept here:

- Both give the same numbers: every count, list and search of one is that of the other (tested).
- A row is a usable photo of the material, in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from countenance.audit.allpairs import Request, compare_all
from countenance.audit.pair_counts import PairCounts
from countenance.audit.photo_set import PhotoSet
from countenance.audit.score_table import ScoreTable, count_scores
from countenance.audit.scores import pair_scores
from countenance.audit.subject_pairs import SubjectComparisons, subject_comparisons
from countenance.audit.templates import require_templates
from countenance.core.errors import AuditInputInvalid
from countenance.core.vocabulary import FloatArray

FloatNumbers = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]
#: Labels of the probes' side and, for two sets, of the references' side: subjects and groups.
Labels = tuple[Sequence[str], Sequence[str]]


class Evidence(Protocol):
    """Scores of every usable photo with every other, or of probes with references."""

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of probes and references; of one set, twice the same."""
        ...

    @property
    def one_set(self) -> bool:
        """Return whether one set is compared with itself."""
        ...

    @property
    def complete(self) -> bool:
        """Return whether every photo was compared with every other, so that searches are known."""
        ...

    def count(
        self, probes: Labels, references: Labels | None, request: Request, progress: Progress | None = None
    ) -> PairCounts:
        """Return the counts of all comparisons under these labels."""
        ...

    def comparisons(self, counts: PairCounts) -> SubjectComparisons:
        """Return the kept comparisons of one set by subject."""
        ...

    def scores(self, probe_rows: IntArray, reference_rows: IntArray) -> FloatNumbers:
        """Return the scores of some probes with some references, shape (probe rows, reference rows), float64."""
        ...

    def subset(self, probe_rows: IntArray, reference_rows: IntArray | None) -> Evidence:
        """Return the evidence of some photos only."""
        ...


class TemplateEvidence:
    """Scores from templates of one model."""

    def __init__(self, probes: FloatArray, references: FloatArray | None = None) -> None:
        require_templates(probes, rows=len(probes))
        if references is not None:
            require_templates(references, rows=len(references))
        self._probes, self._references = probes, references

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of probes and references."""
        return len(self._probes), len(self._probes if self._references is None else self._references)

    @property
    def one_set(self) -> bool:
        """Return whether one set is compared with itself."""
        return self._references is None

    @property
    def complete(self) -> bool:
        """Return whether every photo was compared with every other: always."""
        return True

    def count(
        self, probes: Labels, references: Labels | None, request: Request, progress: Progress | None = None
    ) -> PairCounts:
        """Return the counts of all comparisons, from the fused engine."""
        other = None if self._references is None or references is None else PhotoSet(self._references, *references)
        return compare_all(PhotoSet(self._probes, *probes), other, request, progress=progress)

    def comparisons(self, counts: PairCounts) -> SubjectComparisons:
        """Return the kept comparisons of one set by subject."""
        return subject_comparisons(counts)

    def scores(self, probe_rows: IntArray, reference_rows: IntArray) -> FloatNumbers:
        """Return exact scores, the same digits on every machine."""
        references = self._probes if self._references is None else self._references
        result = np.empty((probe_rows.size, reference_rows.size))
        for at, row in enumerate(probe_rows.tolist()):
            result[at] = pair_scores(self._probes, references, np.full(reference_rows.size, row), reference_rows)
        return result

    def subset(self, probe_rows: IntArray, reference_rows: IntArray | None) -> TemplateEvidence:
        """Return the templates of some photos only."""
        if self._references is None or reference_rows is None:
            return TemplateEvidence(self._probes[probe_rows])
        return TemplateEvidence(self._probes[probe_rows], self._references[reference_rows])


class TableEvidence:
    """Scores as a table of comparisons: a bundle's, a file's or a vendor's."""

    def __init__(self, table: ScoreTable) -> None:
        self._table = table
        rows = len(table.probe_subjects)
        columns = rows if table.reference_subjects is None else len(table.reference_subjects)
        self._shape = (rows, columns)
        self._matrix: FloatNumbers | None = None

    @property
    def table(self) -> ScoreTable:
        """Return the comparisons themselves."""
        return self._table

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of probes and references."""
        return self._shape

    @property
    def one_set(self) -> bool:
        """Return whether one set is compared with itself."""
        return self._table.reference_subjects is None

    @property
    def complete(self) -> bool:
        """Return whether every photo was compared with every other, each pair once."""
        rows, columns = self._shape
        return self._table.score.size == (rows * (rows - 1) // 2 if self.one_set else rows * columns)

    def count(
        self, probes: Labels, references: Labels | None, request: Request, progress: Progress | None = None
    ) -> PairCounts:
        """Return the counts of all comparisons in the table."""
        groups = dict(zip(*probes, strict=True))
        if references is not None:
            groups |= dict(zip(*references, strict=True))
        counted = count_scores(self._table, groups, request)
        if progress is not None:
            progress(self._table.score.size, self._table.score.size)
        return counted

    def comparisons(self, counts: PairCounts) -> SubjectComparisons:
        """Return the kept comparisons of one set by subject."""
        return subject_comparisons(counts)

    def scores(self, probe_rows: IntArray, reference_rows: IntArray) -> FloatNumbers:
        """Return the scores as they stand in the table.

        Raises:
            AuditInputInvalid: A pair asked for is not in the table.
        """
        if self._matrix is None:
            self._matrix = np.full(self._shape, np.nan)
            self._matrix[self._table.probe, self._table.reference] = self._table.score
            if self.one_set:
                self._matrix[self._table.reference, self._table.probe] = self._table.score
        chosen = self._matrix[np.ix_(probe_rows, reference_rows)]
        if np.isnan(chosen).any():
            raise AuditInputInvalid(
                "The table does not hold every comparison a search needs.",
                remedy="Score every probe with every reference, or leave searches out.",
            )
        return np.asarray(chosen)

    def subset(self, probe_rows: IntArray, reference_rows: IntArray | None) -> TableEvidence:
        """Return the comparisons of some photos only."""
        table = self._table
        columns = probe_rows if table.reference_subjects is None or reference_rows is None else reference_rows
        probe_place, reference_place = _places(self._shape[0], probe_rows), _places(self._shape[1], columns)
        kept = (probe_place[table.probe] >= 0) & (reference_place[table.reference] >= 0)
        references = table.reference_subjects
        return TableEvidence(
            ScoreTable(
                probe_subjects=[table.probe_subjects[at] for at in probe_rows.tolist()],
                reference_subjects=None if references is None else [references[at] for at in columns.tolist()],
                probe=probe_place[table.probe[kept]],
                reference=reference_place[table.reference[kept]],
                score=table.score[kept],
                edges=table.edges,
            )
        )


def _places(count: int, rows: IntArray) -> npt.NDArray[np.int32]:
    places = np.full(count, -1, dtype=np.int32)
    places[rows] = np.arange(rows.size, dtype=np.int32)
    return places
