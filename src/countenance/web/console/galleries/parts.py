"""What the pages about galleries work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countenance.service.erasure import Erasure, ErasureRequest
from countenance.service.gallery_pages import CreateGallery, Galleries
from countenance.service.jobs import Jobs
from countenance.service.subject_port import Held, HeldReference


@dataclass(frozen=True, slots=True, eq=False)
class GalleriesParts:
    """Ready-made by ``bootstrap``.

    Attributes:
        galleries: Galleries and subjects, a page at a time.
        create: Makes a gallery.
        held: (subject, gallery) → what is held of them, with references.
        erase: (request, operator) → what came of it.
        jobs: Work in the background.
        model: Name of the model in use: galleries are made for it.
    """

    galleries: Galleries
    create: CreateGallery
    held: Callable[[str, str], Sequence[tuple[Held, Sequence[HeldReference]]]]
    erase: Callable[[ErasureRequest, str], Erasure]
    jobs: Jobs
    model: str
