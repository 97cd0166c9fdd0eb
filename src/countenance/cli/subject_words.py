"""People in words: what is held, what was erased, what a receipt shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from countenance.cli.output import out, table
from countenance.service.erasure import Erasure
from countenance.service.erasure_proof import ProofOfAbsence
from countenance.service.erasure_receipt import DOES_NOT_PROVE, Verification
from countenance.service.subject_port import Held, HeldReference


def print_held(name: str, shown: Sequence[tuple[Held, Sequence[HeldReference]]]) -> None:
    """Print what is held about a person."""
    if not shown:
        out.print(Text(f"Nobody is held under the name {name}."))
    for held, references in shown:
        rows = [
            (one.source_name, one.created_at, one.expires_at or "until erased", "yes" if one.picture else "no")
            for one in references
        ]
        named = "" if held.names == (name,) else f", held as {', '.join(held.names) or 'a user without faces'}"
        title = f"{name} in {held.gallery}{named}"
        out.print(table(title, ("photo", "enrolled", "kept until", "picture"), rows))


def print_erasure(name: str, done: Erasure, file: Path | None) -> None:
    """Print what came of a request."""
    if not done.erased:
        where = ", ".join(done.looked_in) or "no gallery, since there is none"
        out.print(Text(f"Nobody is held under the name {name}. Looked in: {where}.", style="bold"))
        out.print("Nothing was erased. A person may be held under another name; `countenance subject list` shows all.")
    for one in done.erased:
        words = (
            f"Erased from {one.gallery}: {one.references} reference(s), {one.pictures} picture(s), {one.keys} key(s)"
        )
        out.print(Text(f"{words}, {one.bookkeeping} record(s) of enrolment.", style="bold"))
        if one.reviews:
            out.print(f"{one.reviews} open review(s) no longer show or release them.")
    if done.proof is not None:
        _print_proof(done.proof)
    if done.entry_ids:
        out.print(Text(f"Recorded as entry {', '.join((*done.entry_ids, *done.proof_entry_ids))}."))
    if file is not None:
        out.print(Text(f"Receipt: {file}, to read: {file.with_suffix('.html')}"), soft_wrap=True)
        out.print("What it does not prove:")
        for text in DOES_NOT_PROVE:
            out.print(Text(f"  –  {text}"))
        out.print(
            "To reach backups too: countenance key rotate --to FILE, a new backup, then destroy the old key file."
        )


def print_verification(result: Verification) -> None:
    """Print what a receipt shows and does not show."""
    out.print(Text("VERIFIED" if result.verified else "NOT VERIFIED", style="bold"))
    for finding in result.findings:
        out.print(Text.assemble(("  ok   " if finding.ok else "  NO   ", "" if finding.ok else "bold"), finding.text))
    out.print("\nWhat this does not show, even if verified:")
    for text in result.not_shown:
        out.print(Text(f"  –    {text}"))


def _print_proof(proof: ProofOfAbsence) -> None:
    for one in proof.searched:
        alike = "" if one.alike is None else f"; {'at least ' if one.at_least else ''}{one.alike} other(s) look alike"
        same = (
            f"; {one.same_picture} other(s) hold the same picture: perhaps the same person" if one.same_picture else ""
        )
        out.print(
            Text(
                f"Searched again in {one.gallery}: {one.erased_found} of the erased found among "
                f"{one.references:,} references{alike}{same}."
            )
        )
    for missed in proof.not_searched:
        out.print(Text(f"Not searched again in {missed.gallery}: {missed.reason}"))
    if proof.files.found is None:
        out.print(Text(f"Rows left: {proof.rows_left}. The server's files were not read."))
    else:
        out.print(
            Text(
                f"Rows left: {proof.rows_left}. Pieces of what was deleted in {proof.files.bytes_read:,} bytes of the "
                f"database's files: {proof.files.found}."
            )
        )
