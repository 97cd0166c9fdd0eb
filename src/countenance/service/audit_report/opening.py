"""Masthead and headline: what was tested, when, on whom, and the sentence that is printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from countenance.service.audit_report.packing import Strings, packed_rate
from countenance.service.audit_report.showing import Shown
from countenance.service.audit_report.writing import MANNERS

#: Said of false matches wherever the document words a headline; printed in the colour of false matches.
#: ``pages/report.js`` looks for the same words.
ACCENTED = ("were taken for somebody else", "was taken for somebody else")
PEOPLE_TAKEN = "search.people_taken_for_another"
PEOPLE_SHARE = "search.people_taken_for_another.share"
FALSE_POSITIVES = "search.fpir_overall"


def context(document: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """Return what the opening shows."""
    return {
        "version": document["software"].get("countenance") or document["software"].get("version") or "",
        "made_on": made_on(document["made_at"]),
        "headline": _headline(document, shown),
        "system": {"model": None, "scale": None, "note": None, **document["system"]},
        "data": {"caveat": None, "synthetic": False, "one_set": True, **document["data"]},
        "operating": _operating(document),
    }


def made_on(moment: str) -> str:
    """Return an ISO time as a date and minute in words."""
    when = dt.datetime.fromisoformat(moment)
    return f"{when.day} {when:%B %Y, %H:%M} {when.tzname() or ''}".rstrip()


def split_headline(sentence: str) -> tuple[str, str, str]:
    """Return a sentence before, in and after the words about false matches."""
    for words in ACCENTED:
        before, found, after = sentence.partition(words)
        if found:
            return before, found, after
    return sentence, "", ""


def _headline(document: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    moving = shown.find(f"{PEOPLE_TAKEN}.sentence")
    before, accent, after = split_headline(moving or document["headline"]["sentence"])
    stop = document["stops"][document["headline"]["threshold_stop"]]
    rate = document["headline"].get("rate")
    return {
        "moves": moving is not None,
        "before": before,
        "accent": accent,
        "after": after,
        "stop_label": f"threshold {stop['label']}",
        "share_path": PEOPLE_SHARE if shown.find(PEOPLE_SHARE) is not None else None,
        "rate_path": FALSE_POSITIVES if shown.find(FALSE_POSITIVES) is not None else None,
        "rate": None if rate is None else _written(rate),
    }


def _written(rate: Mapping[str, Any]) -> dict[str, str]:
    strings = Strings()
    packed = packed_rate(rate, strings)
    return {
        manner.replace("-", "_"): MANNERS[manner](packed, strings.texts)
        for manner in ("words", "rate", "counts", "interval", "interval-words")
    }


def _operating(document: Mapping[str, Any]) -> dict[str, Any]:
    operating = {"basis": "", "set_on_same_data": False, **document["operating"]}
    at = operating.get("stop", document["headline"]["threshold_stop"])
    return {**operating, "policy": _policy(operating["policy"]), "threshold_label": document["stops"][at]["label"]}


def _policy(policy: object) -> str:
    """Return how the threshold came about in words, from the name of the policy or its parts."""
    if not isinstance(policy, Mapping):
        return str(policy)
    where = f" within {policy['group']}" if policy.get("group") else ""
    enrolled = f" in a gallery of {policy['enrolled']:,}" if policy.get("enrolled") else ""
    words = {
        "fixed": "a fixed threshold",
        "target_fmr": f"set for a false match rate of at most {policy.get('rate')}{where}",
        "target_fpir": f"set for a false positive identification rate of at most {policy.get('rate')}{enrolled}",
    }
    return words.get(str(policy["kind"]), str(policy["kind"]).replace("_", " "))
