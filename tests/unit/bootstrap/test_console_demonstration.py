"""The demonstration's cases: one is answered at once, one is held, and what is held can be released."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from countenance.bootstrap.accountability import AccountableParts, accountable, now
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.console_demonstration import open_console_demonstration
from countenance.policy.decision import Outcome, PolicyDecision
from countenance.service import acts, passwords
from countenance.service.policy_port import GalleryFacts
from tests.support.account_desk import CHEAP
from tests.support.made_up_calibration import ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AccountableParts]:
    monkeypatch.setattr(passwords.Passwords.__init__, "__defaults__", (CHEAP,))
    with accountable(Application(load_settings(data_dir=tmp_path)), interface="cli") as opened:
        open_console_demonstration(opened)
        yield opened


def decided(parts: AccountableParts, case: str) -> PolicyDecision:
    gallery = GalleryFacts("0" * 32, "album", "consented_enrolment", 1, "demonstration", MADE_UP_MODEL, 90, 90, 1)
    act = acts.search(MADE_UP_MODEL, ordinary_calibration().threshold_for(1e-4), gallery, b"photo", 10)
    standing = parts.case_book.standing_of(parts.cases.find(case), "console", now())
    return parts.accountability.decide(act, standing).decision


def test_what_is_searched_for_in_the_album_is_shown_at_once(parts: AccountableParts) -> None:
    assert decided(parts, "demo-album").decision is Outcome.PERMIT


def test_what_is_held_needs_both_reviewers_and_can_be_released_then(parts: AccountableParts) -> None:
    held = decided(parts, "demo-held")
    assert (held.decision, held.reviewers_needed) == (Outcome.REVIEW, 2)
    # A rule that would refuse the release even then would leave whoever tries it with nothing in the end.
    assert held.after_review == ()
