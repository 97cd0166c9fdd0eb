"""Every error has a code of its own and something to do about it, and the tree in the docstring is the real one."""

from __future__ import annotations

import pytest

from countenance.core import errors
from countenance.core.errors import CountenanceError, SeveralFaces


def all_errors() -> list[type[CountenanceError]]:
    found: list[type[CountenanceError]] = []
    waiting = [CountenanceError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in all_errors()]
    assert len(codes) == len(set(codes)) > 25


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_says_what_happened_and_what_to_do(kind: type[CountenanceError]) -> None:
    error = kind("Something happened.")
    assert str(error) == error.message == "Something happened."
    assert error.remedy.endswith((".", ","))
    assert kind("x", remedy="Do this.").remedy == "Do this."
    assert kind.__doc__


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    assert errors.__doc__ is not None
    drawn = {
        line.lstrip(" │├└─").split()[0] for line in errors.__doc__.split("The tree::")[1].splitlines() if line.strip()
    }
    assert drawn == {kind.__name__ for kind in all_errors()}


def test_several_faces_carries_the_boxes_to_choose_from() -> None:
    assert SeveralFaces("x", boxes_xywh_px=((0, 0, 1, 1),)).boxes_xywh_px == ((0, 0, 1, 1),)
