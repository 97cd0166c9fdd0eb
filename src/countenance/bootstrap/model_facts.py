"""Facts about the models at hand, for lists, ``models show`` and ``doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from countenance.bootstrap.application import Application
from countenance.core.errors import ModelDigestMismatch, ModelUnavailable
from countenance.core.thresholds import Calibration
from countenance.engine.added_models import add_model
from countenance.engine.manifests import DETECTOR_FILE, DETECTOR_LICENCE, RecogniserManifest
from countenance.engine.model_files import (
    DLIB_LANDMARKS_FILE,
    Licence,
    MaySell,
    ModelFile,
    locate,
    read_runnable,
)

_SELL_WORDS = {
    MaySell.YES: "Yes, as far as the licence of the weights goes. The terms of the training data are another question.",
    MaySell.NO: "No: the licence of the weights does not allow it.",
    MaySell.ASK: "Ask the owner of the weights.",
}


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model as a person needs to know it.

    Attributes:
        name: What to type.
        role: ``recogniser`` or ``detector``.
        title: One line.
        identity: Digest that decides comparability; None for a detector.
        dimension: Length of a template; None for a detector.
        files: Names and pinned SHA-256 of its files.
        installed: Whether its files are there.
        licence: Terms.
        may_i_sell_with_it: The answer in words.
        built_in: Whether it comes with the package.
        calibrated_on: Data set and date of its calibration, or None.
    """

    name: str
    role: str
    title: str
    identity: str | None
    dimension: int | None
    files: dict[str, str]
    installed: bool
    licence: Licence
    may_i_sell_with_it: str
    built_in: bool
    calibrated_on: str | None


@dataclass(frozen=True, slots=True)
class FileCheck:
    """Whether one model file is the one meant.

    Attributes:
        model: Name of the model.
        file: Name of the file.
        intact: True if the digest is the pinned one.
        problem: What is wrong, or None.
        missing: True if the file is not installed (an extra that was not asked for).
    """

    model: str
    file: str
    intact: bool
    problem: str | None
    missing: bool = False


def model_facts(app: Application) -> list[ModelFacts]:
    """Return facts about all recognisers and the detector."""
    return [*(_recogniser_facts(app, item) for item in app.manifests.values()), _detector_facts()]


def calibration_of(app: Application, name: str) -> Calibration | None:
    """Return the calibration of a known model, or None if it has none."""
    return app.calibrations.find(app.manifests[name].identity)


def verify_models(app: Application) -> list[FileCheck]:
    """Return, for every file of every known model, whether it is the pinned one; converted files are checked too."""
    checks = []
    for name, file in _all_files(app):
        try:
            read_runnable(file, app.settings.cache_dir)
        except ModelUnavailable as error:
            checks.append(FileCheck(name, Path(file.path).name, intact=False, problem=error.message, missing=True))
        except ModelDigestMismatch as error:
            checks.append(FileCheck(name, Path(file.path).name, intact=False, problem=error.message))
        else:
            checks.append(FileCheck(name, Path(file.path).name, intact=True, problem=None))
    return checks


def add(app: Application, manifest: Path) -> RecogniserManifest:
    """Add a model from its manifest; see ``engine.added_models.add_model`` for the errors."""
    return add_model(manifest, app.settings.data_dir)


def _all_files(app: Application) -> list[tuple[str, ModelFile]]:
    files = [("yunet", DETECTOR_FILE)]
    for item in app.manifests.values():
        files.append((item.name, item.file))
        if item.name == "dlib":
            files.append((item.name, DLIB_LANDMARKS_FILE))
    return files


def _recogniser_facts(app: Application, manifest: RecogniserManifest) -> ModelFacts:
    calibration = app.calibrations.find(manifest.identity)
    files = [manifest.file] + ([DLIB_LANDMARKS_FILE] if manifest.name == "dlib" else [])
    return ModelFacts(
        name=manifest.name,
        role="recogniser",
        title=manifest.title,
        identity=manifest.identity.digest,
        dimension=manifest.dimension,
        files={Path(file.path).name: file.sha256 for file in files},
        installed=all(_is_there(file) for file in files),
        licence=manifest.licence,
        may_i_sell_with_it=_SELL_WORDS[manifest.licence.may_sell],
        built_in=manifest.built_in,
        calibrated_on=None if calibration is None else f"{calibration.data_set}, {calibration.date}",
    )


def _detector_facts() -> ModelFacts:
    return ModelFacts(
        name="yunet",
        role="detector",
        title="YuNet (OpenCV Zoo 2023mar), float32, over an image pyramid",
        identity=None,
        dimension=None,
        files={Path(DETECTOR_FILE.path).name: DETECTOR_FILE.sha256},
        installed=_is_there(DETECTOR_FILE),
        licence=DETECTOR_LICENCE,
        may_i_sell_with_it=_SELL_WORDS[DETECTOR_LICENCE.may_sell],
        built_in=True,
        calibrated_on=None,
    )


def _is_there(file: ModelFile) -> bool:
    try:
        locate(file)
    except ModelUnavailable:
        return False
    return True
