"""Which operation a method and path mean, whatever the version.

Rules kept here:

- Every version that the vendor has published, or will, has the same operations: a client that moves on to another
  version string keeps working.
- Paths of the vendor's that this service leaves out are answered with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from countenance.service.person_group_port import ContainerKind
from countenance.web.azure import comparison_operations as compare
from countenance.web.azure import container_operations as containers
from countenance.web.azure import person_operations as persons
from countenance.web.azure.call import Operation

VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,3}(-preview(\.[0-9]{1,3})?)?")
PRODUCT = "face"

#: First segment of paths that are left out, and why.
LEFT_OUT = {
    "detectliveness": "Liveness needs the vendor's own camera software on the device.",
    "detectlivenesswithverify": "Liveness needs the vendor's own camera software on the device.",
    "detectliveness-sessions": "Liveness needs the vendor's own camera software on the device.",
    "detectlivenesswithverify-sessions": "Liveness needs the vendor's own camera software on the device.",
    "livenesssessions": "Liveness needs the vendor's own camera software on the device.",
    "session": "Liveness needs the vendor's own camera software on the device.",
    "persons": "PersonDirectory is left out: use a LargePersonGroup.",
    "dynamicpersongroups": "PersonDirectory is left out: use a LargePersonGroup.",
    "snapshots": "Snapshots would copy templates out of their gallery: enrol again from the photos.",
    "operations": "No operation of this service goes on after its answer, but for training, which has its own status.",
}


@dataclass(frozen=True, slots=True)
class Route:
    """An operation at a path.

    Attributes:
        name: For metrics; from a closed list.
        method: HTTP method.
        pattern: Segments behind the version; ``{…}`` is a variable.
        run: The operation.
        at_work: Whether it looks at a photo or compares templates.
        kind: The kind of container the path names, or None.
        missing_status: Status of what is not there.
        takes_photo: Whether it takes a photo, or a photo's address.
    """

    name: str
    method: str
    pattern: tuple[str, ...]
    run: Operation
    at_work: bool = False
    kind: ContainerKind | None = None
    missing_status: int = 404
    takes_photo: bool = False

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the variables of a path, or None if it is another one; fixed segments are compared without case."""
        if len(segments) != len(self.pattern):
            return None
        found: dict[str, str] = {}
        for wanted, given in zip(self.pattern, segments, strict=True):
            if wanted.startswith("{"):
                found[wanted[1:-1]] = unquote(given)
            elif wanted != given.lower():
                return None
        return found


def version_at(segments: tuple[str, ...]) -> int | None:
    """Return where in a path the version stands, behind the product's name; None if this is no path of the vendor's."""
    for place in range(1, len(segments)):
        if segments[place - 1].lower() == PRODUCT and VERSION.fullmatch(segments[place].lower()):
            return place
    return None


def find(method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]] | None:
    """Return the operation of a method and the segments behind the version, and the path's variables; None if none."""
    for route in ROUTES:
        if route.method == method:
            found = route.match(segments)
            if found is not None:
                return route, found
    return None


def _of_kind(kind: ContainerKind, name: str) -> list[Route]:
    root, one = (f"{kind.value}s",), (f"{kind.value}s", "{id}")
    found = [
        Route(f"{name}Create", "PUT", one, containers.create, kind=kind),
        Route(f"{name}Get", "GET", one, containers.get, kind=kind),
        Route(f"{name}List", "GET", root, containers.list_all, kind=kind),
        Route(f"{name}Update", "PATCH", one, containers.update, kind=kind),
        Route(f"{name}Delete", "DELETE", one, containers.delete, kind=kind),
    ]
    if kind.needs_training:
        found += [
            Route(f"{name}Train", "POST", (*one, "train"), containers.start_training, kind=kind),
            Route(f"{name}TrainingStatus", "GET", (*one, "training"), containers.training_status, kind=kind),
        ]
    people, somebody = (*one, "persons"), (*one, "persons", "{person}")
    if kind.has_persons:
        found += [
            Route(f"{name}PersonCreate", "POST", people, persons.create, kind=kind),
            Route(f"{name}PersonList", "GET", people, persons.list_all, kind=kind),
            Route(f"{name}PersonGet", "GET", somebody, persons.get, kind=kind),
            Route(f"{name}PersonUpdate", "PATCH", somebody, persons.update, kind=kind),
            Route(f"{name}PersonDelete", "DELETE", somebody, persons.delete, kind=kind),
        ]
    faces = (*(somebody if kind.has_persons else one), "persistedfaces")
    face = (*faces, "{face}")
    found += [
        Route(f"{name}FaceAdd", "POST", faces, persons.add, at_work=True, kind=kind, takes_photo=True),
        Route(f"{name}FaceDelete", "DELETE", face, persons.remove_face, kind=kind),
    ]
    if kind is not ContainerKind.FACE_LIST:
        found += [
            Route(f"{name}FaceGet", "GET", face, persons.get_face, kind=kind),
            Route(f"{name}FaceUpdate", "PATCH", face, persons.update_face, kind=kind),
        ]
    if kind is ContainerKind.LARGE_FACE_LIST:
        found.append(Route(f"{name}FaceList", "GET", faces, persons.faces, kind=kind))
    return found


ROUTES: tuple[Route, ...] = (
    Route("Detect", "POST", ("detect",), compare.detect, at_work=True, takes_photo=True),
    Route("Verify", "POST", ("verify",), compare.verify, at_work=True),
    Route("Identify", "POST", ("identify",), compare.identify_faces, at_work=True, missing_status=400),
    Route("FindSimilar", "POST", ("findsimilars",), compare.find_similar, at_work=True, missing_status=400),
    Route("Group", "POST", ("group",), compare.group, at_work=True, missing_status=400),
    *_of_kind(ContainerKind.PERSON_GROUP, "PersonGroup"),
    *_of_kind(ContainerKind.LARGE_PERSON_GROUP, "LargePersonGroup"),
    *_of_kind(ContainerKind.FACE_LIST, "FaceList"),
    *_of_kind(ContainerKind.LARGE_FACE_LIST, "LargeFaceList"),
)
