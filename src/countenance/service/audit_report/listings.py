"""Listed pairs: the contact sheet of false matches, and pairs that may be one person under two names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from countenance.core.comparison import meets
from countenance.core.thresholds import one_in
from countenance.service.audit_report.pictures import Pictures
from countenance.service.audit_report.showing import Setting


def context(document: Mapping[str, Any], setting: Setting, pictures: Pictures) -> dict[str, Any]:
    """Return the pairs as the page lists them."""
    threshold = document["stops"][setting.stop]["threshold"]
    listed = document.get("suspected_same_person") or []
    suspected = listed if isinstance(listed, Mapping) else {"pairs": listed}
    pairs = [_pair(entry, threshold, pictures, document) for entry in document.get("false_matches") or ()]
    return {
        "pairs": pairs,
        "pairs_shown": sum(pair["shown"] for pair in pairs),
        "any_pictures": bool(pictures.embedded),
        "suspected": [_suspected(entry) for entry in suspected["pairs"]],
        "suspected_rule": suspected.get("rule") or "",
    }


def score(value: float | None) -> str:
    """Return a score to three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def _pair(
    entry: Mapping[str, Any], threshold: float, pictures: Pictures, document: Mapping[str, Any]
) -> dict[str, Any]:
    sides = [_side("searched", entry["probe"], pictures), _side("taken for", entry["reference"], pictures)]
    return {
        "rank": entry["rank"],
        "raw_score": entry["score"],
        "score": entry.get("label") or score(entry["score"]),
        "meaning": _meaning(entry["score"], document),
        "shown": bool(meets(np.array([entry["score"]], dtype=np.float64), threshold)[0]),
        "sides": sides,
        "pictures": any(side["picture"] is not None for side in sides),
    }


def _meaning(value: float, document: Mapping[str, Any]) -> str:
    """Return how rare such a score is: the counted rate at the highest stop the score reaches."""
    if not document["groupings"]:
        return ""
    reached = [at for at, stop in enumerate(document["stops"]) if value >= stop["threshold"]]
    if not reached:
        return ""
    rate = document["groupings"][0]["at"][reached[-1]]["fmr_overall"]
    if not rate["errors"]:
        return ""
    words = rate.get("in_words") or one_in(rate["estimate"])
    return f"{document['stops'][reached[-1]]['label']} or more in {words} comparisons of different people"


def _side(role: str, entry: Mapping[str, Any], pictures: Pictures) -> dict[str, Any]:
    return {
        "role": role,
        "file": entry["file"],
        "subject": entry["subject"],
        "groups": _groups(entry.get("labels") or entry.get("groups")),
        "picture": pictures.position(entry["file"]),
    }


def _groups(groups: object) -> str:
    if isinstance(groups, Mapping):
        return ", ".join(str(value) for value in groups.values())
    return ", ".join(str(value) for value in groups) if isinstance(groups, (list, tuple)) else str(groups or "")


def _suspected(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        "first": _named(entry["probe"]),
        "second": _named(entry["reference"]),
        "score": entry.get("label") or score(entry["score"]),
        "why": entry.get("reason") or entry.get("why") or "",
    }


def _named(entry: Mapping[str, Any]) -> str:
    return f"{entry['subject']} ({entry['file']})"
