"""Exact search beside the bare NumPy product and beside faiss IndexFlatIP: ``python -m benchmarks.exact_search``.

The data is random: unit vectors, two references a subject; the probe is a noisy copy of one of them. Ours and the peer
alternate, and who goes first alternates too; the ratio is the median of the ratios of neighbours in time. Before each
measurement there is a pause, because the threads of OpenBLAS go on spinning for a while after a product and would take
a core from whoever comes next. Top 10 of the product is checked against the index before anything is measured.

faiss takes part where it can be imported. With ``--interpreter`` everything is measured in another Python, which needs
NumPy and faiss only.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, as_text
from countenance.core.model_identity import ModelIdentity, model_identity
from countenance.core.vocabulary import FloatArray, Reference, Template
from countenance.gallery.index import GalleryIndex, build_index

Work = Callable[[], object]

#: The cosine at which SFace has a false match rate of 1e-5 on LFW; it stands for "a threshold as one would use it".
THRESHOLD = 0.494
TOP = 10
BATCH = 32
#: OpenBLAS threads spin for 2**26 processor ticks (26 ms at 2.6 GHz) after a product (driver/others/blas_server.c).
_PAUSE_S = 0.05
#: Quick work is repeated until one measurement takes this long.
_SHORTEST_S = 0.005
_AS_THE_PRODUCT = "search as the product builds its index (with the smaller copy)"
_REACH_BARE = "≤ 1.2×"
_REACH_FAISS = "≤ 1×"


def run(rows: int = 1_000_000, dim: int = 128, repeats: int = 15, *, interpreter: Path | None = None) -> list[Row]:
    """Return search times beside their peers, for galleries of 10,000, 100,000 and ``rows``, and the memory held.

    Args:
        rows: References of the largest gallery.
        dim: Length of a template.
        repeats: Pairs of measurements a row of the table.
        interpreter: Measure in this Python; in the present one when omitted.
    """
    if interpreter is not None:
        return _run_elsewhere(interpreter, rows, dim, repeats)
    model = model_identity(name="random", weights_sha256="", preprocessing="", alignment="", dimension=dim)
    data = _Data(_unit_vectors(rows, dim), model)
    table = [row for size in (10_000, 100_000) if size < rows for row in _small_gallery(data.first(size), repeats)]
    return table + _large_gallery(data, repeats)


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """Unit vectors and the model they are said to be of."""

    matrix: FloatArray
    model: ModelIdentity

    def first(self, rows: int) -> _Data:
        return _Data(self.matrix[:rows], self.model)

    def references(self) -> Iterator[Reference]:
        for row, vector in enumerate(self.matrix):
            features = Template(vector, self.model)
            yield Reference(f"{row:032x}", f"subject {row // 2}", features, source_sha256="", source_name="")

    def probes(self, count: int) -> list[Template]:
        """Return noisy copies of references; the similarity to the original is about 0.8."""
        rng = np.random.default_rng(1)
        chosen = self.matrix[rng.integers(0, len(self.matrix), count)]
        noise = rng.standard_normal(chosen.shape) * 0.75 / np.sqrt(chosen.shape[1])
        noisy = chosen + noise
        return [Template((each / np.linalg.norm(each)).astype(np.float32), self.model) for each in noisy]


def _unit_vectors(rows: int, dim: int) -> FloatArray:
    matrix = np.empty((rows, dim), dtype=np.float32)
    rng = np.random.default_rng(0)
    for start in range(0, rows, 10_000):
        part = matrix[start : start + 10_000]
        rng.standard_normal(dtype=np.float32, out=part)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return matrix


def _small_gallery(data: _Data, repeats: int) -> list[Row]:
    index = build_index(data.references(), model=data.model, revision=1, smaller_copy=True)
    return [_search_beside_product(data, index, _AS_THE_PRODUCT, repeats, "")]


def _large_gallery(data: _Data, repeats: int) -> list[Row]:
    before = _most_memory()
    plain = build_index(data.references(), model=data.model, revision=1)
    memory = _memory(data, plain, _most_memory() - before)
    _check_top(data, plain)
    table = [
        memory,
        _search_beside_product(data, plain, "search without the smaller copy", repeats, _REACH_BARE),
        *_beside_faiss(data, plain, " without the smaller copy", repeats)[:1],
    ]
    del plain
    index = build_index(data.references(), model=data.model, revision=1, smaller_copy=True)
    _check_top(data, index)
    return [
        _search_beside_product(data, index, _AS_THE_PRODUCT, repeats, _REACH_BARE),
        *_beside_faiss(data, index, "", repeats),
        _batch_beside_product(data, index, repeats),
        _batch_beside_single(data, index, repeats),
        *table,
    ]


def _check_top(data: _Data, index: GalleryIndex) -> None:
    """Stop unless the index lists the subjects that sorting the bare product lists."""
    probe = data.probes(1)[0]
    best = np.argsort(-(data.matrix @ probe.vector), kind="stable")[: 2 * TOP]
    subjects = list(dict.fromkeys(f"subject {row // 2}" for row in best.tolist()))[:TOP]
    if [each.subject for each in index.nearest(probe, limit=TOP)] != subjects:
        raise AssertionError("the index and the sorted product disagree")


def _search_beside_product(data: _Data, index: GalleryIndex, name: str, repeats: int, reach: str) -> Row:
    probe = data.probes(1)[0]
    ours = _interleaved(
        lambda: index.search(probe, threshold_value=THRESHOLD, limit=TOP),
        lambda: data.matrix @ probe.vector,
        repeats,
    )
    return ours.row(f"{name}, {_size(data)}, at most {TOP}", "matrix @ probe", reach)


def _batch_beside_product(data: _Data, index: GalleryIndex, repeats: int) -> Row:
    probes = data.probes(BATCH)
    vectors = np.stack([probe.vector for probe in probes])
    ours = _interleaved(
        lambda: index.search_many(probes, threshold_value=THRESHOLD, limit=TOP),
        lambda: vectors @ data.matrix.T,
        max(3, repeats // 3),
    )
    return ours.row(f"{BATCH} probes at once, {_size(data)}", "probes @ matrix.T", "")


def _batch_beside_single(data: _Data, index: GalleryIndex, repeats: int) -> Row:
    probes = data.probes(BATCH)
    ours = _interleaved(
        lambda: index.search_many(probes, threshold_value=THRESHOLD, limit=TOP),
        lambda: [index.search(probe, threshold_value=THRESHOLD, limit=TOP) for probe in probes],
        max(3, repeats // 3),
    )
    return ours.row(f"{BATCH} probes at once, {_size(data)}", f"{BATCH} searches one by one", "")


def _beside_faiss(data: _Data, index: GalleryIndex, how: str, repeats: int) -> list[Row]:
    """Return top 10 without a threshold (all faiss knows), for one probe and for a batch with ours at the threshold."""
    titles = (f"nearest {TOP}{how}, {_size(data)}", f"{BATCH} probes at once{how}, {_size(data)}")
    if importlib.util.find_spec("faiss") is None:
        return [Row(title, "not compared", "faiss not installed", reach=_REACH_FAISS) for title in titles]
    import faiss  # type: ignore[import-not-found,import-untyped,unused-ignore]

    theirs = faiss.IndexFlatIP(data.matrix.shape[1])
    theirs.add(data.matrix)
    probes = data.probes(BATCH)
    vectors = np.stack([probe.vector for probe in probes])
    one = _interleaved(lambda: index.nearest(probes[0], limit=TOP), lambda: theirs.search(vectors[:1], TOP), repeats)
    many = _interleaved(
        lambda: index.search_many(probes, threshold_value=THRESHOLD, limit=TOP),
        lambda: theirs.search(vectors, TOP),
        max(3, repeats // 3),
    )
    peer = f"faiss IndexFlatIP {faiss.__version__}"
    return [one.row(titles[0], peer, _REACH_FAISS), many.row(titles[1], peer, _REACH_FAISS)]


def _memory(data: _Data, index: GalleryIndex, growth: int) -> Row:
    raw = data.matrix.nbytes
    names = index.memory_bytes - raw
    return Row(
        f"memory of the index, {_size(data)}",
        f"{_mib(index.memory_bytes)}, of it names and identifiers {_mib(names)}; "
        f"the process grew by {_mib(growth)} while it was built",
        f"matrix {_mib(raw)}",
        index.memory_bytes / raw,
        "≤ 1.1× and names",
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Medians of measurements that alternated: wall time in ms, and ours over theirs."""

    ours_ms: float
    peer_ms: float
    ratio: float
    processor_ratio: float

    def row(self, what: str, peer: str, reach: str) -> Row:
        return Row(
            what,
            f"{self.ours_ms:.2f} ms; ratio of processor times {self.processor_ratio:.2f}",
            f"{peer} {self.peer_ms:.2f} ms",
            self.ratio,
            reach,
        )


def _interleaved(ours: Work, peer: Work, repeats: int) -> _Compared:
    works = (ours, peer)
    loops = [max(1, round(_SHORTEST_S / _wall_and_processor(work, 3)[0])) for work in works]
    wall: tuple[list[float], list[float]] = ([], [])
    processor: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            time.sleep(_PAUSE_S)
            wall_s, processor_s = _wall_and_processor(works[side], loops[side])
            wall[side].append(wall_s)
            processor[side].append(processor_s)
    return _Compared(
        ours_ms=statistics.median(wall[0]) * 1e3,
        peer_ms=statistics.median(wall[1]) * 1e3,
        ratio=statistics.median(one / other for one, other in zip(*wall, strict=True)),
        processor_ratio=statistics.median(one / other for one, other in zip(*processor, strict=True)),
    )


def _wall_and_processor(work: Work, loops: int) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(loops):
        work()
    return (time.perf_counter() - wall) / loops, (time.process_time() - processor) / loops


def facts() -> list[str]:
    """Return what the figures depend on, one fact a line: NumPy's BLAS, its kernel and threads, load."""
    lines = [f"NumPy {np.__version__}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"]
    chosen = {name: value for name, value in sorted(os.environ.items()) if name.startswith(("OPENBLAS", "OMP_"))}
    lines.append(f"environment: {chosen or 'no OPENBLAS or OMP variable'}")
    if importlib.util.find_spec("threadpoolctl") is None:
        build = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return [*lines, f"BLAS: {build['name']} {build['version']}; kernel not known without threadpoolctl"]
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped,unused-ignore]

    for each in threadpool_info():
        if each["user_api"] == "blas":
            kernel = f"kernel {each.get('architecture')}, {each['num_threads']} threads"
            lines.append(f"BLAS: {each['internal_api']} {each['version']}, {kernel}")
    return lines


def _most_memory() -> int:
    import resource

    # Linux counts in KiB.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _size(data: _Data) -> str:
    return f"{data.matrix.shape[0]:,} × {data.matrix.shape[1]}"


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def _run_elsewhere(interpreter: Path, rows: int, dim: int, repeats: int) -> list[Row]:
    root = Path(__file__).parents[1]
    arguments = ["-m", "benchmarks.exact_search", "--json", f"--rows={rows}", f"--dim={dim}", f"--repeats={repeats}"]
    done = subprocess.run(
        [str(interpreter), *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [Row(**each) for each in json.loads(done.stdout)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exact_search", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--interpreter", type=Path, help="measure in this Python, for example one that has faiss")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON and nothing else")
    given = parser.parse_args()
    table = run(given.rows, given.dim, given.repeats, interpreter=given.interpreter)
    if given.json:
        print(json.dumps([dataclasses.asdict(row) for row in table]))
        return
    print("\n".join(facts()), file=sys.stderr)
    print(as_text(table))


if __name__ == "__main__":
    main()
