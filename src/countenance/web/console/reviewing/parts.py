"""What the pages about reviews need, ready-made by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from countenance.service.account_port import SignedIn
from countenance.service.accountability import Performed
from countenance.service.accountability_reports.people import People
from countenance.service.journal_port import Journal
from countenance.service.review_lists import ReviewListStore
from countenance.service.review_release import Lead
from countenance.service.reviewers import ReviewerRecord
from countenance.service.reviews import Reviews


@dataclass(frozen=True, slots=True, eq=False)
class ReviewingParts:
    """What the pages about reviews need.

    Attributes:
        reviews: Reviews as people work on them.
        lists: Reviews in lists.
        journal: Reads the ledger.
        people: Names of those who work with the system; may be some seconds old.
        reviewers: Returns everybody who reviews, with how often they were wrong.
        attest: Stores that whoever has signed in vouches for a reviewer's training until a day; returns the entry.
        release: Asks the rules for a review's release on behalf of whoever has signed in; see ``review_release``.
    """

    reviews: Reviews
    lists: ReviewListStore
    journal: Journal
    people: Callable[[], People]
    reviewers: Callable[[], Sequence[ReviewerRecord]]
    attest: Callable[[SignedIn, str, datetime], str]
    release: Callable[[SignedIn, str], Performed[Lead]]
