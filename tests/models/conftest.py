"""The real engine, built once a session with a cache of its own, and the sample cohort read once."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from countenance.bootstrap.application import SAMPLE_COHORT, Application
from countenance.core.vocabulary import PhotoFaces
from countenance.engine.pipeline import FacePipeline
from countenance.settings import Settings

PHOTOS = SAMPLE_COHORT / "photos"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder: it runs the real model files."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.models)


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache that starts empty: the float32 files are made by this session's code."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Application:
    return Application(Settings(data_dir=tmp_path_factory.mktemp("data"), cache_dir=cache_dir))


@pytest.fixture(scope="session")
def engine(application: Application) -> FacePipeline:
    return application.interactive_engine


@pytest.fixture(scope="session")
def portrait() -> Image.Image:
    """Return a photo of one person, not square and not symmetric, so that a wrong turn shows."""
    with Image.open(PHOTOS / "p017_probe.jpg") as photo:
        square = photo.convert("RGB")
    wide = Image.new("RGB", (480, 360), (96, 110, 92))
    wide.paste(square, (130, 20))
    return wide


@pytest.fixture(scope="session")
def cohort(application: Application) -> dict[str, PhotoFaces]:
    """Return the faces of all 270 photos by file name."""
    files = [row["file"].removeprefix("photos/") for row in cohort_rows()]
    single = application.engine(threads=1)
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda name: single.read_faces((PHOTOS / name).read_bytes()), files)
        return dict(zip(files, found, strict=True))


def cohort_rows() -> list[dict[str, str]]:
    with (SAMPLE_COHORT / "labels.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def cosine(first: PhotoFaces, second: PhotoFaces) -> float:
    """Return the cosine of the largest faces of two photos, worked out here from the vectors."""
    left, right = (found.faces[0].template for found in (first, second))
    assert left is not None
    assert right is not None
    return float(np.dot(left.vector.astype(np.float64), right.vector.astype(np.float64)))
