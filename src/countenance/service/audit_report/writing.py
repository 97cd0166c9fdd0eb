"""How a number of the document is written: digits and separators, nothing else.

``pages/numbers.js`` writes the same way when a slider moves; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from countenance.service.audit_report.packing import RATE

#: What stands where the document has no number.
NOTHING = "–"
_AT = {name: position for position, name in enumerate(RATE)}
#: Below this a share is written with a power of ten.
_POWER_OF_TEN_BELOW = 1e-6
_THREE_DIGITS_FROM = 0.1
_WHOLE_FROM = 100
_SMALLEST_P = 1e-4
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def share(value: float | None) -> str:
    """Return a share to three significant digits above 0.1, two below: ``0.123``, ``0.00042``, ``4.2 × 10⁻⁷``."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    short = _to_digits(value, 3 if abs(value) >= _THREE_DIGITS_FROM else 2)
    if abs(value) < _POWER_OF_TEN_BELOW:
        return f"{short.scaleb(-short.adjusted())} × 10{str(short.adjusted()).translate(_SUPERSCRIPT)}"
    return f"{short:f}"


def ratio(value: float | None) -> str:
    """Return a ratio to three significant digits, whole above a hundred."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if abs(value) >= _WHOLE_FROM:
        return f"{int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP)):,}"
    return f"{_to_digits(value, 3):f}"


def p_value(value: float) -> str:
    """Return a p-value to two significant digits; small ones as ``below 0.0001``."""
    return f"below {_SMALLEST_P:g}" if value < _SMALLEST_P else share(value)


def count(value: float) -> str:
    """Return a count with separators; an expected count to one decimal."""
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{Decimal(value).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP):,}"


def _to_digits(value: float, digits: int) -> Decimal:
    # As JavaScript has it, so that both sides write the same digits: the exponent of the shortest form that gives the
    # number, the digits of its exact value, halves up.
    exponent = Decimal(repr(value)).adjusted()
    return Decimal(value).quantize(Decimal(1).scaleb(exponent - digits + 1), rounding=ROUND_HALF_UP)


def _interval(rate: Sequence[Any]) -> str:
    if rate[_AT["low"]] is None or not rate[_AT["trials"]]:
        return NOTHING
    return f"{share(rate[_AT['low']])} to {share(rate[_AT['high']])}"


def _interval_words(rate: Sequence[Any], strings: Sequence[str]) -> str:
    if rate[_AT["low"]] is None or not rate[_AT["trials"]]:
        return NOTHING
    return f"{strings[rate[_AT['low_words']]]} to {strings[rate[_AT['high_words']]]}"


def _counts(rate: Sequence[Any]) -> str:
    if rate[_AT["trials"]] is None:
        return NOTHING
    return f"{count(rate[_AT['errors']])} of {count(rate[_AT['trials']])}"


def _range(value: Mapping[str, Any]) -> str:
    low, high = value.get("low"), value.get("high")
    if low is None and high is None:
        return NOTHING
    return f"{ratio(low)} to {'unbounded' if high is None else ratio(high)}"


def _measure(value: Mapping[str, Any]) -> str:
    if value.get("estimate") is not None:
        return ratio(value["estimate"])
    # The first word of what the document notes: infinite or undefined.
    return str((value.get("flags") or [NOTHING])[0]).split(":")[0]


def _null(value: Mapping[str, Any]) -> str:
    if value.get("null_mean") is None:
        return NOTHING
    return f"{ratio(value['null_mean'])}, 1 in 20 beyond {ratio(value.get('null_upper'))}"


def _optional(value: Mapping[str, Any], key: str, write: Callable[[float], str]) -> str:
    return NOTHING if value.get(key) is None else write(value[key])


def heat_step(rate: Sequence[Any]) -> str:
    """Return the name of the colour step a rate of a heat map falls in."""
    estimate = rate[_AT["estimate"]]
    if estimate is None:
        return "heat-none"
    return f"heat-{sum(estimate >= lower for lower in HEAT_FROM)}"


#: Lower ends of the colour steps of the heat map, two a decade.
HEAT_FROM = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)
#: Manners of writing: each takes the value and the page's strings.
MANNERS: dict[str, Callable[[Any, Sequence[str]], str]] = {
    "text": lambda value, _: str(value),
    "count": lambda value, _: count(value),
    "share": lambda value, _: share(value),
    "share-or-rate": lambda value, _: share(value[0] if isinstance(value, list) else value),
    "ratio": lambda value, _: ratio(value),
    "rate": lambda rate, _: share(rate[0]),
    "words": lambda rate, strings: strings[rate[_AT["words"]]],
    "interval": lambda rate, _: _interval(rate),
    "interval-words": _interval_words,
    "counts": lambda rate, _: _counts(rate),
    "subjects": lambda rate, _: NOTHING if rate[_AT["subjects"]] is None else count(rate[_AT["subjects"]]),
    "effective": lambda rate, _: NOTHING if rate[_AT["effective"]] is None else count(rate[_AT["effective"]]),
    "flags": lambda rate, strings: strings[rate[_AT["flags"]]],
    "heat": lambda rate, _: heat_step(rate),
    "estimate": lambda value, _: _optional(value, "estimate", ratio),
    "measure": lambda value, _: _measure(value),
    "range": lambda value, _: _range(value),
    "share-range": lambda value, _: (
        NOTHING if value.get("low") is None else f"{share(value['low'])} to {share(value.get('high'))}"
    ),
    "p": lambda value, _: _optional(value, "p_value", p_value),
    "holm": lambda value, _: _optional(value, "p_holm", p_value),
    "null": lambda value, _: _null(value),
    "listed-flags": lambda value, _: "; ".join(value.get("flags") or ()),
}
