"""The soak of the benchmarks, in half a minute: nothing but expected answers, memory and file descriptors flat."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.http_process import served
from benchmarks.http_soak import WARM_UP_SHARE, Sample, document, flatness, growth_faults, soak

#: The benchmark's own figures are five minutes and thirty-two clients.
SECONDS, CLIENTS = 30, 8
#: Every door has to be asked often enough to say something.
LEAST_OF_EACH = 10


@pytest.mark.models
@pytest.mark.slow
def test_half_a_minute_of_mixed_requests_brings_no_fault_and_no_growth(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        soaked = soak(server, seconds=SECONDS, clients=CLIENTS, seed=20261124)
    assert soaked.faults == []
    asked: dict[str, int] = {}
    for operation, answers in soaked.answers.items():
        door = operation.split()[0]
        asked[door] = asked.get(door, 0) + sum(answers.values())
    assert {"rekognition", "azure", "watson", "rest", "console", "page"} <= set(asked)
    assert min(asked.values()) >= LEAST_OF_EACH
    figures = document(soaked, clients=CLIENTS, seconds=SECONDS)
    assert figures["requests"] == sum(asked.values())
    # On a machine with other work half a minute may be warm-up to its end; what is left to tell is that the end holds
    # no more than what was held before.
    assert figures["held"]["over_highest"] < 0.1


def samples(memory: list[int], files: list[int]) -> list[Sample]:
    return [Sample(float(second), *held, 19) for second, held in enumerate(zip(memory, files, strict=True))]


def test_growth_during_warm_up_is_no_leak_and_growth_afterwards_is_one() -> None:
    count = 100
    warm = round(count * WARM_UP_SHARE)
    flat = flatness(
        samples([second * 10_000_000 for second in range(warm)] + [500_000_000] * (count - warm), [59] * count)
    )
    assert (flat["growth"], flat["slope_mb_per_minute"], flat["more_files"]) == (0.0, 0.0, 0)
    assert flat["over_highest"] == 0.0
    leak = flatness(samples([500_000_000 + second * 1_000_000 for second in range(count)], list(range(count))))
    assert leak["slope_mb_per_minute"] == pytest.approx(60.0)
    assert leak["growth"] == pytest.approx(53 / 538, rel=0.02)
    assert leak["more_files"] == 53
    assert leak["over_highest"] > 0
    assert (
        growth_faults(samples([500_000_000 + second * 1_000_000 for second in range(count)], list(range(count)))) != []
    )
    assert growth_faults(samples([500_000_000] * count, [59] * count)) == []


def test_a_few_samples_tell_nothing() -> None:
    with pytest.raises(ValueError, match="too few"):
        flatness(samples([1] * 10, [1] * 10))
