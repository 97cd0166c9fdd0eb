"""What switching a pack on or off would change, before anybody does it: examples and refusals decided otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from countenance.core.errors import PolicyPackInvalid
from countenance.ledger.kinds import EntryKind
from countenance.policy.decision import Outcome
from countenance.policy.evaluate import evaluate
from countenance.policy.policy_set import disable_pack, enable_pack
from countenance.policy.rule_packs import Pack
from countenance.service.journal_port import EntryFilter, Journal
from countenance.service.rules_in_force import Rules

#: Newest refusals that are looked at.
REFUSALS_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Otherwise:
    """An example that would come out otherwise: another decision, or the same one by other rules.

    Attributes:
        pack: The pack it stands in.
        example: Its name.
        number: Its place among the pack's examples, from 0.
        before: The decision now.
        after: The decision then.
        rules: Rules that object in one of the two only, sorted.
    """

    pack: str
    example: str
    number: int
    before: Outcome
    after: Outcome
    rules: tuple[str, ...]

    @property
    def decided(self) -> bool:
        """Return whether the decision itself would be another one."""
        return self.before is not self.after

    @property
    def wider(self) -> bool:
        """Return whether something refused now would run then."""
        may_run = (Outcome.PERMIT, Outcome.REVIEW)
        return self.before not in may_run and self.after in may_run


@dataclass(frozen=True, slots=True)
class SwitchOutlook:
    """What switching one pack would change.

    Attributes:
        pack: The pack.
        on: Whether it would be on afterwards.
        can_widen: Whether something refused before may be permitted after, by the rules' own reckoning.
        otherwise: Examples of all packs that would come out otherwise.
        examples: Examples that were asked.
        refusals: Newest refusals on record that were looked at.
        by_this_alone: Of those, the ones in which only rules of this pack objected.
        by_this: Of those, the ones in which some rule of this pack objected.
    """

    pack: Pack
    on: bool
    can_widen: bool
    otherwise: tuple[Otherwise, ...]
    examples: int
    refusals: int
    by_this_alone: int
    by_this: int


def switch_outlook(rules: Rules, name: str, journal: Journal) -> SwitchOutlook:
    """Return what switching a pack would change: off if it is on, else on. Nothing is done or recorded.

    Args:
        rules: The rules in force.
        name: The pack.
        journal: Where refusals are on record; requests themselves are not, so that only examples can be asked anew.

    Raises:
        PolicyPackInvalid: No pack has this name.
    """
    before = rules.policies
    pack = next((item for item in before.packs if item.name == name), None)
    if pack is None:
        raise PolicyPackInvalid(f"No pack is named {name[:60]}.", remedy="Choose one of the list of packs.")
    on = name not in before.enabled
    after, change = (enable_pack if on else disable_pack)(before, name)
    asked = [(one, number, example) for one in before.packs for number, example in enumerate(one.examples)]
    permits = {rule.rule_id for rule in before.operator.permits}
    otherwise = []
    for one, number, example in asked:
        decided = [evaluate(policies, example.request, example.now) for policies in (before, after)]
        first, second = decided
        differing = (set(first.rule_ids) ^ set(second.rule_ids)) - permits
        if first.decision is not second.decision or differing:
            otherwise.append(
                Otherwise(one.name, example.name, number, first.decision, second.decision, tuple(sorted(differing)))
            )
    refused = journal.entries(EntryFilter(kinds=(EntryKind.ACT_DENIED,)), limit=REFUSALS_LOOKED_AT)
    deciding = [_rules(entry.fields.get("deciding_rules")) for entry in refused]
    return SwitchOutlook(
        pack=pack,
        on=on,
        can_widen=change.can_widen,
        otherwise=tuple(otherwise),
        examples=len(asked),
        refusals=len(refused),
        by_this_alone=sum(bool(ids) and ids <= pack.rule_ids for ids in deciding),
        by_this=sum(bool(ids & pack.rule_ids) for ids in deciding),
    )


def _rules(value: object) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else frozenset()
