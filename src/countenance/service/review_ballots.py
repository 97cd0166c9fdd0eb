"""A reviewer's ballot, by letters, and what it says about the people behind them.

Rules kept here:

- Every picture that was shown is rated, so that a filler passed over in silence does not count as recognised.
- "None of these" is always an answer, with or without ratings; a plus beside it is a contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from countenance.core.errors import VoteInvalid
from countenance.ledger.field_types import LONGEST_TEXT
from countenance.service.review_order import Placed
from countenance.service.review_quorum import CHOSEN_FROM, HIGHEST, LOWEST

_RATING = re.compile(r"([A-Za-z]{1,3})=([+-]?[0-3])")


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a reviewer says.

    Attributes:
        ratings: Letter → rating, -3 to 3.
        none_of_these: Whether they say that nobody shown is the person in the probe.
        rest: Rating of every letter that ``ratings`` does not name, or None.
        reason: In the reviewer's own words; may be empty.
    """

    ratings: Mapping[str, int] = field(default_factory=dict)
    none_of_these: bool = False
    rest: int | None = None
    reason: str = ""

    def by_item(self, shown: Sequence[Placed], comparable: Collection[int]) -> dict[int, int]:
        """Return item number → rating.

        Args:
            shown: The line-ups as this reviewer saw them.
            comparable: Item numbers of those whose picture is still there.

        Raises:
            VoteInvalid: A letter is missing, unknown, out of range or beside "none of these"; the reason is too long.
        """
        if len(self.reason) > LONGEST_TEXT:
            raise VoteInvalid(f"A reason has up to {LONGEST_TEXT:,} characters.")
        letters = {place.letter: place.item.item_number for place in shown if place.item.item_number in comparable}
        if not letters:
            raise VoteInvalid(
                "There is nothing to compare: no picture is kept of anybody found, or of the probe.",
                remedy="Close the review with `countenance review close`.",
            )
        named = {given.upper(): rating for given, rating in self.ratings.items()}
        unknown = sorted(named.keys() - letters.keys())
        if unknown:
            raise VoteInvalid(f"No picture stands under {', '.join(unknown)}.")
        wrong = sorted(given for given, rating in self._all(named) if not LOWEST <= rating <= HIGHEST)
        if wrong:
            raise VoteInvalid(f"A rating is between -3 and +3; not so: {', '.join(wrong)}.")
        if self.rest is not None:
            named = {**dict.fromkeys(letters, self.rest), **named}
        missing = [given for given in letters if given not in named]
        if missing and not (self.none_of_these and not named):
            raise VoteInvalid(f"Not rated: {', '.join(missing)}.")
        plus = sorted(given for given, rating in named.items() if rating >= CHOSEN_FROM)
        if self.none_of_these and plus:
            raise VoteInvalid(f"None of these, and a plus for {', '.join(plus)}: one of them is not meant.")
        return {letters[given]: rating for given, rating in named.items()}

    def _all(self, named: Mapping[str, int]) -> Iterable[tuple[str, int]]:
        yield from named.items()
        if self.rest is not None:
            yield "the rest", self.rest


def parse_ratings(written: Iterable[str]) -> dict[str, int]:
    """Return ratings that are written as ``A=+2``.

    Raises:
        VoteInvalid: One is not written so, or a letter stands twice.

    >>> parse_ratings(["A=+2", "b=-3"])
    {'A': 2, 'B': -3}
    """
    ratings: dict[str, int] = {}
    for text in written:
        found = _RATING.fullmatch(text.strip())
        if found is None:
            raise VoteInvalid(f"The rating {text[:20]!r} is not LETTER=NUMBER with -3 to +3.")
        given = found[1].upper()
        if given in ratings:
            raise VoteInvalid(f"{given} is rated twice.")
        ratings[given] = int(found[2])
    return ratings
