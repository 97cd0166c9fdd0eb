"""A reviewer's form: what was filled in, letter by letter, and what of it is missing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from countenance.ledger.field_types import LONGEST_TEXT
from countenance.service.review_ballots import Ballot
from countenance.service.review_quorum import CHOSEN_FROM, HIGHEST, LOWEST
from countenance.service.reviews import Panel
from countenance.web.console.forms import FormRefused, text_of
from countenance.web.console.reviewing.words import listed

#: Fields of ratings begin so; the letter follows.
RATING = "rating-"
#: A review shows at most some dozens of people for each face of a photo: letters stay short.
_LONGEST_LETTER = 3


@dataclass(frozen=True, slots=True)
class FilledIn:
    """A form as far as it was filled in.

    Attributes:
        ratings: Letter → rating.
        none_of_these: Whether it says that nobody shown is the person in the probe.
        reason: In the reviewer's words.
        shown: Whether they had asked to see the faces.
    """

    ratings: Mapping[str, int] = field(default_factory=dict)
    none_of_these: bool = False
    reason: str = ""
    shown: bool = False

    def ballot(self) -> Ballot:
        """Return what it says as a ballot."""
        return Ballot(self.ratings, self.none_of_these, None, self.reason)

    def troubles(self, panel: Panel) -> list[str]:
        """Return what stands in the way of a vote, in sentences; empty if nothing does."""
        letters = comparable(panel)
        if not letters:
            return ["There is nothing to compare: no picture is kept of anybody found, or of the probe. A records"
                    " officer can close the review."]  # fmt: skip
        missing = [letter for letter in letters if letter not in self.ratings]
        found = []
        if missing and not (self.none_of_these and not self.ratings):
            found.append(f"Not judged yet: {listed(missing)}.")
        plus = [letter for letter in letters if self.ratings.get(letter, LOWEST) >= CHOSEN_FROM]
        if self.none_of_these and plus:
            found.append(f"You say none of these, and give a plus to {listed(plus)}: one of them is not meant.")
        return found


def comparable(panel: Panel) -> list[str]:
    """Return the letters that are to be judged: those whose picture, and whose probe's, is there."""
    return [
        face.letter
        for lineup in panel.lineups
        for face in lineup.faces
        if lineup.probe is not None and face.picture is not None
    ]


def filled_in(form: FormData) -> FilledIn:
    """Return what a form says.

    Raises:
        FormRefused: A rating is no step of the scale.
    """
    ratings: dict[str, int] = {}
    for name in form:
        if not name.startswith(RATING):
            continue
        letter, written = name.removeprefix(RATING), text_of(form, name, most=3)
        if not (letter.isalpha() and letter.isupper() and len(letter) <= _LONGEST_LETTER):
            raise FormRefused(400, "A picture's letter cannot be read.", "Load the page and judge again.")
        try:
            rating = int(written)
        except ValueError:
            rating = HIGHEST + 1
        if not LOWEST <= rating <= HIGHEST:
            raise FormRefused(400, f"The judgement of {letter} is no step of the scale.", "Choose one of the seven.")
        ratings[letter] = rating
    return FilledIn(
        # In the order of the letters, whatever the browser's.
        {letter: ratings[letter] for letter in sorted(ratings, key=lambda one: (len(one), one))},
        bool(form.get("none_of_these")),
        text_of(form, "reason", most=LONGEST_TEXT),
        bool(form.get("shown")),
    )


def keeping_key(csrf: str, review_id: str) -> str:
    """Return under which name a browser keeps an unsent form: another session never finds it."""
    return hashlib.sha256(f"countenance-review-form/1 {csrf} {review_id}".encode()).hexdigest()[:24]
