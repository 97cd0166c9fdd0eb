"""What leaves the command line is JSON that every parser takes, without a template in it."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from countenance.cli.output import plain, print_error, print_json
from countenance.core.errors import SeveralFaces
from countenance.core.vocabulary import Box, Reference
from countenance.service.compare import compare
from countenance.service.faces import PhotoInput
from tests.support.admitted import admitted
from tests.support.made_up_calibration import MadeUpBook, ordinary_calibration
from tests.support.made_up_templates import made_up_template
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo


class Colour(enum.StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Record:
    number: float
    where: Path
    colour: Colour
    many: tuple[int, ...]
    bytes_of_a_photo: bytes = b"secret"


def numbers_in(value: object) -> int:
    """Return how many numbers stand anywhere in a JSON value."""
    if isinstance(value, dict):
        return sum(numbers_in(item) for item in value.values())
    if isinstance(value, list):
        return sum(numbers_in(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_records_become_objects_and_odd_numbers_null() -> None:
    record = Record(math.nan, Path("a/b"), Colour.RED, (1, 2))
    assert plain(record) == {"number": None, "where": "a/b", "colour": "red", "many": [1, 2]}
    assert plain([math.inf, np.float32(0.5), np.int64(3), None, True]) == [None, 0.5, 3, None, True]
    assert plain({Colour.RED: Box(1.26, 2, 3, 4)}) == {
        "red": {"left_px": 1.3, "top_px": 2, "width_px": 3, "height_px": 4}
    }


@pytest.mark.parametrize(
    "value",
    [
        made_up_template(1),
        [made_up_template(1)],
        {"template": made_up_template(1)},
        (made_up_template(1).vector,),
        {"crop": np.zeros((112, 112, 3), np.uint8), "bytes": b"\xff\xd8"},
        Reference("r", "anna", made_up_template(1), "0" * 64, "a.jpg"),
        SyntheticEngine().read_faces(synthetic_photo("anna", "bea"), crops=True),
    ],
)
def test_no_template_no_pixels_and_no_bytes_ever_leave(value: object) -> None:
    document = json.loads(json.dumps(plain(value), allow_nan=False))
    assert "vector" not in json.dumps(document)
    # Boxes, landmarks and scores of two faces are some fifty numbers; one template alone is 128.
    assert numbers_in(document) < 100


def test_a_whole_comparison_leaves_without_its_templates(capsys: pytest.CaptureFixture[str]) -> None:
    result = compare(
        admitted("compare", threshold=ordinary_calibration().threshold_for(1e-4)),
        PhotoInput("a", synthetic_photo("anna")), PhotoInput("b", synthetic_photo("bea")),
        engine=SyntheticEngine(), calibrations=MadeUpBook(ordinary_calibration()),
    )  # fmt: skip
    print_json("compare", {"result": result})
    document = json.loads(capsys.readouterr().out)
    assert document["countenance_json"] == 1
    assert document["command"] == "compare"
    assert document["result"]["similarity"] == result.similarity
    assert {"template", "aligned_rgb"}.isdisjoint(document["result"]["faces"][0])
    assert numbers_in(document) < 110


def test_an_error_in_json_has_code_message_remedy_and_the_boxes_to_choose_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_error(SeveralFaces("a.jpg holds 2 faces.", boxes_xywh_px=((1.234, 2, 3, 4), (5, 6, 7, 8))), as_json=True)
    content = json.loads(capsys.readouterr().out)["error"]
    assert content["code"] == "several_faces"
    assert content["message"] == "a.jpg holds 2 faces."
    assert "--face" in content["remedy"]
    assert content["boxes_xywh_px"] == [[1.2, 2, 3, 4], [5, 6, 7, 8]]


def test_an_error_in_words_is_not_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(SeveralFaces("[bold]a[/bold] and [/nothing]"), as_json=False)
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "[bold]a[/bold] and [/nothing]" in streams.err
