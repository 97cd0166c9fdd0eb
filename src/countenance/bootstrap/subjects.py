"""Erasure, access requests and retention over an open store, put together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from countenance import __version__
from countenance.bootstrap.accountability import AccountableParts, new_act_id
from countenance.bootstrap.application import index_builder
from countenance.bootstrap.repeating import repeating
from countenance.core.errors import CountenanceError
from countenance.service.entry_proofs import EntryProofs
from countenance.service.erasure import SubjectErasure
from countenance.service.erasure_proof import ErasureProof

#: How often a running service looks for what is due. Retention is counted in days; an hour is well within one.
EVERY_S = 3600.0


def entry_proofs(parts: AccountableParts) -> EntryProofs:
    """Return what proves entries and signs with the ledger's key."""
    ledger = parts.app.ledger(parts.store)
    return EntryProofs(ledger.rows, ledger.started(), ledger.custody)


def subject_erasure(parts: AccountableParts) -> SubjectErasure:
    """Return what erases people of an open store."""
    store = parts.subjects
    proof = ErasureProof(
        store=store,
        galleries=parts.store,
        policies=parts.policies,
        accountability=parts.accountability,
        build_index=index_builder(),
        calibrations=parts.app.calibrations,
    )
    return SubjectErasure(
        store=store,
        journal=parts.journal,
        proof=proof,
        notary=entry_proofs(parts),
        new_act_id=new_act_id,
        software_version=__version__,
    )


@contextmanager
def expiring(parts: AccountableParts, *, every_s: float = EVERY_S) -> Iterator[None]:
    """Look for what is due again and again, in a thread of its own, for as long as the context lasts.

    What fails is tried again the next time; until then whoever is due counts as gone in every search already.
    """

    def look() -> None:
        with suppress(CountenanceError):
            parts.expire_due()

    with repeating(look, every_s=every_s, name="retention"):
        yield
