"""Labels as codes, and the spellings that would silently split a person in two."""

from __future__ import annotations

import pytest

from countenance.audit.labels import code_labels
from countenance.core.errors import AuditInputInvalid


def test_codes_point_into_the_sorted_distinct_labels() -> None:
    coded = code_labels(["zoë", "ana", "zoë", "李"], what="subject")
    assert [coded.names[code] for code in coded.codes] == ["zoë", "ana", "zoë", "李"]
    assert coded.names == tuple(sorted(coded.names))
    assert coded.count == 3


@pytest.mark.parametrize("other", ["ana ", " ana", "ana\u00a0", "an\u0061\u200a"])
def test_labels_that_differ_only_in_spaces_are_refused(other: str) -> None:
    with pytest.raises(AuditInputInvalid, match="Rows 1 and 2"):
        code_labels(["ana", other], what="subject")


def test_labels_that_differ_only_in_unicode_composition_are_refused() -> None:
    with pytest.raises(AuditInputInvalid, match="look alike"):
        code_labels(["zo\u00eb", "zoe\u0308"], what="subject")


def test_the_message_names_rows_and_not_people() -> None:
    with pytest.raises(AuditInputInvalid) as caught:
        code_labels(["Ana Person", "Ana  Person"], what="subject")
    assert "Ana" not in caught.value.message + caught.value.remedy


@pytest.mark.parametrize("missing", ["", "  "])
def test_an_empty_label_is_refused(missing: str) -> None:
    with pytest.raises(AuditInputInvalid, match="Row 2 has no group label"):
        code_labels(["a", missing], what="group")


def test_capital_and_small_letters_are_different_labels() -> None:
    assert code_labels(["a1", "A1"], what="subject").count == 2
