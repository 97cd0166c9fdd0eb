"""The demonstration's audit of the sample cohort, with the real engine: coarse facts only."""

from __future__ import annotations

from pathlib import Path

import jsonschema

import countenance as cn
from countenance.bootstrap.application import SAMPLE_COHORT, Application
from countenance.service.audits.document import schema
from countenance.service.audits.sample import FOLDER, PAGE, audit_sample


def test_the_cohorts_audit_is_whole_small_and_says_nothing_about_real_people(
    application: Application, tmp_path: Path
) -> None:
    done = audit_sample(
        tmp_path,
        SAMPLE_COHORT,
        application.engine(threads=1),
        application.calibrations,
        other=None,
        made_at="2026-01-02T03:04:05Z",
        workers=2,
        progress=lambda step, done, total: None,
    )
    document = cn.open_audit(tmp_path / FOLDER).document
    assert document == done.document
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert (tmp_path / FOLDER / "result.json").stat().st_size < 4_000_000
    assert (document["data"]["photos"], document["data"]["subjects"], document["data"]["templates"]) == (270, 90, 270)
    assert document["data"]["caveat"].startswith("The people in these photos are rendered and do not exist.")
    assert document["operating"]["achieved"] <= 1e-3
    assert document["operating"]["presets"][0]["threshold"] < document["operating"]["threshold"]
    mated = next(one for one in document["groupings"][0]["distributions"] if one["mated"])
    other = next(one for one in document["groupings"][0]["distributions"] if not one["mated"])
    assert mated["mean"] - other["mean"] > 0.3
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert document["headline"]["sentence"].split(" (95 %")[0] in page
    assert "do not exist" in page
