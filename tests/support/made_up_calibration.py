"""Calibration records made of scores that are written down beside them, so that every rate can be counted again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration
from tests.support.made_up_templates import MADE_UP_MODEL


def calibration_from_scores(
    non_mated: Sequence[float], mated: Sequence[float], *, model: ModelIdentity = MADE_UP_MODEL, step: float = 0.01
) -> Calibration:
    """Return the record of these scores, counted one by one; intervals are the estimate ± a tenth of it."""
    grid = np.round(np.arange(-1.0, 1.0 + step / 2, step), 6)
    # The record's own tolerance: a score of 0.30000001 stands at the grid's 0.30.
    false_matches = np.array([sum(score >= point - 1e-9 for score in non_mated) for point in grid], dtype=np.int64)
    false_non_matches = np.array([sum(score < point - 1e-9 for score in mated) for point in grid], dtype=np.int64)
    return Calibration(
        model=model,
        data_set="made-up scores",
        date="2031-05-06",
        subjects=10,
        photos=100,
        failures_to_acquire=0,
        method="none",
        grid=grid,
        false_matches=false_matches,
        non_mated=len(non_mated),
        false_match_interval=_around(false_matches / len(non_mated)),
        false_non_matches=false_non_matches,
        mated=len(mated),
        false_non_match_interval=_around(false_non_matches / len(mated)),
    )


def ordinary_calibration(model: ModelIdentity = MADE_UP_MODEL) -> Calibration:
    """Return a record like a real one: 40,000 strangers' scores around 0 and 400 mated ones around 0.7."""
    generator = np.random.default_rng(3)
    non_mated = np.clip(generator.normal(0.0, 0.09, 40_000), -1, 1)
    mated = np.clip(generator.normal(0.7, 0.1, 400), -1, 1)
    grid = np.round(np.arange(-1.0, 1.0005, 0.001), 6)
    false_matches = len(non_mated) - np.searchsorted(np.sort(non_mated), grid - 1e-9, side="left")
    false_non_matches = np.searchsorted(np.sort(mated), grid - 1e-9, side="left")
    return Calibration(
        model=model,
        data_set="made-up scores",
        date="2031-05-06",
        subjects=100,
        photos=400,
        failures_to_acquire=0,
        method="none",
        grid=grid,
        false_matches=false_matches.astype(np.int64),
        non_mated=len(non_mated),
        false_match_interval=_around(false_matches / len(non_mated)),
        false_non_matches=false_non_matches.astype(np.int64),
        mated=len(mated),
        false_non_match_interval=_around(false_non_matches / len(mated)),
    )


class MadeUpBook:
    """A calibration book that holds the records it is given."""

    def __init__(self, *records: Calibration) -> None:
        self._records = {record.model.digest: record for record in records}

    def find(self, model: ModelIdentity) -> Calibration | None:
        return self._records.get(model.digest)


def _around(rate: np.ndarray) -> np.ndarray:
    # A rate of nought still has an upper end; the width does not matter here, only that it is above.
    return np.stack([rate * 0.9, np.minimum(rate * 1.1 + 1e-5, 1.0)], axis=1)
