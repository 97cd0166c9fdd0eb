"""A hundred thousand damaged policy requests: missing, mistyped and extra attributes. None may be allowed.

Each starts from a request that is permitted (a person's own album, under a policy with every shipped pack) and has one
to four attributes damaged, in one of three ways. Undamaged, it is permitted; that is checked too, so that the count of
denials means something. A damaged value is never one the attribute may have.

Run: ``python -m benchmarks.policy_fuzz``
"""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from countenance.policy.attributes import REQUEST_ATTRIBUTES
from countenance.policy.decision import Outcome
from countenance.policy.evaluate import evaluate
from countenance.policy.examples import base_attributes
from countenance.policy.permits import default_operator_text, parse_operator_list
from countenance.policy.policy_set import build_policy_set
from countenance.policy.rule_packs import load_shipped_packs

REQUESTS = 100_000
SEED = 20261124
_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
#: No attribute may have any of these.
_NEVER_RIGHT: tuple[Any, ...] = (
    None,
    1.5,
    float("nan"),
    -1,
    10**12,
    "x" * 300,
    "line\nbreak",
    b"bytes",
    object(),
    {"a": 1},
    [1],
    [None],
    ["no such word"],
    datetime(2026, 1, 1),  # noqa: DTZ001 - without an offset on purpose
)


def run(requests: int = REQUESTS, seed: int = SEED) -> Counter[str]:
    """Judge the requests, print what came of them, and return the outcomes counted.

    Raises:
        AssertionError: A damaged request was allowed, or the undamaged one was not.
    """
    packs = load_shipped_packs()
    policies = build_policy_set(packs, [pack.name for pack in packs], parse_operator_list(default_operator_text()))
    sound = {**base_attributes(), "actor_sector": "individual"}
    del sound["now"]
    assert evaluate(policies, sound, _NOW).may_run
    words = random.Random(seed)
    outcomes: Counter[str] = Counter()
    before = time.perf_counter()
    for _ in range(requests):
        damaged, ways = _damage(sound, words)
        decision = evaluate(policies, damaged, _NOW)
        assert decision.decision is Outcome.DENY, (ways, decision.rule_ids)
        assert decision.errors, ways
        outcomes.update(ways)
    seconds = time.perf_counter() - before
    listed = ", ".join(f"{count:,} {way}" for way, count in sorted(outcomes.items()))
    print(f"{requests:,} damaged requests, seed {seed}: none allowed, every one an error ({listed}); {seconds:.1f} s")
    return outcomes


def _damage(sound: dict[str, Any], words: random.Random) -> tuple[dict[str, Any], set[str]]:
    request, ways = dict(sound), set()
    for name in words.sample(("action", *REQUEST_ATTRIBUTES), k=words.randint(1, 4)):
        way = words.choice(("missing", "mistyped", "extra"))
        ways.add(way)
        if way == "missing":
            request.pop(name, None)
        elif way == "mistyped":
            request[name] = words.choice(_NEVER_RIGHT)
        else:
            request[words.choice((f"{name}_", name.upper(), f" {name}", "now", "acting_as", "auth_in_force"))] = "x"
    return request, ways


if __name__ == "__main__":
    run()
