"""Fillers: people of the same gallery, picked at random, whom the search did not find.

Rules kept here:

- A filler is not a candidate of this search, has a picture, and each of their templates is below the threshold.
- Who they are follows from a random seed that is recorded, so that the choice can be checked and was nobody's.
- A filler is *taken* to be a stranger. Where the search missed the right person, that person can be drawn; in a gallery
  of N people the chance is about (fillers ÷ N) × (share of mated searches that miss).

Source of the number: US Department of Justice, "Eyewitness Evidence: A Guide for Law Enforcement", NIJ 1999, section V:
a photo line-up has a minimum of five fillers. Here at least as many as candidates, so that a long list is no easier.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from countenance.core.comparison import meets, similarity
from countenance.core.vocabulary import Template
from countenance.service.journal_port import OpenTransaction
from countenance.service.review_port import ReviewStore

FEWEST_FILLERS = 5
#: Draws for one filler. Each passes over somebody; in a gallery where this many in a row are above the threshold, the
#: threshold tells nobody apart, and the line-up is as it is.
DRAWS_A_FILLER = 8


def fillers_wanted(candidates: int) -> int:
    """Return how many fillers stand beside so many candidates."""
    return max(FEWEST_FILLERS, candidates)


@dataclass(slots=True)
class Draw:
    """Draws fillers of one review, nobody twice.

    Attributes:
        store: Where people are.
        gallery: Name of the gallery.
        seed: 32 random bytes; recorded.
        excluded: Identifiers of subjects who are not to be drawn (any more).
        transaction: Where it is read.
    """

    store: ReviewStore
    gallery: str
    seed: bytes
    excluded: set[str]
    transaction: OpenTransaction
    _drawn: int = 0

    def fillers(self, probe: Template | None, threshold_value: float, wanted: int) -> Sequence[str]:
        """Return the references of up to ``wanted`` fillers for a probe; fewer where the gallery has no more.

        Args:
            probe: The probe's template; without one nobody can be said to be below the threshold, and none is drawn.
            threshold_value: The search's threshold.
            wanted: How many.
        """
        found: list[str] = []
        draws = 0 if probe is None else wanted * DRAWS_A_FILLER
        while len(found) < wanted and draws > 0:
            draws -= 1
            drawn = self.store.next_pictured(
                self.gallery, self._point(), sorted(self.excluded), transaction=self.transaction
            )
            if drawn is None:
                break
            self.excluded.add(drawn.subject_id)
            scores = np.array([similarity(probe, one) for one in drawn.templates if probe is not None])
            if not meets(scores, threshold_value).any():
                found.append(drawn.reference_id)
        return found

    def _point(self) -> str:
        self._drawn += 1
        return hmac.digest(self.seed, f"countenance-review-filler/1 {self._drawn}".encode(), "sha256").hex()[:32]
