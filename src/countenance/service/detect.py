"""Which faces are in this photo, and how suitable is each? No template is made."""

from __future__ import annotations

from countenance.core.vocabulary import PhotoFaces
from countenance.service.acts import DETECT
from countenance.service.admission import OngoingAct
from countenance.service.ports import Engine


def detect(act: OngoingAct, data: bytes, *, engine: Engine, crops: bool = False) -> PhotoFaces:
    """Return all faces of an encoded photo, largest first, with boxes, landmarks and quality measures.

    Raises:
        PolicyError: The act is not one that finds faces.
        ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
    """
    act.require(DETECT)
    return engine.read_faces(data, templates=False, crops=crops)
