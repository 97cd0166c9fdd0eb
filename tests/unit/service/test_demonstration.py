"""The demonstration counts what happened: found, missed, taken for somebody else, and no face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from countenance.core.errors import ListInvalid
from countenance.core.vocabulary import Reference, Template
from countenance.gallery.index import build_index
from countenance.service.demonstration import Acquired, CohortPhoto, Demonstration, demonstrate, read_cohort
from countenance.service.demonstration_page import demonstration_page
from tests.support.admitted import admitted
from tests.support.made_up_calibration import calibration_from_scores
from tests.support.made_up_templates import MADE_UP_MODEL

PEOPLE = 20


def _template(vector: np.ndarray) -> Template:  # type: ignore[type-arg]
    return Template((vector / np.linalg.norm(vector)).astype(np.float32), MADE_UP_MODEL)


@pytest.fixture
def acquired(tmp_path: Path) -> list[Acquired]:
    """Return three photos of each of 20 people; person 1 looks like person 0, and one probe of person 2 has no face."""
    random = np.random.default_rng(4)
    found = []
    faces = random.standard_normal((PEOPLE, MADE_UP_MODEL.dimension))
    faces[1] = faces[0] + 0.6 * faces[1]
    for person in range(PEOPLE):
        for role in ("reference", "probe", "hard_probe"):
            file = tmp_path / f"p{person:02}_{role}.jpg"
            Image.new("RGB", (8, 8), (person * 10, 90, 90)).save(file)
            noise = random.standard_normal(MADE_UP_MODEL.dimension) * 0.4
            photo = CohortPhoto(file, f"p{person:02}", role, "even" if person % 2 == 0 else "odd <b>")
            no_face = person == 2 and role == "hard_probe"
            found.append(Acquired(photo, None if no_face else _template(faces[person] + noise)))
    return found


@pytest.fixture
def demo(acquired: list[Acquired]) -> Demonstration:
    references = [
        Reference(item.photo.subject, item.photo.subject, item.template, source_sha256="", source_name="")
        for item in acquired
        if item.photo.role == "reference" and item.template is not None
    ]
    index = build_index(references, model=MADE_UP_MODEL, revision=1)
    strangers = np.linspace(-0.5, 0.3, 2000).tolist()
    calibration = calibration_from_scores(strangers, np.linspace(0.5, 0.95, 100).tolist())
    return demonstrate(admitted("demonstrate"), acquired, index, calibration=calibration, max_false_candidates=0.1)


def test_every_probe_is_counted_once_and_a_photo_without_a_face_is_missed(demo: Demonstration) -> None:
    everyone = demo.promised.groups[0]
    assert everyone.group == "all"
    assert (everyone.probes, everyone.people, everyone.not_acquired) == (40, PEOPLE, 1)
    assert everyone.found + everyone.missed == 40
    assert everyone.missed >= 1


def test_groups_add_up_to_all(demo: Demonstration) -> None:
    for searched in (demo.promised, demo.own):
        everyone, *groups = searched.groups
        assert {item.group for item in groups} == {"even", "odd <b>"}
        for name in ("probes", "not_acquired", "found", "missed", "taken_for_somebody_else", "people"):
            assert getattr(everyone, name) == sum(getattr(item, name) for item in groups)


def test_the_two_who_look_alike_are_taken_for_each_other(demo: Demonstration) -> None:
    taken = {item.photo.subject: item.taken_for for item in demo.promised.outcomes if item.taken_for is not None}
    assert taken["p00"].subject == "p01"
    assert taken["p01"].subject == "p00"
    assert "p07" not in taken


def test_both_thresholds_make_the_same_promise_each_on_its_own_data(demo: Demonstration) -> None:
    rate = demo.max_false_candidates / demo.gallery_subjects
    assert demo.promised.threshold.false_match_rate.estimate <= rate
    assert demo.own.threshold.false_match_rate.estimate <= rate
    assert demo.own.threshold.data_set == "the synthetic cohort"
    assert demo.own.here_false_match_rate == demo.own.threshold.false_match_rate
    assert demo.promised.here_false_match_rate.trials == 59 * 58 // 2 - (19 * 3 + 1)


def test_the_page_says_that_it_is_synthetic_and_escapes_labels(demo: Demonstration, acquired: list[Acquired]) -> None:
    pictures = {item.photo.subject: item.photo.file for item in acquired if item.photo.role == "reference"}
    page = demonstration_page(demo, references=pictures, version="1.2.3")
    assert "do not exist" in page
    assert "odd &lt;b&gt;" in page
    assert "odd <b>" not in page
    assert "http://" not in page
    assert "<script" not in page
    everyone = demo.promised.groups[0]
    assert f"{everyone.people_taken} of {everyone.people} people" in page


def test_a_list_without_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,subject\na.jpg,p\n", encoding="utf-8")
    with pytest.raises(ListInvalid, match="role"):
        read_cohort(tmp_path)
