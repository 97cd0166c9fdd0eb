"""Settings and an open store → the web application with its dialects, threads and limits."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from countenance import __version__
from countenance.bootstrap.account_parts import noting
from countenance.bootstrap.accountability import AccountableParts, accountable, new_act_id, now
from countenance.bootstrap.application import Application, index_builder
from countenance.bootstrap.console import console
from countenance.bootstrap.job_parts import working
from countenance.bootstrap.object_stores import object_store
from countenance.bootstrap.photo_fetching import HttpPhotoFetcher
from countenance.bootstrap.rest import native_interface
from countenance.bootstrap.subjects import expiring
from countenance.core.errors import CountenanceError
from countenance.service.collection_index import CollectionIndexes
from countenance.service.collection_parts import CollectionParts, CollectionTerms
from countenance.service.enrolment_steps import CropKeeper
from countenance.service.object_folder import ObjectStore
from countenance.service.person_groups import PersonGroupParts
from countenance.service.photo_addresses import FetchPhoto, PhotoAddresses, no_fetching
from countenance.web.app import create_app
from countenance.web.azure.dialect import NAME as AZURE
from countenance.web.azure.dialect import AzureDialect
from countenance.web.compat.page import compat_router
from countenance.web.console.compat_page import compat_frame
from countenance.web.context import WebContext
from countenance.web.observation import Metrics
from countenance.web.rate_limits import RateLimits
from countenance.web.rekognition.dialect import NAME, RekognitionDialect
from countenance.web.rest.calling import PREFIX
from countenance.web.watson.dialect import WatsonDialect
from countenance.web.work_pool import WorkPool

if TYPE_CHECKING:
    from fastapi import FastAPI

    from countenance.service.collection_port import CollectionStore
    from countenance.service.person_group_port import PersonGroupStore
    from countenance.settings import Settings

#: Threads for look-ups and lists. They wait for the disk more than they work.
DESK_WORKERS = 8
#: Threads that wait for other servers' photos and objects, and requests that may wait for one of these.
OUTSIDE_WORKERS, OUTSIDE_WAITING = 8, 64


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """How much the service takes on.

    Attributes:
        waiting_photos: Requests about photos that may wait for a core.
        waiting_lookups: Other requests that may wait.
        requests_per_second: Steady rate of one credential; 0 means no limit.
        burst: Requests of one credential that may come at once.
    """

    waiting_photos: int = 64
    waiting_lookups: int = 256
    requests_per_second: float = 100.0
    burst: int = 200


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A service ready to be served.

    Attributes:
        app: The ASGI application.
        parts: What it acts and records with.
        collections: What the Rekognition dialect works with.
        groups: What the Azure dialect works with.
    """

    app: FastAPI
    parts: AccountableParts
    collections: CollectionParts
    groups: PersonGroupParts


@contextmanager
def service(
    app: Application,
    *,
    terms: CollectionTerms,
    limits: ServiceLimits,
    objects: Path | None = None,
    fetch: FetchPhoto | None = None,
    notes: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Yield the service over the opened store, its models loaded, and close it afterwards.

    Args:
        app: The process.
        terms: On what terms clients' collections are kept.
        limits: How much it takes on.
        objects: Folder that stands for S3 instead of what the settings name.
        fetch: Fetches photos by address instead of what the settings say.
        notes: What every page of the console says besides.

    Raises:
        SettingsInvalid: What the settings name for photos cannot be used.
        StorageUnavailable: The data folder or database cannot be opened.
        ModelError: The model cannot be loaded.
    """
    stored, fetching = object_store(app.settings, objects), fetch or photo_fetcher(app.settings)
    with accountable(app, interface=NAME) as parts, expiring(parts), noting(parts.refused):
        # One copy of the models for every door, loaded now, one thread an inference: requests run side by side.
        parts.engine = parts.many_photos_engine = parts.app.engine(threads=1)
        collections = collection_parts(parts, terms)
        groups = person_group_parts(parts, collections)
        context = _context(parts, limits, stored, fetching)
        try:
            # The last one takes what looks like its own by type or signature alone, at any path.
            dialects = (
                AzureDialect(context, groups, least_image_bytes=app.settings.azure_least_image_bytes),
                WatsonDialect(context, collections),
                RekognitionDialect(context, collections),
            )
            pages = console(context, parts, notes=notes)
            native = native_interface(context, parts, collections, parts.background.keys)
            compat = compat_router(context, collections.scale, version=__version__, frame=compat_frame(pages.shell))
            routers = (*native.routers, compat, *pages.routers)
            unmatched = {"/": pages.shell.unmatched, PREFIX: native.frame.unmatched}
            web = create_app(context, version=__version__, dialects=dialects, routers=routers, unmatched=unmatched)
            with working(parts.background, lambda: context.work.taken):
                yield Service(web, parts, collections, groups)
        finally:
            context.close()


def _context(
    parts: AccountableParts, limits: ServiceLimits, objects: ObjectStore | None, fetch: FetchPhoto
) -> WebContext:
    """Return what every door shares: threads, limits, counters, clock."""
    work = WorkPool("work", workers=parts.app.workers, queue=limits.waiting_photos)
    desk = WorkPool("desk", workers=DESK_WORKERS, queue=limits.waiting_lookups)
    outside = WorkPool("outside", workers=OUTSIDE_WORKERS, queue=OUTSIDE_WAITING)
    return WebContext(
        cases=parts.case_book,
        work=work,
        desk=desk,
        limits=RateLimits(per_second=limits.requests_per_second, burst=limits.burst, monotonic=time.monotonic),
        refused=parts.refused,
        metrics=Metrics((work, desk, outside)),
        clock=now,
        new_uuid=new_uuid,
        ready=lambda: _not_ready(parts),
        objects=objects,
        fetch=fetch,
        outside=outside,
    )


def person_group_parts(parts: AccountableParts, shared: CollectionParts) -> PersonGroupParts:
    """Return what the person groups and face lists of the Azure dialect work with: the same engine, other galleries."""
    from countenance.storage.collection_store import SqlCollectionStore
    from countenance.storage.person_group_store import SqlPersonGroupStore

    # As for collections: the ports say less of transactions than storage needs.
    stored = cast("CollectionStore", SqlCollectionStore(parts.store, AZURE))
    groups = cast("PersonGroupStore", SqlPersonGroupStore(parts.store))
    indexes = CollectionIndexes(stored, parts.store, index_builder())
    return PersonGroupParts(replace(shared, collections=stored, indexes=indexes), groups)


def collection_parts(parts: AccountableParts, terms: CollectionTerms) -> CollectionParts:
    """Return what the collections of the Rekognition dialect work with, over an open store."""
    from countenance.storage.collection_store import SqlCollectionStore

    # Every transaction of this process is one of the store's: the port says less of it than storage needs.
    stored = cast("CollectionStore", SqlCollectionStore(parts.store, NAME))
    return CollectionParts(
        collections=stored,
        galleries=parts.store,
        policies=parts.policies,
        journal=parts.journal,
        accountability=parts.accountability,
        cases=parts.case_book,
        engine=parts.many_photos_engine,
        calibrations=parts.app.calibrations,
        indexes=CollectionIndexes(stored, parts.store, index_builder()),
        terms=terms,
        clock=now,
        new_uuid=new_uuid,
        new_act_id=new_act_id,
        crops=CropKeeper(parts.picture, parts.review_store) if parts.app.settings.reference_picture_px else None,
    )


def photo_fetcher(settings: Settings) -> FetchPhoto:
    """Return what fetches photos by address: nothing does, unless the operator has named hosts.

    Raises:
        SettingsInvalid: What is named is no host.
    """
    addresses = PhotoAddresses(settings.fetch_allow)
    return HttpPhotoFetcher(addresses, settings.fetch_timeout_s) if len(addresses) else no_fetching


def new_uuid() -> str:
    """Return a random UUID, lower case with dashes."""
    return str(uuid.uuid4())


def _not_ready(parts: AccountableParts) -> str | None:
    try:
        parts.policies.revision()
    except CountenanceError as error:
        return error.code
    return None
