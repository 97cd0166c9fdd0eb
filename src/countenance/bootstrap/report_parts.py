"""What reports read, over an open store: ledger, cases, reviews, calibrations, certificates, names."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from countenance import __version__
from countenance.bootstrap.accountability import AccountableParts, now
from countenance.bootstrap.profiles import read_profile
from countenance.core.errors import CaseNotFound, FileUnreadable, LedgerError
from countenance.policy.certificate import read_certificate
from countenance.policy.envelope import key_id
from countenance.service.accountability_reports.disclosure import Enclosures, Packet, disclosure_packet
from countenance.service.accountability_reports.people import People, people
from countenance.service.accountability_reports.proofs import Proofs
from countenance.service.accountability_reports.sources import KnownCertificate, Sources
from countenance.service.review_account import ReviewAccount, account
from countenance.service.standing import operator_id

if TYPE_CHECKING:
    from countenance.core.thresholds import Threshold
    from countenance.service.case_ports import StoredCase

#: Cases read at once for the names in them.
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class ReportParts:
    """Everything reports are made from.

    Attributes:
        parts: The open store with everything over it.
        sources: What reports read.
    """

    parts: AccountableParts
    sources: Sources

    @property
    def operator_id(self) -> str:
        """Return the identifier of the person at the keyboard."""
        return self.parts.standing().operator_id

    def packet(
        self,
        *,
        act: str | None,
        case: str | None,
        recipient: str,
        names: bool,
        audit_result: Path | None,
        by: str | None = None,
    ) -> Packet:
        """Return a packet for disclosure; see ``disclosure_packet``. ``by`` is who makes it, else whoever types.

        Raises:
            FileUnreadable: The audit result cannot be read.
        """
        from countenance.bootstrap.ledger import standalone_verifier

        ledger = self.parts.app.ledger(self.parts.store)
        return disclosure_packet(
            self.sources,
            ledger.exports,
            Enclosures(
                verifier=standalone_verifier().read_bytes(),
                verifier_keys=[str(key) for key in ledger.custody.verifier_keys()],
                audit_result=None if audit_result is None else _read(audit_result),
            ),
            act=act,
            case_id=None if case is None else self.parts.cases.find(case).case_id,
            operator_id=self.operator_id if by is None else by,
            recipient=recipient,
            names=names,
        )


def report_parts(
    parts: AccountableParts, *, known: People | None = None, galleries: Mapping[str, str] | None = None
) -> ReportParts:
    """Return what reports are made from, over parts that are open.

    Args:
        parts: The parts.
        known: Names of those who work with the system; None: looked up now, in all cases.
        galleries: Identifier → name, of the galleries that are there; None: looked up now.
    """
    ledger = parts.app.ledger(parts.store)
    identities = {manifest.identity.digest: manifest.identity for manifest in parts.app.manifests.values()}

    @cache
    def threshold(model_digest: str, value: float) -> Threshold | None:
        identity = identities.get(model_digest)
        calibration = None if identity is None else parts.app.calibrations.find(identity)
        return None if calibration is None else calibration.threshold_at(value)

    @cache
    def certificate(digest: str) -> KnownCertificate | None:
        rules = parts.rules.current()
        keys = {key_id(one.public_key): one.public_key for one in rules.evaluators}
        kept = next((one for one in rules.state.certificates if one.sha256 == digest), None)
        if kept is None:
            return None
        return KnownCertificate(digest, kept.envelope, read_certificate(kept.envelope, keys).certificate)

    def case(case_id: str) -> StoredCase | None:
        try:
            return parts.cases.find(case_id)
        except CaseNotFound:
            return None

    def reviewed(review_id: str) -> ReviewAccount:
        return account(parts.reviews, review_id)

    try:
        origin = ledger.custody.verifier_keys()[-1].name
    except LedgerError:
        origin = ""
    if galleries is None:
        galleries = {
            parts.policies.gallery_facts(gallery.name).gallery_id: gallery.name
            for gallery in parts.store.list_galleries()
        }
    return ReportParts(
        parts,
        Sources(
            journal=parts.journal,
            origin=origin,
            people=people(names_of(parts)) if known is None else known,
            galleries=galleries,
            names=parts.review_store.names,
            threshold=threshold,
            certificate=certificate,
            case=case,
            account=reviewed,
            prove=Proofs(ledger.rows, parts.journal, ledger.custody),
            now=now(),
            software_version=__version__,
        ),
    )


def names_of(parts: AccountableParts, *, most_cases: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield (identifier, name) of everybody this installation knows by name.

    Args:
        parts: The parts.
        most_cases: Look into so many of the newest cases, at most ``_PAGE``; None: into all.
    """
    # Imported here because it takes longer than everything a command line that asks for help needs.
    from countenance.storage.review_lists import SqlReviewLists

    digest = parts.journal.keyed_digest
    found: set[str] = {read_profile(parts.app).operator or getpass.getuser()}
    skipped = 0
    while page := parts.cases.recent(open_only=False, limit=most_cases or _PAGE, offset=skipped):
        for case in page:
            yield case.operator_id, case.operator
            found |= {case.attested_by, *([case.closed_by] if case.closed_by else [])}
        skipped += len(page)
        if most_cases is not None:
            break
    for reviewer_id, name, attested_by in SqlReviewLists(parts.store).reviewer_names():
        yield reviewer_id, name
        found.add(attested_by)
    after: str | None = None
    while accounts := parts.accounts.list(after=after, limit=100):
        found |= {account.name for account in accounts}
        after = accounts[-1].name_key
    for name in sorted(found):
        yield operator_id(name, digest), name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or '').lower()}.") from error
