"""Every error of the package has an answer in the vendor's words, with the status that goes with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from countenance.core import errors
from countenance.service import collection_errors, person_group_errors
from countenance.service.person_group_port import ContainerKind
from countenance.web.azure import errors as azure
from countenance.web.azure.errors import INTERNAL, azure_error

MODULES = {module.__name__ for module in (errors, collection_errors, person_group_errors)}


def kinds(root: type[errors.CountenanceError]) -> Iterator[type[errors.CountenanceError]]:
    for kind in root.__subclasses__():
        if kind.__module__ in MODULES:
            yield kind
            yield from kinds(kind)


@pytest.mark.parametrize("kind", sorted(set(kinds(errors.CountenanceError)), key=str))
def test_every_error_has_a_row(kind: type[errors.CountenanceError]) -> None:
    assert any(issubclass(kind, row[0]) for row in azure._ROWS), kind
    answer = azure_error(kind("said"), None, 404)
    assert (answer.status >= 500) == (answer.code == INTERNAL)
    # Client libraries repeat whatever says when to come again.
    assert answer.headers == ()


def test_a_narrower_class_comes_before_the_one_it_belongs_to() -> None:
    classes = [row[0] for row in azure._ROWS]
    for earlier, kind in enumerate(classes):
        assert not any(issubclass(later, kind) for later in classes[earlier + 1 :])


def test_what_goes_wrong_inside_tells_nothing() -> None:
    answer = azure_error(errors.StorageUnavailable("The database at some/path is gone."), None, 404)
    assert "path" not in answer.message


@pytest.mark.parametrize("kind", ContainerKind)
@pytest.mark.parametrize("status", [400, 404])
def test_what_is_not_there_is_named_by_its_kind_where_it_was_named(kind: ContainerKind, status: int) -> None:
    missing = azure_error(errors.GalleryNotFound("x"), kind, status)
    untrained = azure_error(person_group_errors.NotTrained("x"), kind, status)
    taken = azure_error(errors.GalleryExists("x"), kind, status)
    assert (missing.status, missing.code) == (status, f"{azure.KIND_CODE[kind]}NotFound")
    assert (untrained.status, untrained.code) == (status, f"{azure.KIND_CODE[kind]}NotTrained")
    assert (taken.status, taken.code) == (409, f"{azure.KIND_CODE[kind]}Exists")


def test_a_temporary_face_and_a_stored_one_are_told_apart() -> None:
    assert azure_error(person_group_errors.TemporaryFaceMissing("x"), None, 400).code == "FaceNotFound"
    assert azure_error(collection_errors.FaceMissing("x"), None, 404).code == "PersistedFaceNotFound"


def test_a_rate_limit_says_a_whole_number_of_seconds_of_one_or_more() -> None:
    assert azure.rate_limited(0).headers == (("retry-after", "1"),)
    assert azure.rate_limited(7).headers == (("retry-after", "7"),)
