"""Who works with the system how much, and whose use differs from everybody else's by a stated measure.

Rules kept here:

- Each measure is stated with its number; that somebody meets one is a reason to ask, never a finding about them.
- Nobody is compared with themselves: the middle of the others is what a person's number stands beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from countenance.service.accountability_reports.period import RecordedAct
from countenance.service.accountability_reports.wording import several

#: Fewest searches, and how many times the others' median, that make somebody stand out. Source: chosen here, as are the
#: others; the page that lists people says them, so that nobody takes them for more.
FEWEST_SEARCHES, TIMES_MEDIAN = 10, 3.0
#: Fewest refusals, and the share of somebody's requests, that make their refusals stand out.
FEWEST_REFUSALS, REFUSED_SHARE = 3, 0.25
#: Fewest searches with somebody listed and no case beside them that are named.
FEWEST_WITHOUT_CASE = 3


#: Newest searches of an operator that are kept for a list.
NEWEST = 200


@dataclass(frozen=True, slots=True)
class OwnSearch:
    """One search of an operator.

    Attributes:
        act_id: The act.
        entry_id: Entry of its intent or refusal.
        at: When it was asked for.
        purpose: What for, as a word.
        case_id: The case, or empty.
        came: What became of it, as a word.
    """

    act_id: str
    entry_id: str
    at: datetime
    purpose: str
    case_id: str
    came: str


@dataclass(frozen=True, slots=True)
class Use:
    """One operator's searches in a period.

    Attributes:
        operator_id: Who.
        searches: Searches that ran.
        refused: Searches that were refused.
        listed: Searches that listed somebody.
        without_case: Searches under no case.
        others_median: Middle of the others' searches; 0 with no others.
        stands_out: Why it differs from the others', one sentence each; empty if it does not.
        newest: Their newest searches, ``NEWEST`` at most, newest first.
    """

    operator_id: str
    searches: int
    refused: int
    listed: int
    without_case: int
    others_median: float
    stands_out: tuple[str, ...]
    newest: tuple[OwnSearch, ...] = ()


def uses(acts: Sequence[RecordedAct]) -> tuple[Use, ...]:
    """Return every operator's use, those that stand out first, then by searches.

    Args:
        acts: Acts of a period; only searches count.
    """
    by_operator: dict[str, list[RecordedAct]] = {}
    for act in acts:
        if act.is_search:
            by_operator.setdefault(act.word("operator_id"), []).append(act)
    ran = {name: sum(not act.refused for act in own) for name, own in by_operator.items()}
    found = []
    for name, own in by_operator.items():
        others = median([count for other, count in ran.items() if other != name] or [0])
        found.append(_use(name, own, ran[name], others))
    return tuple(sorted(found, key=lambda use: (not use.stands_out, -use.searches - use.refused, use.operator_id)))


def _use(operator_id: str, own: Sequence[RecordedAct], ran: int, others: float) -> Use:
    refused = len(own) - ran
    without = sum(not act.refused and not act.word("case_id") for act in own)
    said = []
    if others and ran >= FEWEST_SEARCHES and ran >= TIMES_MEDIAN * others:
        said.append(f"{several(ran, 'search', 'searches')}; the middle of the others is {others:g}.")
    if refused >= FEWEST_REFUSALS and refused >= REFUSED_SHARE * len(own):
        said.append(f"{refused:,} of {len(own):,} requests were refused.")
    if without >= FEWEST_WITHOUT_CASE and without < ran:
        said.append(f"{without:,} of {ran:,} searches stand under no case.")
    return Use(
        operator_id=operator_id,
        searches=ran,
        refused=refused,
        listed=sum(bool(act.outcome.get("candidate_count")) for act in own if not act.refused),
        without_case=without,
        others_median=others,
        stands_out=tuple(said),
        newest=tuple(_own(act) for act in own[: -NEWEST - 1 : -1]),
    )


def _own(act: RecordedAct) -> OwnSearch:
    return OwnSearch(act.act_id, act.entry_id, act.at, act.word("purpose"), act.word("case_id"), act.ended)
