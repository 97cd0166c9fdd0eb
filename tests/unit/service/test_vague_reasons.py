"""Which reasons are flagged as vague."""

from __future__ import annotations

import pytest

from countenance.service.vague_reasons import vague_reason


@pytest.mark.parametrize(
    "text",
    [
        "investigation", "Investigation.", "police investigation", "ongoing criminal investigation", "inv 24-1183",
        "case 24-1183", "test", "n/a", "suspect", "law enforcement purposes", "photo search as requested", "ID",
        "follow up on the lead", "burglary", "burglary suspect", "x", "12345", "!!!",
    ],
)  # fmt: skip
def test_a_reason_any_search_could_give_is_flagged(text: str) -> None:
    assert vague_reason(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Burglary at Elm Street pharmacy, man on camera", "Girl of nine missing since 4 May, ferry landing",
        "Unidentified patient at county hospital", "Cambriolage rue des Lilas, homme filmé",
        "Einbruch Apotheke Lindenstraße",
    ],
)  # fmt: skip
def test_a_reason_that_says_what_happened_is_not(text: str) -> None:
    assert vague_reason(text) is None


def test_no_reason_is_said_to_be_none() -> None:
    assert vague_reason("  ") == "No reason was given in words."


def test_a_statute_answers_a_part_but_not_everything() -> None:
    assert vague_reason("burglary", offence_statute="ORC 2911.12") is None
    assert vague_reason("investigation", offence_statute="ORC 2911.12") is not None
    assert vague_reason("burglary", offence_statute=" ") is not None
