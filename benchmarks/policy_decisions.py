"""Policy decisions a second on one core, with all shipped packs loaded: rate, median and 99th percentile.

Every second request is a search that runs (and so also asks ahead about the release); the others are the requests of
the packs' own examples. Every request has a case number of its own and its own time, a second after the last.

The rate is taken from processor time, so that it is one core's whatever else the machine does; the percentiles are of
elapsed time, and a busy machine makes them longer.

Run: ``python benchmarks/policy_decisions.py``
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from countenance.policy.evaluate import evaluate
from countenance.policy.examples import base_attributes
from countenance.policy.permits import default_operator_text, parse_operator_list
from countenance.policy.policy_set import PolicySet, build_policy_set
from countenance.policy.request import PolicyRequest
from countenance.policy.rule_packs import Pack, load_shipped_packs

#: Decisions timed in each way.
DECISIONS = 10_000
_START = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """Timings of one way to decide.

    Attributes:
        way: What was timed.
        decisions: How many.
        per_second: Decisions over the processor time of all.
        p50_us: Median elapsed time of one, in microseconds.
        p99_us: 99th percentile of the elapsed time, in microseconds.
    """

    way: str
    decisions: int
    per_second: float
    p50_us: float
    p99_us: float

    def __str__(self) -> str:
        return (
            f"{self.way:<58} {self.per_second:>9,.0f} a second   "
            f"p50 {self.p50_us:>7,.1f} µs   p99 {self.p99_us:>7,.1f} µs"
        )


def run(decisions: int = DECISIONS) -> list[Timing]:
    """Time the decisions, print a line for each way, and return the timings."""
    packs = load_shipped_packs()
    operator = parse_operator_list(default_operator_text())
    names = [pack.name for pack in packs]
    kept = build_policy_set(packs, names, operator)
    anew = build_policy_set(packs, names, operator, keep_answers=False)
    print(f"{len(names)} packs, {sum(len(pack.rules) for pack in packs)} rules, {decisions:,} decisions each")
    ways: list[tuple[str, PolicySet, bool]] = [
        ("typed request, first pass (opens groups of rules)", kept, False),
        ("typed request, answers kept", kept, False),
        ("plain values checked first, answers kept", kept, True),
        ("typed request, every answer evaluated by Cedar anew", anew, False),
    ]
    timings = []
    for way, policies, plain in ways:
        if policies is anew:
            _time(way, policies, packs, 500, plain=plain)  # opens its groups of rules; not counted
        timings.append(_time(way, policies, packs, decisions, plain=plain))
        print(timings[-1])
    return timings


def _time(way: str, policies: PolicySet, packs: tuple[Pack, ...], decisions: int, *, plain: bool) -> Timing:
    asked = [_plain(request) if plain else request for request in _stream(packs, decisions)]
    times = [_START + timedelta(seconds=position) for position in range(decisions)]
    elapsed = []
    processor_before = time.process_time_ns()
    for request, now in zip(asked, times, strict=True):
        before = time.perf_counter_ns()
        evaluate(policies, request, now)
        elapsed.append(time.perf_counter_ns() - before)
    processor = time.process_time_ns() - processor_before
    elapsed.sort()
    return Timing(
        way=way,
        decisions=decisions,
        per_second=decisions / (processor / 1e9),
        p50_us=elapsed[len(elapsed) // 2] / 1e3,
        p99_us=elapsed[len(elapsed) * 99 // 100] / 1e3,
    )


def _stream(packs: tuple[Pack, ...], decisions: int) -> Iterator[PolicyRequest]:
    album = base_attributes()
    del album["now"]
    own = PolicyRequest.parse({**album, "actor_sector": "individual"})
    examples = [example.request for pack in packs for example in pack.examples]
    for position in range(decisions):
        request = examples[position // 2 % len(examples)] if position % 2 else own
        yield dataclasses.replace(request, case_id=f"case-{position}" if request.case_id else "")


def _plain(request: PolicyRequest) -> dict[str, object]:
    values = {field.name: getattr(request, field.name) for field in dataclasses.fields(request)}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}


if __name__ == "__main__":
    run()
