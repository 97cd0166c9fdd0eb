"""Operations are told from the tables that requests are answered by."""

from __future__ import annotations

from countenance.service.compatibility import Fate, coverage


def test_every_operation_has_one_fate_and_its_calls() -> None:
    found = coverage(
        "rekognition",
        "Amazon Rekognition",
        "point",
        works=("SearchFaces", "DetectFaces"),
        refused={"GetCelebrityInfo": "no celebrities", "DetectLabels": "not faces"},
        not_applicable=frozenset({"DetectLabels"}),
        calls={"DetectFaces": (5, 2), "GetCelebrityInfo": (1, 1), "unknown": (3, 3)},
    )
    assert [(item.name, item.fate, item.calls, item.failed) for item in found.operations] == [
        ("DetectFaces", Fate.WORKS, 5, 2),
        ("SearchFaces", Fate.WORKS, 0, 0),
        ("GetCelebrityInfo", Fate.REFUSED, 1, 1),
        ("DetectLabels", Fate.NOT_APPLICABLE, 0, 0),
    ]
    assert (found.unknown_calls, found.calls) == (3, 6)
    assert [found.count(fate) for fate in Fate] == [2, 1, 1]
