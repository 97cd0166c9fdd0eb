"""``serve --demo``: accounts for the console, two cases to search under, and people who may review what is held."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.bootstrap.account_parts import open_demonstration_accounts
from countenance.bootstrap.accountability import AccountableParts, now
from countenance.bootstrap.service_demonstration import CLAIMS, TERM
from countenance.core.errors import AccountInvalid, CaseNotFound
from countenance.service.account_port import Role
from countenance.service.case_terms import case_terms
from countenance.service.passwords import made_up

SECOND_REVIEWER = "second reviewer"
#: Who vouches for cases and training in the demonstration: nobody does so for themselves.
ATTESTER = "demonstration"
#: Number → purpose. What is found under the first is shown; under the second it is held until people have looked, and
#: the shipped list of permissions lets it be released then.
CASES = {"demo-album": "photo_organisation", "demo-held": "data_subject_request"}


@dataclass(frozen=True, slots=True)
class DemonstrationAccount:
    """An account of the demonstration; its password is shown once."""

    name: str
    password: str


def open_console_demonstration(parts: AccountableParts) -> tuple[DemonstrationAccount, ...]:
    """Open accounts and cases for the console, those that are there already aside, and return the accounts.

    Raises:
        PolicyError: The rules in force do not permit the cases.
    """
    made = [
        DemonstrationAccount(name, password)
        for name, _, password in open_demonstration_accounts(parts, [Role.SEARCHER, Role.REVIEWER])
    ]
    made.append(_second_reviewer(parts))
    others = [Role.GALLERY_OWNER, Role.POLICY_OWNER, Role.AUDITOR, Role.RECORDS]
    made += [DemonstrationAccount(name, password) for name, _, password in open_demonstration_accounts(parts, others)]
    for name in (Role.REVIEWER.value, SECOND_REVIEWER):
        parts.reviewers.attest(name, now() + TERM, parts.standing_as(ATTESTER))
    for number, purpose in CASES.items():
        _open_case(parts, number, purpose)
    return tuple(made)


def _second_reviewer(parts: AccountableParts) -> DemonstrationAccount:
    by, password = parts.standing(), made_up()
    try:
        parts.accounts.add(SECOND_REVIEWER, [Role.REVIEWER], by=by, password=password, one_time=False)
    except AccountInvalid:
        parts.accounts.set_password(SECOND_REVIEWER, by=by, password=password, one_time=False, reason="demonstration")
    return DemonstrationAccount(SECOND_REVIEWER, password)


def _open_case(parts: AccountableParts, number: str, purpose: str) -> None:
    try:
        found = parts.cases.find(number)
    except CaseNotFound:
        found = None
    if found is not None and found.closed_at is None and found.expires_at > now() + TERM / 2:
        return
    values = {
        **CLAIMS,
        "purpose": purpose,
        "jurisdictions": list(parts.rules.current().everywhere()),
        "case_number": number,
        "operator": Role.SEARCHER.value,
        "attested_by": ATTESTER,
        "purpose_text": "Demonstration on rendered people who do not exist",
        "any_gallery": True,
        "expires": f"{TERM.days}d",
    }
    parts.cases.open(case_terms(values, now=now(), read=_no_document))


def _no_document(path: str) -> bytes:
    raise ValueError(f"the demonstration names no document, not {path}")
