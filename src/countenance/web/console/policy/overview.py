"""What is in force: packs with their rules and sources, facts stated, the operator's list, certificates, history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.core.thresholds import one_in
from countenance.ledger.kinds import EntryKind
from countenance.policy.certificate import Certificate, read_certificate
from countenance.policy.decision import NOTICE
from countenance.policy.envelope import key_id
from countenance.policy.rule_packs import Pack
from countenance.policy.terms import CertificateStatus
from countenance.service.account_port import Role
from countenance.service.journal_port import EntryFilter
from countenance.service.policy_changes import REJECTED
from countenance.service.policy_questions import RulesShown, show_rules
from countenance.service.rules_in_force import Rules
from countenance.web.console.ledger.entries import Told, told
from countenance.web.console.ledger.sight import sight_of
from countenance.web.console.policy.parts import PolicyParts
from countenance.web.console.shell import Shell

#: Changes of the rules, as the ledger has them.
CHANGES = (EntryKind.POLICY_CHANGED, EntryKind.CERTIFICATE_LOADED, EntryKind.THRESHOLD_CHANGED, EntryKind.OVERRIDE)
#: Roles that read why rules were changed.
SEES_REASONS = frozenset({Role.POLICY_OWNER, Role.RECORDS, Role.AUDITOR})
#: Changes shown on the first page; the ledger has all.
_NEWEST = 12
#: Age at which the accuracy pack no longer takes an evaluation. Source: the pack accuracy-floor, after AWS's and
#: Virginia's yearly evaluations.
EVALUATION_ENDS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class CertificateShown:
    """A certificate that was loaded.

    Attributes:
        sha256: Digest of the envelope.
        loaded_at: When.
        certificate: Its content, or None if it does not hold with the keys listed now.
        status: Why it does not hold, in words; empty if it does.
        ends: Day after which the accuracy pack takes it for too old, or None.
        ended: Whether that day has passed.
    """

    sha256: str
    loaded_at: str
    certificate: Certificate | None
    status: str
    ends: datetime | None
    ended: bool


def overview_pages(shell: Shell, parts: PolicyParts) -> APIRouter:
    """Return the pages that show what is in force."""
    router = shell.router()

    @router.get("/policy")
    async def policy(request: Request) -> Response:
        """Show everything in force."""
        person = await shell.who(request)
        ledger = parts.ledger

        def look() -> tuple[Rules, RulesShown, list[CertificateShown], list[Told]]:
            rules = parts.rules.current()
            sight = sight_of(person, ledger.operator_id(person.name))
            changes = ledger.journal.entries(EntryFilter(kinds=CHANGES), limit=_NEWEST)
            return rules, show_rules(rules, shell.now), certificates(rules, shell.now), told(ledger, sight, changes)

        rules, shown, loaded, changes = await shell.desk(look)
        today = shell.now.date()
        return shell.page(
            request, "policy/overview.html.j2", title="Rules", rules=rules, shown=shown, certificates=loaded,
            changes=changes, owner=Role.POLICY_OWNER in person.roles, forbids=forbids, notice=NOTICE, today=today,
            one_in=one_in,
            sees_reasons=bool(person.roles & SEES_REASONS), operator_list=await shell.desk(parts.operator_list),
        )  # fmt: skip

    @router.get("/policy/packs/{name}")
    async def pack(request: Request, name: str) -> Response:
        """Show one pack with its rules, sources and examples."""
        person = await shell.who(request)
        rules = await shell.desk(parts.rules.current)
        found = next((one for one in rules.policies.packs if one.name == name), None)
        if found is None:
            raise HTTPException(404)
        return shell.page(
            request, "policy/pack.html.j2", title=found.title, pack=found, on=name in rules.policies.enabled,
            owner=Role.POLICY_OWNER in person.roles, today=shell.now.date(), notice=NOTICE, forbids=forbids,
            sources={one.key: one for one in found.citations},
        )  # fmt: skip

    return router


def forbids(pack: Pack) -> str:
    """Return what a pack forbids, in a sentence: what its first rules say, and how many more there are."""
    said = [rule.says.rstrip(".") for rule in pack.rules]
    shown = said[0] + "." if said else "Nothing."
    return shown if len(said) < 2 else f"{shown} And {len(said) - 1} more."


def certificates(rules: Rules, now: datetime) -> list[CertificateShown]:
    """Return the certificates loaded, newest first, with what they come to with the keys listed now."""
    keys = {key_id(item.public_key): item.public_key for item in rules.evaluators}
    shown = []
    for loaded in rules.state.certificates:
        read = read_certificate(loaded.envelope, keys)
        ends = None
        if read.certificate is not None:
            ends = datetime.combine(read.certificate.evaluated_on + EVALUATION_ENDS, now.timetz())
        status = "" if read.status is CertificateStatus.VALID else _why(read.status)
        shown.append(
            CertificateShown(
                loaded.sha256, loaded.loaded_at, read.certificate, status, ends, ends is not None and ends <= now
            )
        )
    return shown


def _why(status: CertificateStatus) -> str:
    reasons: Mapping[CertificateStatus, str] = REJECTED
    return reasons.get(status, f"It does not count: {status.value.replace('_', ' ')}.")
