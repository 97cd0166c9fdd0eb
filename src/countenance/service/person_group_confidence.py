"""Confidence as Azure Face's clients know it, 0 to 1: the vendor scale of ``similarity_scale`` on two straight lines.

The documented default, 0.5 for "identical", is put where this package decides 1:1 comparisons by default: at 80 on the
vendor scale, a measured false match rate of 1 in 10,000. Below, 0 to 80 becomes 0 to 0.5; above, 80 to 100 becomes
0.5 to 1. So the number is monotone, versioned with the scale, and no probability.

Source: Microsoft, Face API reference, Verify: "isIdentical … true if confidence is greater than or equal to 0.5".
"""

from __future__ import annotations

import math

#: From this confidence on, two faces are said to be of one person. Source: see above.
DEFAULT_CONFIDENCE = 0.5
#: The place on the vendor scale that this confidence stands at.
VALUE_AT_DEFAULT = 80.0
_MOST_VALUE = 100.0


def confidence_of(value: float) -> float:
    """Return the confidence, 0 to 1, at a place on the vendor scale, 0 to 100."""
    if value < VALUE_AT_DEFAULT:
        return max(0.0, value / VALUE_AT_DEFAULT * DEFAULT_CONFIDENCE)
    above = (value - VALUE_AT_DEFAULT) / (_MOST_VALUE - VALUE_AT_DEFAULT)
    return min(1.0, DEFAULT_CONFIDENCE + above * (1.0 - DEFAULT_CONFIDENCE))


def value_at(confidence: float) -> float:
    """Return the lowest place on the vendor scale whose confidence is at least this, so that both decide alike.

    Raises:
        ValueError: The confidence is not between 0 and 1.
    """
    if not 0.0 <= confidence <= 1.0:
        raise ValueError("a confidence lies between 0 and 1")
    if confidence <= DEFAULT_CONFIDENCE:
        value = confidence / DEFAULT_CONFIDENCE * VALUE_AT_DEFAULT
    else:
        share = (confidence - DEFAULT_CONFIDENCE) / (1.0 - DEFAULT_CONFIDENCE)
        value = min(_MOST_VALUE, VALUE_AT_DEFAULT + share * (_MOST_VALUE - VALUE_AT_DEFAULT))
    # Rounding may have ended a few steps short.
    while confidence_of(value) < confidence and value < _MOST_VALUE:
        value = math.nextafter(value, _MOST_VALUE)
    return value
