"""An engine for work in the background: it counts photos, lets requests go first, and can be stopped between two."""

from __future__ import annotations

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Face, PhotoFaces
from countenance.service.job_watch import Watch
from countenance.service.ports import PicturingEngine


class WatchedEngine:
    """An engine that a job can be stopped at between two photos, and that counts them."""

    def __init__(self, engine: PicturingEngine, watch: Watch) -> None:
        self._engine = engine
        self._watch = watch

    @property
    def model(self) -> ModelIdentity:
        """Return the identity of the recogniser in use."""
        return self._engine.model

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        """Return all faces of an encoded photo; see ``Engine.read_faces``.

        Raises:
            JobStopped: The job has to end.
        """
        self._watch.photo()
        return self._engine.read_faces(data, templates=templates, crops=crops)

    def picture(self, data: bytes, face: Face, *, side_px: int) -> bytes:
        """Return the picture of a face; see ``PicturingEngine.picture``."""
        return self._engine.picture(data, face, side_px=side_px)
