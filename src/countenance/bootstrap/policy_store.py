"""The stored rules as ``service.policy_port`` has them, over the gallery store's database."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from countenance.core.vocabulary import GallerySummary
from countenance.service.journal_port import OpenTransaction
from countenance.service.policy_port import (
    GalleryFacts,
    ListedKey,
    LoadedCertificate,
    PolicyState,
    StatedFact,
)
from countenance.storage import policy_rows

if TYPE_CHECKING:
    from countenance.storage.store import SqlGalleryStore
    from countenance.storage.transactions import Transaction


class SqlPolicyStore:
    """Rules in the database that an open gallery store works on."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store
        self._database = store.database
        # Counting references takes longer than all the rest of a look at a gallery; the revision says if it has to be.
        self._known: dict[str, tuple[str, GallerySummary]] = {}

    def revision(self) -> int:
        """Return the revision of the rules in force."""
        with self._database.reading() as connection:
            return policy_rows.read_revision(connection)

    def state(self, *, transaction: OpenTransaction | None = None) -> PolicyState:
        """Return the whole state as one snapshot; with a transaction: as seen and locked in it."""
        if transaction is None:
            with self._database.reading() as connection:
                return _state(policy_rows.read(connection))
        policy_rows.lock(_own(transaction))
        return _state(policy_rows.read(_own(transaction).connection))

    def switch_pack(self, name: str, *, on: bool, transaction: OpenTransaction) -> None:
        """Store that a pack is on or off."""
        policy_rows.switch_pack(_own(transaction), name, on=on)

    def keep_operator_list(self, text: str | None, *, transaction: OpenTransaction) -> None:
        """Store the operator's list, or that the shipped one holds."""
        content = None if text is None else text.encode()
        policy_rows.keep_document(_own(transaction), policy_rows.OPERATOR_LIST, content)

    def keep_federal_law(self, envelope: bytes | None, *, transaction: OpenTransaction) -> None:
        """Store the signed entry of a federal law, or that there is none."""
        policy_rows.keep_document(_own(transaction), policy_rows.FEDERAL_LAW, envelope)

    def list_key(self, key: ListedKey, *, transaction: OpenTransaction) -> None:
        """Store a key; one of the same id and use is replaced."""
        policy_rows.list_key(
            _own(transaction),
            key_id=key.key_id,
            use=key.use,
            name=key.name,
            public_key=key.public_key,
            independent=key.independent,
        )

    def drop_key(self, key_id: str, use: str, *, transaction: OpenTransaction) -> bool:
        """Remove a key; return whether it was there."""
        return policy_rows.drop_key(_own(transaction), key_id, use)

    def keep_certificate(self, certificate: LoadedCertificate, *, transaction: OpenTransaction) -> None:
        """Store a certificate as the newest; the same bytes are stored once."""
        policy_rows.keep_certificate(
            _own(transaction),
            sha256=certificate.sha256,
            envelope=certificate.envelope,
            model_digest=certificate.model_digest,
        )

    def keep_fact(self, fact: StatedFact, *, transaction: OpenTransaction) -> None:
        """Store a fact; an earlier statement of it is replaced."""
        policy_rows.keep_fact(
            _own(transaction),
            word=fact.word,
            attested_by=fact.attested_by,
            attested_on=fact.attested_on,
            valid_until=fact.valid_until,
            reference=fact.reference,
        )

    def drop_fact(self, word: str, *, transaction: OpenTransaction) -> bool:
        """Remove a fact; return whether it was there."""
        return policy_rows.drop_fact(_own(transaction), word)

    def gallery_facts(self, name: str, *, transaction: OpenTransaction | None = None) -> GalleryFacts:
        """Return what rules need to know of a gallery.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        known = self._known.get(name)
        summary, gallery_id, source = self._store.gallery_with_source(
            name,
            known=None if known is None or transaction is not None else known[1],
            transaction=None if transaction is None else _own(transaction),
        )
        if known is not None and known[0] != gallery_id:
            # Another gallery of the same name: made within the same second, its facts could pass for the old one's.
            summary, _, _ = self._store.gallery_with_source(
                name, transaction=None if transaction is None else _own(transaction)
            )
        if transaction is None:
            self._known[name] = (gallery_id, summary)
        return GalleryFacts(
            gallery_id=gallery_id,
            name=name,
            source=source or "unknown",
            retention_days=summary.retention_days,
            basis=summary.basis,
            model=summary.model,
            subjects=summary.subjects,
            references=summary.references,
            revision=summary.revision,
        )

    def state_gallery_source(self, name: str, source: str, *, transaction: OpenTransaction) -> None:
        """Store where a gallery's references come from.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        policy_rows.state_gallery_source(_own(transaction), name, source)


def _own(transaction: OpenTransaction) -> Transaction:
    """Return a transaction as storage knows it: every one in this process comes from its ``transaction`` method."""
    return cast("Transaction", transaction)


def _state(rows: policy_rows.PolicyRows) -> PolicyState:
    return PolicyState(
        revision=rows.revision,
        switched=rows.packs,
        operator_list=None if rows.operator_list is None else rows.operator_list.decode(),
        federal_law=rows.federal_law,
        keys=tuple(
            ListedKey(row.key_id, row.key_use, row.name, bytes(row.public_key), bool(row.independent))
            for row in rows.keys
        ),
        certificates=tuple(
            LoadedCertificate(row.sha256, bytes(row.envelope), row.model_digest, row.loaded_at)
            for row in rows.certificates
        ),
        facts=tuple(
            StatedFact(
                row.word,
                row.attested_by,
                date.fromisoformat(row.attested_on),
                date.fromisoformat(row.valid_until),
                row.reference,
            )
            for row in rows.facts
        ),
    )
