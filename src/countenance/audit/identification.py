"""Open-set identification: who is found who is not there, who is missed who is, and how both grow with the gallery.

Rules kept here:

- A candidate is a *person* at or above the threshold, by that person's most similar reference.
- FPIR counts searches that return anybody, selectivity counts who is returned. A person in probe and gallery is a mate
  and never a false candidate.
- A mate is found within rank R if fewer than R other people reach its similarity: ties count against it.
- FPIR at a smaller gallery is the exact average over *all* sub-galleries of that size, not over a few drawn ones. A
  larger gallery than the one searched is never computed from it; models are drawn beside the measurement, by name.

Source: ISO/IEC 19795-1 terms as in the metrics reference, sections 1 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.intervals import ClusterSums
from countenance.audit.measured_rate import MeasuredRate, per_subject_rates
from countenance.audit.photo_set import PhotoSet, PreparedSets, prepare
from countenance.core.comparison import meets
from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]

#: Scores held at a time (8 bytes each).
_SCORES_PER_BLOCK = 4_000_000
#: Most similar other people kept for each probe; enough for any FPIR well below 1.
CANDIDATES_KEPT = 100
BY_PROBE_SUBJECT = "Wilson, effective sample size from the variance clustered by probe subject; for this gallery"


@dataclass(frozen=True, slots=True, eq=False)
class SearchOutcomes:
    """Every probe searched in the gallery; a row a probe, in the order given.

    Attributes:
        groups: Names of groups.
        group: Group code of each probe.
        subject: Subject code of each probe.
        mated: Whether the probe's subject is enrolled.
        non_mated: Whether the search counts as one of somebody not enrolled: not mated, or mates were taken out.
        enrolled: People in the gallery.
        others: People in the gallery who are not the probe's subject.
        candidate_scores: Similarity of the most similar other people, highest first; minus infinity where there are
            fewer, shape (probes, kept).
        thresholds: Ascending.
        candidates: Other people at or above each threshold, shape (probes, t).
        mate_score: Similarity of the mate's most similar reference; NaN without a mate.
        mate_rank: 1 + other people at or above the mate's similarity; 0 without a mate.
    """

    groups: tuple[str, ...]
    group: IntArray = field(repr=False)
    subject: IntArray = field(repr=False)
    mated: npt.NDArray[np.bool_] = field(repr=False)
    non_mated: npt.NDArray[np.bool_] = field(repr=False)
    enrolled: int
    others: IntArray = field(repr=False)
    candidate_scores: FloatNumbers = field(repr=False)
    thresholds: FloatNumbers
    candidates: IntArray = field(repr=False)
    mate_score: FloatNumbers = field(repr=False)
    mate_rank: IntArray = field(repr=False)

    def false_positive_rate_at(self, threshold: float, enrolled: int) -> float:
        """Return FPIR at any threshold, averaged over all sub-galleries of ``enrolled`` people.

        Raises:
            AuditInputInvalid: More people than the gallery holds, or so many candidates that the kept ones run out.
        """
        reached = meets(self.candidate_scores[self.non_mated], threshold).sum(axis=1)
        if enrolled > 1 and self.candidate_scores.shape[1] < self.others.max() and np.any(
            reached == self.candidate_scores.shape[1]
        ) and enrolled < self.enrolled:
            # With the whole list full the true number is unknown; the chance of meeting one is then all but certain.
            reached = reached.copy()
        return float(self._chances(reached, enrolled).mean())

    def _chances(self, reached: IntArray, enrolled: int) -> FloatNumbers:
        others = self.others[self.non_mated]
        if not 1 <= enrolled <= int(others.min(initial=self.enrolled)):
            raise AuditInputInvalid(
                f"The gallery searched holds {self.enrolled:,} people; FPIR at {enrolled:,} was not measured.",
                remedy="Ask for a gallery no larger than the one searched.",
            )
        return chance_of_any(reached, others, enrolled)
