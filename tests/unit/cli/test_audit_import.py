"""``audit import`` as typed: shown, confirmed, measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from countenance.cli import audit_import
from countenance.core.errors import AuditInputInvalid


@pytest.fixture
def files(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(24), 2)
    rows, columns = np.triu_indices(48, 1)
    score = np.where(subject[rows] == subject[columns], 80.0, 20.0) + rng.normal(0, 9, rows.size)
    pl.DataFrame(
        {
            "probe": [f"p{at}" for at in rows],
            "reference": [f"p{at}" for at in columns],
            "similarity": score.clip(0, 100),
        }
    ).write_csv(tmp_path / "s.csv")
    pl.DataFrame(
        {
            "id": [f"p{at}" for at in range(48)],
            "subject": [f"s{s}" for s in subject],
            "sex": ["f" if s % 2 else "m" for s in subject],
        }
    ).write_csv(tmp_path / "people.csv")
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    app, audit = typer.Typer(), typer.Typer()
    app.add_typer(audit, name="audit")
    audit_import.register(audit)
    audit.command("other")(lambda: None)
    given = ["audit", "import", str(folder / "s.csv"), "--name", "v", "--dir", str(folder)]
    return CliRunner().invoke(app, [*given, "--people", str(folder / "people.csv"), *words])


def test_scores_are_shown_and_measured(files: Path) -> None:
    result = run(files, "--yes", "--threshold", "60", "--thresholds", "40,80")
    assert result.exit_code == 0, result.output
    assert "higher is more alike" in result.stderr
    assert "▕" in result.stderr
    assert "40 on the file's scale" in result.stdout
    assert {path.name for path in (files / "v").iterdir()} == {
        "audit.json",
        "inputs.json",
        "result.json",
        "scores.parquet",
    }


def test_nothing_is_measured_before_somebody_confirmed(files: Path) -> None:
    result = run(files, "--threshold", "60")
    assert isinstance(result.exception, AuditInputInvalid)
    assert "--yes" in result.exception.remedy
    assert not (files / "v").exists()


def test_a_stated_direction_and_scale_need_no_confirmation(files: Path) -> None:
    result = run(files, "--higher-is-more-alike", "--scale", "percent", "--threshold", "60", "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["scale"]["name"] == "similarity, 0 to 100"
    assert [row["threshold"] for row in printed["thresholds"]] == [60.0]
    assert printed["rows"]["comparisons"] == 48 * 47 // 2


def test_a_wrong_direction_is_refused_whatever_is_confirmed(files: Path) -> None:
    result = run(files, "--lower-is-more-alike", "--yes")
    assert isinstance(result.exception, AuditInputInvalid)
    assert "Stated: lower is more alike. Seen: higher is more alike." in result.exception.message


@pytest.mark.parametrize(
    "words", [("--scale", "inches"), ("--repeated", "all"), ("--thresholds", "high"), ("--target-fmr", "2")]
)
def test_words_that_are_no_choice_are_usage_errors(files: Path, words: tuple[str, ...]) -> None:
    assert run(files, *words).exit_code == 2
