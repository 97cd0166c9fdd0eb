"""An engine whose models are loaded when the first photo is looked at: what is refused loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Face, PhotoFaces
from countenance.service.ports import PicturingEngine


class LazyEngine:
    """Stands in for an engine of a known model until it is used."""

    def __init__(self, model: ModelIdentity, load: Callable[[], PicturingEngine]) -> None:
        self._model = model
        self._load = load

    @property
    def model(self) -> ModelIdentity:
        """Return the identity of the recogniser, known without loading it."""
        return self._model

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        """Return all faces of an encoded photo; see ``Engine.read_faces``.

        Raises:
            ModelMismatch: What was loaded is not the model it was known as.
            ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
        """
        return self._engine.read_faces(data, templates=templates, crops=crops)

    def picture(self, data: bytes, face: Face, *, side_px: int) -> bytes:
        """Return the picture of a face; see ``PicturingEngine.picture``."""
        return self._engine.picture(data, face, side_px=side_px)

    @cached_property
    def _engine(self) -> PicturingEngine:
        engine = self._load()
        engine.model.require_same(self._model)
        return engine
