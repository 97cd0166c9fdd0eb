"""People from mated marks, against a walk along the marks."""

from __future__ import annotations

import numpy as np
import pytest

from countenance.audit.mated_photos import people_of_marks
from countenance.core.errors import AuditInputInvalid


@pytest.mark.parametrize("seed", range(5))
def test_photos_that_mated_marks_connect_are_one_persons(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probe, reference = (rng.integers(0, 60, 40).astype(np.int32) for _ in range(2))
    found = people_of_marks(probe, reference, np.ones(40, dtype=np.int8), 60)
    for photo in range(60):
        reached, waiting = {photo}, [photo]
        while waiting:
            at = waiting.pop()
            for a, b in [*zip(probe, reference, strict=True), *zip(reference, probe, strict=True)]:
                if a == at and int(b) not in reached:
                    reached.add(int(b))
                    waiting.append(int(b))
        assert found[photo] == min(reached)


def test_a_long_chain_is_one_person() -> None:
    links = np.arange(999, dtype=np.int32)
    order = np.random.default_rng(0).permutation(999)
    marks = np.ones(999, dtype=np.int8)
    assert not people_of_marks(links[order], links[order] + np.int32(1), marks, 1000).any()


def test_a_contradicting_mark_is_named_by_its_row() -> None:
    probe, reference = np.array([0, 1, 0], dtype=np.int32), np.array([1, 2, 2], dtype=np.int32)
    with pytest.raises(AuditInputInvalid, match=r"1 rows are marked non-mated .* row 3"):
        people_of_marks(probe, reference, np.array([1, 1, 0], dtype=np.int8), 3)
