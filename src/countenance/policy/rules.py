"""Cedar text to checked rules: what a rule reads, where it can apply, and what it must say for itself.

Rules kept here:

- A rule has an id, citations, a sentence for people and a sentence on what would change the outcome.
- It reads known attributes only, compares them only with known words, asks of a text only whether it is empty, and
  reads the clock only against written dates that its annotations repeat. A misspelt word is refused, because such a
  rule would never fire.
- Anything this module does not understand is refused, not guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import cedarpy

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.attributes import ATTRIBUTES, JURISDICTION, Kind, cedar_schema
from countenance.policy.terms import Action

_REQUIRED = frozenset({"id", "citation", "says", "change"})
_OPTIONAL = frozenset({"in_force_from", "in_force_until"})
_SET_TESTS = ("contains", "containsAny", "containsAll")


@dataclass(frozen=True, slots=True)
class Rule:
    """One forbid of a pack or of the operator, or one permit of the operator.

    Attributes:
        rule_id: Unique name, such as ``P3.disclosure``.
        source: Name of the pack it stands in, or ``operator``.
        forbids: True for a forbid, False for a permit.
        says: What it objects to, in one sentence.
        change: What would change the outcome, in one sentence.
        citations: Keys of the pack's citations it rests on.
        actions: Actions it can apply to.
        jurisdictions: It can apply only where the request touches one of these; None means anywhere.
        reads: Names of the attributes it reads.
        starts: Dates from which it, or a part of it, applies (``context.now >=`` …).
        ends: Dates before which it, or a part of it, applies (``context.now <`` …).
        body: The policy in Cedar's JSON form.
    """

    rule_id: str
    source: str
    forbids: bool
    says: str
    change: str
    citations: tuple[str, ...]
    actions: frozenset[Action]
    jurisdictions: frozenset[str] | None
    reads: frozenset[str]
    starts: frozenset[datetime]
    ends: frozenset[datetime]
    body: str = field(repr=False)


def parse_rules(text: str, *, source: str) -> tuple[Rule, ...]:
    """Return the rules of a pack's Cedar text, in order.

    Raises:
        PolicyPackInvalid: Not Cedar, not valid against the request schema, a permit or template, a missing or unknown
            annotation, an unknown attribute or word, or a clock comparison its annotations do not repeat.
    """
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise PolicyPackInvalid(f"{source}: not Cedar: {error}") from error
    if parsed["templates"] or parsed["templateLinks"]:
        raise PolicyPackInvalid(f"{source}: a pack holds no templates.")
    bodies = list(parsed["staticPolicies"].values())
    if not bodies:
        raise PolicyPackInvalid(f"{source}: holds no rule.")
    # First, so that what follows can rely on known attributes, actions and types.
    require_valid(text, source=source)
    rules = tuple(_pack_rule(body, source) for body in bodies)
    if len({rule.rule_id for rule in rules}) != len(rules):
        raise PolicyPackInvalid(f"{source}: two rules have the same id.")
    return rules


def require_valid(text: str, *, source: str) -> None:
    """Raise unless Cedar's own validator accepts the text against the request schema.

    Raises:
        PolicyPackInvalid: It does not.
    """
    verdict = cedarpy.validate_policies(text, cedar_schema())
    if not verdict.validation_passed:
        errors = "; ".join(str(error) for error in verdict.errors)
        raise PolicyPackInvalid(f"{source}: does not fit the request schema: {errors}")


def _pack_rule(body: dict[str, Any], source: str) -> Rule:
    notes: dict[str, str] = body.get("annotations", {})
    where = f"{source}: rule {notes.get('id') or 'without an id'}"
    missing = sorted(name for name in _REQUIRED if not (notes.get(name) or "").strip())
    if missing:
        raise PolicyPackInvalid(f"{where}: no annotation @{', @'.join(missing)}.")
    unknown = sorted(set(notes) - _REQUIRED - _OPTIONAL)
    if unknown:
        raise PolicyPackInvalid(f"{where}: unknown annotation @{', @'.join(unknown)}.")
    if body["effect"] != "forbid":
        raise PolicyPackInvalid(f"{where}: a pack can only forbid.", remedy="Permits stand in the operator's list.")
    rule = build_rule(
        body,
        source=source,
        rule_id=notes["id"],
        says=notes["says"],
        change=notes["change"],
        citations=tuple(key.strip() for key in notes["citation"].split(",")),
    )
    for note, written in (("in_force_from", rule.starts), ("in_force_until", rule.ends)):
        if written != ({_moment(notes[note], where)} if note in notes else set()):
            raise PolicyPackInvalid(f"{where}: @{note} and the dates in its condition differ.")
    return rule


def build_rule(
    body: dict[str, Any], *, source: str, rule_id: str, says: str, change: str, citations: tuple[str, ...]
) -> Rule:
    """Return a rule from a policy in Cedar's JSON form, after checking everything it reads.

    Raises:
        PolicyPackInvalid: It reads or compares something that is not allowed.
    """
    where = f"{source}: rule {rule_id}"
    if body["principal"] != {"op": "All"} or body["resource"] != {"op": "All"}:
        raise PolicyPackInvalid(f"{where}: rules do not name a principal or resource.")
    conditions = [condition["body"] for condition in body["conditions"]]
    reading = _Reading(where)
    for condition in conditions:
        reading.walk(condition)
    guard = None
    if body["conditions"] and body["conditions"][0]["kind"] == "when":
        guard = _jurisdiction_guard(conditions[0])
    return Rule(
        rule_id=rule_id,
        source=source,
        forbids=body["effect"] == "forbid",
        says=says,
        change=change,
        citations=citations,
        actions=_scope(body["action"]),
        jurisdictions=guard,
        reads=frozenset(reading.reads),
        starts=frozenset(reading.starts),
        ends=frozenset(reading.ends),
        body=json.dumps(body, sort_keys=True),
    )


def _scope(action: dict[str, Any]) -> frozenset[Action]:
    if action["op"] == "All":
        return frozenset(Action)
    entities = action["entities"] if "entities" in action else [action["entity"]]
    return frozenset(Action(entity["id"]) for entity in entities)


def _jurisdiction_guard(condition: Any) -> frozenset[str] | None:
    """Return the jurisdictions without which the *first* operand of the condition is false, or None.

    Only the leftmost operand of ``&&`` counts: Cedar evaluates it first and stops if it is false, so a rule whose guard
    fails can neither apply nor err.
    """
    while isinstance(condition, dict) and "&&" in condition:
        condition = condition["&&"]["left"]
    for test in ("contains", "containsAny"):
        operands = condition.get(test) if isinstance(condition, dict) else None
        if operands and _attribute(operands["left"]) == "jurisdictions":
            return frozenset(_literals(operands["right"]))
    return None


def _attribute(node: Any) -> str | None:
    access = node.get(".") if isinstance(node, dict) else None
    if access and access["left"] == {"Var": "context"}:
        return str(access["attr"])
    return None


def _literals(node: Any) -> list[str]:
    members = node["Set"] if isinstance(node, dict) and "Set" in node else [node]
    found = [member.get("Value") for member in members]
    return [value for value in found if isinstance(value, str)] if all(isinstance(v, str) for v in found) else []


def _moment(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PolicyPackInvalid(f"{where}: {text!r} is not a time.") from None
    if moment.utcoffset() is None:
        raise PolicyPackInvalid(f"{where}: the time {text!r} has no offset from UTC.")
    return moment


class _Reading:
    """Walks a condition and keeps what it reads; refuses what it does not know."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.reads: set[str] = set()
        self.starts: set[datetime] = set()
        self.ends: set[datetime] = set()

    def walk(self, node: Any) -> None:
        """Take one expression and everything below it."""
        name = _attribute(node)
        if name is not None:
            self._read(name)
            return
        if "Var" in node and node["Var"] != "action":
            raise PolicyPackInvalid(f"{self.where}: reads {node['Var']} as a whole.")
        for operator, operands in node.items():
            if operator in ("has", "like", "is", "."):
                raise PolicyPackInvalid(f"{self.where}: the operator {operator!r} is not used in rules.")
            self._check_words(operator, operands)
            for operand in self._operands(operator, operands):
                self.walk(operand)

    def _read(self, name: str) -> None:
        if name not in ATTRIBUTES:
            raise PolicyPackInvalid(f"{self.where}: {name!r} is not a request attribute.")
        if name == "now":
            raise PolicyPackInvalid(f"{self.where}: the clock is only compared as >= or < with a written date.")
        if ATTRIBUTES[name].kind is Kind.TEXT:
            raise PolicyPackInvalid(f"{self.where}: {name} is only compared, on the left, with an empty text.")
        self.reads.add(name)

    def _operands(self, operator: str, operands: Any) -> Iterator[Any]:
        if operator in ("Value", "Var"):
            return
        if operator in ("==", "!=") and operands["right"] == {"Value": ""}:
            name = _attribute(operands["left"])
            if name in ATTRIBUTES and ATTRIBUTES[name].kind is Kind.TEXT:
                self.reads.add(name)
                return
        dates = {">=": self.starts, "<": self.ends}.get(operator)
        if dates is not None and _attribute(operands["left"]) == "now" and "datetime" in operands["right"]:
            written = operands["right"]["datetime"][0].get("Value")
            self.reads.add("now")
            dates.add(_moment(str(written), self.where))
            return
        yield from operands if isinstance(operands, list) else operands.values()

    def _check_words(self, operator: str, operands: Any) -> None:
        if operator not in ("==", "!=", *_SET_TESTS):
            return
        left, right = operands["left"], operands["right"]
        for side, other in ((left, right), (right, left)):
            name = _attribute(side)
            attribute = ATTRIBUTES.get(name) if name else None
            if attribute is None:
                continue
            words = _literals(other)
            if attribute.kind in (Kind.CHOICE, Kind.CHOICES):
                strange = [word for word in words if word not in attribute.words]
                if strange or not words:
                    shown = ", ".join(strange) or "something that is not a list of words"
                    raise PolicyPackInvalid(f"{self.where}: compares {name} with {shown}.")
            if attribute.kind is Kind.JURISDICTIONS and not (words and all(map(JURISDICTION.fullmatch, words))):
                raise PolicyPackInvalid(f"{self.where}: compares jurisdictions with something that is no code.")
