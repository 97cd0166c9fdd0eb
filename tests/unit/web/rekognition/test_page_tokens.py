"""Tokens come back as the place they stand for, and nothing else does."""

from __future__ import annotations

import pytest

from countenance.web.rekognition.errors import AwsError
from countenance.web.rekognition.page_tokens import LONGEST, place_of, token_for


@pytest.mark.parametrize("place", ["a", "ä:b", "x" * 128, "2031-05-06T07:08:09+00:00" + "f" * 32])
def test_a_token_stands_for_its_place_and_fits(place: str) -> None:
    token = token_for("ListFaces", "staff", place)
    assert place_of("ListFaces", "staff", token) == place
    assert len(token) <= LONGEST


def test_no_token_is_the_first_page() -> None:
    assert place_of("ListFaces", "staff", None) == ""


@pytest.mark.parametrize("change", ["operation", "collection", "content", "short", "padding", "letters", "empty"])
def test_any_other_text_is_refused(change: str) -> None:
    token = token_for("ListFaces", "staff", "place")
    operation, collection = "ListFaces", "staff"
    match change:
        case "operation":
            operation = "ListUsers"
        case "collection":
            collection = "other"
        case "content":
            token = token[:-1] + ("A" if token[-1] != "A" else "B")
        case "short":
            token = token[:5]
        case "padding":
            token += "="
        case "letters":
            token = "é" + token
        case _:
            token = ""
    with pytest.raises(AwsError, match="Invalid Pagination Token"):
        place_of(operation, collection, token)
