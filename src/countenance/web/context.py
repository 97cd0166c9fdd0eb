"""What a dialect's handlers work with, ready-made by ``bootstrap``: cases, use cases, threads, limits, clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from countenance.service.credentials import Credential
from countenance.service.object_folder import ObjectFolder
from countenance.service.standing import Standing
from countenance.web.observation import Metrics
from countenance.web.rate_limits import RateLimits
from countenance.web.work_pool import WorkPool


class Cases(Protocol):
    """Whose credential is this? See ``service.case_book.CaseBook``."""

    def find_by_access_key(self, access_key_id: str) -> tuple[Credential, bytes] | None:
        """Return the credential of an AWS access key id with its secret, or None."""
        ...

    def find_by_api_key(self, key: str) -> Credential | None:
        """Return the credential of an API key, or None."""
        ...

    def find_by_token(self, token: str) -> Credential | None:
        """Return the credential of a bearer token, or None."""
        ...

    def find_by_id(self, credential_id: str) -> Credential | None:
        """Return the credential of an identifier that this installation signed itself, or None."""
        ...

    def standing(self, credential: Credential, interface: str, now: datetime) -> Standing:
        """Return on whose behalf a request with this credential is."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class WebContext:
    """The service as its front doors see it.

    Attributes:
        cases: Finds credentials and their cases.
        work: Threads for whatever looks at a photo or searches.
        desk: Threads for look-ups and lists, so that these never wait behind photos.
        limits: Requests by credential.
        metrics: Counters.
        clock: The server's clock, with a time zone.
        new_uuid: Returns a random UUID, lower case with dashes.
        ready: Returns why the service is not ready, or None if it is; touches the database.
        objects: Folder that stands for an object store, or None.
    """

    cases: Cases
    work: WorkPool
    desk: WorkPool
    limits: RateLimits
    metrics: Metrics
    clock: Callable[[], datetime]
    new_uuid: Callable[[], str]
    ready: Callable[[], str | None]
    objects: ObjectFolder | None = None

    def close(self) -> None:
        """Wait for the work under way and end the threads."""
        self.work.close()
        self.desk.close()
