"""Every probe searched in a gallery: who else is returned, and where the mate stands.

Rules kept here:

- A candidate is a person, by that person's most similar reference.
- Scores are float64 products, as in a calibration.
- What is kept of a search: counts at thresholds, the highest other people's scores and the mate's; never the matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.photo_set import PhotoSet, PreparedSets, prepare
from countenance.core.comparison import meets
from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]

#: Scores held at a time (8 bytes each).
SCORES_PER_BLOCK = 4_000_000
#: Most similar other people kept of each search, for FPIR at any threshold.
CANDIDATES_KEPT = 100


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
        gallery_group: Group code of each of them.
        others: People in the gallery who are not the probe's subject.
        candidate_scores: Similarity of the most similar other people, highest first, shape (probes, kept).
        thresholds: Ascending.
        candidates: Other people at or above each threshold, by their group, shape (probes, groups, t).
        mate_score: Similarity of the mate's most similar reference; NaN without a mate.
        mate_rank: 1 + other people at or above the mate's similarity; 0 without a mate.
    """

    groups: tuple[str, ...]
    group: IntArray = field(repr=False)
    subject: IntArray = field(repr=False)
    mated: npt.NDArray[np.bool_] = field(repr=False)
    non_mated: npt.NDArray[np.bool_] = field(repr=False)
    enrolled: int
    gallery_group: IntArray = field(repr=False)
    others: IntArray = field(repr=False)
    candidate_scores: FloatNumbers = field(repr=False)
    thresholds: FloatNumbers
    candidates: IntArray = field(repr=False)
    mate_score: FloatNumbers = field(repr=False)
    mate_rank: IntArray = field(repr=False)

    def false_positive_rate_at(self, threshold: float, enrolled: int) -> float:
        """Return FPIR at any threshold, averaged over all sub-galleries of ``enrolled`` people; never understated.

        A search whose kept candidates all reach the threshold may have more: it counts as a false positive for sure.

        Raises:
            AuditInputInvalid: More people than the gallery holds, or no non-mated search.
        """
        scores, others = self.candidate_scores[self.non_mated], self.others[self.non_mated]
        if not others.size:
            raise AuditInputInvalid("There is no non-mated search.", remedy="Search people who are not enrolled.")
        reached = meets(scores, threshold).sum(axis=1)
        chances = chance_of_any(reached, others, enrolled)
        return float(np.where((reached == scores.shape[1]) & (reached < others), 1.0, chances).mean())


def chance_of_any(reached: IntArray, others: IntArray, enrolled: int) -> FloatNumbers:
    """Return the chance that a random sub-gallery of ``enrolled`` people holds one of the candidates of each search.

    Args:
        reached: Candidates in the whole gallery, by search.
        others: Other people in the whole gallery, by search.
        enrolled: People in the sub-gallery; the whole gallery's number stands for all others.

    Raises:
        AuditInputInvalid: Fewer than one person, or more than the gallery searched holds.

    Source: hypergeometric distribution, 1 - C(G - k, N) / C(G, N) = 1 - Π_{i<k} (G - N - i) / (G - i).
    """
    # A mate's place is empty for its own search: with the whole gallery enrolled, one person less is met.
    if not 1 <= enrolled <= int(others.max(initial=0)):
        raise AuditInputInvalid(
            f"The gallery searched holds {int(others.max(initial=0)):,} other people; FPIR among {enrolled:,} was not "
            "measured.",
            remedy="Ask for a gallery no larger than the one searched.",
        )
    chances = np.empty(reached.size)
    for total in np.unique(others).tolist():
        of_total = others == total
        index = np.arange(int(reached[of_total].max()))
        left = np.maximum(0, total - min(enrolled, total) - index) / (total - index)
        missed = np.concatenate([[1.0], np.cumprod(left)])
        chances[of_total] = 1.0 - missed[reached[of_total]]
    return chances


def search_all(
    probes: PhotoSet,
    gallery: PhotoSet,
    thresholds: Sequence[float],
    *,
    take_mates_out: bool = False,
    candidates_kept: int = CANDIDATES_KEPT,
    progress: Callable[[int, int], None] | None = None,
) -> SearchOutcomes:
    """Return what every probe's search of the gallery comes to.

    Args:
        probes: Photos to search with.
        gallery: Photos of enrolled people; several photos of a person are one candidate.
        thresholds: Similarities to count candidates at.
        take_mates_out: Also count each mated search as a non-mated one in a gallery without the mate.
        candidates_kept: Most similar other people kept of each search.
        progress: Called with (probes searched, probes).

    Raises:
        AuditInputInvalid: Templates or labels that cannot be used, or a threshold that is not a number.
    """
    sets = prepare(probes, gallery)
    gallery_vectors = sets.references.vectors.astype(np.float64)

    def products(start: int, stop: int) -> FloatNumbers:
        return np.asarray(sets.probes.vectors[start:stop].astype(np.float64) @ gallery_vectors.T)

    return search_scores(
        sets, products, thresholds, take_mates_out=take_mates_out, candidates_kept=candidates_kept, progress=progress
    )


def search_scores(
    sets: PreparedSets,
    block: Callable[[int, int], FloatNumbers],
    thresholds: Sequence[float],
    *,
    take_mates_out: bool = False,
    candidates_kept: int = CANDIDATES_KEPT,
    progress: Callable[[int, int], None] | None = None,
) -> SearchOutcomes:
    """Return what every probe's search comes to, from scores wherever they are from.

    Args:
        sets: Probes and gallery, sorted.
        block: Scores of the sorted probes from the first up to, not including, the second position, with all sorted
            references, shape (probes, references); the array may be written to.
        thresholds: As for ``search_all``, like the rest.
        take_mates_out: Likewise.
        candidates_kept: Likewise.
        progress: Likewise.

    Raises:
        AuditInputInvalid: A threshold is not a number.
    """
    ascending = np.sort(np.asarray(thresholds, dtype=np.float64))
    if not np.isfinite(ascending).all():
        raise AuditInputInvalid("A threshold is not a number.", remedy="Give similarities between -1 and 1.")
    searched = _Search(sets, ascending, candidates_kept)
    rows = max(1, SCORES_PER_BLOCK // sets.references.subject.size)
    total = sets.probes.subject.size
    for start in range(0, total, rows):
        stop = min(start + rows, total)
        searched.do(start, stop, block(start, stop))
        if progress is not None:
            progress(stop, total)
    return searched.outcomes(take_mates_out=take_mates_out)


class _Search:
    def __init__(self, sets: PreparedSets, thresholds: FloatNumbers, candidates_kept: int) -> None:
        self._sets, self._thresholds = sets, thresholds
        self._people, self._starts = np.unique(sets.references.subject, return_index=True)
        self._people_group = sets.subject_group[self._people]
        probes, groups = sets.probes.subject.size, len(sets.groups)
        self._kept = min(candidates_kept, self._people.size)
        self._scores = np.full((probes, self._kept), -np.inf)
        self._candidates = np.zeros((probes, groups, thresholds.size), dtype=np.int64)
        self._mate_score = np.full(probes, np.nan)
        self._mate_rank = np.zeros(probes, dtype=np.int64)

    def do(self, start: int, stop: int, scores: FloatNumbers) -> None:
        """Search the probes from position ``start`` up to ``stop`` by their scores with all references."""
        best = np.maximum.reduceat(scores, self._starts, axis=1)
        subject = self._sets.probes.subject[start:stop]
        own = np.searchsorted(self._people, subject)
        mated = np.flatnonzero(self._people[np.minimum(own, self._people.size - 1)] == subject)
        mate = best[mated, own[mated]]
        best[mated, own[mated]] = -np.inf
        self._mate_score[start + mated] = mate
        self._mate_rank[start + mated] = 1 + (best[mated] >= mate[:, None]).sum(axis=1)
        for at, threshold in enumerate(self._thresholds.tolist()):
            row, person = np.nonzero(meets(best, threshold))
            np.add.at(self._candidates[start:stop, :, at], (row, self._people_group[person]), 1)
        highest = np.partition(best, self._people.size - self._kept, axis=1)[:, self._people.size - self._kept :]
        self._scores[start:stop] = np.sort(highest, axis=1)[:, ::-1]

    def outcomes(self, *, take_mates_out: bool) -> SearchOutcomes:
        """Return the outcomes in the order the probes were given."""
        back = np.argsort(self._sets.probes.row, kind="stable")
        mated = self._mate_rank[back] > 0
        return SearchOutcomes(
            groups=self._sets.groups,
            group=self._sets.probes.group[back],
            subject=self._sets.probes.subject[back],
            mated=mated,
            non_mated=np.ones_like(mated) if take_mates_out else ~mated,
            enrolled=int(self._people.size),
            gallery_group=self._people_group,
            others=self._people.size - mated.astype(np.int64),
            candidate_scores=self._scores[back],
            thresholds=self._thresholds,
            candidates=self._candidates[back],
            mate_score=self._mate_score[back],
            mate_rank=self._mate_rank[back],
        )
