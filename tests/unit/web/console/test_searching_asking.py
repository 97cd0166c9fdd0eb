"""The form of a search: only what the case leaves open, within its limits, read back as a request."""

from __future__ import annotations

import asyncio
import io
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.datastructures import FormData, UploadFile

from countenance.core.thresholds import Support
from countenance.core.vocabulary import GallerySummary
from countenance.service.case_ports import StoredCase
from countenance.service.meaning import FalseCandidates
from countenance.web.console.forms import FormRefused
from countenance.web.console.searching.asking import AskedSearch, asked_search, open_claims, search_form
from countenance.web.console.searching.words import expected_in_words
from tests.support.made_up_calibration import ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL


def case(most_candidates: int | None = None, **claims: object) -> StoredCase:
    return cast("StoredCase", SimpleNamespace(claims=claims, most_candidates=most_candidates))


def asked(of: StoredCase, **typed: Any) -> AskedSearch:
    fields: list[tuple[str, str | UploadFile]] = [("gallery", "album"), ("csrf", "secret")]
    fields += [("photo", UploadFile(io.BytesIO(b"photo"), filename="a.jpg"))]
    for name, value in typed.items():
        fields += [(name, one) for one in (value if isinstance(value, list) else [value])]
    return asyncio.run(asked_search(FormData(fields), of))


def test_what_the_case_states_is_not_asked_again() -> None:
    names = {field.name for field in open_claims(case(probe_source="still_photo", purpose="missing_person"))}
    assert "probe_source" not in names
    assert "purpose" not in names
    assert {"space", "timing", "corroboration"} <= names
    # A gallery of ours has a source of its own.
    assert "gallery_source" not in names


def test_a_claim_that_the_case_states_cannot_be_sent_along() -> None:
    found = asked(case(probe_source="still_photo"), probe_source="sketch", space="custody")
    assert found.stated == {"space": "custody"}


def test_claims_are_read_by_their_kind() -> None:
    found = asked(
        case(), targeted="yes", corroboration=["digital_evidence", "location_evidence"], offence_max_years="5"
    )
    assert found.stated == {
        "targeted": True,
        "corroboration": ("digital_evidence", "location_evidence"),
        "offence_max_years": 5,
    }


@pytest.mark.parametrize(
    ("strictness", "rate", "expected"),
    [("", None, 0.1), ("expected:0.01", None, 0.01), ("expected:1", None, 1.0), ("rate:0.0001", 1e-4, 0.1)],
)
def test_how_strict_is_a_rate_or_a_number_of_strangers(strictness: str, rate: float | None, expected: float) -> None:
    request = asked(case(), strictness=strictness).request
    assert (request.choice.target_false_match_rate, request.max_false_candidates) == (rate, expected)
    assert request.choice.value is None


@pytest.mark.parametrize("strictness", ["rate:0", "rate:2", "expected:-1", "expected:nan", "0.5", "rate:x"])
def test_what_cannot_be_read_as_strictness_is_refused(strictness: str) -> None:
    with pytest.raises(FormRefused, match="How strict"):
        asked(case(), strictness=strictness)


@pytest.mark.parametrize(("limit", "most", "given"), [("", None, 10), ("", 3, 3), ("25", None, 25), ("3", 3, 3)])
def test_candidates_stay_within_the_case(limit: str, most: int | None, given: int) -> None:
    assert asked(case(most), limit=limit).request.limit == given


@pytest.mark.parametrize(("limit", "most"), [("4", 3), ("101", None), ("0", None), ("ten", None)])
def test_more_candidates_than_the_case_allows_are_refused(limit: str, most: int | None) -> None:
    with pytest.raises(FormRefused, match="number of candidates"):
        asked(case(most), limit=limit)


@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_a_face_has_a_number_from_one(number: str) -> None:
    with pytest.raises(FormRefused, match="number of the face"):
        asked(case(), face_photo=number)


def test_what_was_asked_is_kept_for_the_choice_of_a_face_without_the_session() -> None:
    found = asked(case(), limit="5", corroboration=["digital_evidence", "location_evidence"], face_photo="2")
    assert found.kept == (
        ("gallery", "album"),
        ("limit", "5"),
        ("corroboration", "digital_evidence"),
        ("corroboration", "location_evidence"),
    )
    assert found.request.probe.face_number == 2


def test_the_form_offers_what_can_be_measured() -> None:
    album = GallerySummary("album", MADE_UP_MODEL, "2031-05-06T07:08:09+00:00", "test", 30, 1200, 3400, 2)
    form = search_form(case(7, probe_source="still_photo"), [album], ordinary_calibration())
    assert form.galleries == (("album", "album: 1,200 people, 3,400 photos"),)
    assert [value for value, _ in form.strictness["For each comparison"]] == ["rate:0.01", "rate:0.001", "rate:0.0001"]
    assert (form.usual, form.most) == (7, 7)
    assert [field.name for field in form.first] == ["space", "timing", "intended_use"]


def test_expected_false_candidates_are_a_number_and_a_frequency() -> None:
    assert expected_in_words(FalseCandidates(0.03, 0.04, 300, Support.MEASURED)) == "0.030, about 1 in 33 searches"
    assert expected_in_words(FalseCandidates(3.2, 4.0, 300, Support.SPARSE)) == "3.2 a search, from few cases"
    assert expected_in_words(FalseCandidates(0.0, 0.004, 300, Support.BOUND_ONLY)) == "fewer than 0.0040 a search"
