"""Searches of a gallery from rows of scores, where every probe was compared with everybody in it.

Rules kept here:

- FPIR and FNIR are about whole galleries. A list of candidates cut at a rank or a score hides how many other people
  there are and where a mate stands; no identification rate is made of one, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from countenance.audit.score_table import ScoreTable, prepare_table
from countenance.audit.search_outcomes import CANDIDATES_KEPT, SearchOutcomes, search_scores

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NotSearched:
    """Why a file gives no identification rates.

    Attributes:
        reason: One sentence.
    """

    reason: str


def not_searched(table: ScoreTable) -> NotSearched | None:
    """Return why the comparisons are not searches of a whole gallery, or None if they are."""
    if table.reference_subjects is None:
        return NotSearched(
            "The file compares one set of photos with itself, so there is no gallery apart from the probes; "
            "identification rates need probes and a gallery."
        )
    probes, references = len(table.probe_subjects), len(table.reference_subjects)
    met = np.bincount(table.probe, minlength=probes)
    short = int(np.count_nonzero(met != references))
    if short:
        return NotSearched(
            f"{short:,} of {probes:,} probes were not compared with each of the {references:,} references; who else "
            "would have been returned is not known, so identification rates are not given."
        )
    return None


def score_searches(
    table: ScoreTable,
    groups: Mapping[str, str],
    thresholds: Sequence[float],
    *,
    take_mates_out: bool = False,
    candidates_kept: int = CANDIDATES_KEPT,
) -> SearchOutcomes | NotSearched:
    """Return every probe's search of the references, or why the rows are no such searches.

    Args:
        table: The comparisons.
        groups: Group of every subject.
        thresholds: Scores to count candidates at.
        take_mates_out: Also count each mated search as a non-mated one in a gallery without the mate.
        candidates_kept: Most similar other people kept of each search.

    Raises:
        AuditInputInvalid: Labels that cannot be used, or a threshold that is not a number.
    """
    reason = not_searched(table)
    if reason is not None:
        return reason
    sets = prepare_table(table, groups)
    probes, references = sets.probes.row.size, sets.references.row.size
    matrix = np.empty((probes, references))
    # Scores at the place of their photos in the sorted sides; complete and without repetition, so all are filled.
    probe_place, reference_place = np.argsort(sets.probes.row), np.argsort(sets.references.row)
    matrix[probe_place[table.probe], reference_place[table.reference]] = table.score

    def block(start: int, stop: int) -> FloatNumbers:
        return matrix[start:stop].copy()

    return search_scores(sets, block, thresholds, take_mates_out=take_mates_out, candidates_kept=candidates_kept)
