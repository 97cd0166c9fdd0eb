"""What use cases need of the rows of cases and credentials, and of a list of cases, as Protocols."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from countenance.service.journal_port import OpenTransaction

#: A claim's value: a word, a number, yes or no, or several words.
ClaimValue = str | int | bool | tuple[str, ...]


class NewCase(Protocol):
    """What a case is opened with; ``StoredCase`` is the same, and what has become of it."""

    @property
    def case_number(self) -> str:
        """Return the number of the file at the organisation."""
        ...

    @property
    def operator_id(self) -> str:
        """Return the identifier of who searches under it."""
        ...

    @property
    def operator(self) -> str:
        """Return the name of who searches under it."""
        ...

    @property
    def attested_by(self) -> str:
        """Return the name of who vouches for the claims."""
        ...

    @property
    def purpose_text(self) -> str:
        """Return why, in the operator's words; may be empty."""
        ...

    @property
    def vague_reason(self) -> str | None:
        """Return what is too vague about those words, or None."""
        ...

    @property
    def claims(self) -> Mapping[str, ClaimValue]:
        """Return the policy request attributes as attested, in plain values."""
        ...

    @property
    def authorisation_issuer(self) -> str | None:
        """Return who is said to have given the authorisation."""
        ...

    @property
    def authorisation_requested_at(self) -> datetime | None:
        """Return when it is said to have been asked for."""
        ...

    @property
    def authorisation_document_sha256(self) -> str | None:
        """Return the digest of the document shown; the document is not kept."""
        ...

    @property
    def case_list_checked(self) -> bool:
        """Return whether the number was found open in the list of cases."""
        ...

    @property
    def galleries(self) -> Mapping[str, str]:
        """Return identifier → name at the time, of the galleries it may search."""
        ...

    @property
    def any_gallery(self) -> bool:
        """Return whether it may search every gallery."""
        ...

    @property
    def most_searches(self) -> int | None:
        """Return how many searches it allows, or None."""
        ...

    @property
    def most_candidates(self) -> int | None:
        """Return how many candidates a search may give, or None."""
        ...

    @property
    def expires_at(self) -> datetime:
        """Return from when on nothing is done under it."""
        ...


class StoredCase(NewCase, Protocol):
    """A case as kept."""

    @property
    def case_id(self) -> str:
        """Return its random identifier, 32 hex digits."""
        ...

    @property
    def searches_done(self) -> int:
        """Return how many searches were counted."""
        ...

    @property
    def opened_at(self) -> datetime:
        """Return when it was opened."""
        ...

    @property
    def first_search_at(self) -> datetime | None:
        """Return when the first search was counted, or None."""
        ...

    @property
    def closed_at(self) -> datetime | None:
        """Return when it was closed, or None."""
        ...

    @property
    def closed_by(self) -> str | None:
        """Return who closed it, or None."""
        ...

    @property
    def close_reason(self) -> str | None:
        """Return why it was closed, or None."""
        ...


class StoredCredential(Protocol):
    """A credential as kept: never its secret."""

    @property
    def credential_id(self) -> str:
        """Return its random identifier, 32 hex digits."""
        ...

    @property
    def case_id(self) -> str:
        """Return the case it carries."""
        ...

    @property
    def kind(self) -> str:
        """Return ``aws``, ``api_key`` or ``token``."""
        ...

    @property
    def lookup(self) -> str:
        """Return what it is found by: access key id, or SHA-256 of key or token."""
        ...

    @property
    def minted_at(self) -> datetime:
        """Return when it was made."""
        ...

    @property
    def expires_at(self) -> datetime:
        """Return from when on it is refused."""
        ...

    @property
    def revoked_at(self) -> datetime | None:
        """Return when it was ended early, or None."""
        ...


class CaseStore(Protocol):
    """Cases and credentials; every writing method takes part in the caller's transaction."""

    def transaction(self) -> AbstractContextManager[OpenTransaction]:
        """Return a context: commits durably at its end, rolls everything back on any error."""
        ...

    def add_case(self, case_id: str, case: NewCase, *, transaction: OpenTransaction) -> None:
        """Store a new case."""
        ...

    def case(self, case_id: str) -> StoredCase | None:
        """Return one case, or None."""
        ...

    def cases_named(self, name: str) -> tuple[StoredCase, ...]:
        """Return the cases with this number, or whose identifier begins so; newest first."""
        ...

    def recent_cases(self, *, open_only: bool, now: datetime, limit: int, offset: int = 0) -> tuple[StoredCase, ...]:
        """Return cases, newest first."""
        ...

    def count_searches(
        self, case_id: str, searches: int, *, credential_id: str | None = None, transaction: OpenTransaction
    ) -> bool:
        """Count searches if case and credential are live and as many are left, all or none; return whether.

        The case is locked until the transaction ends. Counting none asks whether it is live.
        """
        ...

    def close_case(self, case_id: str, *, by: str, reason: str | None, transaction: OpenTransaction) -> bool:
        """Close a case; return False if it was closed before."""
        ...

    def gallery_identifiers(self) -> dict[str, str]:
        """Return name → identifier of all galleries."""
        ...

    def present_galleries(self, case_id: str) -> frozenset[str]:
        """Return the present names of a case's galleries that still exist."""
        ...

    def add_credential(
        self,
        *,
        credential_id: str,
        case_id: str,
        kind: str,
        lookup: str,
        secret: bytes | None,
        expires_at: datetime,
        transaction: OpenTransaction,
    ) -> None:
        """Store a credential, its secret sealed if it is given."""
        ...

    def find_credential(self, kind: str, lookup: str) -> tuple[StoredCredential, bytes | None] | None:
        """Return the credential a request shows, whatever its state, and its plain secret if one is kept."""
        ...

    def credential(self, credential_id: str) -> StoredCredential | None:
        """Return one credential, or None."""
        ...

    def credentials_of(self, case_id: str) -> tuple[StoredCredential, ...]:
        """Return all credentials of a case, ended ones too, oldest first."""
        ...

    def revoke_credential(
        self, credential_id: str, *, by: str, reason: str | None, transaction: OpenTransaction
    ) -> bool:
        """End a credential now; return False if it had ended before."""
        ...

    def destroy_expired_secrets(self, *, transaction: OpenTransaction) -> int:
        """Destroy the sealed secrets of credentials that have expired; return how many."""
        ...


class ListedAs(enum.StrEnum):
    """What a list of cases says about a number."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class CaseList(Protocol):
    """The organisation's own list of cases."""

    def look_up(self, case_number: str) -> ListedAs:
        """Return what the list says about a number.

        Raises:
            CaseListUnavailable: The list cannot be read or reached, or its answer cannot be understood.
        """
        ...


class Fetch(Protocol):
    """One HTTP GET about one case number; done by ``bootstrap``, since use cases touch no network."""

    def __call__(self, case_number: str) -> tuple[int, bytes]:
        """Return status and body of the answer about a number; redirects are not followed.

        Raises:
            CaseListUnavailable: No answer came in time, or it is too large.
        """
        ...
