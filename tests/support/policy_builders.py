"""Policy requests and rule sets for tests. The operator's list that permits everything exists only here."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from countenance.policy.permits import OperatorList, parse_operator_list
from countenance.policy.policy_set import PolicySet, build_policy_set, default_policy_set
from countenance.policy.request import PolicyRequest
from countenance.policy.rule_packs import Pack, load_shipped_packs
from countenance.policy.terms import Action, Purpose, Sector

VECTORS = Path(__file__).parents[1] / "vectors" / "policy"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@cache
def vectors(name: str) -> dict[str, Any]:
    """Return a vector file of tests/vectors/policy."""
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def plain_request(action: str = "Search1N", **changes: object) -> dict[str, Any]:
    """Return plain values of a complete, harmless request: a firm's search under a case, measured and consented."""
    return {**vectors("worked_examples.json")["base"], "action": action, **changes}


def request(action: str = "Search1N", **changes: object) -> PolicyRequest:
    """Return the same as a valid request."""
    return PolicyRequest.parse(plain_request(action, **changes))


def own_album(**changes: object) -> dict[str, Any]:
    """Return plain values of a person's search in their own album."""
    return plain_request(actor_sector="individual", reviewers=0, reviewers_trained=False, **changes)


@cache
def shipped_packs() -> tuple[Pack, ...]:
    """Return the shipped packs, loaded once."""
    return load_shipped_packs()


@cache
def fresh_install() -> PolicySet:
    """Return the policy of a fresh installation, built once."""
    return default_policy_set()


@cache
def unsafe_permit_everything() -> OperatorList:
    """Return an operator's list that permits every action to everybody, so that a test sees the packs alone."""
    lists = {
        "actions": [word.value for word in Action],
        "sectors": [word.value for word in Sector if word is not Sector.NONE],
        "on_behalf_of": [word.value for word in Sector],
        "purposes": [word.value for word in Purpose],
    }
    keys = "\n".join(f"{key} = {json.dumps(words)}" for key, words in lists.items())
    return parse_operator_list(
        f'format = "countenance-operator/1"\n[[permit]]\nid = "unsafe"\nsays = "Everything, in tests."\n{keys}\n'
    )


def packs_alone(names: Iterable[str], *, keep_answers: bool = True) -> PolicySet:
    """Return a policy of some shipped packs and nothing else: everything permitted, every place covered."""
    places = frozenset({"US", "US-*", "EU", "GB", *(code for pack in shipped_packs() for code in pack.covers)})
    packs = [dataclasses.replace(pack, covers=places, known_gaps=frozenset()) for pack in shipped_packs()]
    return build_policy_set(packs, names, unsafe_permit_everything(), keep_answers=keep_answers)


def write_pack(folder: Path, changes: Mapping[str, tuple[str, str]], *, original: str = "two-people") -> Path:
    """Return a copy of a shipped pack's folder with one text replaced in each of the files named.

    Args:
        folder: Where to put it.
        changes: File name → (text to find, text to put there). A text that is not found fails the test.
        original: The shipped pack to copy.
    """
    source = Path(__file__).parents[2] / "src" / "countenance" / "policy" / "packs" / original
    target = folder / original
    target.mkdir()
    for name in ("rules.cedar", "pack.toml", "examples.toml"):
        text = (source / name).read_text(encoding="utf-8")
        if name in changes:
            old, new = changes[name]
            assert old in text, f"{old!r} is not in {original}/{name}"
            text = text.replace(old, new)
        (target / name).write_text(text, encoding="utf-8")
    return target
