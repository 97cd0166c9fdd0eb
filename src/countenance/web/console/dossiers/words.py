"""A dossier's document → what its page says, as pairs of names and words; the template computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from countenance.service.accountability_reports.claims import UNSTATED
from countenance.service.accountability_reports.wording import moment, several
from countenance.service.audit_report.writing import share
from countenance.service.review_quorum import HIGHEST, LOWEST
from countenance.web.console.reviewing.words import signed
from countenance.web.console.templating import similarity

Pairs = tuple[tuple[str, str], ...]

#: The drawing of judgements, in user units: one step of the scale, its margin, its height, a mark's radius.
_STEP, _MARGIN, _MIDDLE, _RADIUS = 22, 14, 15, 8


@dataclass(frozen=True, slots=True)
class Mark:
    """One reviewer's judgement in the drawing.

    Attributes:
        x, y: Where, in user units.
        number: The reviewer's number, from 1.
    """

    x: int
    y: int
    number: int


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """A candidate as the page shows them.

    Attributes:
        rank: From 1; with the face's number before it where the probe has several.
        name: Name, or why there is none.
        reference: Beginning of the reference's identifier.
        similarity: In words.
        released: What whoever asked was told.
        marks: Judgements for the drawing.
        said: The same in words.
        is_released: Whether they were released.
    """

    rank: str
    name: str
    reference: str
    similarity: str
    released: str
    marks: tuple[Mark, ...]
    said: str
    is_released: bool


@dataclass(frozen=True, slots=True)
class DossierShown:
    """What the page shows beside the document.

    Attributes:
        who, case, probe, system: Facts.
        claims: Claims that somebody attested.
        unstated: What nobody stated, with what was taken instead.
        attested: Whose word the claims are, or empty.
        candidates, fillers: Lines of the list.
        votes: (number, reviewer, when, what they said, fillers).
        ticks: Places of the scale's seven steps in the drawing.
        width, height: Of the drawing.
        is_refused, is_waiting: What kind of dossier it is.
    """

    who: Pairs
    case: Pairs
    probe: Pairs
    system: Pairs
    claims: Pairs
    unstated: str
    attested: str
    candidates: tuple[CandidateLine, ...]
    fillers: tuple[CandidateLine, ...]
    votes: tuple[tuple[int, str, str, str, str], ...]
    ticks: tuple[tuple[int, int], ...]
    width: int
    height: int
    is_refused: bool
    is_waiting: bool


def dossier_shown(document: Mapping[str, Any]) -> DossierShown:
    """Return what the page of a dossier says."""
    stated = [claim for claim in document["claims"] if claim["source"] != UNSTATED]
    unstated = [claim for claim in document["claims"] if claim["source"] == UNSTATED]
    listed = document["candidates"]
    votes = len(document["review"]["votes"]) if document["review"] else 0
    several_faces = any(item["probe_number"] > 1 for item in listed["items"])
    return DossierShown(
        who=_who(document),
        case=_case(document["case"]),
        probe=_probe(document),
        system=_system(document["system"]),
        claims=tuple((claim["name"], claim["value"]) for claim in stated),
        unstated=", ".join(f"{claim['name'].lower()} ({claim['value']})" for claim in unstated),
        attested=stated[0]["source"] if stated else "",
        candidates=tuple(_line(item, votes, several_faces, bool(document["review"])) for item in listed["items"]),
        fillers=tuple(_line(item, votes, several_faces, True) for item in listed["fillers"]),
        votes=tuple(_votes(document)),
        ticks=tuple((rating, _x(rating)) for rating in range(LOWEST, HIGHEST + 1)),
        width=_x(HIGHEST) + _MARGIN,
        height=2 * _MIDDLE,
        is_refused=document["statement"].startswith("Refused"),
        is_waiting=bool(listed["withheld_because"]),
    )


def _who(document: Mapping[str, Any]) -> Pairs:
    who, when = document["who"], document["when"]
    refused = document["statement"].startswith("Refused")
    ended = moment(when["finished"]) if when["finished"] else "at once" if refused else "not recorded"
    return (
        ("Operator", f"{who['operator']}, {who['role']}, by {who['door']}"),
        ("Attested by", who["attested_by"]),
        ("Asked", moment(when["asked"])),
        ("Ended", ended),
    )


def _case(case: Mapping[str, Any] | None) -> Pairs:
    if case is None:
        return (("Case", "none"),)
    checked = "found in the list of cases" if case["number_checked_against_list"] else "not checked against a list"
    pairs = [
        ("Number", f"{case['number'] or 'not stated'}, {checked}"),
        ("Opened", moment(case["opened"])),
        ("Answers for it", case["attested_by"]),
        ("Reason", case["reason"] or "none given in words"),
    ]
    if case["closed"]:
        pairs.insert(2, ("Closed", moment(case["closed"])))
    return tuple(pairs)


def _probe(document: Mapping[str, Any]) -> Pairs:
    probe = document["probe"]
    edits = probe["edits"]
    pairs = [
        ("Probe", probe["source"]),
        ("Its keyed digest", probe["digest"] or "not recorded"),
        ("Edits", "nobody stated whether it was edited" if edits is None else ", ".join(edits) or "none"),
        ("Quality", "; ".join(probe["quality"]) or ("nothing noted" if probe["faces_found"] else "not recorded")),
    ]
    for one in document["gallery"]:
        size = f"{several_or(one['people'], 'person', 'people')}, {several_or(one['references'], 'reference')}"
        revision = "not recorded" if one["revision"] is None else one["revision"]
        pairs.append(("Gallery", f"{one['name']}, revision {revision}: {size}; {one['source']}"))
    return tuple(pairs)


def _system(system: Mapping[str, Any]) -> Pairs:
    threshold = system["threshold"]
    digest = system["model_digest"]
    pairs = [("Recogniser", f"{system['model'] or 'model'} {digest[:16]}…" if digest else "not recorded")]
    if threshold is None:
        pairs.append(("Threshold", "not recorded"))
    else:
        pairs.append(("Threshold", f"similarity {threshold['value']}"))
        pairs.append(("What passes it", _rate(threshold)))
    expected = system["expected_false_candidates"]
    if expected is not None:
        pairs.append(("A stranger meets", f"{share(float(expected))} false candidates in a search of this gallery"))
    exact = system["exact_search"]
    if exact is not None:
        recall = system["measured_recall"]
        pairs.append(("Search", "exact" if exact else f"approximate, measured recall {recall or 'not recorded'}"))
    return tuple(pairs)


def _rate(threshold: Mapping[str, Any]) -> str:
    if threshold["false_match_rate"] is None:
        return "the false match rate is not recorded"
    said = f"two photos of different people in {threshold['in_words']}"
    if threshold.get("low") is not None:
        said += f" ({share(threshold['low'])} to {share(threshold['high'])}; "
        said += f"{threshold['errors']:,} of {threshold['trials']:,} comparisons)"
    if threshold["measured_on"]:
        said += f", measured on {threshold['measured_on']}"
    return said


def _line(item: Mapping[str, Any], votes: int, several_faces: bool, reviewed: bool) -> CandidateLine:
    ratings: Sequence[int | None] = item["ratings"]
    judged = [f"reviewer {number}: {'not rated' if one is None else signed(one)}"
              for number, one in enumerate(ratings, 1)]  # fmt: skip
    released = "as a lead" if item["released"] and reviewed else "told" if item["released"] else "no"
    score = item["similarity"]
    return CandidateLine(
        rank=f"{item['probe_number']}·{item['rank']}" if several_faces else str(item["rank"]),
        name=item["name"],
        reference=item["reference_id"][:8],
        similarity="–" if score is None else similarity(score),
        released=f"{released}, no picture" if item["shown"] is False else released,
        marks=_marks(ratings[:votes]),
        said="; ".join(judged) or "nobody judged",
        is_released=item["released"],
    )


def _marks(ratings: Sequence[int | None]) -> tuple[Mark, ...]:
    """Return where the judgements of one candidate stand; equal ones beside each other."""
    marks = []
    same: dict[int, list[int]] = {}
    for number, rating in enumerate(ratings, 1):
        if rating is not None:
            same.setdefault(rating, []).append(number)
    for rating, numbers in same.items():
        for place, number in enumerate(numbers):
            shift = (2 * place - len(numbers) + 1) * (_RADIUS - 1)
            marks.append(Mark(_x(rating) + shift, _MIDDLE, number))
    return tuple(marks)


def _votes(document: Mapping[str, Any]) -> list[tuple[int, str, str, str, str]]:
    review = document["review"]
    told = []
    for number, vote in enumerate(review["votes"] if review else (), 1):
        said = [*(["late"] if vote["late"] else []), *(["said: none of these"] if vote["none_of_these"] else [])]
        if vote["seconds"] is not None:
            said.append(f"looked for {vote['seconds']:,} s")
        if vote["reason"]:
            said.append(f"“{vote['reason']}”")
        fillers = f"{vote['fillers_taken']} of {vote['fillers_shown']}"
        told.append((number, vote["reviewer"], moment(vote["at"]), "; ".join(said) or "–", fillers))
    return told


def several_or(count: int | None, one: str, many: str = "") -> str:
    """Return a count with its noun, or that it is not recorded.

    >>> several_or(2, "person", "people"), several_or(None, "reference")
    ('2 people', 'references not recorded')
    """
    return f"{many or one + 's'} not recorded" if count is None else several(count, one, many)


def _x(rating: int) -> int:
    return _MARGIN + (rating - LOWEST) * _STEP
