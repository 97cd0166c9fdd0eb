"""Aligned crops in, unit-length template vectors out. ``embedder`` names the network only; its output is a template."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from countenance.core.errors import ModelError, ModelManifestInvalid
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import FloatArray, ImageArray, Landmarks, Template
from countenance.engine.alignment import aligned_crop
from countenance.engine.manifests import RecogniserManifest
from countenance.engine.model_files import read_runnable
from countenance.engine.sessions import ModelSession, RuntimeOptions


class Embedder(Protocol):
    """Makes templates from a face in an image."""

    manifest: RecogniserManifest

    def crop(
        self, image_rgb: ImageArray, landmarks: Landmarks, box_xywh_px: tuple[float, float, float, float]
    ) -> ImageArray:
        """Return the crop this network takes; landmarks and box in pixels of ``image_rgb``."""
        ...

    def embed(self, crops: Sequence[ImageArray]) -> list[Template]:
        """Return one template a crop."""
        ...


class OnnxEmbedder:
    """A recogniser from an ONNX file and its manifest. Safe for several threads."""

    def __init__(self, manifest: RecogniserManifest, cache_dir: Path, options: RuntimeOptions) -> None:
        """Load the network.

        Raises:
            ModelUnavailable, ModelDigestMismatch: The file is not there or not the one meant.
            ModelManifestInvalid: The file contradicts the manifest.
        """
        self.manifest = manifest
        self._identity = manifest.identity
        self._session = ModelSession(read_runnable(manifest.file, cache_dir), options)
        size = manifest.input_size_px
        shape = self._session.input_shape
        if len(shape) != 4 or any(
            isinstance(have, int) and have != want for have, want in zip(shape[1:], (3, size, size), strict=True)
        ):
            raise ModelManifestInvalid(
                f"{manifest.name}: the file takes {shape}, the manifest says (n, 3, {size}, {size})."
            )
        outputs = self._session.output_shapes
        if len(outputs) != 1:
            raise ModelManifestInvalid(f"{manifest.name}: the file has {len(outputs)} outputs; one is needed.")
        (last,) = (shape[-1] for shape in outputs.values())
        if isinstance(last, int) and last != manifest.dimension:
            raise ModelManifestInvalid(
                f"{manifest.name}: the file gives {last} numbers, the manifest says {manifest.dimension}."
            )
        self._one_at_a_time = shape[0] == 1

    def crop(
        self, image_rgb: ImageArray, landmarks: Landmarks, box_xywh_px: tuple[float, float, float, float]
    ) -> ImageArray:
        """Return the five-point aligned crop, uint8, size × size × 3."""
        return aligned_crop(image_rgb, landmarks.as_array(), size_px=self.manifest.input_size_px)

    def embed(self, crops: Sequence[ImageArray]) -> list[Template]:
        """Return one template a crop.

        Raises:
            ModelError: The network gave something that is not a finite vector of the stated dimension.
        """
        if not crops:
            return []
        pixels = np.stack(crops).astype(np.float32)
        if self.manifest.colour_order == "bgr":
            pixels = pixels[..., ::-1]
        if self.manifest.mean != 0.0 or self.manifest.scale != 1.0:
            pixels = (pixels - np.float32(self.manifest.mean)) * np.float32(self.manifest.scale)
        blob = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        parts = [blob[i : i + 1] for i in range(len(blob))] if self._one_at_a_time else [blob]
        vectors = np.concatenate([next(iter(self._session.run(part).values())) for part in parts])
        return as_templates(vectors, self.manifest, self._identity)


def as_templates(vectors: FloatArray, manifest: RecogniserManifest, identity: ModelIdentity) -> list[Template]:
    """Return unit-length templates from raw network output, float32 of shape (n, dimension).

    Raises:
        ModelError: A vector has the wrong length, is not finite or is zero.
    """
    if vectors.ndim != 2 or vectors.shape[1] != manifest.dimension:
        raise ModelError(f"{manifest.name} gave an output of shape {vectors.shape}, not (n, {manifest.dimension}).")
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not bool(np.isfinite(lengths).all()) or not bool((lengths > 0).all()):
        raise ModelError(f"{manifest.name} gave a vector that is zero or not finite.")
    unit = (vectors / lengths).astype(np.float32)
    return [Template(vector=np.ascontiguousarray(row), model=identity) for row in unit]
