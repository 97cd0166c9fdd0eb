"""What a run against a vendor needs from the vendor's adapter, as Protocols. ``bootstrap`` supplies the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol


class SendablePhoto(Protocol):
    """A photo that can be sent; its name is not."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    def read(self) -> bytes: ...


class AcquiredPhoto(Protocol):
    """What the vendor made of a photo: ``reason`` is None if it has a face in use."""

    @property
    def reason(self) -> str | None: ...
    @property
    def detail(self) -> str | None: ...
    @property
    def several_faces(self) -> bool | None: ...
    @property
    def sent(self) -> bool: ...


class SearchHit(Protocol):
    """One reference a search returned, with its score on the vendor's scale."""

    @property
    def reference(self) -> str: ...
    @property
    def score(self) -> float: ...


class SearchReply(Protocol):
    """What a search returned, best first; ``limit_reached`` if it returned as many as it ever would."""

    @property
    def probe(self) -> AcquiredPhoto: ...
    @property
    def hits(self) -> Sequence[SearchHit]: ...
    @property
    def limit_reached(self) -> bool: ...


class CompareReply(Protocol):
    """What a comparison returned: a score, or why there is none."""

    @property
    def score(self) -> float | None: ...
    @property
    def reason(self) -> str | None: ...


class VendorAudit(Protocol):
    """One run at a vendor. Every method may raise a ``VendorError``; what was answered before is kept and free."""

    @property
    def container(self) -> str:
        """Return the vendor's name of what the run stores its references in."""
        ...

    def open(self) -> None:
        """Make the container."""
        ...

    def enrol(self, photo: SendablePhoto) -> AcquiredPhoto:
        """Add a reference photo."""
        ...

    def ready(self) -> None:
        """Wait until everything added can be searched."""
        ...

    def search(self, photo: SendablePhoto) -> SearchReply:
        """Search the container for a probe, without a threshold."""
        ...

    def acquire(self, photo: SendablePhoto) -> AcquiredPhoto:
        """Return what the vendor sees in a photo that is to be compared with others."""
        ...

    def compare(self, probe: SendablePhoto, reference: SendablePhoto) -> CompareReply:
        """Compare two photos, without a threshold."""
        ...

    def close(self) -> None:
        """Delete the container and all faces in it."""
        ...

    def models_seen(self) -> Sequence[str]:
        """Return every model version the vendor named."""
        ...


class PlannedLine(Protocol):
    """Calls of one kind that a run needs, with the price of one."""

    @property
    def operation(self) -> str: ...
    @property
    def calls(self) -> int: ...
    @property
    def price_each(self) -> Decimal: ...


class Facts(Protocol):
    """With what, where and how a vendor is asked."""

    @property
    def vendor(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def region(self) -> str | None: ...
    @property
    def sdk(self) -> str: ...
    @property
    def score_low(self) -> float: ...
    @property
    def score_high(self) -> float: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


class Prices(Protocol):
    """The list an estimate rests on."""

    @property
    def vendor(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def as_of(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def note(self) -> str: ...


class KeptFile(Protocol):
    """A file of the archive with its digest."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class VendorConnection(Protocol):
    """A vendor that can be asked: credentials found, nothing sent yet."""

    @property
    def facts(self) -> Facts: ...
    @property
    def prices(self) -> Prices: ...
    @property
    def cap(self) -> Decimal:
        """Return the most that may be spent."""
        ...

    @property
    def set_aside(self) -> Decimal:
        """Return the part of the cap that only cleaning up may use."""
        ...

    @property
    def finished(self) -> bool:
        """Return whether what the run stored at the vendor is deleted, so that nothing can be sent any more."""
        ...

    @property
    def spent(self) -> Decimal:
        """Return what is spent so far, over all runs with this archive."""
        ...

    @property
    def attempts(self) -> int:
        """Return how many attempts were sent so far, retries included."""
        ...

    def planned(self, *, probes: int, references: int, pairs: int, one_set: bool) -> Sequence[PlannedLine]:
        """Return the calls a run needs."""
        ...

    def answered(self, operation: str) -> int:
        """Return how many calls of an operation are answered already."""
        ...

    def begin(self, about: Mapping[str, Any], *, one_set: bool) -> VendorAudit:
        """Return the run; the archive is bound to ``about`` and refuses another.

        Raises:
            AuditInputInvalid: The archive holds the answers of another run.
        """
        ...

    def stored_about(self) -> Mapping[str, Any]:
        """Return what the archive is bound to, with the id and start of its first run."""
        ...

    def files(self) -> Sequence[KeptFile]:
        """Return the archive's files with their digests."""
        ...
