"""How fast this machine is: photos a second and searches, each beside a limit measured in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from countenance.bootstrap.application import SAMPLE_COHORT, Application, index_builder
from countenance.core.errors import FileUnreadable
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Reference, Template

DEFAULT_GALLERY_SIZES = (10_000, 100_000, 1_000_000)
#: Photos used: enough that a slow one does not decide, few enough for a coffee-less wait.
_PHOTOS = 60


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One measurement.

    Attributes:
        what: What was measured.
        value: Result in words with its unit.
        beside: What it stands beside, measured in the same run, or an empty string.
        ratio: Our time over that limit's, or None.
    """

    what: str
    value: str
    beside: str = ""
    ratio: float | None = None


def measure(
    app: Application,
    *,
    photos: Path | None,
    sizes: tuple[int, ...],
    progress: Callable[[int, int], None],
) -> list[BenchRow]:
    """Return photos a second, milliseconds a photo, and search times by gallery size.

    Raises:
        FileUnreadable: The folder holds no photo.
    """
    folder = photos or SAMPLE_COHORT / "photos"
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))[:_PHOTOS]
    if not files:
        raise FileUnreadable(f"{folder} holds no JPEG or PNG photo.")
    steps = 2 + len(sizes)
    data = [path.read_bytes() for path in files]
    engine = app.interactive_engine
    engine.read_faces(data[0])
    times = [_seconds(lambda item=item: engine.read_faces(item)) for item in data]  # type: ignore[misc]
    rows = [BenchRow("one photo, decode to template, median", f"{statistics.median(times) * 1e3:.1f} ms")]
    progress(1, steps)
    bulk = app.engine(threads=1)
    with ThreadPoolExecutor(app.workers) as pool:
        seconds = _seconds(lambda: list(pool.map(bulk.read_faces, data)))
    rows.append(BenchRow(f"bulk, {app.workers} photos at once", f"{len(data) / seconds:.0f} photos a second"))
    progress(2, steps)
    for number, size in enumerate(sizes, start=3):
        rows.append(_search_row(size, app.manifest.identity))
        progress(number, steps)
    return rows


def _search_row(size: int, model: ModelIdentity) -> BenchRow:
    generator = np.random.default_rng(20)
    matrix = generator.standard_normal((size, model.dimension), dtype=np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    references = (
        Reference(str(i), str(i), Template(row, model), source_sha256="", source_name="")
        for i, row in enumerate(matrix)
    )
    index = index_builder()(references, model=model, revision=1)
    probe = Template(np.ascontiguousarray(matrix[size // 2]), model)
    search, product = [], []
    for _ in range(7):
        search.append(_seconds(lambda: index.search(probe, threshold_value=0.4, limit=10)))
        product.append(_seconds(lambda: matrix @ probe.vector))
    ours, limit = statistics.median(search), statistics.median(product)
    return BenchRow(
        f"exact search among {size:,} references",
        f"{ours * 1e3:.1f} ms",
        f"bare NumPy product {limit * 1e3:.1f} ms",
        ours / limit,
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
