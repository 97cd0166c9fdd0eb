"""Every error of the package has an answer in the vendor's words, and its status is one clients treat as meant."""

from __future__ import annotations

from collections.abc import Iterator

import botocore.session
import pytest

from countenance.core import errors
from countenance.service import collection_errors
from countenance.web.rekognition import errors as aws
from countenance.web.rekognition.errors import INTERNAL, aws_error


def kinds(root: type[errors.CountenanceError]) -> Iterator[type[errors.CountenanceError]]:
    for kind in root.__subclasses__():
        if kind.__module__ in (errors.__name__, collection_errors.__name__):
            yield kind
            yield from kinds(kind)


@pytest.mark.parametrize("kind", sorted(set(kinds(errors.CountenanceError)), key=lambda kind: kind.__name__))
def test_every_error_has_a_row(kind: type[errors.CountenanceError]) -> None:
    assert any(issubclass(kind, row[0]) for row in aws._ROWS), kind
    answer = aws_error(kind("said"))
    assert answer.status == (500 if answer.code == INTERNAL else 400)


def test_a_narrower_class_comes_before_the_one_it_belongs_to() -> None:
    classes = [row[0] for row in aws._ROWS]
    for earlier, kind in enumerate(classes):
        assert not any(issubclass(later, kind) for later in classes[earlier + 1 :])


def test_what_goes_wrong_inside_tells_nothing() -> None:
    assert aws_error(errors.StorageUnavailable("The database at some/path is gone.")).message == "Internal server error"


def test_codes_are_the_vendors_own() -> None:
    model = botocore.session.get_session().get_service_model("rekognition")
    known = {
        shape.name for operation in model.operation_names for shape in model.operation_model(operation).error_shapes
    }
    assert {row[1] for row in aws._ROWS} <= known
