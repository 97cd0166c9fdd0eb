"""Calibration records in folders: those shipped with the package and those the operator made."""

from __future__ import annotations

from pathlib import Path

from countenance.audit.calibration_record import calibration_from_json
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration


class CalibrationFiles:
    """Calibration records in folders, as ``<name>-<digest>.json``; a later folder wins over an earlier."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._found: dict[str, Calibration | None] = {}

    def find(self, model: ModelIdentity) -> Calibration | None:
        """Return the record measured with exactly this model, or None.

        Raises:
            AuditInputInvalid: A record file is damaged.
        """
        if model.digest not in self._found:
            record: Calibration | None = None
            for folder in reversed(self._folders):
                path = folder / calibration_file_name(model)
                if path.is_file():
                    record = calibration_from_json(path.read_text(encoding="utf-8"))
                    model.require_same(record.model)
                    break
            self._found[model.digest] = record
        return self._found[model.digest]


def calibration_file_name(model: ModelIdentity) -> str:
    """Return the file name of a model's calibration record."""
    return f"{model.name}-{model.digest[:16]}.json"
