"""Hypothesis strategies for policy requests: valid ones that touch every attribute and the edges of its limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from countenance.policy.attributes import ATTRIBUTES, REQUEST_ATTRIBUTES, Kind
from countenance.policy.terms import Action
from tests.support.policy_builders import plain_request

_WORDS = {
    name: sorted(ATTRIBUTES[name].words)
    for name in REQUEST_ATTRIBUTES
    if ATTRIBUTES[name].kind in (Kind.CHOICE, Kind.CHOICES)
}
_PLACES = [
    "US",
    "US-MD",
    "US-MT",
    "US-WA",
    "US-IL",
    "US-TX",
    "US-VA",
    "US-OR/portland",
    "EU",
    "DE",
    "GB",
    "JP",
    "US-NY",
]


def _attribute_values(name: str) -> st.SearchStrategy[Any]:
    kind = ATTRIBUTES[name].kind
    if kind is Kind.CHOICE:
        return st.sampled_from(_WORDS[name])
    if kind is Kind.CHOICES:
        return st.lists(st.sampled_from(_WORDS[name]), unique=True, max_size=6)
    if kind is Kind.JURISDICTIONS:
        return st.lists(st.sampled_from(_PLACES), unique=True, min_size=1, max_size=3)
    if kind is Kind.FLAG:
        return st.booleans()
    if kind is Kind.WHOLE:
        limits = [0, 1, 2, 3, 4, 24, 25, 48, 49, 365, 366, 1000, 1001, 1095, 1096, 10_000, 979_999, 980_000]
        return st.sampled_from([limit for limit in limits if limit <= ATTRIBUTES[name].maximum])
    if kind is Kind.TEXT:
        return st.just("0" * 64) if name == "emergency_facts_sha256" else st.sampled_from(["", "c-1", "c-2"])
    return st.sampled_from(["2026-01-01T00:00:00Z", "2027-01-31T00:00:00Z"])


_MODES = {"Verify1to1": "verify_1_1", "LiveWatchlist": "live_watchlist", "InferAttribute": "emotion"}


@st.composite
def plain_requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a harmless request with up to twelve attributes changed, valid in itself."""
    names = draw(st.lists(st.sampled_from(REQUEST_ATTRIBUTES), unique=True, max_size=12))
    action = draw(st.sampled_from([word.value for word in Action]))
    raw = plain_request(action, **{name: draw(_attribute_values(name)) for name in names})
    raw["auth_id"] = "o-1"
    raw["mode"] = _MODES.get(action, "search_1_n")
    return raw


def times() -> st.SearchStrategy[datetime]:
    """Draw a time on either side of the dates that rules are written for."""
    written = ["2020-06-10T12:00:00Z", "2021-06-10T00:00:00Z", "2026-07-01T04:00:00Z", "2026-11-24T12:00:00Z"]
    return st.sampled_from([datetime.fromisoformat(text) for text in (*written, "2027-12-02T00:00:00Z")])
