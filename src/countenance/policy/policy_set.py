"""The rules in force: packs known, packs switched on, and the operator's list; a change makes a new set.

Switching a pack on or off returns the new set and a record of the change; storing and reporting it is up to the
caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.decision import Reason
from countenance.policy.permits import OperatorList, default_operator_text, parse_operator_list
from countenance.policy.rule_packs import Citation, Pack, load_shipped_packs
from countenance.policy.rulebook import RuleBook
from countenance.policy.rules import Rule


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The rules one decision is made by.

    Attributes:
        packs: All packs known, on or off, in shipping order.
        enabled: Names of those switched on.
        operator: The operator's list.
        digest: SHA-256 over what is switched on and the operator's list, hex; equal means the same rules.
        covers: Jurisdictions that a pack switched on looks at.
        known_gaps: Jurisdictions known to have rules that no pack looks at.
        book: The rules, ready to be consulted.
    """

    packs: tuple[Pack, ...] = field(repr=False)
    enabled: frozenset[str]
    operator: OperatorList = field(repr=False)
    digest: str
    covers: frozenset[str] = field(repr=False)
    known_gaps: frozenset[str] = field(repr=False)
    book: RuleBook = field(repr=False, compare=False)
    _reasons: dict[str, Reason] = field(repr=False, compare=False)

    @property
    def loaded(self) -> tuple[Pack, ...]:
        """Return the packs switched on."""
        return tuple(pack for pack in self.packs if pack.name in self.enabled)

    def reason_for(self, rule_id: str) -> Reason:
        """Return a loaded rule's part in a decision, with its sources."""
        return self._reasons[rule_id]

    def review_due(self, today: date) -> tuple[Pack, ...]:
        """Return the packs switched on whose review date has passed."""
        return tuple(pack for pack in self.loaded if today > pack.review_by)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What changed between two policy sets, for the record.

    Attributes:
        kind: ``pack_enabled``, ``pack_disabled`` or ``operator_list_replaced``.
        subject: Name of the pack, or the digest of the new list.
        before: Digest of the set before.
        after: Digest of the set after.
        can_widen: Whether something refused before may be permitted after.
    """

    kind: str
    subject: str
    before: str
    after: str
    can_widen: bool


def build_policy_set(
    packs: Iterable[Pack], enabled: Iterable[str], operator: OperatorList, *, keep_answers: bool = True
) -> PolicySet:
    """Return a policy set.

    Args:
        packs: All packs known.
        enabled: Names of those to switch on.
        operator: The operator's list.
        keep_answers: False evaluates every request anew; for tests and cold timings.

    Raises:
        PolicyPackInvalid: A name is unknown, or two packs or rules share one.
    """
    packs, enabled = tuple(packs), frozenset(enabled)
    names = {pack.name for pack in packs}
    if len(names) != len(packs):
        raise PolicyPackInvalid("Two packs have the same name.")
    if enabled - names:
        raise PolicyPackInvalid(f"No pack is named {', '.join(sorted(enabled - names))}.")
    loaded = [pack for pack in packs if pack.name in enabled]
    digest = hashlib.sha256(operator.digest.encode())
    for pack in sorted(loaded, key=lambda pack: pack.name):
        digest.update(f"\n{pack.name} {pack.digest}".encode())
    rules = [rule for pack in loaded for rule in pack.rules]
    reasons = [_reason(rule, pack.citations_of(rule)) for pack in loaded for rule in pack.rules]
    reasons += [_reason(rule, ()) for rule in operator.rules]
    return PolicySet(
        packs=packs,
        enabled=enabled,
        operator=operator,
        digest=digest.hexdigest(),
        covers=frozenset(code for pack in loaded for code in pack.covers),
        known_gaps=frozenset(code for pack in loaded for code in pack.known_gaps),
        book=RuleBook([*rules, *operator.rules], keep_answers=keep_answers),
        _reasons={reason.rule_id: reason for reason in reasons},
    )


def _reason(rule: Rule, citations: tuple[Citation, ...]) -> Reason:
    change = rule.change if rule.forbids else ""
    return Reason(rule.rule_id, rule.source, rule.says, change, citations)


def default_policy_set() -> PolicySet:
    """Return the policy of a fresh installation: the default packs and the default list."""
    packs = load_shipped_packs()
    on = (pack.name for pack in packs if pack.default_on)
    return build_policy_set(packs, on, parse_operator_list(default_operator_text()))


def enable_pack(policies: PolicySet, name: str) -> tuple[PolicySet, PolicyChange]:
    """Return the set with a pack switched on, and the record of it.

    A pack only forbids, so no denial becomes a permit. What may change from "not covered" are places that only this
    pack looks at; the record says so.

    Raises:
        PolicyPackInvalid: No pack has this name, or it is on already.
    """
    if name in policies.enabled:
        raise PolicyPackInvalid(f"The pack {name} is switched on already.")
    after = build_policy_set(policies.packs, policies.enabled | {name}, policies.operator)
    covered_before = {code for pack in policies.loaded for code in pack.covers}
    newly_covered = {code for pack in after.loaded for code in pack.covers} - covered_before
    return after, PolicyChange("pack_enabled", name, policies.digest, after.digest, can_widen=bool(newly_covered))


def disable_pack(policies: PolicySet, name: str) -> tuple[PolicySet, PolicyChange]:
    """Return the set with a pack switched off, and the record of it.

    Raises:
        PolicyPackInvalid: It is not switched on.
    """
    if name not in policies.enabled:
        raise PolicyPackInvalid(f"The pack {name} is not switched on.")
    after = build_policy_set(policies.packs, policies.enabled - {name}, policies.operator)
    return after, PolicyChange("pack_disabled", name, policies.digest, after.digest, can_widen=True)


def replace_operator_list(policies: PolicySet, operator: OperatorList) -> tuple[PolicySet, PolicyChange]:
    """Return the set with another operator's list, and the record of it."""
    after = build_policy_set(policies.packs, policies.enabled, operator)
    change = PolicyChange("operator_list_replaced", operator.digest, policies.digest, after.digest, can_widen=True)
    return after, change
