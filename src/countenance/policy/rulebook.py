"""Rules ready to be consulted: which apply to a request, evaluated by Cedar, with answers kept.

Three exact short cuts, each tested against consulting all rules with the whole request:

- Only rules whose action and jurisdictions can apply are handed to Cedar; every other one starts with an operand that
  is false.
- Only the attributes those rules read are handed to Cedar, under a schema that requires exactly these. Cedar's
  validator checks that no rule reads another.
- An answer is kept under the values of exactly these attributes. Rules compare the clock with written dates only, so
  it enters the key as its place among those dates; they ask of a text only whether it is empty, so it enters as that.
"""

from __future__ import annotations

import bisect
import dataclasses
import json
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import cedarpy

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.attributes import ATTRIBUTES, Kind, cedar_schema
from countenance.policy.jurisdictions import implied_jurisdictions
from countenance.policy.request import PolicyRequest, cedar_values
from countenance.policy.rules import Rule
from countenance.policy.terms import Action

#: Answers kept per group of applicable rules; about a kilobyte each.
_ANSWERS_KEPT = 4096
#: Groups of applicable rules kept. There are seven actions and a few dozen jurisdictions with rules of their own.
_CHAPTERS_KEPT = 512
#: No rule is expected to ask for more reviewers than this.
_MOST_REVIEWERS = 9
_PRINCIPAL = {"type": "User", "id": "operator"}
_RESOURCE = {"type": "Gallery", "id": "gallery"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules say about one request.

    Attributes:
        permits: Permits that apply; listed only if nothing objects (Cedar names the rules that decided).
        objections: Forbids that apply.
        errors: What went wrong while deciding; any entry makes the whole answer a denial.
    """

    permits: frozenset[str]
    objections: frozenset[str]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseOutlook:
    """What stands between a search and the release of its results.

    Attributes:
        at_once: Rules that object to releasing with nobody having looked.
        reviewers_needed: Smallest number of trained reviewers that satisfies every rule more of them can satisfy.
        after_review: Rules that would object even then.
        errors: What went wrong while asking.
    """

    at_once: frozenset[str]
    reviewers_needed: int
    after_review: frozenset[str]
    errors: tuple[str, ...]


class RuleBook:
    """A fixed collection of rules; consulting it is a pure function of request and clock.

    Args:
        rules: Permits and forbids; ids are unique.
        keep_answers: False evaluates every request anew, as the slow reference for tests and for cold timings.

    Raises:
        PolicyPackInvalid: Two rules share an id.
    """

    def __init__(self, rules: Iterable[Rule], *, keep_answers: bool = True) -> None:
        self._rules = tuple(sorted(rules, key=lambda rule: rule.rule_id))
        self.by_id = {rule.rule_id: rule for rule in self._rules}
        if len(self.by_id) != len(self._rules):
            raise PolicyPackInvalid("Two loaded rules have the same id.")
        self._keep_answers = keep_answers
        self._local = frozenset(code for rule in self._rules for code in rule.jurisdictions or ())
        self._chapters: dict[tuple[Action, frozenset[str]], _Chapter] = {}

    def consult(self, action: Action, request: PolicyRequest, now: datetime) -> Findings:
        """Return what the rules say if ``action`` were done under the rest of the request.

        Args:
            action: Usually the request's own; another one to ask ahead, such as the release that follows a search.
            request: Valid by construction.
            now: The server's clock, with an offset from UTC.
        """
        chapter = self._chapter(action, request)
        if not self._keep_answers:
            return chapter.ask(request, now)
        key = chapter.key(request, now)
        kept = chapter.answers.get(key)
        return kept if kept is not None else _keep(chapter.answers, key, chapter.ask(request, now))

    def release_outlook(self, request: PolicyRequest, now: datetime) -> ReleaseOutlook:
        """Return what would stand against releasing the results of a search, at once and after review."""
        chapter = self._chapter(Action.RELEASE_FOR_USE, request)
        if not self._keep_answers:
            return _outlook(chapter, request, now)
        key = chapter.key(request, now)
        kept = chapter.outlooks.get(key)
        return kept if kept is not None else _keep(chapter.outlooks, key, _outlook(chapter, request, now))

    def _chapter(self, action: Action, request: PolicyRequest) -> _Chapter:
        touched = implied_jurisdictions(request.jurisdictions, request.acting_as) & self._local
        chapter = self._chapters.get((action, touched))
        if chapter is None:
            chapter = _open_chapter(action, [rule for rule in self._rules if _can_apply(rule, action, touched)])
            if len(self._chapters) >= _CHAPTERS_KEPT:
                self._chapters.clear()
            self._chapters[(action, touched)] = chapter
        return chapter


def _keep(kept: dict[Any, _T], key: Any, answer: _T) -> _T:
    if len(kept) >= _ANSWERS_KEPT:
        kept.clear()
    kept[key] = answer
    return answer


def _can_apply(rule: Rule, action: Action, touched: frozenset[str]) -> bool:
    return action in rule.actions and (rule.jurisdictions is None or not rule.jurisdictions.isdisjoint(touched))


@dataclass(frozen=True, slots=True)
class _Chapter:
    """The rules that can apply to one action in some jurisdictions, parsed once."""

    action: dict[str, str]
    forbids: frozenset[str]
    reads: frozenset[str]
    plain_values: Callable[[PolicyRequest], tuple[Any, ...]]
    texts: Callable[[PolicyRequest], tuple[Any, ...]]
    moments: tuple[datetime, ...]
    policies: cedarpy.PolicySet
    schema: cedarpy.Schema
    entities: cedarpy.Entities
    answers: dict[Any, Findings] = field(default_factory=dict)
    outlooks: dict[Any, ReleaseOutlook] = field(default_factory=dict)

    def key(self, request: PolicyRequest, now: datetime) -> Any:
        """Return everything the answer depends on, as one hashable value."""
        return (
            self.plain_values(request),
            tuple(map(bool, self.texts(request))),
            request.auth_in_force(now),
            bisect.bisect_right(self.moments, now),
        )

    def ask(self, request: PolicyRequest, now: datetime) -> Findings:
        """Return Cedar's answer, evaluated now."""
        question = {
            "principal": _PRINCIPAL,
            "action": self.action,
            "resource": _RESOURCE,
            "context": json.dumps(cedar_values(request, self.reads, now)),
        }
        try:
            answer = cedarpy.is_authorized(question, self.policies, self.entities, schema=self.schema)
            decision, reasons = answer.decision, frozenset(answer.diagnostics.reasons)
            errors = [str(error) for error in answer.diagnostics.errors]
        except (ValueError, TypeError, KeyError) as error:
            return Findings(frozenset(), frozenset(), (f"the rule engine failed: {type(error).__name__}",))
        if decision is cedarpy.Decision.NoDecision and not errors:
            errors.append("the rule engine came to no decision")
        objections = reasons & self.forbids
        if (decision is cedarpy.Decision.Allow) != (bool(reasons) and not objections):
            errors.append("the rule engine's decision and its reasons differ")
        return Findings(reasons - self.forbids, objections, tuple(errors))


def _outlook(chapter: _Chapter, request: PolicyRequest, now: datetime) -> ReleaseOutlook:
    def with_reviewers(count: int) -> Findings:
        return chapter.ask(dataclasses.replace(request, reviewers=count, reviewers_trained=count > 0), now)

    at_once = with_reviewers(0)
    if not at_once.objections or at_once.errors:
        return ReleaseOutlook(at_once.objections, 0, at_once.objections, at_once.errors)
    most = with_reviewers(_MOST_REVIEWERS)
    needed, found = 0, at_once
    while found.objections != most.objections and not found.errors:
        needed += 1
        found = with_reviewers(needed)
    return ReleaseOutlook(at_once.objections, needed, most.objections, most.errors + found.errors)


#: Attributes the derived ones are made of. The clock's part enters a key by itself.
_MADE_OF = {"now": (), "auth_in_force": (), "acting_as": ("actor_sector", "on_behalf_of")}


def _open_chapter(action: Action, rules: list[Rule]) -> _Chapter:
    reads = frozenset(name for rule in rules for name in rule.reads)
    fields = {part for name in reads for part in _MADE_OF.get(name, (name,))}
    if "jurisdictions" in reads:
        fields |= {"actor_sector", "on_behalf_of"}
    texts = {name for name in fields if ATTRIBUTES[name].kind is Kind.TEXT}
    bodies = {rule.rule_id: json.loads(rule.body) for rule in rules}
    document = json.dumps({"templates": {}, "templateLinks": [], "staticPolicies": bodies})
    schema = cedarpy.Schema.from_str(cedar_schema(reads))
    if rules:
        verdict = cedarpy.validate_policies(cedarpy.policies_from_json_str(document), schema)
        if not verdict.validation_passed:
            raise PolicyPackInvalid("; ".join(str(error) for error in verdict.errors))
    return _Chapter(
        action={"type": "Action", "id": action.value},
        forbids=frozenset(rule.rule_id for rule in rules if rule.forbids),
        reads=reads,
        plain_values=_getter(fields - texts),
        texts=_getter(texts),
        moments=tuple(sorted({moment for rule in rules for moment in rule.starts | rule.ends})),
        policies=cedarpy.PolicySet.from_json_str(document),
        schema=schema,
        entities=cedarpy.Entities.from_json_str("[]"),
    )


def _getter(names: set[str]) -> Callable[[PolicyRequest], tuple[Any, ...]]:
    if not names:
        return lambda request: ()
    get = operator.attrgetter(*sorted(names))
    return get if len(names) > 1 else lambda request: (get(request),)
