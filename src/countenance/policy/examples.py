"""A pack's examples: requests with the outcome and the rules that decide it, run each time the pack is loaded.

"Allow" in an example means that this pack, by itself, raises no objection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any

from countenance.core.errors import InputError, PolicyPackInvalid
from countenance.policy.request import PolicyRequest
from countenance.policy.rulebook import RuleBook
from countenance.policy.rules import Rule
from countenance.policy.toml_tables import Table, read_toml

#: Examples a pack needs of each kind.
EXAMPLES_NEEDED = 3


@dataclass(frozen=True, slots=True)
class Example:
    """One example.

    Attributes:
        name: What it shows.
        request: The complete request.
        now: The time it is judged at.
        rules: Ids of all rules of the pack that object; empty for an allow example.
    """

    name: str
    request: PolicyRequest = field(repr=False)
    now: datetime
    rules: frozenset[str]


def base_attributes() -> dict[str, Any]:
    """Return the action, time and attributes an example starts from, which it then overrides."""
    text = files("countenance.policy").joinpath("packs/example_base.toml").read_text(encoding="utf-8")
    return read_toml(text, where="example_base.toml")


def parse_examples(text: str, *, where: str, base: Mapping[str, Any]) -> tuple[Example, ...]:
    """Return the examples of an ``examples.toml``.

    Raises:
        PolicyPackInvalid: A key is unknown or missing, a request is not valid, an allow names rules or a deny does not.
    """
    document = Table(read_toml(text, where=where), where=where, required=("example",))
    return tuple(_parse_example(table, where, base) for table in document.tables("example"))


def _parse_example(values: object, where: str, base: Mapping[str, Any]) -> Example:
    table = Table(values, where=where, required=("name", "expect", "rules", "set"), optional=("now",))
    name = table.text("name")
    where = f"{where}: example {name!r}"
    expect, rules, overrides = table.text("expect"), frozenset(table.texts("rules")), table.raw("set")
    if expect not in ("allow", "deny") or (expect == "deny") != bool(rules):
        raise PolicyPackInvalid(f"{where}: expect is 'allow' with no rules, or 'deny' with the rules that object.")
    if not isinstance(overrides, Mapping) or "now" in overrides:
        raise PolicyPackInvalid(f"{where}: 'set' is a table of attributes; the time stands beside it, as 'now'.")
    attributes = {**base, **overrides}
    now = table.raw("now") if "now" in table else base["now"]
    del attributes["now"]
    if not isinstance(now, datetime) or now.utcoffset() is None:
        raise PolicyPackInvalid(f"{where}: 'now' is a time with an offset from UTC.")
    try:
        request = PolicyRequest.parse(attributes)
    except InputError as error:
        raise PolicyPackInvalid(f"{where}: {error.message}") from error
    return Example(name=name, request=request, now=now, rules=rules)


def run_examples(examples: Sequence[Example], rules: Sequence[Rule]) -> tuple[str, ...]:
    """Return one sentence for every example that does not come out as written; empty if all do."""
    book = RuleBook(rules, keep_answers=False)
    wrong = []
    for example in examples:
        found = book.consult(example.request.action, example.request, example.now)
        if found.errors:
            wrong.append(f"{example.name!r} ended in an error: {'; '.join(found.errors)}")
        elif found.objections != example.rules:
            wrong.append(f"{example.name!r} was decided by {_names(found.objections)}, not {_names(example.rules)}")
    return tuple(wrong)


def _names(rules: frozenset[str]) -> str:
    return ", ".join(sorted(rules)) or "no rule"
