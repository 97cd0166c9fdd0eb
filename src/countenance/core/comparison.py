"""The one score and the one decision.

Rules kept here:

- A score is the cosine of the angle between two templates of one model. It is not a probability and not a percentage.
- A comparison is a match if and only if its similarity is at or above the threshold. This module holds the only
  ``>=`` against a threshold in the package; ``meets`` is the same rule for arrays.
"""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.core.thresholds import Threshold
from countenance.core.vocabulary import Template


class ComparisonDecision(enum.StrEnum):
    """What a comparison came to (ISO/IEC 2382-37 "comparison decision")."""

    MATCH = "match"
    NON_MATCH = "non-match"


def similarity(probe: Template, reference: Template) -> float:
    """Return how alike two templates are, from -1.0 to 1.0; higher is more alike. Not a probability.

    Raises:
        ModelMismatch: The templates come from different models.

    Source: cosine of the angle; ISO/IEC 2382-37 "similarity score".
    """
    probe.model.require_same(reference.model)
    return float(np.clip(np.dot(probe.vector, reference.vector), -1.0, 1.0))


def decide(score: float, threshold: Threshold) -> ComparisonDecision:
    """Return match if ``score`` is at or above the threshold, else non-match.

    Raises:
        ValueError: The score is not a number.
    """
    if np.isnan(score):
        raise ValueError("a similarity that is not a number cannot be decided on")
    return ComparisonDecision.MATCH if bool(meets(np.asarray(score), threshold.value)) else ComparisonDecision.NON_MATCH


def meets(scores: npt.NDArray[np.floating[Any]], threshold_value: float) -> npt.NDArray[np.bool_]:
    """Return, element by element, whether a similarity is at or above the threshold (a match)."""
    return np.asarray(scores >= threshold_value)
