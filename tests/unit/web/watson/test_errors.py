"""Every error of the package has an answer in the vendor's shape; what is ours to mend tells nothing."""

from __future__ import annotations

import pytest

from countenance.core import errors
from countenance.core.errors import CountenanceError
from countenance.web.watson.errors import _ROWS, watson_error


def every(kind: type[CountenanceError]) -> list[type[CountenanceError]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in every(child))]


@pytest.mark.parametrize("kind", CountenanceError.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_branch_of_the_error_tree_has_a_row(kind: type[CountenanceError]) -> None:
    if kind.__module__ == errors.__name__:
        assert any(issubclass(kind, row[0]) for row in _ROWS)


def test_what_went_wrong_inside_is_not_told() -> None:
    told = watson_error(errors.StorageUnavailable("disk /dev/sda1 is gone"))
    assert (told.status, told.description) == (500, "Internal server error")


def test_a_refusal_is_forbidden_and_names_its_entry() -> None:
    error = errors.CaseClosed("The case was closed.")
    error.add_note("Recorded as entry 12.")
    told = watson_error(error)
    assert (told.status, told.description) == (403, "The case was closed. Recorded as entry 12.")
