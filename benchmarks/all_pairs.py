"""All pairs with histograms by pair of groups, beside the bare matrix product, a loop, and what it costs to be sure.

Both sides of a ratio alternate in one process, on the same tiles with the same threads; the best of five rounds counts.
Templates are random unit vectors in eight groups, two photos a person. Histograms, exact counts at two thresholds (true
FMR about 1e-4 and 1e-5) with the sums variances need, and the 200 highest pairs are all part of the measured work.

Run: ``python -m benchmarks.all_pairs``; about a minute on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import NormalDist
from time import perf_counter, process_time

import numpy as np

from benchmarks.all_pairs_worker import CIMAT_PHOTOS
from benchmarks.rows import Row, as_markdown, as_text
from countenance.audit.allpairs import Request, compare_all, tiles
from countenance.audit.blas_threads import single_threaded_products
from countenance.audit.curves import det_curves
from countenance.audit.photo_set import PhotoSet, PreparedSets, prepare
from countenance.audit.rates import false_match_rates, false_non_match_rates

GROUPS, PHOTOS_EACH, ROUNDS, SEED = 8, 2, 5, 1
#: Photos a side and elements, with the ratio to reach. Source: issue 3, "Figures to reach".
SIZES = ((13_000, 128, 1.6), (20_000, 512, 1.25))
#: Pairs of the plain loop; its rate does not depend on their number.
LOOP_PAIRS = 20_000
#: Photos PyEER's statistics are measured on: two million scores.
PEER_PHOTOS = 2_000
#: Peak memory beyond the templates to stay below, in GB, and the set it is measured on. Source: issue 3.
MEMORY_GB, MEMORY_PHOTOS, MEMORY_ELEMENTS = 1.5, 100_000, 512


def made_up(photos: int, elements: int, name: str, seed: int) -> PhotoSet:
    """Return random unit templates of people with two photos each, evenly in eight groups."""
    vectors = np.random.default_rng(seed).standard_normal((photos, elements), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = np.arange(photos) // PHOTOS_EACH
    return PhotoSet(vectors, [f"{name}{p}" for p in people], [f"group {p % GROUPS}" for p in people])


def request_for(elements: int) -> Request:
    """Return what is measured: two thresholds, the highest pairs."""
    # Scores of random unit templates are close to normal with deviation 1 / sqrt(elements).
    thresholds = [NormalDist().inv_cdf(1.0 - rate) / elements**0.5 for rate in (1e-4, 1e-5)]
    return Request(thresholds=thresholds, highest=200)


def bare_products(sets: PreparedSets, request: Request) -> None:
    """Compute the float32 products of the same tiles with the same threads, and nothing else."""
    waiting, lock = iter(list(tiles(sets, request.tile))), threading.Lock()
    largest = max(tile.size for tile in tiles(sets, request.tile))

    def work() -> None:
        buffer = np.empty(largest, dtype=np.float32)
        while True:
            with lock:
                tile = next(waiting, None)
            if tile is None:
                return
            out = buffer[: tile.size].reshape(len(tile.rows), len(tile.columns))
            probes = sets.probes.vectors[tile.rows.start : tile.rows.stop]
            np.matmul(probes, sets.references.vectors[tile.columns.start : tile.columns.stop].T, out=out)

    workers = os.cpu_count() or 1
    with single_threaded_products(), ThreadPoolExecutor(workers) as pool:
        for outcome in [pool.submit(work) for _ in range(workers)]:
            outcome.result()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds of wall clock and of processor."""
    wall, processor = perf_counter(), process_time()
    work()
    return perf_counter() - wall, process_time() - processor


def product_rows(photos: int, elements: int, reach: float) -> list[Row]:
    """Return the ratio to the bare product, by wall clock and by processor time."""
    probes, references = made_up(photos, elements, "p", SEED), made_up(photos, elements, "r", SEED + 1)
    request, sets = request_for(elements), prepare(probes, references)
    bare, fused = [], []
    for _ in range(ROUNDS):
        bare.append(timed(lambda: bare_products(sets, request)))
        fused.append(timed(lambda: compare_all(probes, references, request)))
    what = f"all pairs {photos:,} × {photos:,}, {elements} elements, {GROUPS} × {GROUPS} histograms"
    rows = []
    for at, clock in enumerate(("wall clock", "processor time")):
        ours, theirs = min(time[at] for time in fused), min(time[at] for time in bare)
        value = f"{ours:.2f} s, {photos * photos / ours / 1e6:.0f} M pairs/s"
        rows.append(
            Row(f"{what}, {clock}", value, f"bare float32 product {theirs:.2f} s", ours / theirs, f"≤ {reach}×")
        )
    return rows


def loop_row() -> Row:
    """Return pairs a second beside a loop with one NumPy product a pair, as audit scripts have it."""
    photos = made_up(4000, 128, "p", SEED)
    request = request_for(128)
    ours, _ = min(timed(lambda: compare_all(photos, request=request)) for _ in range(ROUNDS))
    pairs = np.random.default_rng(SEED).integers(0, 4000, (LOOP_PAIRS, 2)).tolist()

    def loop() -> None:
        histogram = [0] * 2001
        for i, j in pairs:
            histogram[int(1000 * float(np.dot(photos.vectors[i], photos.vectors[j]))) + 1000] += 1

    theirs, _ = min(timed(loop) for _ in range(ROUNDS))
    fast, slow = 4000 * 3999 / 2 / ours, LOOP_PAIRS / theirs
    return Row(
        "pairs a second, 4,000 photos", f"{fast / 1e6:.0f} M", f"NumPy loop {slow / 1e6:.2f} M", fast / slow, "ahead"
    )


def variance_row() -> Row:
    """Return what all rates and intervals cost beside the pass over 50 million pairs of 5,000 people."""
    photos = made_up(10_000, 128, "p", SEED)
    request = request_for(128)
    counts = compare_all(photos, request=request)
    passes = min(timed(lambda: compare_all(photos, request=request)) for _ in range(ROUNDS))
    both = min(timed(lambda: (false_match_rates(counts), false_non_match_rates(counts))) for _ in range(ROUNDS))
    return Row(
        "all FMR and FNMR with intervals, 5,000 people, 50 M pairs, two thresholds",
        f"{1000 * both[1]:.1f} ms",
        f"the pass over all pairs {1000 * passes[1]:.0f} ms of processor time",
        both[1] / passes[1],
        "< 0.05×",
    )


def peer_rows(interpreter: Path | None) -> list[Row]:
    """Return rows beside PyEER and cimat, run by an interpreter that has them; they say ``not installed`` without.

    PyEER gets finished scores, ours starts from templates; both end with counts at every similarity. cimat gets the
    first photos only, and both end with an interval at one threshold.
    """
    photos = made_up(PEER_PHOTOS, 128, "p", SEED)
    # A threshold with errors on both sides for random templates.
    threshold = 0.2
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "photos.npz"
        np.savez(file, vectors=photos.vectors, people=np.arange(PEER_PHOTOS) // PHOTOS_EACH)
        command = [str(interpreter or sys.executable), str(Path(__file__).with_name("all_pairs_worker.py"))]
        done = subprocess.run([*command, str(file), str(threshold)], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    few = PhotoSet(photos.vectors[:CIMAT_PHOTOS], photos.subjects[:CIMAT_PHOTOS], photos.groups[:CIMAT_PHOTOS])
    rows = []
    for peer, mine, pairs in (
        ("pyeer", lambda: det_curves(compare_all(photos)), PEER_PHOTOS),
        ("cimat", lambda: false_match_rates(compare_all(few, request=Request(thresholds=[threshold]))), CIMAT_PHOTOS),
    ):
        what = f"seconds for {pairs:,} photos beside {peer}"
        if peer not in theirs:
            rows.append(Row(what, "not measured", "not installed", reach="ahead"))
            continue
        ours = min(timed(mine)[0] for _ in range(ROUNDS))
        rows.append(Row(what, f"{ours:.4f} s", f"{peer} {theirs[peer]:.2f} s", theirs[peer] / ours, "ahead (> 1×)"))
    return rows


def peak_beyond_templates_gb() -> float:
    """Return the peak memory of a process that holds the large set and compares it, less the set's templates, in GB."""
    photos = made_up(MEMORY_PHOTOS, MEMORY_ELEMENTS, "p", SEED)
    compare_all(photos, request=request_for(MEMORY_ELEMENTS))
    # Linux counts in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (peak - photos.vectors.nbytes) / 1e9


def memory_row() -> Row:
    """Return the peak memory in a process of its own."""
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.all_pairs", "--print-memory"], capture_output=True, text=True, check=True
    )
    peak = float(done.stdout)
    return Row(
        f"peak memory beyond the templates, {MEMORY_PHOTOS:,} photos, {MEMORY_ELEMENTS} elements",
        f"{peak:.2f} GB ({perf_counter() - started:.0f} s)",
        f"{MEMORY_GB} GB",
        peak / MEMORY_GB,
        "< 1×",
    )


def run(*, memory: bool = False, peers: Path | None = None) -> list[Row]:
    """Return the table.

    Args:
        memory: Also measure the peak of 100,000 photos, which takes half a minute and more.
        peers: Python that has PyEER and cimat; this one when omitted.
    """
    rows = [row for photos, elements, reach in SIZES for row in product_rows(photos, elements, reach)]
    rows += [loop_row(), variance_row(), *peer_rows(peers)]
    return [*rows, memory_row()] if memory else rows


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true", help="also measure the peak memory of 100,000 photos")
    parser.add_argument("--peers", type=Path, help="Python that has PyEER and cimat")
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    parser.add_argument("--print-memory", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.print_memory:
        print(peak_beyond_templates_gb())
        return 0
    rows = run(memory=arguments.memory, peers=arguments.peers)
    print(as_markdown(rows) if arguments.markdown else as_text(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
