"""Calibration records in folders: the later folder wins, and a record that is replaced is noticed."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from countenance.audit.calibration_record import calibration_to_json
from countenance.bootstrap.calibration_files import CalibrationFiles, calibration_file_name
from countenance.core.thresholds import Calibration
from tests.support.made_up_calibration import ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL


def put(folder: Path, data_set: str) -> None:
    record = dataclasses.replace(ordinary_calibration(), data_set=data_set)
    path = folder / calibration_file_name(MADE_UP_MODEL)
    part = path.with_suffix(".part")
    part.write_text(calibration_to_json(record), encoding="utf-8")
    part.replace(path)


def found(files: CalibrationFiles) -> str | None:
    record: Calibration | None = files.find(MADE_UP_MODEL)
    return None if record is None else record.data_set


def test_a_record_that_appears_is_replaced_or_goes_is_noticed(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    shipped.mkdir()
    own.mkdir()
    files = CalibrationFiles((shipped, own))
    assert found(files) is None
    put(shipped, "first")
    assert found(files) == "first"
    put(own, "second")
    assert found(files) == "second"
    put(own, "third!")
    assert found(files) == "third!"
    (own / calibration_file_name(MADE_UP_MODEL)).unlink()
    assert found(files) == "first"


def test_a_record_that_did_not_change_is_read_once(tmp_path: Path) -> None:
    put(tmp_path, "first")
    files = CalibrationFiles((tmp_path,))

    first = files.find(MADE_UP_MODEL)

    os.utime(tmp_path)
    assert files.find(MADE_UP_MODEL) is first
