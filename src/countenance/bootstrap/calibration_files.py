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
        # By model digest, with what the files were when they were read.
        self._found: dict[str, tuple[tuple[object, ...], Calibration | None]] = {}

    def find(self, model: ModelIdentity) -> Calibration | None:
        """Return the record measured with exactly this model, or None.

        A record that was replaced on disk, by this process or another, is read again.

        Raises:
            AuditInputInvalid: A record file is damaged.
        """
        paths = [folder / calibration_file_name(model) for folder in reversed(self._folders)]
        seen = tuple(map(_stamp, paths))
        known = self._found.get(model.digest)
        if known is None or known[0] != seen:
            record: Calibration | None = None
            for path, stamp in zip(paths, seen, strict=True):
                if stamp is not None:
                    record = calibration_from_json(path.read_text(encoding="utf-8"))
                    model.require_same(record.model)
                    break
            known = (seen, record)
            self._found[model.digest] = known
        return known[1]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is replaced, or None if there is no such file."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino


def calibration_file_name(model: ModelIdentity) -> str:
    """Return the file name of a model's calibration record."""
    return f"{model.name}-{model.digest[:16]}.json"
