"""What a review's votes come to: wait, agreed on somebody, nobody, or disagreement. Pure.

Rules kept here:

- A plus is a choice: +1 or more says "the same person". Zero and less are not.
- Whoever takes a filler, a person who is known not to be a candidate, for the person in the probe has shown that this
  line-up misleads them: their vote stays on record and supports nobody.
- A candidate is agreed on when as many reviewers as the rules need have chosen them, each without seeing the others.
- Where the first votes do not agree, one more reviewer is asked, once. Still no agreement: closed without release.

Source of the scale: P. J. Phillips et al., "Face recognition accuracy of forensic examiners, superrecognizers, and face
recognition algorithms", PNAS 115 (24), 2018 (seven points, +3 "strongly support that it is the same person" to -3
"strongly support that it is not").
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

LOWEST, HIGHEST = -3, 3
#: From here on a rating says "the same person".
CHOSEN_FROM = 1
#: The scale in words, for whoever votes and whoever reads the vote.
SCALE: Mapping[int, str] = {
    3: "what can be seen strongly supports that it is the same person",
    2: "supports that it is the same person",
    1: "supports to some extent that it is the same person",
    0: "supports neither",
    -1: "supports to some extent that they are different people",
    -2: "supports that they are different people",
    -3: "strongly supports that they are different people",
}


class Verdict(enum.StrEnum):
    """What the votes so far come to."""

    WAIT = "wait"
    AGREED = "agreed"
    NONE_CHOSEN = "none_chosen"
    DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class Tally:
    """What the votes so far come to.

    Attributes:
        verdict: See ``Verdict``.
        quorum: Votes to wait for.
        agreed: Item numbers of the candidates agreed on, ascending; empty unless ``agreed``.
        supports: Fewest reviewers that chose any of them; 0 unless ``agreed``.
    """

    verdict: Verdict
    quorum: int
    agreed: tuple[int, ...] = ()
    supports: int = 0


def chosen(ratings: Mapping[int, int]) -> frozenset[int]:
    """Return the item numbers a vote chooses."""
    return frozenset(number for number, rating in ratings.items() if rating >= CHOSEN_FROM)


def tally(ballots: Sequence[Mapping[int, int]], *, fillers: Collection[int], needed: int) -> Tally:
    """Return what votes come to.

    Args:
        ballots: Item number → rating of each vote, in the order in which they came.
        fillers: Item numbers of the fillers.
        needed: Reviewers who have to agree, at least 1.
    """
    if len(ballots) < needed:
        return Tally(Verdict.WAIT, needed)
    choices = [chosen(ballot) for ballot in ballots]
    misled = [not choice.isdisjoint(fillers) for choice in choices]
    supports: dict[int, int] = {}
    for choice, wrong in zip(choices, misled, strict=True):
        for number in () if wrong else choice:
            supports[number] = supports.get(number, 0) + 1
    agreed = tuple(sorted(number for number, count in supports.items() if count >= needed))
    if agreed:
        return Tally(Verdict.AGREED, len(ballots), agreed, min(supports[number] for number in agreed))
    if not any(choices):
        return Tally(Verdict.NONE_CHOSEN, len(ballots))
    if len(ballots) > needed:
        return Tally(Verdict.DISAGREEMENT, len(ballots))
    return Tally(Verdict.WAIT, needed + 1)
