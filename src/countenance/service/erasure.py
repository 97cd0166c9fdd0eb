"""Erasing one person: everything held of them goes in one transaction with its record; then they are searched again.

Rules kept here:

- Deleted and recorded are one transaction, in all galleries: never one without the other, whatever dies when.
- Afterwards nobody can tell from the ledger who it was: the digests that stood for the person end with their key.
- Looking again, and the receipt, come after that and are recorded by an entry of their own, with the same ``act_id``.
  An erasure without such an entry was not looked for again.
- Asking for somebody who is not held is answered and recorded too. Repeating an erasure is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from countenance.core.errors import CountenanceError, GalleryNotFound, TemplateUnsealFailed
from countenance.core.vocabulary import Template
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.erasure_proof import ErasureProof, ProofOfAbsence, explain_unproven
from countenance.service.erasure_receipt import ErasedHere, Notary, Receipt, make_receipt
from countenance.service.journal_port import Journal, OpenTransaction
from countenance.service.standing import Standing
from countenance.service.subject_port import Erased, Held, SubjectStore

ERASED, NOT_HELD, LOOKED_AGAIN = "erased", "not_held", "looked_again"


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """What is asked for.

    Attributes:
        name: The operator's name for the person; in a collection also a user's, or a client's name for a picture.
        gallery: The gallery, or None for all.
        requested_at: When the person asked, with a time zone; None if not said.
        reason: In the operator's words; empty if not said. It goes into the record, so it does not name the person.
    """

    name: str = field(repr=False)
    gallery: str | None = None
    requested_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What came of a request.

    Attributes:
        act_id: What all entries about it carry.
        erased_at: Time of the transaction.
        erased: Gallery by gallery; empty if nobody of this name was held.
        looked_in: Galleries that were asked.
        entry_ids: Entries of the deletion, or of the answer that nobody was held.
        proof: What looking again came to, or None if nobody was held.
        receipt: The signed receipt, or None if nobody was held.
        proof_entry_ids: Entries about looking again.
    """

    act_id: str
    erased_at: datetime
    erased: tuple[ErasedHere, ...]
    looked_in: tuple[str, ...]
    entry_ids: tuple[str, ...]
    proof: ProofOfAbsence | None = None
    receipt: Receipt | None = None
    proof_entry_ids: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class _Gone:
    """What is kept in memory from the deletion until it was looked for."""

    held: list[Held]
    templates: dict[str, Template]
    sealed: list[bytes]
    result: Erasure | None = None


class SubjectErasure:
    """Erases people.

    Args:
        store: People in the database.
        journal: The ledger.
        proof: Looks for what was erased.
        notary: Signs the receipt.
        new_act_id: Returns 32 random hex digits.
        software_version: For the receipt.
    """

    def __init__(
        self,
        *,
        store: SubjectStore,
        journal: Journal,
        proof: ErasureProof,
        notary: Notary,
        new_act_id: Callable[[], str],
        software_version: str,
    ) -> None:
        self._store = store
        self._journal = journal
        self._proof = proof
        self._notary = notary
        self._new_act_id = new_act_id
        self._software_version = software_version

    def find(self, name: str, gallery: str | None) -> Sequence[Held]:
        """Return what galleries hold of a person.

        Raises:
            GalleryNotFound: There is no such gallery.
        """
        self._looked_in(gallery)
        return self._store.find(name, gallery)

    def erase(self, request: ErasureRequest, standing: Standing) -> Erasure:
        """Erase a person, look for them again, and return what came of it with a signed receipt.

        Raises:
            GalleryNotFound: There is no such gallery.
            LedgerError, StorageError: It cannot be stored or recorded; then nothing was erased, unless a note on the
                error says that only what comes after the erasure failed.
        """
        gone = _Gone([], {}, [])
        looked_in = self._looked_in(request.gallery)
        with self._journal.transaction() as current:
            result = self._delete(request, standing, looked_in, gone, current)
        if not result.erased:
            return result
        try:
            return self._prove(request, standing, result, gone)
        except CountenanceError as error:
            explain_unproven(error, result.entry_ids)
            raise

    def _looked_in(self, gallery: str | None) -> dict[str, str]:
        """Return name → identifier of the galleries a request is about."""
        galleries = dict(self._store.gallery_ids())
        if gallery is None:
            return galleries
        if gallery not in galleries:
            raise GalleryNotFound(f"There is no gallery named {gallery}.")
        return {gallery: galleries[gallery]}

    def _delete(
        self,
        request: ErasureRequest,
        standing: Standing,
        looked_in: dict[str, str],
        gone: _Gone,
        current: OpenTransaction,
    ) -> Erasure:
        common: dict[str, FieldValue] = {"act_id": self._new_act_id(), "operator_id": standing.operator_id}
        if request.reason.strip():
            common["reason"] = request.reason
        if request.requested_at is not None:
            common["request_received_at"] = utc_text(request.requested_at)
        steps: list[tuple[Held, Erased, tuple[str, ...]]] = []
        for held in self._store.lock(request.name, request.gallery, transaction=current):
            taken = self._store.take(held, transaction=current)
            # Digested before the keys go: afterwards nobody, nor this, can make the digest again.
            digests: tuple[str, ...] = ()
            # A damaged key is no reason to keep anybody.
            with suppress(TemplateUnsealFailed):
                digests = self._journal.subject_digests(held.gallery, held.names[:LONGEST_LIST], transaction=current)
            steps.append((held, self._store.erase(held, transaction=current), digests))
            gone.held.append(held)
            gone.templates.update(taken.templates)
            gone.sealed.extend(taken.sealed)
        fields = [_erased_fields(common, held, erased, digests) for held, erased, digests in steps]
        if not steps:
            fields = [_not_held_fields(common, gallery_id) for gallery_id in looked_in.values()]
        entries = self._journal.record_many([(EntryKind.ERASURE, one) for one in fields], transaction=current)
        return Erasure(
            act_id=str(common["act_id"]),
            erased_at=current.now,
            erased=tuple(
                _here(held, erased, entry.entry_id) for (held, erased, _), entry in zip(steps, entries, strict=False)
            ),
            looked_in=tuple(sorted(looked_in)),
            entry_ids=tuple(entry.entry_id for entry in entries),
        )

    def _prove(self, request: ErasureRequest, standing: Standing, done: Erasure, gone: _Gone) -> Erasure:
        proof = self._proof.look(gone.templates, gone.sealed, gone.held, standing)
        gone.templates.clear()
        receipt = make_receipt(
            name=request.name,
            requested_at=request.requested_at,
            erased_at=done.erased_at,
            act_id=done.act_id,
            erased=done.erased,
            looked_in=done.looked_in,
            proof=proof,
            notary=self._notary,
            software_version=self._software_version,
        )
        with self._journal.transaction() as current:
            common: dict[str, FieldValue] = {
                "act_id": done.act_id,
                "operator_id": standing.operator_id,
                "result": LOOKED_AGAIN,
                "references": 0,
                "keys_destroyed": 0,
                "searched_again": bool(proof.searched),
                "found_again": proof.found_again,
                "receipt_digest": receipt.sha256,
            }
            entries = self._journal.record_many(
                [(EntryKind.ERASURE, {**common, "gallery_id": one.gallery_id}) for one in done.erased],
                transaction=current,
            )
        return Erasure(
            act_id=done.act_id,
            erased_at=done.erased_at,
            erased=done.erased,
            looked_in=done.looked_in,
            entry_ids=done.entry_ids,
            proof=proof,
            receipt=receipt,
            proof_entry_ids=tuple(entry.entry_id for entry in entries),
        )


def _erased_fields(
    common: dict[str, FieldValue], held: Held, erased: Erased, digests: tuple[str, ...]
) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {
        **common,
        "result": ERASED,
        "gallery_id": held.gallery_id,
        "references": len(erased.reference_ids),
        "reference_ids": erased.reference_ids[:LONGEST_LIST],
        "subject_digests": digests,
        "keys_destroyed": erased.keys,
        "pictures": erased.pictures,
        "searched_again": False,
    }
    if erased.review_ids:
        fields["review_ids"] = erased.review_ids[:LONGEST_LIST]
    return fields


def _not_held_fields(common: dict[str, FieldValue], gallery_id: str) -> dict[str, FieldValue]:
    nothing: dict[str, FieldValue] = {"references": 0, "keys_destroyed": 0, "searched_again": False}
    return {**common, "result": NOT_HELD, "gallery_id": gallery_id, **nothing}


def _here(held: Held, erased: Erased, entry_id: str) -> ErasedHere:
    return ErasedHere(
        gallery=held.gallery,
        gallery_id=held.gallery_id,
        references=len(erased.reference_ids),
        pictures=erased.pictures,
        keys=erased.keys,
        collection_faces=erased.collection_faces,
        collection_users=erased.collection_users,
        bookkeeping=erased.outcomes,
        answers=erased.answers,
        reviews=len(erased.review_ids),
        entry_id=entry_id,
    )
