"""An open store → what the console's pages about comparing, cases and searching work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from countenance.bootstrap.accountability import now
from countenance.bootstrap.case_parts import case_store
from countenance.bootstrap.profiles import read_profile
from countenance.core.errors import CalibrationError, GalleryNotFound, ModelMismatch
from countenance.service.account_port import Role
from countenance.service.case_browsing import CaseBrowser
from countenance.service.case_outlook import SearchOutlook, search_outlook
from countenance.service.case_search import search_or_choose
from countenance.service.cases import DraftCase
from countenance.service.faces import PhotoInput
from countenance.service.meaning import require_calibration
from countenance.service.search import SearchRequest, SearchResult
from countenance.service.standing import Standing, local_standing, operator_id
from countenance.web.console.cases.opened import opening_pages
from countenance.web.console.cases.pages import cases_pages
from countenance.web.console.cases.parts import CasesParts
from countenance.web.console.comparing.pages import comparing_pages
from countenance.web.console.comparing.parts import ComparingParts
from countenance.web.console.searching.pages import search_pages
from countenance.web.console.searching.parts import SearchingParts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import APIRouter

    from countenance.bootstrap.accountability import AccountableParts
    from countenance.core.thresholds import Threshold
    from countenance.service.account_port import SignedIn
    from countenance.service.accountability import Performed
    from countenance.service.case_browsing import CaseRows
    from countenance.service.case_ports import StoredCase
    from countenance.service.face_choice import PhotoChoice
    from countenance.web.console.shell import Shell

#: The door's name in standings and in the ledger.
INTERFACE = "console"
#: Most accounts looked through for names to suggest in a form; any name can be typed.
MOST_SEARCHERS = 500


def searching_pages(shell: Shell, parts: AccountableParts) -> tuple[APIRouter, ...]:
    """Return the pages that compare, those about cases, and those that search."""
    cases = cases_parts(parts)
    # The page that opens a case comes before those that take its address for a case's.
    return (
        comparing_pages(shell, comparing_parts(parts)),
        opening_pages(shell, cases),
        cases_pages(shell, cases),
        search_pages(shell, searching_parts(parts, cases)),
    )


def comparing_parts(parts: AccountableParts) -> ComparingParts:
    """Return what the pages that compare work with."""
    return ComparingParts(
        jobs=lambda person: parts.jobs(signed_in_standing(parts, person)),
        calibration=lambda: require_calibration(parts.app.calibrations, parts.app.manifest.identity),
        picture=parts.picture,
        view=lambda data: _view(parts, data),
    )


def cases_parts(parts: AccountableParts) -> CasesParts:
    """Return what the pages about cases work with."""
    store = case_store(parts.store)
    return CasesParts(
        cases=parts.cases,
        # The same rows, as lists read them.
        browser=CaseBrowser(cast("CaseRows", store), now),
        journal=parts.journal,
        identify=lambda name: operator_id(name, parts.journal.keyed_digest),
        outlook=lambda case, gallery: _outlook(parts, case, gallery),
        galleries=lambda: {key: name for name, key in store.gallery_identifiers().items()},
        searchers=lambda: _searchers(parts),
    )


def searching_parts(parts: AccountableParts, cases: CasesParts) -> SearchingParts:
    """Return what the pages that search work with."""

    def search(
        case: StoredCase, stated: Mapping[str, object], request: SearchRequest
    ) -> Performed[SearchResult] | PhotoChoice:
        standing = parts.case_book.standing_of(case, INTERFACE, now(), stated=stated)
        return search_or_choose(
            parts.jobs(standing),
            request,
            galleries=parts.gallery_search,
            policies=parts.policies,
            view=lambda data: _view(parts, data),
            picture=parts.picture,
        )

    return SearchingParts(
        cases=cases,
        search=search,
        gallery=parts.store.gallery,
        calibration=lambda: require_calibration(parts.app.calibrations, parts.app.manifest.identity),
        crops=parts.review_store.crops,
        picture=parts.picture,
    )


def _outlook(parts: AccountableParts, case: StoredCase | DraftCase, gallery: str) -> SearchOutlook:
    def threshold(name: str) -> Threshold | None:
        try:
            request = SearchRequest(name, PhotoInput("", b""))
            return parts.gallery_search.plan(request, parts.policies.gallery_facts(name))
        except (CalibrationError, ModelMismatch, GalleryNotFound):
            return None

    if isinstance(case, DraftCase):
        standing = parts.case_book.standing_of_draft(case, INTERFACE, now())
    else:
        standing = parts.case_book.standing_of(case, INTERFACE, now())
    return search_outlook(
        parts.policies.gallery_facts(gallery),
        standing,
        parts.accountability,
        model=parts.app.manifest.identity,
        threshold=threshold,
    )


def _searchers(parts: AccountableParts) -> tuple[str, ...]:
    accounts = parts.accounts.list(limit=MOST_SEARCHERS)
    return tuple(one.name for one in accounts if Role.SEARCHER in one.roles and one.disabled_at is None)


def signed_in_standing(parts: AccountableParts, person: SignedIn) -> Standing:
    """Return the standing of whoever has signed in, without a case: what the installation states, under their name."""
    return local_standing(
        person.name,
        interface=INTERFACE,
        keyed_digest=parts.journal.keyed_digest,
        stated=read_profile(parts.app).claims,
        role="-".join(sorted(role.value for role in person.roles)) or "operator",
    )


def _view(parts: AccountableParts, data: bytes) -> bytes:
    # Loaded with the models, when a photo with several faces comes.
    from countenance.engine.images import ImageLimits
    from countenance.engine.photo_views import photo_view

    settings = parts.app.settings
    return photo_view(data, ImageLimits(settings.max_image_bytes, settings.max_image_pixels))
