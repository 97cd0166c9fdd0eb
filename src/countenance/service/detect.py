"""Which faces are in this photo, and how suitable is each? No template is made."""

from __future__ import annotations

from countenance.core.vocabulary import PhotoFaces
from countenance.service.acts import DETECT
from countenance.service.admission import OngoingAct
from countenance.service.ports import Engine


def detect(
    act: OngoingAct, data: bytes, *, engine: Engine, crops: bool = False, gallery: str | None = None
) -> PhotoFaces:
    """Return all faces of an encoded photo, largest first, with boxes, landmarks and quality measures.

    Args:
        act: Admitted to find faces.
        data: The photo's bytes.
        engine: Finds faces.
        crops: Whether to keep the aligned crop with each face.
        gallery: The gallery that is about to be searched with one of them, where there is one.

    Raises:
        PolicyError: The act is not one that finds faces.
        ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
    """
    act.require(DETECT, gallery=gallery)
    return engine.read_faces(data, templates=False, crops=crops)
