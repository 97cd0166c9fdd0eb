"""The open store and its parts → the native interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from countenance import __version__
from countenance.bootstrap.accountability import now
from countenance.bootstrap.subjects import entry_proofs, subject_erasure
from countenance.service.meaning import require_calibration
from countenance.web.rest.about import about_operations
from countenance.web.rest.calling import Rest
from countenance.web.rest.document import document_router, openapi_document
from countenance.web.rest.faces import face_operations
from countenance.web.rest.galleries import gallery_operations
from countenance.web.rest.jobs import JobsParts, job_operations
from countenance.web.rest.ledger import ledger_operations
from countenance.web.rest.parts import RestParts
from countenance.web.rest.reviews import review_operations
from countenance.web.rest.subjects import subject_operations

if TYPE_CHECKING:
    from fastapi import APIRouter

    from countenance.bootstrap.accountability import AccountableParts
    from countenance.service.collection_parts import CollectionParts
    from countenance.service.idempotency import IdempotencyKeys
    from countenance.web.context import WebContext


@dataclass(frozen=True, slots=True, eq=False)
class NativeInterface:
    """The native interface, put together.

    Attributes:
        frame: Answers what no route takes.
        routers: Its operations, and its document.
        document: The OpenAPI document.
    """

    frame: Rest
    routers: tuple[APIRouter, ...]
    document: dict[str, Any]


def native_interface(
    context: WebContext, parts: AccountableParts, collections: CollectionParts, keys: IdempotencyKeys
) -> NativeInterface:
    """Return the native interface.

    Args:
        context: The service.
        parts: What it acts and records with.
        collections: Those of the Rekognition dialect: access to galleries is asked for in the same way.
        keys: Keys of repeated requests.
    """
    rest = Rest(context, keys)
    routers = operations(rest, _parts(parts, collections), _jobs(parts))
    document = openapi_document(routers, version=__version__)
    return NativeInterface(rest, (*routers, document_router(document)), document)


def operations(rest: Rest, parts: RestParts, long: JobsParts) -> tuple[APIRouter, ...]:
    """Return all operations of the native interface."""
    return (
        about_operations(rest, parts),
        face_operations(rest, parts),
        gallery_operations(rest, parts),
        subject_operations(rest, parts),
        review_operations(rest, parts),
        ledger_operations(rest, parts),
        job_operations(rest, parts, long),
    )


def _jobs(parts: AccountableParts) -> JobsParts:
    background = parts.background
    return JobsParts(background.jobs, background.shelf, background.allowed, now)


def _parts(parts: AccountableParts, collections: CollectionParts) -> RestParts:
    store = parts.store
    return RestParts(
        version=__version__,
        access=collections.require_access,
        jobs=lambda standing: parts.jobs(standing, engine=parts.many_photos_engine),
        galleries=store,
        search=parts.app.gallery_search(store, engine=parts.many_photos_engine),
        policies=parts.policies,
        subjects=parts.subjects,
        make_gallery=parts.create_gallery,
        delete_gallery=parts.delete_gallery,
        erase=lambda request, standing: subject_erasure(parts).erase(request, standing),
        model=parts.app.manifest.identity,
        calibration=lambda: require_calibration(parts.app.calibrations, parts.app.manifest.identity),
        case=parts.case_book.case,
        journal=parts.journal,
        proofs=lambda: entry_proofs(parts),
        checkpoint=lambda: parts.app.ledger(store).custody.checkpoint().signed.decode(),
        reviews=parts.reviews,
        release=parts.release,
    )
