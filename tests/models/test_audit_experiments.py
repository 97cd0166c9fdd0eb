"""The cohort as a controlled experiment: one group's photos made worse by a known amount, and labels that mean nothing.

The audit must find the group that was made worse, with the right sign and an interval that leaves parity out; and with
labels shuffled among people it must find a difference no more often than the error rate it states.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from countenance.audit.allpairs import Request
from countenance.audit.ratios import holm
from countenance.audit.threshold_policy import TargetFalseMatchRate, choose_threshold
from countenance.core.vocabulary import FloatArray, PhotoFaces
from countenance.engine.pipeline import FacePipeline
from countenance.service.audits.evidence import TemplateEvidence
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.measure import count, finest_grouping
from countenance.service.audits.rate_entries import Entry
from countenance.service.audits.sensitivity import brief
from countenance.service.audits.spreads import Resampled
from tests.models.conftest import PHOTOS, cohort_rows

GROUP = "female × light"
TARGET = TargetFalseMatchRate(0.01)
Cohort = tuple[Material, FloatArray]


def blurred(photo: Image.Image) -> Image.Image:
    """Return the photo with a Gaussian blur of 6 px; the cohort's faces are some 150 px wide."""
    return photo.filter(ImageFilter.GaussianBlur(6))


def underexposed(photo: Image.Image) -> Image.Image:
    """Return the photo four stops darker."""
    return Image.fromarray((np.asarray(photo, dtype=np.float64) / 2**4).astype(np.uint8))


def noisy(photo: Image.Image) -> Image.Image:
    """Return the photo with Gaussian noise of 40 of 255."""
    noise = np.random.default_rng(1).normal(0.0, 40.0, (photo.height, photo.width, 3))
    return Image.fromarray(np.clip(np.asarray(photo, dtype=np.float64) + noise, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def material(cohort: dict[str, PhotoFaces]) -> Cohort:
    photos, vectors = [], []
    for row in cohort_rows():
        template = cohort[row["file"].removeprefix("photos/")].faces[0].template
        assert template is not None
        labels = {"sex": row["sex"], "skin_tone": row["skin_tone"]}
        photos.append(AuditedPhoto(row["file"].removeprefix("photos/"), row["subject"], labels, row["role"]))
        vectors.append(template.vector)
    return Material(tuple(photos), None, ("sex", "skin_tone")), np.stack(vectors)


def made_worse(material: Cohort, engine: FacePipeline, change: Callable[[Image.Image], Image.Image]) -> Cohort:
    """Return the cohort with every probe of ``GROUP`` changed; photos without a face then are failures."""
    whole, vectors = material
    photos, kept = [], []
    for photo, group, vector in zip(whole.photos, finest_grouping(whole).of(whole.photos), vectors, strict=True):
        if group != GROUP or photo.role == "reference":
            photos.append(photo)
            kept.append(vector)
            continue
        with Image.open(PHOTOS / photo.file) as original:
            stream = io.BytesIO()
            change(original.convert("RGB")).save(stream, "PNG")
        faces = engine.read_faces(stream.getvalue()).faces
        failure = None if faces else "no face"
        photos.append(AuditedPhoto(photo.file, photo.subject, photo.labels, photo.role, failure=failure))
        if faces:
            assert faces[0].template is not None
            kept.append(faces[0].template.vector)
    return Material(tuple(photos), None, whole.attributes), np.stack(kept)


def ratio(cohort: Cohort, kind: str) -> Entry:
    """Return the group's ratio to all others at the threshold set for ``TARGET`` on these photos."""
    material, vectors = cohort
    evidence = TemplateEvidence(vectors)
    counts = count(finest_grouping(material), material, evidence, Request())
    found = brief(material, evidence, choose_threshold(TARGET, counts).value)
    return next(one for one in found[kind] if one["group"] == GROUP)


def test_before_anything_is_changed_the_group_does_not_stand_out(material: Cohort) -> None:
    for kind in ("fmr_ratios", "fnmr_ratios"):
        found = ratio(material, kind)
        assert found["low"] < 1.0 < found["high"]


@pytest.mark.parametrize("change", [blurred, underexposed, noisy])
def test_a_group_whose_photos_were_made_worse_is_found_with_the_right_sign(
    change: Callable[[Image.Image], Image.Image], material: Cohort, engine: FacePipeline
) -> None:
    found = ratio(made_worse(material, engine, change), "fnmr_ratios")
    assert found["estimate"] > 2.0
    assert found["low"] > 1.0
    assert found["p_holm"] < 0.05


def test_shuffled_labels_are_found_to_differ_no_more_often_than_stated(material: Cohort) -> None:
    audits, level = 100, 0.05
    whole, vectors = material
    evidence = TemplateEvidence(vectors)
    counts = count(finest_grouping(whole), whole, evidence, Request(keep_from=0.4))
    comparisons = evidence.comparisons(counts)
    threshold = choose_threshold(TARGET, counts).value
    generator = np.random.default_rng(11)
    found = {"fmr": 0, "fnmr": 0}
    for audit in range(audits):
        nonsense = replace(comparisons, group=generator.permutation(comparisons.group))
        drawn = Resampled(nonsense, range(len(comparisons.groups)), (audit,)).at(threshold, shuffle=False)
        assert drawn.fmr_p is not None
        assert drawn.fnmr_p is not None
        found["fmr"] += min(holm(drawn.fmr_p)) <= level
        found["fnmr"] += min(holm(drawn.fnmr_p)) <= level
    # An exact test exceeds this bound in one of a thousand such experiments.
    bound = _binomial_bound(audits, level, 0.999)
    assert all(hits <= bound for hits in found.values()), found


def _binomial_bound(trials: int, chance: float, confidence: float) -> int:
    total = 0.0
    for hits in range(trials + 1):
        total += math.comb(trials, hits) * chance**hits * (1 - chance) ** (trials - hits)
        if total >= confidence:
            return hits
    return trials
