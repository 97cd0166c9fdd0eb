"""Questions about the rules that change nothing: what is loaded, is this pack sound, what would be decided and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from countenance.core.errors import InputError
from countenance.policy.certificate import read_certificate
from countenance.policy.decision import PolicyDecision
from countenance.policy.envelope import EnvelopeFault, key_id
from countenance.policy.evaluate import evaluate
from countenance.policy.examples import run_examples
from countenance.policy.explain import explain, list_packs
from countenance.policy.permits import parse_operator_list
from countenance.policy.rule_packs import Pack, load_pack
from countenance.policy.statements import FederalLaw
from countenance.service.acts import UNSTATED
from countenance.service.rules_in_force import Rules


@dataclass(frozen=True, slots=True)
class RulesShown:
    """What is in force, for people and for JSON.

    Attributes:
        text: The same in words.
        policy_digest: Digest of packs and operator's list.
        revision: Grows with every change.
        packs: Name → whether it is on.
        operator_list: ``shipped`` or ``the operator's own``, with its digest.
        federal_law: The citation in force, why an entry does not count, or None.
        evaluators: Name, key id and whether listed as independent.
        certificates: Digest, evaluator, model and date of each certificate loaded.
        facts: Facts attested, with name, date and whether in force.
    """

    text: str
    policy_digest: str
    revision: int
    packs: dict[str, bool]
    operator_list: str
    federal_law: str | None
    evaluators: tuple[dict[str, Any], ...]
    certificates: tuple[dict[str, Any], ...]
    facts: tuple[dict[str, Any], ...]


def show_rules(rules: Rules, now: datetime) -> RulesShown:
    """Return everything in force at a moment."""
    listed = "shipped" if rules.state.operator_list is None else "the operator's own"
    shown = RulesShown(
        text="",
        policy_digest=rules.policies.digest,
        revision=rules.state.revision,
        packs={pack.name: pack.name in rules.policies.enabled for pack in rules.policies.packs},
        operator_list=f"{listed}, {rules.policies.operator.digest}",
        federal_law=_law(rules, now),
        evaluators=tuple(
            {"name": item.name, "key_id": key_id(item.public_key), "independent": item.independent}
            for item in rules.evaluators
        ),
        certificates=_certificates(rules),
        facts=tuple(
            {
                "fact": fact.fact.value,
                "attested_by": fact.attested_by,
                "attested_on": fact.attested_on.isoformat(),
                "valid_until": fact.valid_until.isoformat(),
                "reference": fact.reference,
                "in_force": fact.fact in rules.facts_on(now),
            }
            for fact in rules.facts
        ),
    )
    return RulesShown(_in_words(rules, shown), *(getattr(shown, name) for name in list(RulesShown.__slots__)[1:]))


def explain_request(rules: Rules, values: Mapping[str, object], now: datetime) -> tuple[PolicyDecision, str]:
    """Return the decision about a request in plain values, and the same in words. Nothing is done or recorded.

    Attributes that the request leaves out and that have a most restrictive word get it, as an act's would.
    """
    asked = {**UNSTATED, **values}
    if "jurisdictions" not in values:
        asked["jurisdictions"] = rules.everywhere()
    if "deployment" not in values:
        asked["deployment"] = tuple(rules.facts_on(now))
    if "federal_law_id" not in values:
        asked["federal_law_id"] = rules.federal_law_id(now)
    decision = evaluate(rules.policies, asked, now)
    return decision, explain(decision)


def check_pack(folder: Path) -> Pack:
    """Return a pack after checking it and running its examples.

    Raises:
        FileUnreadable: One of its three files is missing.
        PolicyPackInvalid: It is not sound; the message says why.
    """
    return load_pack(folder)


def check_operator_list(text: str) -> tuple[str, ...]:
    """Return the ids of an operator's list after checking it.

    Raises:
        PolicyPackInvalid: It cannot be read.
    """
    return tuple(rule.rule_id for rule in parse_operator_list(text).rules)


@dataclass(frozen=True, slots=True)
class PackTest:
    """The examples of a pack, run: how many, and those that did not come out as written."""

    pack: str
    examples: int
    wrong: tuple[str, ...]


def run_pack_examples(packs: tuple[Pack, ...], names: tuple[str, ...]) -> tuple[PackTest, ...]:
    """Run the examples of some packs, or of all.

    Raises:
        InputError: No pack has this name.
    """
    known = {pack.name: pack for pack in packs}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise InputError(f"No pack is named {', '.join(unknown)}.", remedy=f"Packs are: {', '.join(known)}.")
    chosen = [known[name] for name in names] if names else list(packs)
    return tuple(PackTest(pack.name, len(pack.examples), run_examples(pack.examples, pack.rules)) for pack in chosen)


def _law(rules: Rules, now: datetime) -> str | None:
    if isinstance(rules.law, EnvelopeFault):
        return f"does not count: {rules.law.value}"
    if isinstance(rules.law, FederalLaw):
        return rules.federal_law_id(now) or f"not yet: {rules.law.citation}, from {rules.law.entered_on}"
    return None


def _certificates(rules: Rules) -> tuple[dict[str, Any], ...]:
    keys = {key_id(item.public_key): item.public_key for item in rules.evaluators}
    shown = []
    for loaded in rules.state.certificates:
        read = read_certificate(loaded.envelope, keys)
        about: dict[str, Any] = {"sha256": loaded.sha256, "status": read.status.value, "loaded_at": loaded.loaded_at}
        if read.certificate is not None:
            about |= {
                "evaluator": read.certificate.evaluator,
                "independent": read.certificate.independent,
                "model": read.certificate.model.short,
                "threshold": read.certificate.threshold,
                "evaluated_on": read.certificate.evaluated_on.isoformat(),
                "worst_group": read.certificate.worst_group_fnmr.group,
            }
        shown.append(about)
    return tuple(shown)


def _in_words(rules: Rules, shown: RulesShown) -> str:
    lines = [list_packs(rules.policies).rstrip(), "", f"Operator's list: {shown.operator_list[:40]}…"]
    lines += [f"  {rule.rule_id}: {rule.says}" for rule in rules.policies.operator.permits]
    lines.append(f"US federal law entered: {shown.federal_law or 'none'}.")
    lines += [f"Evaluator: {item['name']}, key {item['key_id'][:16]}…, "
              f"{'listed as independent' if item['independent'] else 'not listed as independent'}."
              for item in shown.evaluators]  # fmt: skip
    lines += [f"Certificate {item['sha256'][:16]}…: {item['status']}"
              + (f", {item['evaluator']} on {item['model']}, {item['evaluated_on']}." if "model" in item else ".")
              for item in shown.certificates]  # fmt: skip
    lines += [f"Attested by {item['attested_by']} until {item['valid_until']}: {item['fact']}"
              + (f" ({item['reference']})." if item["in_force"] else " (not in force).")
              for item in shown.facts]  # fmt: skip
    return "\n".join([*lines, ""])
