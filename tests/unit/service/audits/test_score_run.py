"""``audit import`` as a use case: thresholds in the file's units, the folder it leaves, the result made again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pytest

from countenance.audit.score_scale import Direction, Scale, ScoreScale
from countenance.audit.threshold_policy import FixedThreshold, TargetFalseMatchRate
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration
from countenance.service.audits.document import build_document, schema
from countenance.service.audits.score_import import ImportChoices, ImportedScores, PeopleChoices, import_scores
from countenance.service.audits.score_run import (
    ScoreRunChoices,
    mapped_thresholds,
    on_scale,
    plan_of,
    run_import,
)
from countenance.service.audits.score_store import SCORES, stored
from countenance.service.audits.sharing import make_bundle, run_again
from countenance.service.audits.verification import verify_bundle
from countenance.service.audits.workspace import RESULT, Workspace
from countenance.service.ports import Engine


class NoCalibrations:
    """A book without records: scores of a file have none."""

    def find(self, model: ModelIdentity) -> Calibration | None:
        raise AssertionError(model)


def rounded(value: Any) -> Any:
    """Return a document with numbers to ten digits: a matrix product may differ in the sixteenth."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return f"{value:.10g}" if isinstance(value, float) else value


def no_engine(name: str) -> Engine:
    raise AssertionError(name)


PERCENT = ScoreScale(Scale.PERCENT, Direction.SIMILARITY, 0.0, 100.0)
FRACTION = ScoreScale(Scale.FRACTION, Direction.SIMILARITY, 0.0, 1.0)
DISTANCE = ScoreScale(Scale.RAW, Direction.DISTANCE, 0.0, 1.4)


def written(folder: Path, *, gallery: bool, distance: bool = False) -> ImportedScores:
    rng = np.random.default_rng(3)
    subject = np.repeat(np.arange(24), 3)
    rows, columns = np.indices((72, 72)).reshape(2, -1)
    # Six of the probes' people are not enrolled.
    kept = ((rows % 3 == 0) & (columns % 3 > 0) & (columns >= 18)) if gallery else rows < columns
    rows, columns = rows[kept], columns[kept]
    score = np.where(subject[rows] == subject[columns], 75.0, 25.0) + rng.normal(0, 12, rows.size)
    score = np.round(score.clip(0, 100), 1)
    frame = pl.DataFrame(
        {
            "probe": [f"p{at:02}" for at in rows],
            "reference": [f"p{at:02}" for at in columns],
            "score": 1.4 - score / 80 if distance else score,
        }
    )
    frame.write_csv(folder / "s.csv")
    pl.DataFrame(
        {
            "id": [f"p{at:02}" for at in range(72)],
            "subject": [f"s{s:02}" for s in subject],
            "sex": [("female", "male")[s % 2] for s in subject],
        }
    ).write_csv(folder / "people.csv")
    return import_scores(folder / "s.csv", ImportChoices(people=PeopleChoices(folder / "people.csv")))


@pytest.mark.parametrize("gallery", [False, True])
def test_the_folder_holds_the_result_and_what_it_takes_to_make_it_again(tmp_path: Path, gallery: bool) -> None:
    imported = written(tmp_path, gallery=gallery)
    workspace = Workspace(tmp_path / "vendor")
    choices = ScoreRunChoices(system="a vendor", thresholds=(50.0, 80.0), target_fmr=0.02, synthetic=True)
    document = run_import(workspace, imported, choices, source=tmp_path / "s.csv", made_at="2026-01-01T00:00:00+00:00")
    assert json.loads(workspace.read(RESULT)) == document
    assert document["system"]["kind"] == "scores"
    assert document["system"]["scale"]["name"] == "similarity, 0 to 100"
    assert document["digests"]["scores"] == hashlib.sha256((tmp_path / "s.csv").read_bytes()).hexdigest()
    assert str(tmp_path) not in json.dumps(document)
    assert document["gallery_sizes"]
    material, evidence, plan, facts = stored(workspace)
    again = build_document(facts, material, evidence, plan)
    assert rounded(again) == rounded(document)


def test_named_thresholds_come_with_what_was_measured_there(tmp_path: Path) -> None:
    imported = written(tmp_path, gallery=False, distance=True)
    assert imported.scale.direction is Direction.DISTANCE
    document = run_import(
        Workspace(tmp_path / "d"), imported, ScoreRunChoices(threshold=0.6, thresholds=(0.8,)),
        source=tmp_path / "s.csv", made_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    rows = mapped_thresholds(document, imported.scale)
    assert [(row.label, row.threshold) for row in rows] == [("operating", 0.6), ("0.8 on the file's scale", 0.8)]
    frame = pl.read_csv(tmp_path / "s.csv")
    different = frame["probe"].str.slice(1).cast(int) // 3 != frame["reference"].str.slice(1).cast(int) // 3
    for row in rows:
        assert row.fmr["errors"] == int((frame.filter(different)["score"] <= row.threshold).sum())
        assert row.fnmr["errors"] == int((frame.filter(~different)["score"] > row.threshold).sum())


def test_the_document_fits_its_schema(tmp_path: Path) -> None:
    imported = written(tmp_path, gallery=True)
    document = run_import(
        Workspace(tmp_path / "v"), imported, ScoreRunChoices(threshold=60.0), source=tmp_path / "s.csv",
        made_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    jsonschema.validate(document, schema())


def test_thresholds_are_in_the_files_units() -> None:
    assert on_scale(80.0, PERCENT) == 80.0
    assert on_scale(80.0, FRACTION) == 0.8
    assert on_scale(0.8, FRACTION) == 0.8
    assert on_scale(7.0, DISTANCE) == 7.0
    with pytest.raises(AuditInputInvalid, match="120 is not on the scale"):
        on_scale(120.0, PERCENT)
    plan = plan_of(ScoreRunChoices(threshold=0.6, thresholds=(0.4,)), DISTANCE)
    assert plan.policy == FixedThreshold(-0.6)
    assert [one.threshold for one in plan.named] == [-0.4]


def test_presets_of_percentages_need_a_scale_of_percentages() -> None:
    assert [one.threshold for one in plan_of(ScoreRunChoices(presets=("aclu-2018",)), PERCENT).named] == [80.0, 95.0]
    assert [one.threshold for one in plan_of(ScoreRunChoices(presets=("aclu-2018",)), FRACTION).named] == [0.8, 0.95]
    with pytest.raises(AuditInputInvalid, match="means nothing on this scale"):
        plan_of(ScoreRunChoices(presets=("aclu-2018",)), DISTANCE)
    with pytest.raises(AuditInputInvalid, match="no preset"):
        plan_of(ScoreRunChoices(presets=("x",)), PERCENT)


def test_one_threshold_only() -> None:
    assert plan_of(ScoreRunChoices(), PERCENT).policy == TargetFalseMatchRate(1e-3)
    with pytest.raises(AuditInputInvalid, match="Two thresholds"):
        plan_of(ScoreRunChoices(threshold=80.0, target_fmr=1e-3), PERCENT)


def test_a_folder_that_lost_its_scores_says_so(tmp_path: Path) -> None:
    imported = written(tmp_path, gallery=True)
    workspace = Workspace(tmp_path / "v")
    run_import(
        workspace, imported, ScoreRunChoices(threshold=60.0), source=tmp_path / "s.csv",
        made_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    (workspace.folder / SCORES).unlink()
    with pytest.raises(FileUnreadable, match="is missing"):
        stored(workspace)
    (workspace.folder / SCORES).write_bytes(b"PAR1")
    with pytest.raises(AuditInputInvalid, match="damaged"):
        stored(workspace)


@pytest.mark.parametrize("part", [False, True])
def test_a_bundle_of_scores_verifies_to_the_same_digits(tmp_path: Path, part: bool) -> None:
    imported = written(tmp_path, gallery=False)
    if part:
        frame = pl.read_csv(tmp_path / "s.csv")
        frame.sample(fraction=0.7, seed=1).write_csv(tmp_path / "s.csv")
        imported = import_scores(tmp_path / "s.csv", ImportChoices(people=PeopleChoices(tmp_path / "people.csv")))
    workspace = Workspace(tmp_path / "v")
    made_at = "2026-01-01T00:00:00+00:00"
    run_import(workspace, imported, ScoreRunChoices(threshold=60.0), source=tmp_path / "s.csv", made_at=made_at)
    make_bundle(
        workspace, tmp_path / "v.zip", no_engine, NoCalibrations(), with_photos=False, with_templates=False, workers=1,
        progress=lambda step, done, total: None,
    )  # fmt: skip
    found = verify_bundle(tmp_path / "v.zip")
    assert found.holds, found.differences[:3]
    assert found.comparisons == imported.tally.comparisons


def test_more_thresholds_become_stops_without_the_file(tmp_path: Path) -> None:
    imported = written(tmp_path, gallery=False)
    workspace = Workspace(tmp_path / "v")
    made_at = "2026-01-01T00:00:00+00:00"
    run_import(workspace, imported, ScoreRunChoices(threshold=60.0), source=tmp_path / "s.csv", made_at=made_at)
    (tmp_path / "s.csv").unlink()
    again = run_again(
        workspace, no_engine, NoCalibrations(), presets=("aclu-2018",), thresholds=(61.5,), made_at=made_at, workers=1,
        progress=lambda step, done, total: None,
    )  # fmt: skip
    assert [row.threshold for row in mapped_thresholds(again, imported.scale)] == [60.0, 61.5, 80.0, 95.0]
    assert json.loads(workspace.read(RESULT)) == again
