"""The best subjects seen so far in one search, and the score below which nothing can change the answer any more.

Rules kept here:

- One entry a subject: its most similar reference.
- The order is total: similarity descending, then subject, then reference identifier. Equal input gives equal output,
  however it was cut into blocks and in whatever order it was offered.
- What is kept is bounded by what was asked for, not by how many references reach the threshold.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from countenance.core.comparison import meets
from countenance.gallery.reference_table import ReferenceTable

Rows = npt.NDArray[np.intp]
Scores = npt.NDArray[np.float64]


class Shortlist:
    """Collects rows with their scores and keeps the best reference of each of the best ``keep`` subjects.

    Args:
        table: Whose rows are offered.
        threshold_value: Rows below it are not candidates; -inf where there is no threshold.
        keep: How many subjects are kept, at least 1.
    """

    __slots__ = ("_pending", "_rows", "_scores", "_table", "cut", "keep")

    def __init__(self, table: ReferenceTable, *, threshold_value: float, keep: int) -> None:
        self._table = table
        self.keep = keep
        self._rows: list[Rows] = [np.empty(0, dtype=np.intp)]
        self._scores: list[Scores] = [np.empty(0, dtype=np.float64)]
        self._pending = 0
        # What a row must meet to matter: the threshold, later the last kept subject's score. It only rises.
        self.cut = threshold_value

    def offer(self, rows: Rows, scores: Scores) -> None:
        """Take rows (numbers in the table) with their scores. Offering a row twice changes nothing."""
        reached = meets(scores, self.cut)
        if not reached.any():
            return
        rows, scores = rows[reached], scores[reached]
        self._rows.append(rows)
        self._scores.append(scores)
        self._pending += len(rows)
        # Settling after `keep` new rows costs each row a constant number of sorts.
        if self._pending >= self.keep:
            self._settle()

    def best(self) -> tuple[Rows, Scores]:
        """Return rows and scores of the kept subjects, in order."""
        self._settle()
        return self._rows[0], self._scores[0]

    def _settle(self) -> None:
        rows, scores = np.concatenate(self._rows), np.concatenate(self._scores)
        chosen = self._best_of_each_subject(rows, scores)
        rows, scores = rows[chosen], scores[chosen]
        order = np.lexsort((self._table.subject_of_row[rows], -scores))[: self.keep]
        rows, scores = rows[order], scores[order]
        self._rows, self._scores, self._pending = [rows], [scores], 0
        if len(rows) == self.keep:
            self.cut = float(scores[-1])

    def _best_of_each_subject(self, rows: Rows, scores: Scores) -> Rows:
        """Return one position a subject: highest score, of equal ones the lowest reference identifier."""
        subject = self._table.subject_of_row[rows]
        order = np.lexsort((-scores, subject))
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = subject[order[1:]] != subject[order[:-1]]
        group = np.cumsum(first) - 1
        best = order[first]
        tied = scores[order] == scores[best][group]
        if np.count_nonzero(tied) > len(best):
            shared = tied & (np.bincount(group[tied])[group] > 1)
            self._settle_ties(best, rows, zip(group[shared].tolist(), order[shared].tolist(), strict=True))
        return best

    def _settle_ties(self, best: Rows, rows: Rows, contenders: Iterable[tuple[int, int]]) -> None:
        """Put into ``best`` the position with the lowest reference identifier of each group named."""
        at = self._table.reference_ids.at
        lowest: dict[int, str] = {}
        for group, position in contenders:
            identifier = at(int(rows[position]))
            if group not in lowest or identifier < lowest[group]:
                lowest[group] = identifier
                best[group] = position
