"""The open store and its parts → what the console's pages about reviews and searches work with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from countenance.bootstrap import case_parts
from countenance.bootstrap.accountability import AccountableParts, now
from countenance.bootstrap.console_governing import Recent
from countenance.bootstrap.report_parts import ReportParts, names_of, report_parts
from countenance.core.errors import AccountError, InputError
from countenance.service.account_port import Role
from countenance.service.accountability_reports.people import people
from countenance.service.accountability_reports.proofs import KeptProofs
from countenance.service.accountability_reports.results import report_result
from countenance.service.review_release import release
from countenance.service.search_listing import SearchListing
from countenance.service.standing import local_standing, operator_id
from countenance.web.console.dossiers import pages as dossiers
from countenance.web.console.dossiers.parts import DossierParts
from countenance.web.console.reviewing import pages as reviewing
from countenance.web.console.reviewing.parts import ReviewingParts

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import APIRouter

    from countenance.service.account_port import SignedIn
    from countenance.service.accountability import Performed
    from countenance.service.accountability_reports.disclosure import Packet
    from countenance.service.accountability_reports.people import People
    from countenance.service.accountability_reports.results import Came
    from countenance.service.accountability_reports.sources import Sources
    from countenance.service.review_lists import ReviewListStore
    from countenance.service.review_release import Lead
    from countenance.web.console.shell import Shell

#: The door's name in standings and in the ledger.
INTERFACE = "console"
#: Names and calibrations on pages may be this old. They change when somebody opens a case, an account or a gallery.
_KEPT_S = 20.0
#: Reviewers' error rates on pages may be this old.
_RATES_KEPT_S = 60.0
#: Cases whose operators' names are looked up; the newest ones.
_CASES_NAMED = 1_000


def reviewing_pages(shell: Shell, parts: AccountableParts) -> APIRouter:
    """Return the pages about reviews."""
    return reviewing.reviewing_pages(shell, reviewing_parts(parts))


def dossier_pages(shell: Shell, parts: AccountableParts) -> APIRouter:
    """Return the pages about searches."""
    return dossiers.dossier_pages(shell, dossier_parts(parts))


def reviewing_parts(parts: AccountableParts) -> ReviewingParts:
    """Return what the pages about reviews work with."""

    # Counted over all votes there are; what a vote of the last minute adds does not change what a rate says.
    reviewers = Recent(parts.reviewers.everybody, _RATES_KEPT_S)

    def attest(person: SignedIn, name: str, until: datetime) -> str:
        require_reviewer(parts, name)
        by = local_standing(person.name, interface=INTERFACE, keyed_digest=parts.journal.keyed_digest)
        entry_id = parts.reviewers.attest(name, until, by)
        reviewers.forget()
        return entry_id

    def released(person: SignedIn, review_id: str) -> Performed[Lead]:
        return release(parts.reviews, parts.accountability, parts.policies, review_id, person.name, interface=INTERFACE)

    return ReviewingParts(
        reviews=parts.reviews,
        lists=_review_lists(parts),
        journal=parts.journal,
        people=_people(parts),
        reviewers=reviewers,
        attest=attest,
        release=released,
    )


def require_reviewer(parts: AccountableParts, name: str) -> None:
    """Return if there is an account of this name that reviews: who has a slip of the pen vouched for looks in vain.

    Raises:
        InputError: There is none.
    """
    try:
        found = parts.accounts.find(name)
    except AccountError:
        found = None
    if found is None or Role.REVIEWER not in found.roles or found.disabled_at is not None:
        raise InputError(f"There is no account {name!r} with the role of a reviewer.", remedy="Check the name.")


def dossier_parts(parts: AccountableParts) -> DossierParts:
    """Return what the pages about searches work with."""
    from countenance.storage.act_rows import SqlActRows

    ledger = parts.app.ledger(parts.store)
    known = _people(parts)
    galleries = Recent(lambda: {found: name for name, found in parts.subjects.gallery_ids().items()}, _KEPT_S)
    cases = case_parts.case_store(parts.store)
    kept = Recent(lambda: report_parts(parts, known=known(), galleries=galleries()), _KEPT_S)

    def reports() -> ReportParts:
        prove = KeptProofs(ledger.rows, parts.journal, ledger.custody)
        return ReportParts(parts, replace(kept().sources, prove=prove, now=now()))

    def own_id(name: str) -> str:
        return operator_id(name, parts.journal.keyed_digest)

    def sources() -> Sources:
        return reports().sources

    def packet(person: SignedIn, act_id: str, *, recipient: str, names: bool) -> Packet:
        return reports().packet(
            act=act_id, case=None, recipient=recipient, names=names, audit_result=None, by=own_id(person.name)
        )

    def report(person: SignedIn, act_id: str, came: Came, *, false_match: bool, disclosed: bool, reason: str) -> str:
        return report_result(
            parts.journal, act_id, came, own_id(person.name), false_match=false_match, disclosed_to_defence=disclosed,
            reason=reason,
        ).entry_id  # fmt: skip

    return DossierParts(
        sources=sources,
        listing=SearchListing(ledger.rows, SqlActRows(parts.store).of_acts, _review_lists(parts).states),
        people=known,
        galleries=galleries,
        cases=cases.cases_named,
        operator_id=own_id,
        packet=packet,
        report=report,
    )


def _review_lists(parts: AccountableParts) -> ReviewListStore:
    from countenance.storage.review_lists import SqlReviewLists

    return SqlReviewLists(parts.store)


def _people(parts: AccountableParts) -> Recent[People]:
    return Recent(lambda: people(names_of(parts, most_cases=_CASES_NAMED)), _KEPT_S)
