"""Columns recognised by the names people and vendors give them."""

from __future__ import annotations

import pytest

from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.score_columns import NamedColumns, ScoreColumns, find_columns, side_of


def found(*names: str, **named: str) -> ScoreColumns:
    return find_columns(names, NamedColumns(**named), file="s.csv")


@pytest.mark.parametrize(
    "names",
    [
        ("probe", "reference", "score"),
        ("Probe ID", "Reference ID", "Similarity"),
        ("probeId", "referenceId", "cosineScore"),
        ("query", "gallery", "distance"),
        ("image1", "image2", "confidence"),
        ("file_a", "file_b", "L2"),
        ("id_1", "id_2", "match_score"),
        ("source_image", "target_image", "Similarity"),
    ],
)
def test_the_three_columns_are_recognised(names: tuple[str, str, str]) -> None:
    columns = found(*names)
    assert (columns.probe, columns.reference, columns.score) == names


def test_labels_of_both_sides_and_marks_are_recognised() -> None:
    columns = found(
        "probe", "probe_subject", "probe_sex", "reference", "reference_subject", "reference_sex", "score", "genuine"
    )
    assert columns.probe_labels == {"subject": "probe_subject", "sex": "probe_sex"}
    assert columns.reference_labels == {"subject": "reference_subject", "sex": "reference_sex"}
    assert columns.mated == "genuine"


def test_a_label_of_one_side_only_is_not_used() -> None:
    columns = found("probe", "probe_age", "reference", "score")
    assert columns.probe_labels == {}


def test_named_columns_win_over_recognised_ones() -> None:
    columns = found("x", "y", "similarity", "distance", probe="x", reference="y", score="distance")
    assert (columns.probe, columns.reference, columns.score) == ("x", "y", "distance")


def test_a_missing_column_is_asked_for_by_name() -> None:
    with pytest.raises(AuditInputInvalid, match="no column recognised as probe or reference") as refused:
        found("left_out", "weight", "score")
    assert "--probe COLUMN --reference COLUMN" in refused.value.remedy
    with pytest.raises(AuditInputInvalid, match="no column 'z'"):
        found("probe", "reference", "score", score="z")


def test_two_possible_scores_are_asked_about() -> None:
    with pytest.raises(AuditInputInvalid, match="several columns that could be the score: 'similarity', 'distance'"):
        found("probe", "reference", "similarity", "distance")


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("subject1", ("probe", "subject")),
        ("sex_reference", ("reference", "sex")),
        ("Group B", ("reference", "group")),
        ("score", None),
        ("weight", None),
    ],
)
def test_the_side_a_column_speaks_of(name: str, side: tuple[str, str] | None) -> None:
    assert side_of(name) == side
