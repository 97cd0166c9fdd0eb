"""What use cases need of the stored rules: the state in force, one revision number, and changes in a transaction.

Rules kept here:

- Every change grows the revision, so that a process notices at its next act what another one changed.
- What is stored is what an operator handed in: texts, signed bytes, words. Nothing derived from it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from countenance.core.model_identity import ModelIdentity
from countenance.service.journal_port import OpenTransaction


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A public key the operator has listed.

    Attributes:
        key_id: Hex SHA-256 of its 32 raw bytes.
        use: ``evaluator`` (signs certificates) or ``operator`` (enters a federal law).
        name: Whose it is.
        public_key: 32 raw bytes, Ed25519.
        independent: For an evaluator: the operator vouches that it is independent of maker and operator.
    """

    key_id: str
    use: str
    name: str
    public_key: bytes
    independent: bool = False


@dataclass(frozen=True, slots=True)
class StatedFact:
    """An attested fact about the installation as stored; see ``policy.statements.AttestedFact``."""

    word: str
    attested_by: str
    attested_on: date
    valid_until: date
    reference: str


@dataclass(frozen=True, slots=True)
class LoadedCertificate:
    """A signed certificate as it was loaded.

    Attributes:
        sha256: Digest of the envelope's bytes, hex.
        envelope: The signed bytes.
        model_digest: Identity of the model it is about, for look-ups; what counts is in the envelope.
        loaded_at: ISO 8601 time, UTC.
    """

    sha256: str
    envelope: bytes = field(repr=False)
    model_digest: str
    loaded_at: str


@dataclass(frozen=True, slots=True)
class PolicyState:
    """Everything stored about the rules.

    Attributes:
        revision: Grows with every change; 0 on a fresh installation.
        switched: Pack → on or off, for packs switched by the operator; the others are as they were shipped.
        operator_list: Text of the operator's own list, or None for the shipped one.
        federal_law: The signed entry, or None.
        keys: Keys listed.
        certificates: Certificates loaded, newest first.
        facts: Facts attested.
    """

    revision: int = 0
    switched: Mapping[str, bool] = field(default_factory=dict)
    operator_list: str | None = None
    federal_law: bytes | None = field(default=None, repr=False)
    keys: tuple[ListedKey, ...] = ()
    certificates: tuple[LoadedCertificate, ...] = field(default=(), repr=False)
    facts: tuple[StatedFact, ...] = ()


@dataclass(frozen=True, slots=True)
class GalleryFacts:
    """What rules and records need to know of a gallery.

    Attributes:
        gallery_id: Random identifier, 32 hex digits; this is what stands in the ledger.
        name: The operator's name for it.
        source: Where its references come from, a word of ``policy.terms.GallerySource``; ``unknown`` if never stated.
        retention_days: Days after enrolment; None means until erased.
        basis: Why faces are kept in it, in the operator's words.
        model: Identity of the model its templates are of.
        subjects: Number of people.
        references: Number of templates.
        revision: Grows with every change of its references.
    """

    gallery_id: str
    name: str
    source: str
    retention_days: int | None
    basis: str
    model: ModelIdentity
    subjects: int
    references: int
    revision: int


class PolicyStore(Protocol):
    """The rules as they are stored, in the database the ledger lies in."""

    def revision(self) -> int:
        """Return the revision of the state in force; cheap enough for each act."""
        ...

    def state(self, *, transaction: OpenTransaction | None = None) -> PolicyState:
        """Return the whole state, as one snapshot; with a transaction: as seen and locked in it."""
        ...

    def switch_pack(self, name: str, *, on: bool, transaction: OpenTransaction) -> None:
        """Store that a pack is on or off."""
        ...

    def keep_operator_list(self, text: str | None, *, transaction: OpenTransaction) -> None:
        """Store the operator's list, or that the shipped one holds."""
        ...

    def keep_federal_law(self, envelope: bytes | None, *, transaction: OpenTransaction) -> None:
        """Store the signed entry of a federal law, or that there is none."""
        ...

    def list_key(self, key: ListedKey, *, transaction: OpenTransaction) -> None:
        """Store a key; one of the same id and use is replaced."""
        ...

    def drop_key(self, key_id: str, use: str, *, transaction: OpenTransaction) -> bool:
        """Remove a key; return whether it was there."""
        ...

    def keep_certificate(self, certificate: LoadedCertificate, *, transaction: OpenTransaction) -> None:
        """Store a certificate; the same bytes are stored once."""
        ...

    def keep_fact(self, fact: StatedFact, *, transaction: OpenTransaction) -> None:
        """Store a fact; an earlier statement of the same fact is replaced."""
        ...

    def drop_fact(self, word: str, *, transaction: OpenTransaction) -> bool:
        """Remove a fact; return whether it was there."""
        ...

    def gallery_facts(self, name: str, *, transaction: OpenTransaction | None = None) -> GalleryFacts:
        """Return what rules need to know of a gallery.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        ...

    def state_gallery_source(self, name: str, source: str, *, transaction: OpenTransaction) -> None:
        """Store where a gallery's references come from.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        ...
