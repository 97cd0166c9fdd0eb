"""Paths as clients write them: every version, doubled slashes, any prefix, one operation each."""

from __future__ import annotations

import pytest

from countenance.service.person_group_port import ContainerKind
from countenance.web.azure.routes import ROUTES, find, version_at


def segments(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


@pytest.mark.parametrize(
    "version", ["v1.0", "v1.1-preview.1", "v1.2-preview.1", "v1.2", "v1.3-preview.1", "V1.0", "v12.0-preview"]
)
@pytest.mark.parametrize("prefix", ["", "some/path/"])
def test_every_version_has_the_same_operations(version: str, prefix: str) -> None:
    path = segments(f"/{prefix}/face/{version}/detect")
    place = version_at(path)
    assert place is not None
    found = find("POST", path[place + 1 :])
    assert found is not None
    assert found[0].name == "Detect"


@pytest.mark.parametrize("path", ["/face/detect", "/face/v1/detect", "/v1.0/detect", "/face/v1.0x/a", "/", "/face"])
def test_other_paths_have_no_version(path: str) -> None:
    assert version_at(segments(path)) is None


def test_variables_are_taken_out_decoded_and_words_are_compared_without_case() -> None:
    found = find("GET", segments("LargePersonGroups/a%20b/Persons/P-1/persistedFaces/F"))
    assert found is not None
    route, variables = found
    assert route.kind is ContainerKind.LARGE_PERSON_GROUP
    assert variables == {"id": "a b", "person": "P-1", "face": "F"}
    assert find("POST", segments("largepersongroups/a/persons/p/persistedfaces/f")) is None


def test_names_and_paths_are_unique_and_those_of_the_reference() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len(
        {(route.method, tuple("{" if "{" in part else part for part in route.pattern)) for route in ROUTES}
    ) == len(ROUTES)
    # 5 about faces; per person group 5 + 2 + 5 + 4; face list 5 + 2; large face list 5 + 2 + 4 + 1.
    assert len(ROUTES) == 5 + 2 * 16 + 7 + 12


def test_whatever_takes_a_photo_or_compares_waits_for_the_threads_of_such_work() -> None:
    assert {route.name for route in ROUTES if route.at_work} == {
        "Detect", "Verify", "Identify", "FindSimilar", "Group", "PersonGroupFaceAdd", "LargePersonGroupFaceAdd",
        "FaceListFaceAdd", "LargeFaceListFaceAdd",
    }  # fmt: skip
