"""A 12-megapixel JPEG beside the same photo at 1 megapixel: whole pipeline, time and template.

The photo is made here from one of the sample cohort, enlarged (Lanczos) to 3464 × 3464; the small one is the large one
shrunk by area averaging to 1000 × 1000, and both are JPEG at quality 90 with Pillow's chroma subsampling. One pair has
noise added to the large picture (Gaussian, standard deviation ``NOISE_SD`` of 255 in each channel, as a stand-in for a
sensor's), because a JPEG's decoding time grows with its bytes; the other is the smooth enlargement.
"""

from __future__ import annotations

import io
import statistics
from functools import partial

import numpy as np
from PIL import Image

from benchmarks.engines import build_engine, seconds_and_processor
from benchmarks.rows import Row
from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.core.comparison import similarity
from countenance.core.vocabulary import Template
from countenance.engine.pipeline import FacePipeline

SOURCE = SAMPLE_COHORT / "photos" / "p001_probe.jpg"
LARGE_PX, SMALL_PX = 3464, 1000
NOISE_SD = 4.0
_QUALITY = 90
_ROUNDS = 15


def run() -> list[Row]:
    """Return one row with noise and one without; the ratio is of median times, measured alternately."""
    engine = build_engine()
    return [_row(engine, NOISE_SD), _row(engine, 0.0)]


def _row(engine: FacePipeline, noise_sd: float) -> Row:
    large, small = make_pair(noise_sd)
    one, other = _template(engine, large), _template(engine, small)
    times: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for _ in range(_ROUNDS):
        for photo, measured in zip((large, small), times, strict=True):
            measured.append(seconds_and_processor(partial(engine.read_faces, photo)))
    (slow, slow_busy), (quick, quick_busy) = (
        [statistics.median(column) for column in zip(*measured, strict=True)] for measured in times
    )
    kind = f"noise of standard deviation {noise_sd:.0f}" if noise_sd else "smooth"
    return Row(
        f"12-megapixel JPEG ({len(large) / 1e6:.1f} MB, {kind})",
        f"{slow * 1e3:.1f} ms; cosine of the templates {similarity(one, other):.4f}; "
        f"ratio of processor times {slow_busy / quick_busy:.2f}",
        f"the same photo at 1 megapixel ({len(small) / 1e6:.2f} MB) {quick * 1e3:.1f} ms",
        slow / quick,
        "≤ 2×, cosine ≥ 0.98",
    )


def make_pair(noise_sd: float) -> tuple[bytes, bytes]:
    """Return the large and the small JPEG."""
    with Image.open(SOURCE) as source:
        pixels = np.asarray(source.convert("RGB").resize((LARGE_PX, LARGE_PX), Image.Resampling.LANCZOS))
    noise = np.random.default_rng(12).normal(0.0, noise_sd, pixels.shape)
    large = Image.fromarray(np.clip(np.round(pixels + noise), 0, 255).astype(np.uint8))
    return _jpeg(large), _jpeg(large.resize((SMALL_PX, SMALL_PX), Image.Resampling.BOX))


def _jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _template(engine: FacePipeline, photo: bytes) -> Template:
    (face,) = engine.read_faces(photo).faces
    assert face.template is not None
    return face.template
