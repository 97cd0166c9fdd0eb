"""The open store and its parts → what the console's pages about galleries work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countenance.bootstrap.subjects import subject_erasure
from countenance.policy.terms import GallerySource
from countenance.service.gallery_pages import Galleries
from countenance.service.standing import Standing, local_standing
from countenance.web.console.galleries.gallery import gallery_pages
from countenance.web.console.galleries.jobs import job_pages
from countenance.web.console.galleries.lists import list_pages
from countenance.web.console.galleries.parts import GalleriesParts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from countenance.bootstrap.accountability import AccountableParts
    from countenance.core.vocabulary import GallerySummary
    from countenance.service.erasure import Erasure, ErasureRequest
    from countenance.service.subject_port import Held, HeldReference
    from countenance.web.console.shell import Shell

_INTERFACE = "console"


def galleries_pages(shell: Shell, parts: AccountableParts) -> tuple[APIRouter, ...]:
    """Return the pages about galleries, the people in them, and jobs."""
    made = galleries_parts(parts)
    return list_pages(shell, made), gallery_pages(shell, made), job_pages(shell, made.jobs)


def galleries_parts(parts: AccountableParts) -> GalleriesParts:
    """Return what the pages about galleries work with."""
    from countenance.storage.gallery_pages import SqlGalleryPages

    erasure = subject_erasure(parts)

    def standing(operator: str) -> Standing:
        return local_standing(operator, interface=_INTERFACE, keyed_digest=parts.journal.keyed_digest)

    def create(name: str, basis: str, source: GallerySource, days: int | None, operator: str) -> GallerySummary:
        return parts.create_gallery(name, standing(operator), basis=basis, source=source, retention_days=days)

    def held(subject: str, gallery: str) -> Sequence[tuple[Held, Sequence[HeldReference]]]:
        return [(one, parts.subjects.references_of(one)) for one in erasure.find(subject, gallery)]

    def erase(request: ErasureRequest, operator: str) -> Erasure:
        return erasure.erase(request, standing(operator))

    return GalleriesParts(
        galleries=Galleries(SqlGalleryPages(parts.store), parts.store, parts.app.calibrations),
        create=create,
        held=held,
        erase=erase,
        jobs=parts.background.jobs,
        model=parts.app.manifest.name,
    )
