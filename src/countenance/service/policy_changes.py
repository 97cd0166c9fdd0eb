"""Changing the rules: packs, the operator's list, keys, certificates, attested facts, a federal law. All recorded.

Rules kept here:

- A change and its entry are one transaction; the entry names who made it and the digest of the rules before and after.
- What cannot be read is refused when it is handed in, not when somebody searches.
- A certificate that does not hold is not kept, and that it was shown is on record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from countenance.core.errors import InputError, PolicyPackInvalid
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.policy.attributes import TEXT_LIMIT
from countenance.policy.certificate import ReadCertificate, read_certificate
from countenance.policy.envelope import key_id
from countenance.policy.permits import parse_operator_list
from countenance.policy.policy_set import disable_pack, enable_pack
from countenance.policy.statements import FederalLaw, sign_federal_law
from countenance.policy.terms import CertificateStatus, DeploymentFact, GallerySource
from countenance.service.journal_port import Journal, OpenTransaction, RecordedEntry
from countenance.service.policy_port import ListedKey, LoadedCertificate, PolicyStore, StatedFact
from countenance.service.rules_in_force import EVALUATOR, OPERATOR, Rules, RulesInForce
from countenance.service.standing import Standing

#: What stands for a model that an unreadable certificate does not name.
NO_MODEL = "0" * 64


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made.

    Attributes:
        change: What was changed, as a word.
        policy_digest_before: Digest of packs and operator's list before.
        policy_digest_after: The same after.
        can_widen: Whether something refused before may be permitted after.
        entry: Where it is recorded.
    """

    change: str
    policy_digest_before: str
    policy_digest_after: str
    can_widen: bool
    entry: RecordedEntry


class PolicyChanges:
    """Changes the rules on an operator's behalf."""

    def __init__(self, *, rules: RulesInForce, store: PolicyStore, journal: Journal, standing: Standing) -> None:
        self._rules = rules
        self._store = store
        self._journal = journal
        self._standing = standing

    def enable(self, name: str, reason: str = "") -> Changed:
        """Switch a pack on.

        Raises:
            PolicyPackInvalid: No pack has this name, or it is on already.
        """
        return self._switch(name, on=True, reason=reason)

    def disable(self, name: str, reason: str = "") -> Changed:
        """Switch a pack off.

        Raises:
            PolicyPackInvalid: It is not switched on.
        """
        return self._switch(name, on=False, reason=reason)

    def replace_operator_list(self, text: str | None, reason: str = "") -> Changed:
        """Put another operator's list in force; None: the shipped one.

        Raises:
            PolicyPackInvalid: It cannot be read.
        """
        if text is not None:
            parse_operator_list(text)
        with self._changing() as (current, before):
            self._store.keep_operator_list(text, transaction=current)
            return self._record("operator_list_replaced", current, before, can_widen=True, reason=reason)

    def list_evaluator(self, public_key: Ed25519PublicKey, name: str, *, independent: bool) -> Changed:
        """List the key of an evaluator, whose certificates count from then on."""
        with self._changing() as (current, before):
            self._store.list_key(_listed(public_key, EVALUATOR, name, independent=independent), transaction=current)
            return self._record(
                "evaluator_listed", current, before, can_widen=True, reason=f"{name}, {key_id(public_key)}"
            )

    def drop_evaluator(self, listed_key_id: str) -> Changed:
        """Take an evaluator's key off the list.

        Raises:
            InputError: It is not listed.
        """
        with self._changing() as (current, before):
            if not self._store.drop_key(listed_key_id, EVALUATOR, transaction=current):
                raise InputError(
                    "No evaluator's key of this id is there.", remedy="`countenance policy keys` lists them."
                )
            return self._record("evaluator_dropped", current, before, can_widen=False, reason=listed_key_id)

    def attest(self, fact: DeploymentFact, by: str, on: date, until: date, reference: str) -> Changed:
        """Store that somebody vouches for a fact about the installation.

        Raises:
            InputError: It would not be valid for a day.
        """
        if until <= on:
            raise InputError("A fact is valid until a day after it was attested.", remedy="Give a later --until.")
        with self._changing() as (current, before):
            self._store.keep_fact(StatedFact(fact.value, by, on, until, reference), transaction=current)
            said = f"{fact.value}, attested by {by} until {until}: {reference}"
            return self._record("fact_attested", current, before, can_widen=True, reason=said)

    def withdraw(self, fact: DeploymentFact) -> Changed:
        """Take an attested fact back.

        Raises:
            InputError: Nobody has attested it.
        """
        with self._changing() as (current, before):
            if not self._store.drop_fact(fact.value, transaction=current):
                raise InputError(
                    f"Nobody has attested {fact.value}.", remedy="`countenance policy list` shows what was."
                )
            return self._record("fact_withdrawn", current, before, can_widen=False, reason=fact.value)

    def enter_federal_law(self, law: FederalLaw, private_key: Ed25519PrivateKey) -> Changed:
        """Sign and store a US federal law as regulating police use; Microsoft's pledge opens only then.

        Raises:
            InputError: The citation is longer than a request can carry.
        """
        if len(law.citation) > TEXT_LIMIT or not law.citation.isprintable():
            raise InputError(f"A citation has up to {TEXT_LIMIT} printable characters.", remedy="Shorten it.")
        public = private_key.public_key()
        with self._changing() as (current, before):
            listed = _listed(public, OPERATOR, law.entered_by, independent=False)
            self._store.list_key(listed, transaction=current)
            self._store.keep_federal_law(sign_federal_law(law, private_key), transaction=current)
            said = f"{law.citation}; entered by {law.entered_by} on {law.entered_on}: {law.statement}"
            return self._record("federal_law_entered", current, before, can_widen=True, reason=said)

    def withdraw_federal_law(self) -> Changed:
        """Take the entry of a federal law back.

        Raises:
            InputError: There is none.
        """
        with self._changing() as (current, before):
            if before.state.federal_law is None:
                raise InputError("No federal law is entered.", remedy="There is nothing to withdraw.")
            self._store.keep_federal_law(None, transaction=current)
            return self._record("federal_law_withdrawn", current, before, can_widen=False, reason="")

    def load_certificate(self, envelope: bytes) -> tuple[ReadCertificate, RecordedEntry]:
        """Keep a certificate and return what it came to with the keys listed now.

        Raises:
            PolicyPackInvalid: The bytes are no certificate at all; that is recorded too, and nothing is kept.
        """
        sha256 = hashlib.sha256(envelope).hexdigest()
        rejected = False
        with self._changing() as (current, before):
            keys = {key_id(item.public_key): item.public_key for item in before.evaluators}
            read = read_certificate(envelope, keys)
            model = NO_MODEL if read.certificate is None else read.certificate.model.digest
            rejected = read.certificate is None
            if not rejected:
                kept = LoadedCertificate(sha256, envelope, model, current.now.isoformat())
                self._store.keep_certificate(kept, transaction=current)
            fields: dict[str, FieldValue] = {
                "operator_id": self._standing.operator_id,
                "certificate_digest": sha256,
                "model_digest": model,
                "accepted": not rejected,
            }
            if rejected:
                fields["reasons"] = (REJECTED[read.status],)
            else:
                fields["signer_key"] = read.key_id
            entry = self._journal.record(EntryKind.CERTIFICATE_LOADED, fields, transaction=current)
        if rejected:
            raise PolicyPackInvalid(
                f"{REJECTED[read.status]} Recorded as entry {entry.entry_id}.", remedy=_REJECTED_REMEDY[read.status]
            )
        return read, entry

    def state_gallery_source(self, gallery: str, source: GallerySource) -> Changed:
        """Store where a gallery's references come from, for a gallery made before that was asked.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        with self._changing() as (current, before):
            gallery_id = self._store.gallery_facts(gallery, transaction=current).gallery_id
            self._store.state_gallery_source(gallery, source.value, transaction=current)
            said = f"gallery {gallery_id}: {source.value}"
            return self._record("gallery_source_stated", current, before, can_widen=True, reason=said)

    def _switch(self, name: str, *, on: bool, reason: str) -> Changed:
        with self._changing() as (current, before):
            after, change = (enable_pack if on else disable_pack)(before.policies, name)
            self._store.switch_pack(name, on=on, transaction=current)
            pack = next(item for item in after.packs if item.name == name)
            about: dict[str, FieldValue] = {"pack": name, "pack_version": pack.version, "pack_digest": pack.digest}
            return self._record(change.kind, current, before, can_widen=change.can_widen, reason=reason, about=about)

    @contextmanager
    def _changing(self) -> Iterator[tuple[OpenTransaction, Rules]]:
        """Yield a transaction that holds the lock on the rules, and the rules as they are in it."""
        with self._journal.transaction() as current:
            yield current, self._rules.of(self._store.state(transaction=current))

    def _record(
        self,
        change: str,
        current: OpenTransaction,
        before: Rules,
        *,
        can_widen: bool,
        reason: str,
        about: dict[str, FieldValue] | None = None,
    ) -> Changed:
        after = self._rules.of(self._store.state(transaction=current)).policies.digest
        fields: dict[str, FieldValue] = {
            "operator_id": self._standing.operator_id,
            "change": change,
            "policy_digest_before": before.policies.digest,
            "policy_digest_after": after,
            **(about or {}),
        }
        if reason:
            fields["reason"] = reason
        entry = self._journal.record(EntryKind.POLICY_CHANGED, fields, transaction=current)
        return Changed(change, before.policies.digest, after, can_widen, entry)


#: Why a certificate was not accepted, in words.
REJECTED = {
    CertificateStatus.UNREADABLE: "The certificate cannot be read.",
    CertificateStatus.ALTERED: "The certificate's signature does not fit its content: it was altered.",
    CertificateStatus.UNTRUSTED_SIGNER: "The certificate was signed with a key that is not listed.",
}
_REJECTED_REMEDY = {
    CertificateStatus.UNREADABLE: "Get the file again from the evaluator; it is a signed envelope in JSON.",
    CertificateStatus.ALTERED: "Get the file again from the evaluator.",
    CertificateStatus.UNTRUSTED_SIGNER: "If you know the evaluator, list its key with `countenance policy trust`.",
}


def _listed(public_key: Ed25519PublicKey, use: str, name: str, *, independent: bool) -> ListedKey:
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return ListedKey(key_id(public_key), use, name, raw, independent)


__all__ = ["REJECTED", "Changed", "DeploymentFact", "FederalLaw", "PolicyChanges"]
