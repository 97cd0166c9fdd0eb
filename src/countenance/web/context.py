"""What a dialect's handlers work with, ready-made by ``bootstrap``: cases, use cases, threads, limits, clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from countenance.service.credentials import Credential
from countenance.service.object_folder import ObjectStore
from countenance.service.photo_addresses import FetchPhoto, no_fetching
from countenance.service.refused_credentials import RefusedCredentials
from countenance.service.standing import Standing
from countenance.web.observation import Metrics
from countenance.web.rate_limits import RateLimits
from countenance.web.work_pool import WorkPool

T = TypeVar("T")


class Cases(Protocol):
    """Whose credential is this? See ``service.case_book.CaseBook``."""

    def find_by_access_key(self, access_key_id: str) -> tuple[Credential, bytes] | None:
        """Return the credential of an AWS access key id with its secret, or None."""
        ...

    def find_by_spent_access_key(self, access_key_id: str) -> Credential | None:
        """Return the credential of an access key id whose secret is no longer kept, or None."""
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
        refused: Notes credentials that are refused.
        metrics: Counters.
        clock: The server's clock, with a time zone.
        new_uuid: Returns a random UUID, lower case with dashes.
        ready: Returns why the service is not ready, or None if it is; touches the database.
        objects: Where S3 objects are read from, or None.
        fetch: Fetches photos that clients name by address.
        outside: Threads that wait for other servers, so that nothing else waits for these; None: those of ``desk``.
    """

    cases: Cases
    work: WorkPool
    desk: WorkPool
    limits: RateLimits
    refused: RefusedCredentials
    metrics: Metrics
    clock: Callable[[], datetime]
    new_uuid: Callable[[], str]
    ready: Callable[[], str | None]
    objects: ObjectStore | None = None
    fetch: FetchPhoto = no_fetching
    outside: WorkPool | None = None

    async def from_outside(self, job: Callable[[], T]) -> T:
        """Return what a job comes to that asks another server.

        Raises:
            Busy: Too many wait already.
        """
        return await (self.outside or self.desk).run(job)

    def close(self) -> None:
        """Wait for the work under way and end the threads."""
        self.work.close()
        self.desk.close()
        if self.outside is not None:
            self.outside.close()
