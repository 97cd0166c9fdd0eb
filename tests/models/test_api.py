"""The package from Python: the same jobs as the command line, on the sample cohort and a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import countenance as cn
from countenance import api
from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.core.errors import GalleryNotFound
from countenance.service.calibrate import calibrate
from countenance.service.compare import CompareOutcome
from countenance.service.galleries import GallerySource
from countenance.service.search import SearchOutcome
from tests.support.admitted import admitted

PHOTOS = SAMPLE_COHORT / "photos"


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    api.application.cache_clear()
    yield
    api.application.cache_clear()


def test_compare_gives_the_score_the_decision_the_threshold_and_what_they_mean() -> None:
    result = cn.compare(PHOTOS / "p001_reference.jpg", str(PHOTOS / "p001_probe.jpg"))
    assert result.outcome is CompareOutcome.COMPARED
    assert result.similarity is not None
    assert result.decision == "match"
    assert result.threshold.false_match_rate.estimate <= 1e-4
    assert result.meaning is not None
    assert result.meaning.data_set == "LFW View 1"
    words = str(result)
    assert f"{result.similarity:.3f}" in words
    assert "not a probability" in words
    assert "<strong>Match" in result._repr_html_()
    assert "vector" not in repr(result)


def test_bytes_are_taken_as_well_as_paths_and_give_the_same_score() -> None:
    first, second = PHOTOS / "p001_reference.jpg", PHOTOS / "p002_probe.jpg"
    by_path = cn.compare(first, second)
    by_bytes = cn.compare(first.read_bytes(), second.read_bytes())
    assert by_path.similarity == by_bytes.similarity


def test_detect_finds_the_one_face_of_a_portrait() -> None:
    found = cn.detect(PHOTOS / "p003_reference.jpg")
    assert len(found.faces) == 1
    assert found.faces[0].template is None
    assert found.faces[0].landmarks.right_eye[0] < found.faces[0].landmarks.left_eye[0]


def test_a_gallery_is_enrolled_and_searched(tmp_path: Path) -> None:
    people = tmp_path / "people"
    for subject in ("p010", "p011"):
        (people / subject).mkdir(parents=True)
        shutil.copy(PHOTOS / f"{subject}_reference.jpg", people / subject)
    with pytest.raises(GalleryNotFound):
        cn.enrol("small", people)
    with accountable(api.application(), interface="python") as parts:
        parts.create_gallery(
            "small", parts.standing(), basis="test", source=GallerySource.CONSENTED_ENROLMENT, retention_days=None
        )
    report = cn.enrol("small", people)
    assert (report.photos, report.rejects) == (2, ())
    assert [gallery.name for gallery in cn.galleries()] == ["small"]
    result = cn.search("small", PHOTOS / "p010_probe.jpg", threshold=0.6)
    assert result.outcome is SearchOutcome.CANDIDATES
    assert result.candidates[0].candidate.subject == "p010"


def test_a_calibration_of_the_cohort_counts_every_pair_and_every_photo_without_a_face(tmp_path: Path) -> None:
    people = tmp_path / "people"
    for number in range(1, 7):
        folder = people / f"p{number:03}"
        folder.mkdir(parents=True)
        for role in ("reference", "probe"):
            shutil.copy(PHOTOS / f"p{number:03}_{role}.jpg", folder)
    (people / "p001" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    report = calibrate(
        admitted("calibrate"),
        people,
        engine=api.application().interactive_engine,
        data_set="six",
        date="2031-01-02",
        workers=2,
    )
    record = report.calibration
    assert report.unreadable == ("p001/broken.jpg",)
    assert (record.subjects, record.photos, record.failures_to_acquire) == (6, 12, 1)
    assert (record.mated, record.non_mated) == (6, 12 * 11 // 2 - 6)
    assert int(record.false_matches[0]) == record.non_mated
    assert int(record.false_matches[-1]) == 0
