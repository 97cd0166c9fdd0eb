"""The operator's list: what is permitted where no rule forbids it, and limits that can only narrow further.

Rules kept here:

- Nothing is permitted that no entry names. An entry names actions, sectors, on whose behalf, and purposes; every
  further key narrows it.
- A limit becomes a forbid, so that no value of it can widen anything.
- Without a list of the operator's own, the shipped one holds: a person's own album, measuring, and access requests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files

import cedarpy

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.attributes import ATTRIBUTES, JURISDICTION
from countenance.policy.rules import Rule, build_rule, require_valid
from countenance.policy.terms import Action
from countenance.policy.toml_tables import Table, read_toml

OPERATOR_FORMAT = "countenance-operator/1"
#: Id of the rule that objects where no entry permits.
NO_PERMISSION = "operator.no_permission"
_NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")

#: Keys of an entry besides its id, and the attribute each is compared with. The first four are required.
_KEYS = {
    "actions": "action",
    "sectors": "actor_sector",
    "on_behalf_of": "on_behalf_of",
    "purposes": "purpose",
    "gallery_sources": "gallery_source",
    "probe_sources": "probe_source",
    "modes": "mode",
    "timings": "timing",
    "spaces": "space",
    "legal_bases": "legal_basis",
    "intended_uses": "intended_use",
}
_REQUIRED = ("id", "says", "actions", "sectors", "on_behalf_of", "purposes")
_OPTIONAL = (*list(_KEYS)[4:], "jurisdictions", "adverse_effect")
_SEARCH_ACTIONS = '[Action::"Search1N", Action::"LiveWatchlist", Action::"ReleaseForUse"]'
_KEEP_ACTIONS = '[Action::"Enroll", Action::"ImportGallery"]'
_GATED = (
    "(context.adverse_effect || context.acting_as.containsAny("
    '["us_local_police", "us_state_police", "us_campus_police", "us_federal_le", "le_other_country"]))'
    ' && context.purpose != "accuracy_evaluation"'
)


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit: smallest and largest value accepted, and the forbid it becomes."""

    low: float
    high: float
    says: str
    cedar: Callable[[float], str]


_LIMITS = {
    "reviewers_min": _Limit(
        1,
        9,
        "Fewer trained reviewers have decided than the operator asks for.",
        lambda value: (
            'forbid (principal, action == Action::"ReleaseForUse", resource) '
            f"when {{ context.reviewers < {round(value)} || !context.reviewers_trained }};"
        ),
    ),
    "worst_group_true_positive_min": _Limit(
        0,
        1,
        "The worst group's true positive rate is below the operator's floor.",
        lambda value: (
            f"forbid (principal, action in {_SEARCH_ACTIONS}, resource) "
            f"when {{ context.eval_tpr_min_group_ppm < {round(value * 1_000_000)} && {_GATED} }};"
        ),
    ),
    "false_positive_ratio_max": _Limit(
        1,
        10_000_000,
        "The spread of false positives between groups is above the operator's limit.",
        lambda value: (
            f"forbid (principal, action in {_SEARCH_ACTIONS}, resource) "
            f"when {{ context.eval_fpir_ratio_x100 > {int(value * 100)} && {_GATED} }};"
        ),
    ),
    "evaluation_age_days_max": _Limit(
        0,
        1_000_000,
        "The evaluation is older than the operator accepts.",
        lambda value: (
            f"forbid (principal, action in {_SEARCH_ACTIONS}, resource) "
            f"when {{ context.eval_age_days > {int(value)} && {_GATED} }};"
        ),
    ),
    "threshold_false_match_rate_max": _Limit(
        0,
        1,
        "The false match rate at the threshold in use is above the operator's limit, or not known.",
        lambda value: (
            'forbid (principal, action in [Action::"Search1N", Action::"LiveWatchlist"], resource) '
            f"when {{ context.threshold_fmr_ppb > {int(value * 1_000_000_000)} }};"
        ),
    ),
    "retention_days_max": _Limit(
        0,
        36_500,
        "References would be kept longer than the operator allows.",
        lambda value: (
            f"forbid (principal, action in {_KEEP_ACTIONS}, resource) when {{ context.retention_days > {int(value)} }};"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class OperatorList:
    """A checked operator's list.

    Attributes:
        permits: One rule an entry; ids begin with ``operator.``.
        forbids: The rule that objects where no entry permits, and one a limit.
        limits: Limits as written.
        digest: SHA-256 of the file, hex.
    """

    permits: tuple[Rule, ...]
    forbids: tuple[Rule, ...]
    limits: dict[str, float] = field(hash=False)
    digest: str

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return all of its rules."""
        return (*self.permits, *self.forbids)


def parse_operator_list(text: str) -> OperatorList:
    """Return the operator's list from its TOML text.

    Raises:
        PolicyPackInvalid: A key or word is unknown, a required one is missing, or an id is used twice.
    """
    where = "operator list"
    table = Table(read_toml(text, where=where), where=where, required=("format",), optional=("permit", "limits"))
    if table.text("format") != OPERATOR_FORMAT:
        raise PolicyPackInvalid(f"{where}: format should be {OPERATOR_FORMAT!r}.")
    entries = [_parse_entry(values) for values in table.tables("permit")]
    if len({entry_id for entry_id, _, _ in entries}) != len(entries):
        raise PolicyPackInvalid(f"{where}: two permits have the same id.")
    limits = _parse_limits(table.raw("limits")) if "limits" in table else {}
    return OperatorList(
        permits=tuple(
            _rule(f"permit (principal, action, resource) when {{ {test} }};", f"operator.{entry_id}", says)
            for entry_id, says, test in entries
        ),
        forbids=(
            _no_permission([test for _, _, test in entries]),
            *(_limit_rule(name, value) for name, value in limits.items()),
        ),
        limits=limits,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def default_operator_text() -> str:
    """Return the list of a fresh installation, as TOML: a start for an operator's own."""
    return files("countenance.policy").joinpath("default_operator.toml").read_text(encoding="utf-8")


def _parse_entry(values: object) -> tuple[str, str, str]:
    table = Table(values, where="operator list: permit", required=_REQUIRED, optional=_OPTIONAL)
    entry_id = table.text("id")
    if not set(entry_id) <= _NAME_LETTERS:
        raise PolicyPackInvalid(f"operator list: the id {entry_id!r} may hold small letters, digits and hyphens.")
    where = f"operator list: permit {entry_id}"
    tests = [_word_test(table, key, where) for key in _KEYS if key in table]
    if "jurisdictions" in table:
        codes = table.texts("jurisdictions")
        if not codes or not all(JURISDICTION.fullmatch(code) for code in codes):
            raise PolicyPackInvalid(f"{where}: jurisdictions should be codes such as US-VA.")
        tests.append(f"context.jurisdictions.containsAny({json.dumps(codes)})")
    if "adverse_effect" in table:
        tests.append("context.adverse_effect" if table.flag("adverse_effect") else "!context.adverse_effect")
    return entry_id, table.text("says"), " && ".join(tests)


def _word_test(table: Table, key: str, where: str) -> str:
    attribute, listed = _KEYS[key], table.texts(key)
    words = {word.value for word in Action} if attribute == "action" else ATTRIBUTES[attribute].words
    unknown = sorted(set(listed) - words)
    if unknown or not listed:
        raise PolicyPackInvalid(f"{where}: {key} names {', '.join(unknown) or 'nothing'}.")
    if attribute == "action":
        return "[" + ", ".join(f'Action::"{word}"' for word in listed) + "].contains(action)"
    return f"{json.dumps(listed)}.contains(context.{attribute})"


def _parse_limits(values: object) -> dict[str, float]:
    table = Table(values, where="operator list: limits", required=(), optional=_LIMITS)
    limits = {name: table.number(name) for name in _LIMITS if name in table}
    for name, value in limits.items():
        limit = _LIMITS[name]
        if not limit.low <= value <= limit.high:
            raise PolicyPackInvalid(f"operator list: {name} should lie between {limit.low:g} and {limit.high:g}.")
    return limits


def _no_permission(tests: list[str]) -> Rule:
    exception = " unless { " + " || ".join(f"({test})" for test in tests) + " }" if tests else ""
    return _rule(
        f"forbid (principal, action, resource){exception};",
        NO_PERMISSION,
        "No entry of the operator's list permits this.",
    )


def _limit_rule(name: str, value: float) -> Rule:
    return _rule(_LIMITS[name].cedar(value), f"operator.limit.{name}", _LIMITS[name].says)


def _rule(cedar: str, rule_id: str, says: str) -> Rule:
    require_valid(cedar, source="operator list")
    (body,) = json.loads(cedarpy.policies_to_json_str(cedar))["staticPolicies"].values()
    change = "The operator changes their list; that is recorded and reported."
    return build_rule(body, source="operator", rule_id=rule_id, says=says, change=change, citations=())
