"""Exports, held checkpoints and keys that every verifier must pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from countenance.ledger.checkpoint import with_signature
from countenance.ledger.entries import public_reason
from countenance.ledger.signed_note import cosign_note, parse_note, sign_note
from countenance.ledger.signing_keys import SignatureType
from tests.support.ledger_samples import ORIGIN, ledger_of, sample_entries, signing_key


@dataclass(frozen=True, slots=True)
class ExportCase:
    """What a verifier is given, and the code of the finding that must speak against it; None if all must be well."""

    name: str
    lines: tuple[bytes, ...]
    held: tuple[bytes, ...]
    keys: tuple[str, ...]
    refused_for: str | None


LEDGER = ledger_of(sample_entries())
KEY = str(LEDGER.key.verifier_key())
#: Lines of a whole export before its first entry, without consistency lines.
OPENING = 2


def whole_case(
    name: str, refused_for: str | None, lines: list[bytes], held: tuple[bytes, ...] | None = None
) -> ExportCase:
    return ExportCase(f"whole/{name}", tuple(lines), held or (LEDGER.checkpoint(),), (KEY,), refused_for)


def good_cases() -> Iterator[ExportCase]:
    """Yield what must verify."""
    whole, signed = LEDGER.whole(), LEDGER.checkpoint()
    yield whole_case("as-it-should-be", None, whole)
    yield whole_case("with-an-older-checkpoint-held", None, whole, (signed, LEDGER.checkpoint(3)))
    yield whole_case("with-only-an-older-checkpoint-held", None, whole, (LEDGER.checkpoint(4),))
    yield whole_case("with-the-empty-checkpoint-held", None, whole, (LEDGER.checkpoint(0),))
    yield whole_case("with-a-newer-checkpoint-held", None, LEDGER.whole(4, other_sizes=[2, 7]), (signed,))
    yield whole_case("of-one-entry", None, LEDGER.whole(1), (LEDGER.checkpoint(1),))
    yield whole_case("of-no-entry", None, LEDGER.whole(0), (LEDGER.checkpoint(0),))
    yield whole_case("of-no-entry-with-a-newer-checkpoint-held", None, LEDGER.whole(0), (signed,))
    yield whole_case("without-what-is-not-public", None, LEDGER.whole(withhold=public_reason))
    yield whole_case("with-every-field-withheld", None, LEDGER.whole(withhold=lambda kind, name: "court_order"))
    yield whole_case(
        "with-carriage-returns", None, [line[:-1] + b"\r\n" for line in whole], (signed.replace(b"\n", b"\r\n"),)
    )
    yield whole_case("without-the-last-line-end", None, [*whole[:-1], whole[-1][:-1]])
    stranger = signing_key("stranger.example", "stranger")
    text = parse_note(signed).text
    both = with_signature(signed, sign_note(text, stranger))
    yield whole_case("signed-by-a-stranger-as-well", None, LEDGER.whole(signed=both), (both,))
    witness = signing_key("witness.example/w1", "witness")
    seen = with_signature(signed, cosign_note(text, witness, 1_785_600_000))
    witness_key = str(witness.verifier_key(SignatureType.COSIGNATURE))
    yield replace(whole_case("seen-by-a-witness", None, whole, (seen,)), keys=(KEY, witness_key))
    far_seen = with_signature(signed, cosign_note(text, witness, 2**62))
    yield replace(whole_case("seen-beyond-the-calendar", None, whole, (far_seen,)), keys=(witness_key, KEY))
    newer_key = signing_key(ORIGIN, "newer ledger key")
    by_both = with_signature(signed, sign_note(text, newer_key))
    newer = str(newer_key.verifier_key())
    yield replace(
        whole_case("read-with-the-newer-of-two-keys", None, LEDGER.whole(signed=by_both), (by_both,)), keys=(newer,)
    )
    unknown = [replace(entry, kind="kind_of_a_newer_version") for entry in sample_entries()]
    of_unknown = ledger_of(unknown)
    yield whole_case("of-kinds-not-known-here", None, of_unknown.whole(), (of_unknown.checkpoint(),))
    yield from _good_selections()


def _good_selections() -> Iterator[ExportCase]:
    def case(name: str, lines: list[bytes], *held: bytes) -> ExportCase:
        return ExportCase(f"selection/{name}", tuple(lines), held, (KEY,), None)

    signed, older = LEDGER.checkpoint(), LEDGER.checkpoint(3)
    yield case("as-it-should-be", LEDGER.selection([1, 3, 6]), signed)
    yield case("of-nothing", LEDGER.selection([]), signed)
    yield case("with-an-older-checkpoint-held", LEDGER.selection([0, 5], other_sizes=[3, 5]), older, signed)
    yield case("with-a-newer-checkpoint-held", LEDGER.selection([0, 2], size=5, other_sizes=[7]), signed)
    yield case("with-the-empty-checkpoint-held", LEDGER.selection([4]), LEDGER.checkpoint(0))
