"""A packet for disclosure: dossiers, the model's error rates, and the ledger's own entries with what verifies them.

Rules kept here:

- Searches that found nobody and candidates who were not chosen are in it. They stand without a name unless asked for.
- While a review goes on there is no packet: it would be incomplete, and end the reviewers' blindness.
- That the packet was made is recorded, with its digest, before it is there to be handed out.
"""

from __future__ import annotations

import hashlib
import io
import json
import textwrap
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from countenance.core.errors import InputError, ReviewUndecided
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.act_entries import ActEntries, acts_of_case, find_act
from countenance.service.accountability_reports.dossier import dossier_of
from countenance.service.accountability_reports.pages import dossier_page
from countenance.service.accountability_reports.sources import KnownCertificate, Sources
from countenance.service.accountability_reports.wording import LIMITS, several
from countenance.service.journal_port import RecordedEntry
from countenance.service.ledger_exports import LedgerExports, Redaction

WHAT = "disclosure_packet"
#: Most acts of a case in one packet: as many dossiers as somebody can read, and a bound on memory.
MOST_ACTS = 500
#: Characters of a line of the packet's README.
_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Enclosures:
    """What a packet holds besides what the ledger gives.

    Attributes:
        verifier: The single-file verifier's source.
        verifier_keys: The ledger's public keys as text.
        audit_result: The evaluator's complete result, if the operator has it; its digest has to be the certificate's.
    """

    verifier: bytes
    verifier_keys: Sequence[str]
    audit_result: bytes | None = None


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that was made and recorded.

    Attributes:
        content: The ZIP file.
        sha256: Its digest, hex.
        files: Names of the files in it.
        acts: Acts it tells of.
        entries: Entries of the ledger in it.
        recorded: Where the ledger says that it was made.
    """

    content: bytes
    sha256: str
    files: tuple[str, ...]
    acts: tuple[str, ...]
    entries: int
    recorded: RecordedEntry


def disclosure_packet(
    sources: Sources,
    exports: LedgerExports,
    enclosures: Enclosures,
    *,
    act: str | None = None,
    case_id: str | None = None,
    operator_id: str,
    recipient: str = "",
    names: bool = False,
    redaction: Redaction = Redaction.NONE,
) -> Packet:
    """Return a packet about one act or all acts of a case; it was recorded.

    Args:
        sources: Where the facts are.
        exports: Writes the ledger's entries.
        enclosures: What else goes in.
        act: The act, one of its entries, or its review.
        case_id: The case, instead of an act.
        operator_id: Who makes it.
        recipient: For whom, in words.
        names: Whether candidates who were not released are named.
        redaction: Which fields of the ledger's entries are withheld.

    Raises:
        InputError: There is no such act, the case has none or too many, or the audit result is another one.
        ReviewUndecided: A review of a result goes on.
        LedgerError, ProofInvalid, StorageError: It cannot be proved or recorded; there is no packet then.
    """
    acts = _acts(sources, act, case_id)
    documents = [dossier_of(sources, entries, names=names) for entries in acts]
    if any(document["candidates"]["withheld_because"] for document in documents):
        raise ReviewUndecided(
            "A review of a result goes on; until it has ended nobody sees the candidates, and there is no packet.",
            remedy="Wait for the reviewers, or close the review: countenance review close.",
        )
    certificates = _certificates(sources, documents)
    files: dict[str, bytes] = {}
    for document in documents:
        name = f"dossiers/{document['act_id']}"
        files[f"{name}.html"] = dossier_page(document).encode()
        files[f"{name}.json"] = _json(document)
    for known in certificates:
        files[f"error-rates/certificate-{known.sha256[:12]}.json"] = known.envelope
    rates = {part["digest"]: part for document in documents if (part := document["system"]["certificate"])}
    if rates:
        files["error-rates/groups.json"] = _json([rates[digest] for digest in sorted(rates)])
    if enclosures.audit_result is not None:
        files["error-rates/audit-result.json"] = _checked_result(enclosures.audit_result, certificates)
    lines = io.BytesIO()
    entry_ids = sorted({entry.entry_id for entries in acts for entry in entries.everything})
    made = exports.selection(entry_ids, lines.write, redaction=redaction, operator_id=operator_id, recipient=recipient)
    files["ledger/entries.jsonl"] = lines.getvalue()
    files["ledger/countenance_verify.py"] = enclosures.verifier
    files["ledger/checkpoint.txt"] = made.checkpoint.signed
    files["ledger/keys.txt"] = "".join(f"{key}\n" for key in enclosures.verifier_keys).encode()
    files["README.txt"] = _readme(sources, documents, enclosures, made.entries, names=names).encode()
    files["SHA256SUMS"] = _sums(files)
    content = _zipped(sources, files)
    digest = hashlib.sha256(content).hexdigest()
    fields: dict[str, FieldValue] = {
        "operator_id": operator_id,
        "what": WHAT,
        "entries": made.entries,
        "fields_redacted": made.fields_redacted,
        "content_digest": digest,
    }
    fields |= {"recipient": recipient} if recipient else {}
    fields |= {"case_id": case_id} if case_id is not None else {"act_id": acts[0].act_id}
    recorded = sources.journal.record(EntryKind.EXPORT_MADE, fields)
    return Packet(content, digest, tuple(files), tuple(one.act_id for one in acts), made.entries, recorded)


def _acts(sources: Sources, act: str | None, case_id: str | None) -> list[ActEntries]:
    if act is not None:
        return [find_act(sources.journal, act)]
    names = acts_of_case(sources.journal, case_id or "")
    if not names:
        raise InputError("Nothing was done under this case.", remedy="There is nothing to disclose.")
    if len(names) > MOST_ACTS:
        raise InputError(
            f"The case has {len(names):,} acts; a packet holds {MOST_ACTS}.", remedy="Make packets of single acts."
        )
    return [find_act(sources.journal, name) for name in names]


def _certificates(sources: Sources, documents: Sequence[Mapping[str, Any]]) -> list[KnownCertificate]:
    digests = {part["digest"] for document in documents if (part := document["system"]["certificate"])}
    return [known for digest in sorted(digests) if (known := sources.certificate(digest)) is not None]


def _checked_result(result: bytes, certificates: Sequence[KnownCertificate]) -> bytes:
    digest = hashlib.sha256(result).hexdigest()
    named = {known.certificate.audit_result_sha256 for known in certificates if known.certificate is not None}
    if digest not in named:
        raise InputError(
            "The audit result is not the one that the model's certificate summarises.",
            remedy="Get the file from the evaluator; its SHA-256 stands in the certificate.",
        )
    return result


def _readme(
    sources: Sources,
    documents: Sequence[Mapping[str, Any]],
    enclosures: Enclosures,
    entries: int,
    *,
    names: bool,
) -> str:
    refused = sum(document["statement"].startswith("Refused") for document in documents)
    nobody = sum(not document["candidates"]["items"] for document in documents) - refused
    named = "all of them by name" if names else "those who were not released without their names"
    key = enclosures.verifier_keys[-1] if enclosures.verifier_keys else "KEY"
    limits = "\n".join(textwrap.fill(limit, _WIDTH, initial_indent="- ", subsequent_indent="  ") for limit in LIMITS)
    parts = {
        "dossiers/": "Each act: who, when, why, under which claimed authority, with which probe, gallery, model and "
        f"threshold, every candidate ({named}), what reviewers thought, what came of it. "
        f"{several(max(nobody, 0), 'search', 'searches')} found nobody; {several(refused, 'act was', 'acts were')} "
        "refused. The .html prints to two pages unless candidates are many; the .json is the same for machines.",
        "error-rates/": _about_rates(documents, enclosures),
        "ledger/": "The entries these dossiers rest on, each with its proof, and a program that checks them.",
        "SHA256SUMS": "Digests of all files.",
    }
    contents = "\n".join(
        textwrap.fill(text, _WIDTH, initial_indent=f"  {name:<14}", subsequent_indent=" " * 16)
        for name, text in parts.items()
        if text
    )
    return f"""Packet for disclosure
{several(len(documents), "act")}, {several(entries, "entry", "entries")} of the ledger {sources.origin}
Made {sources.now:%Y-%m-%d %H:%M:%S} UTC with countenance {sources.software_version}

A candidate is an investigative lead, not an identification.

What is in it
{contents}

How to check it
  You need Python and its package cryptography, no network, and nothing of the system that made this.
    cd ledger
    python countenance_verify.py entries.jsonl checkpoint.txt --key '{key}'
  checkpoint.txt came with this packet, so it shows only that the packet agrees with itself. Ask the court, the
  oversight board or a witness for a checkpoint that reached them earlier, and check against that one too.

What is not in it
  Photos and templates. The probe stands as a keyed digest: the operator can compute it again from the file.
  The entry that says this packet was made: it was written after the packet, and holds its SHA-256.

Limits
{limits}
"""


def _about_rates(documents: Sequence[Mapping[str, Any]], enclosures: Enclosures) -> str:
    if not any(document["system"]["certificate"] for document in documents):
        return ""
    complete = (
        "audit-result.json is the evaluator's complete result, with every group."
        if enclosures.audit_result is not None
        else "The evaluator's complete result, with every group, is not enclosed; its SHA-256 stands in groups.json."
    )
    return (
        "What was measured of the model: worst groups with intervals and counts (groups.json), and the evaluator's "
        f"signed certificate. {complete}"
    )


def _sums(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()


def _zipped(sources: Sources, files: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    moment = sources.now.timetuple()[:6]
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, date_time=moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return held.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
