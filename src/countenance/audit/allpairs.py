"""Every comparison of a set of photos, streamed: histograms by pair of groups, exact counts, the highest pairs.

Rules kept here:

- A comparison is a match if its score is at or above the threshold; the score is ``scores.pair_scores``.
- Comparisons of one person are mated, in one set and between two, and never a false match.
- Counts do not depend on the shape of tiles or the number of threads (see ``tile_scores``).
- Memory: one tile a thread, the tables, and the pairs asked for. Kept pairs have a limit that is an error, not a cut.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from countenance.audit.blas_threads import single_threaded_products
from countenance.audit.mated_scores import mated_counts
from countenance.audit.pair_counts import PairCounts, PairList, Tally, mirrored, non_mated_trials
from countenance.audit.pair_trials import complete_trials
from countenance.audit.photo_set import PhotoSet, PreparedSets, SortedPhotos, prepare
from countenance.audit.tile_scores import BINS, EDGES, LeftOut, TilePairs, TileScorer
from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]

#: Most photos along the sides of a tile (tiles end where a subject ends, and share a group evenly): 29 MB a thread.
TILE_ROWS = 2048
TILE_COLUMNS = 2048
#: Photos along the sides of the corner of a tile that shows how high the highest pairs are at least.
_CORNER = 256
#: Kept pairs above which a floor is refused: 24 bytes each.
KEPT_LIMIT = 20_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What to keep of all comparisons, and how to go about it.

    Attributes:
        thresholds: Similarities to count at exactly, with the sums variances need.
        keep_from: Keep every non-mated comparison at or above this similarity; None keeps none.
        highest: Number of highest non-mated comparisons to list.
        tile: Photos along the sides of a tile; changes speed and memory, never a count.
        workers: Threads; the machine's processors when None. Changes speed only.
        kept_limit: More kept comparisons than this are refused.
    """

    thresholds: Sequence[float] = ()
    keep_from: float | None = None
    highest: int = 0
    tile: tuple[int, int] = (TILE_ROWS, TILE_COLUMNS)
    workers: int | None = None
    kept_limit: int = KEPT_LIMIT


@dataclass(frozen=True, slots=True)
class _Tile:
    rows: range
    columns: range
    groups: tuple[int, int]

    @property
    def size(self) -> int:
        return len(self.rows) * len(self.columns)


def compare_all(
    probes: PhotoSet,
    references: PhotoSet | None = None,
    request: Request | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> PairCounts:
    """Return the counts of all comparisons of one set, or of probes against references.

    Args:
        probes: The set, or the probes.
        references: The references, if they are another set; people in both are mated.
        request: What to keep; histograms only when omitted.
        progress: Called from a worker thread with (scores computed, scores to compute).

    Raises:
        AuditInputInvalid: Templates, labels or parameters that cannot be used, no non-mated comparison, or more pairs
            above ``keep_from`` than the limit.
    """
    wanted = Request() if request is None else request
    _require_possible(wanted)
    sets = prepare(probes, references)
    trials = non_mated_trials(sets)
    if not trials.any():
        raise AuditInputInvalid("There is only one person: no comparison is non-mated.", remedy="Add other people.")
    run = _Run(sets, wanted, progress)
    run.do()
    kept, highest = run.pairs()
    tally = run.tally
    return PairCounts(
        sets=sets,
        non_mated=trials,
        histogram=mirrored(run.histogram, sets.one_set),
        edges=EDGES,
        trials=complete_trials(sets),
        at_thresholds=tally.counts(),
        mated=mated_counts(sets, tally.thresholds),
        kept=kept,
        kept_from=np.inf if wanted.keep_from is None else wanted.keep_from,
        highest=highest,
    )


def _require_possible(request: Request) -> None:
    similarities = [*request.thresholds, *([] if request.keep_from is None else [request.keep_from])]
    if not all(np.isfinite(value) for value in similarities):
        raise AuditInputInvalid("A threshold is not a number.", remedy="Give similarities between -1 and 1.")
    if min(request.tile) < 1 or request.highest < 0 or (request.workers is not None and request.workers < 1):
        raise AuditInputInvalid(
            "Tiles need at least one photo a side, the list of highest pairs at least none, and work one thread.",
            remedy="Leave them at their defaults.",
        )


def tiles(sets: PreparedSets, shape: tuple[int, int]) -> Iterator[_Tile]:
    """Yield the tiles to compute: within one pair of groups, whole subjects, each comparison in one tile."""
    for rows, probe_group in _spans(sets.probes, shape[0]):
        for columns, reference_group in _spans(sets.references, shape[1]):
            # In one set the comparisons of later with earlier positions are the same ones again.
            if not sets.one_set or columns.stop - 1 > rows.start:
                yield _Tile(rows, columns, (probe_group, reference_group))


def _spans(side: SortedPhotos, length: int) -> list[tuple[range, int]]:
    """Return ranges of positions of about ``length`` that end where a subject ends and stay within a group."""
    ends = np.flatnonzero(np.diff(side.subject, append=-1)) + 1
    spans: list[tuple[range, int]] = []
    start = 0
    while start < side.subject.size:
        group = int(side.group[start])
        group_end = int(np.searchsorted(side.group, group, side="right"))
        left = group_end - start
        even = -(-left // -(-left // length))
        fitting = ends[(ends > start) & (ends <= min(start + even, group_end))]
        stop = int(fitting[-1]) if fitting.size else int(ends[np.searchsorted(ends, start, side="right")])
        spans.append((range(start, stop), group))
        start = stop
    return spans


class _Run:
    """One pass over all tiles: what threads share, under one lock."""

    def __init__(self, sets: PreparedSets, request: Request, progress: Callable[[int, int], None] | None) -> None:
        self._sets, self._request, self._progress = sets, request, progress
        self._tiles = list(tiles(sets, request.tile))
        self._total = sum(tile.size for tile in self._tiles)
        self._waiting = iter(self._tiles)
        self._done = 0
        self._lock = threading.Lock()
        groups = len(sets.groups)
        self.histogram = np.zeros((groups, groups, BINS), dtype=np.int64)
        self.tally = Tally(sets, request.thresholds)
        self._kept: list[TilePairs] = []
        self._kept_count = 0
        self._highest: list[TilePairs] = []

    def do(self) -> None:
        """Compute every tile."""
        workers = min(self._request.workers or os.cpu_count() or 1, len(self._tiles))
        with single_threaded_products(), ThreadPoolExecutor(workers) as pool:
            for outcome in [pool.submit(self._work) for _ in range(workers)]:
                outcome.result()

    def pairs(self) -> tuple[PairList, PairList]:
        """Return the kept pairs and the highest ones."""
        return (
            _listed(self._sets, _joined(self._kept), None),
            _listed(self._sets, _joined(self._highest), self._request.highest),
        )

    def _work(self) -> None:
        scorer = TileScorer(
            self._sets.probes.vectors, self._sets.references.vectors, max(tile.size for tile in self._tiles)
        )
        best = _Best(self._request.highest)
        while (tile := self._next()) is not None:
            if not np.isfinite(best.floor):
                best.floor = self._first_floor(scorer, tile, best.count)
            floor = min([self._kept_from, best.floor, *self.tally.thresholds[:1].tolist()])
            histogram = scorer.score(tile.rows, tile.columns, self._left_out(tile), floor)
            pairs = None
            if floor < np.inf:
                pairs = scorer.pairs(self.tally.thresholds, min(self._kept_from, best.floor))
                best.offer(pairs)
            with self._lock:
                self._merge(tile, histogram, pairs)
        with self._lock:
            self._highest.append(best.pairs)

    @property
    def _kept_from(self) -> float:
        return np.inf if self._request.keep_from is None else self._request.keep_from

    def _first_floor(self, scorer: TileScorer, tile: _Tile, count: int) -> float:
        """Return a similarity the highest pairs surely reach, from a corner of a tile; infinity if none are asked."""
        if not count:
            return np.inf
        corner = _Tile(tile.rows[:_CORNER], tile.columns[-_CORNER:], tile.groups)
        return floor_of_highest(scorer.score(corner.rows, corner.columns, self._left_out(corner), np.inf), count)

    def _next(self) -> _Tile | None:
        with self._lock:
            return next(self._waiting, None)

    def _left_out(self, tile: _Tile) -> LeftOut:
        triangle = self._sets.one_set and tile.columns.start < tile.rows.stop
        probes, references = self._sets.probes.subject, self._sets.references.subject
        # Codes are sorted, so nearly all tiles show at their ends that nobody is on both sides.
        if probes[tile.rows[-1]] < references[tile.columns[0]] or references[tile.columns[-1]] < probes[tile.rows[0]]:
            return LeftOut(lower_triangle=triangle)
        rows = _subject_ranges(self._sets.probes, tile.rows)
        columns = _subject_ranges(self._sets.references, tile.columns)
        shared = sorted(rows.keys() & columns.keys())
        return LeftOut(tuple((rows[subject], columns[subject]) for subject in shared), triangle)

    def _merge(self, tile: _Tile, histogram: IntArray, pairs: TilePairs | None) -> None:
        self.histogram[tile.groups] += histogram
        if pairs is not None:
            self.tally.add(pairs.probe, pairs.reference, pairs.score)
            if self._request.keep_from is not None:
                self._keep(pairs, self._request.keep_from)
        self._done += tile.size
        if self._progress is not None:
            self._progress(self._done, self._total)

    def _keep(self, pairs: TilePairs, floor: float) -> None:
        kept = _chosen(pairs, pairs.score >= floor)
        self._kept.append(kept)
        self._kept_count += kept.score.size
        if self._kept_count > self._request.kept_limit:
            self._waiting = iter(())
            raise AuditInputInvalid(
                f"More than {self._request.kept_limit:,} non-mated comparisons reach a similarity of {floor:.3f}.",
                remedy="Keep pairs from a higher similarity.",
            )


class _Best:
    """The highest pairs one thread has seen; ``floor`` is a similarity that as many pairs are known to reach."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.floor = -np.inf
        nothing = np.empty(0, dtype=np.int64)
        self.pairs = TilePairs(nothing, nothing, np.empty(0))

    def offer(self, pairs: TilePairs) -> None:
        if not self.count:
            return
        joined = _joined([self.pairs, _chosen(pairs, pairs.score >= self.floor)])
        order = _order(joined)[: self.count]
        self.pairs = TilePairs(joined.probe[order], joined.reference[order], joined.score[order])
        if order.size == self.count:
            self.floor = max(self.floor, float(self.pairs.score[-1]))


def floor_of_highest(histogram: IntArray, count: int) -> float:
    """Return the highest bin edge that at least ``count`` comparisons reach, or minus infinity."""
    reached = np.flatnonzero(np.cumsum(histogram[::-1])[::-1] >= count)
    # The first bin also holds scores that rounding leaves just below -1.
    return float(EDGES[reached[-1]]) if reached.size and reached[-1] > 0 else -np.inf


def _subject_ranges(side: SortedPhotos, span: range) -> dict[int, range]:
    subjects, starts = np.unique(side.subject[span.start : span.stop], return_index=True)
    ends = np.append(starts[1:], len(span))
    return {
        int(subject): range(span.start + int(start), span.start + int(end))
        for subject, start, end in zip(subjects, starts, ends, strict=True)
    }


def _joined(parts: Sequence[TilePairs]) -> TilePairs:
    nothing = np.empty(0, dtype=np.int64)
    return TilePairs(
        np.concatenate([nothing, *(part.probe for part in parts)]),
        np.concatenate([nothing, *(part.reference for part in parts)]),
        np.concatenate([np.empty(0), *(part.score for part in parts)]),
    )


def _chosen(pairs: TilePairs, which: npt.NDArray[np.bool_]) -> TilePairs:
    return TilePairs(pairs.probe[which], pairs.reference[which], pairs.score[which])


def _order(pairs: TilePairs) -> IntArray:
    return np.lexsort((pairs.reference, pairs.probe, -pairs.score))


def _listed(sets: PreparedSets, pairs: TilePairs, most: int | None) -> PairList:
    order = _order(pairs)[:most]
    return PairList(
        sets.probes.row[pairs.probe[order]], sets.references.row[pairs.reference[order]], pairs.score[order]
    )
