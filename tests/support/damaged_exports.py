"""Exports with one damage each that no verifier may pass.

Each case names the finding that must speak against it, so that a verifier that refuses for a wrong reason fails.
This is a table of damages, and longer than most files for that reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from countenance.ledger.canonical_json import canonical_bytes
from countenance.ledger.checkpoint import Checkpoint, sign_checkpoint, with_signature
from countenance.ledger.entries import public_reason
from countenance.ledger.sealing import SealedEntry
from countenance.ledger.signed_note import cosign_note, parse_note, sign_note
from countenance.ledger.signing_keys import SignatureType, SigningKey
from tests.support.ledger_samples import ORIGIN, ledger_of, made_up_bytes, sample_entries, signing_key
from tests.support.sound_exports import KEY, LEDGER, OPENING, ExportCase, whole_case

Record = dict[str, Any]


def edited(line: bytes, edit: Callable[[Record], object]) -> bytes:
    """Return a canonical line after an edit of its members."""
    record = json.loads(line)
    edit(record)
    return canonical_bytes(record) + b"\n"


def _renumbered(lines: list[bytes]) -> list[bytes]:
    """Return the lines of a whole export with indices and end count as if nothing were missing."""
    entries = [edited(line, lambda record, i=i: record.update(index=i)) for i, line in enumerate(lines[OPENING:-1])]
    return [*lines[:OPENING], *entries, edited(lines[-1], lambda record: record.update(entries=len(entries)))]


def bad_cases() -> Iterator[ExportCase]:
    """Yield what must be refused, with one damage each."""
    yield from _changed_entries()
    yield from _changed_order()
    yield from _changed_form()
    yield from _changed_checkpoints()
    yield from _rewritten_ledgers()
    yield from _changed_selections()


def _changed_entries() -> Iterator[ExportCase]:
    shown, public = LEDGER.whole(), LEDGER.whole(withhold=public_reason)
    search = OPENING + 3

    def fields(edit: Callable[[Record], object]) -> Callable[[Record], object]:
        return lambda record: edit(record["entry"]["fields"])

    def entry(edit: Callable[[Record], object]) -> Callable[[Record], object]:
        return lambda record: edit(record["entry"])

    damages: list[tuple[str, Callable[[Record], object]]] = [
        ("value-changed", fields(lambda f: f["purpose"].update(value="suspect_search"))),
        ("value-of-text-changed-by-one-letter", fields(lambda f: f["purpose_text"].update(value="missing"))),
        ("value-of-another-type", fields(lambda f: f["threshold_value"].update(value=0))),
        ("list-shortened", fields(lambda f: f["deciding_rules"]["value"].pop())),
        ("list-reordered", fields(lambda f: f["jurisdictions"]["value"].reverse())),
        ("list-joined-into-text", fields(lambda f: f["jurisdictions"].update(value='["US","US-WA"]'))),
        ("salt-changed", fields(lambda f: f["purpose"].update(salt="0" * 32))),
        ("salts-exchanged", fields(lambda f: f["purpose"].update(salt=f["action"]["salt"]))),
        ("field-renamed", fields(lambda f: f.update(purposes=f.pop("purpose")))),
        ("fields-exchanged", fields(lambda f: f.update(purpose=f["action"], action=f["purpose"]))),
        ("field-removed", fields(lambda f: f.pop("legal_basis"))),
        ("field-added", fields(lambda f: f.update(notice={"salt": "0" * 32, "value": "signage"}))),
        ("withheld-field-added", fields(lambda f: f.update(notice={"commitment": "0" * 64, "reason": "personal"}))),
        ("all-fields-removed", fields(lambda f: f.clear())),
        (
            "field-withheld-under-another-commitment",
            fields(lambda f: f.update(purpose={"commitment": "0" * 64, "reason": "personal"})),
        ),
        ("identifier-changed", entry(lambda e: e.update(id="0" * 32))),
        ("kind-changed", entry(lambda e: e.update(kind="act_denied"))),
        ("time-changed", entry(lambda e: e.update(time="2026-08-01T09:33:00.000001Z"))),
    ]
    for name, edit in damages:
        lines = [*shown[:search], edited(shown[search], edit), *shown[search + 1 :]]
        yield whole_case(f"entry-with-{name}", "entries_changed", lines)
    hidden = {name: field for name, field in json.loads(public[search])["entry"]["fields"].items() if "reason" in field}
    for name in hidden:
        edit = fields(lambda f, name=name: f[name].update(commitment="f" * 64))
        lines = [*public[:search], edited(public[search], edit), *public[search + 1 :]]
        yield whole_case(f"entry-with-withheld-{name}-changed", "entries_changed", lines)


def _changed_order() -> Iterator[ExportCase]:
    lines = LEDGER.whole()
    body = lines[OPENING:-1]
    head, end = lines[:OPENING], lines[-1:]

    def both(
        name: str, changed: list[bytes], code: str = "entry_out_of_place", recounted: str = "entries_missing"
    ) -> Iterator[ExportCase]:
        yield whole_case(name, code, [*head, *changed, *end])
        yield whole_case(f"{name}-and-recounted", recounted, _renumbered([*head, *changed, *end]))

    yield from both("first-entry-removed", body[1:])
    yield from both("middle-entry-removed", [*body[:3], *body[4:]])
    yield from both("last-entry-removed", body[:-1], "entries_missing")
    yield from both("all-entries-removed", [], "entries_missing")
    yield from both("entry-twice", [*body[:3], body[2], *body[3:]])
    yield from both("last-entry-twice", [*body, body[-1]])
    yield from both("two-entries-swapped", [*body[:2], body[3], body[2], *body[4:]], recounted="entries_changed")
    yield from both("entries-reversed", body[::-1], recounted="entries_changed")
    yield from both("entry-replaced-by-another", [*body[:2], body[5], *body[3:]], recounted="entries_changed")
    extra = edited(body[-1], lambda record: record.update(index=len(body)))
    yield from both("entry-added", [*body, extra], "entries_missing")
    yield whole_case(
        "end-counts-one-less", "entries_missing", [*head, *body, edited(end[0], lambda r: r.update(entries=6))]
    )


def _changed_form() -> Iterator[ExportCase]:
    lines = LEDGER.whole()
    header, checkpoint, *_, end = lines
    entry = lines[OPENING + 1]
    rest = lines[1:]

    def malformed(name: str, changed: list[bytes]) -> ExportCase:
        return whole_case(name, "export_malformed", changed)

    def with_entry(name: str, changed: bytes) -> ExportCase:
        return malformed(name, [*lines[: OPENING + 1], changed, *lines[OPENING + 2 :]])

    yield malformed("empty-file", [])
    yield malformed("header-removed", rest)
    yield malformed("header-twice", [header, *lines])
    yield malformed("checkpoint-removed", [header, *lines[OPENING:]])
    yield malformed("checkpoint-twice", [header, checkpoint, *rest])
    yield malformed("checkpoint-after-entries", [header, *lines[OPENING:-1], checkpoint, end])
    yield malformed("end-removed", lines[:-1])
    yield malformed("end-twice", [*lines, end])
    yield malformed("entry-after-end", [*lines, entry])
    yield malformed("consistency-after-entries", [*lines[:-1], LEDGER.whole(other_sizes=[3])[OPENING], end])
    yield malformed(
        "header-of-another-format", [edited(header, lambda r: r.update(format="countenance-ledger-export/2")), *rest]
    )
    yield malformed("header-of-unknown-scope", [edited(header, lambda r: r.update(scope="most")), *rest])
    yield malformed("header-with-another-member", [edited(header, lambda r: r.update(note="trust me")), *rest])
    yield malformed("header-without-time", [edited(header, lambda r: r.pop("made_at")), *rest])
    yield malformed("header-origin-not-text", [edited(header, lambda r: r.update(origin=7)), *rest])
    yield malformed(
        "checkpoint-not-text", [header, edited(checkpoint, lambda r: r.update(note=["x"])), *lines[OPENING:]]
    )
    yield malformed("end-count-not-a-number", [*lines[:-1], edited(end, lambda r: r.update(entries="7"))])
    yield malformed("end-count-yes", [*lines[:-1], edited(end, lambda r: r.update(entries=True))])
    yield malformed("end-count-negative", [*lines[:-1], edited(end, lambda r: r.update(entries=-7))])
    yield malformed("byte-order-mark", [b"\xef\xbb\xbf" + header, *rest])
    yield with_entry("line-blank", b"\n")
    yield with_entry("line-cut-short", entry[: len(entry) // 2] + b"\n")
    yield with_entry("line-not-utf8", entry.replace(b"Photos", b"Photo\xff"))
    yield with_entry("line-with-space-between-members", entry.replace(b',"index"', b', "index"'))
    yield with_entry("line-with-space-at-end", entry[:-1] + b" \n")
    yield with_entry(
        "line-with-members-in-another-order", b'{"line":"entry",' + entry[1:].replace(b',"line":"entry"', b"")
    )
    yield with_entry("line-with-a-member-twice", entry.replace(b'"index":1', b'"index":0,"index":1'))
    yield with_entry("line-with-a-letter-escaped", entry.replace(b"Photos", b"\\u0050hotos"))
    yield with_entry("line-a-list", b"[" + entry[:-1] + b"]\n")
    yield with_entry("line-a-number", b"1\n")
    yield with_entry("line-nested-too-deep", b"[" * 100_000 + b"\n")
    yield with_entry("line-of-unknown-kind", entry.replace(b'"line":"entry"', b'"line":"entries"'))
    yield with_entry("line-kind-a-list", entry.replace(b'"line":"entry"', b'"line":["entry"]'))
    yield with_entry("index-a-fraction", entry.replace(b'"index":1', b'"index":1.0'))
    yield with_entry("index-with-exponent", entry.replace(b'"index":1', b'"index":1e0'))
    yield with_entry("index-beyond-exact-numbers", entry.replace(b'"index":1', b'"index":9007199254740992'))
    yield with_entry("index-of-many-digits", entry.replace(b'"index":1', b'"index":' + b"1" * 5000))
    yield with_entry("index-minus-zero", entry.replace(b'"index":1', b'"index":-0'))
    yield with_entry("index-nothing", entry.replace(b'"index":1', b'"index":null'))
    yield with_entry("index-not-a-number", entry.replace(b'"index":1', b'"index":NaN'))
    fields = [
        ("value-nothing", lambda f: f["basis"].update(value=None)),
        ("value-an-object", lambda f: f["basis"].update(value={})),
        ("value-a-list-of-lists", lambda f: f["basis"].update(value=[["x"]])),
        ("value-a-list-of-mixed-types", lambda f: f["basis"].update(value=["x", 1])),
        ("value-a-list-of-flags", lambda f: f["basis"].update(value=[True])),
        ("value-a-fraction", lambda f: f["retention_days"].update(value=90.5)),
        ("salt-too-short", lambda f: f["basis"].update(salt="0" * 31)),
        ("salt-in-capitals", lambda f: f["basis"].update(salt="A" * 32)),
        ("salt-a-number", lambda f: f["basis"].update(salt=0)),
        ("salt-with-line-end", lambda f: f["basis"].update(salt="0" * 32 + "\n")),
        ("shown-and-withheld", lambda f: f["basis"].update(commitment="0" * 64, reason="personal")),
        ("neither-shown-nor-withheld", lambda f: f["basis"].clear()),
        ("field-not-an-object", lambda f: f.update(basis="x")),
        ("field-name-in-capitals", lambda f: f.update(Basis=f.pop("basis"))),
        ("field-name-empty", lambda f: f.update({"": f.pop("basis")})),
        ("field-name-with-quote", lambda f: f.update({'ba"sis': f.pop("basis")})),
        ("field-name-not-ascii", lambda f: f.update({"bäsis": f.pop("basis")})),
        ("commitment-too-short", lambda f: f.update(basis={"commitment": "0" * 63, "reason": "personal"})),
        ("reason-a-sentence", lambda f: f.update(basis={"commitment": "0" * 64, "reason": "For privacy."})),
    ]
    for name, edit in fields:
        yield with_entry(name, _loose(entry, lambda r, edit=edit: edit(r["entry"]["fields"])))
    members = [
        ("version-2", lambda e: e.update(v=2)),
        ("version-yes", lambda e: e.update(v=True)),
        ("identifier-too-short", lambda e: e.update(id="0" * 31)),
        ("kind-a-list", lambda e: e.update(kind=["x"])),
        ("time-without-zone", lambda e: e.update(time="2026-08-01T09:31:00.000000")),
        ("time-at-25-o-clock", lambda e: e.update(time="2026-08-01T25:31:00.000000Z")),
        ("fields-a-list", lambda e: e.update(fields=[])),
        ("member-missing", lambda e: e.pop("time")),
        ("member-too-many", lambda e: e.update(name="x")),
    ]
    for name, edit in members:
        yield with_entry(name, _loose(entry, lambda r, edit=edit: edit(r["entry"])))


def _loose(line: bytes, edit: Callable[[Record], object]) -> bytes:
    """Return a line after an edit that may leave the canonical subset."""
    record = json.loads(line)
    edit(record)
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _changed_checkpoints() -> Iterator[ExportCase]:
    lines, signed = LEDGER.whole(), LEDGER.checkpoint()
    header, _, *body = lines
    text = parse_note(signed).text
    root_line = text.split("\n")[2]

    def own(name: str, code: str, note: bytes) -> ExportCase:
        return whole_case(
            name, code, [header, canonical_bytes({"line": "checkpoint", "note": note.decode()}) + b"\n", *body]
        )

    def held(name: str, code: str, *notes: bytes) -> ExportCase:
        return whole_case(name, code, lines, notes)

    stranger = signing_key("stranger.example", "stranger")
    namesake = signing_key(ORIGIN, "somebody else's key of the same name")
    other_root = text.replace(root_line, parse_note(LEDGER.checkpoint(3)).text.split("\n")[2])
    damages = [
        ("unsigned", "malformed", text.encode()),
        ("signature-line-removed", "malformed", text.encode() + b"\n"),
        ("size-changed", "not_signed", signed.replace(b"\n7\n", b"\n8\n")),
        ("root-changed", "not_signed", other_root.encode() + signed[len(text) :]),
        ("origin-changed", "not_signed", signed.replace(ORIGIN.encode() + b"\n7", b"ledger.example/other\n7")),
        ("extension-line-added", "not_signed", signed.replace(b"\n\n", b"\nmore\n\n")),
        (
            "signature-of-another-checkpoint",
            "not_signed",
            text.encode() + b"\n" + LEDGER.checkpoint(3).split(b"\n\n")[1],
        ),
        ("signed-by-a-namesake", "not_signed", _signed_by(text, namesake)),
        ("signed-by-a-stranger", "not_signed", _signed_by(text, stranger)),
        ("hyphen-for-em-dash", "malformed", signed.replace("\u2014".encode(), b"-")),
        ("with-control-character", "malformed", signed.replace(b"ledger", b"ledg\x01r")),
    ]
    for name, code, note in damages:
        yield own(f"own-checkpoint-{name}", f"export_{code}", note)
        yield held(f"held-checkpoint-{name}", f"held_1_{code}", note)
        yield held(f"second-held-checkpoint-{name}", f"held_2_{code}", signed, note)
    yield held("held-checkpoint-not-utf8", "held_1_malformed", b"\xff" + signed)
    yield held("held-checkpoint-empty", "held_1_malformed", b"")
    yield held("held-checkpoint-too-large", "held_1_malformed", b"x" * 1_000_001)
    witness = signing_key("witness.example/w1", "witness")
    witness_key = str(witness.verifier_key(SignatureType.COSIGNATURE))
    cosigned = with_signature(signed, cosign_note(text, witness, 1_785_600_000))
    line = cosigned.split(b"\n")[-2]
    alone = text.encode() + b"\n" + line + b"\n"
    keys = (KEY, witness_key)
    yield replace(held("held-checkpoint-signed-by-a-witness-alone", "held_1_not_signed", alone), keys=keys)
    wrong = with_signature(signed, cosign_note(parse_note(LEDGER.checkpoint(3)).text, witness, 1_785_600_000))
    yield replace(held("witness-signed-another-checkpoint", "held_1_not_signed", wrong), keys=keys)
    other = parse_note(cosigned).signatures[1]
    moved = replace(other, signature=(1_785_600_001).to_bytes(8, "big") + other.signature[8:])
    yield replace(held("witness-time-changed", "held_1_not_signed", with_signature(signed, moved)), keys=keys)
    short = replace(other, signature=other.signature[:7])
    yield replace(held("witness-signature-cut-short", "held_1_not_signed", with_signature(signed, short)), keys=keys)
    elsewhere = ledger_of(sample_entries(), stranger)
    both_keys = (KEY, str(stranger.verifier_key()))
    yield replace(held("held-checkpoint-of-another-ledger", "another_ledger", elsewhere.checkpoint()), keys=both_keys)
    renamed = [edited(header, lambda r: r.update(origin="stranger.example")), *lines[1:]]
    yield whole_case("header-names-another-ledger", "another_ledger", renamed)


def _signed_by(text: str, key: SigningKey) -> bytes:
    return text.encode() + b"\n" + sign_note(text, key).line().encode()


def _rewritten_ledgers() -> Iterator[ExportCase]:
    """Yield what an operator can do who has the ledger and its key, against checkpoints that were held meanwhile."""
    original = sample_entries()
    changed: list[tuple[str, list[SealedEntry]]] = [
        (
            "entry-changed",
            [*original[:2], replace(original[2], recorded_at="2026-08-01T09:32:00.000001Z"), *original[3:]],
        ),
        ("entry-left-out", [*original[:2], *original[3:]]),
        ("entry-slipped-in", [*original[:2], original[6], *original[2:]]),
        ("entries-swapped", [original[1], original[0], *original[2:]]),
        ("cut-short", original[:6]),
    ]
    for name, entries in changed:
        rewritten = ledger_of(entries)
        lines = rewritten.whole()
        code = "held_1_contradicted" if len(entries) >= 7 else "held_1_not_comparable"
        yield whole_case(f"ledger-rewritten-{name}", code, lines, (LEDGER.checkpoint(),))
        if name != "cut-short":
            yield whole_case(
                f"ledger-rewritten-{name}-older-held", "held_1_contradicted", lines, (LEDGER.checkpoint(3),)
            )
            held = (rewritten.checkpoint(), LEDGER.checkpoint(3))
            yield whole_case(f"ledger-rewritten-{name}-both-held", "held_2_contradicted", lines, held)
    emptied = sign_checkpoint(Checkpoint(ORIGIN, 0, made_up_bytes("no root")), LEDGER.key)
    yield whole_case("held-empty-checkpoint-with-a-root", "held_1_contradicted", LEDGER.whole(), (emptied,))
    yield whole_case(
        "newer-checkpoint-held-without-proof", "held_1_not_comparable", LEDGER.whole(4), (LEDGER.checkpoint(),)
    )
    fork = ledger_of([*original[:2], original[6], *original[3:]])
    lines = LEDGER.whole(4, other_sizes=[7])
    yield whole_case("newer-checkpoint-held-of-a-fork", "held_1_contradicted", lines, (fork.checkpoint(),))
    proof = json.loads(lines[OPENING])["proof"]
    for i in range(len(proof)):
        broken = edited(lines[OPENING], lambda r, i=i: r["proof"].__setitem__(i, "0" * 64))
        damaged = [*lines[:OPENING], broken, *lines[OPENING + 1 :]]
        yield whole_case(f"proof-to-newer-hash-{i}-changed", "held_1_contradicted", damaged, (LEDGER.checkpoint(),))


def _changed_selections() -> Iterator[ExportCase]:
    lines, signed = LEDGER.selection([1, 3, 6], other_sizes=[3]), LEDGER.checkpoint()
    head, body, end = lines[:3], lines[3:-1], lines[-1]

    def case(name: str, code: str, changed: list[bytes], *held: bytes) -> ExportCase:
        return ExportCase(f"selection/{name}", tuple(changed), held or (signed,), (KEY,), code)

    def with_second(name: str, code: str, edit: Callable[[Record], object]) -> ExportCase:
        return case(name, code, [*head, body[0], edited(body[1], edit), body[2], end])

    yield with_second(
        "value-changed", "entries_changed", lambda r: r["entry"]["fields"]["purpose"].update(value="attendance")
    )
    yield with_second("index-changed", "entries_changed", lambda r: r.update(index=4))
    yield with_second("index-not-ascending", "entry_out_of_place", lambda r: r.update(index=1))
    yield with_second("index-beyond-the-checkpoint", "entries_changed", lambda r: r.update(index=7))
    yield with_second("proof-removed", "entry_out_of_place", lambda r: r.pop("proof"))
    yield with_second("proof-empty", "entries_changed", lambda r: r.update(proof=[]))
    yield with_second("proof-cut-short", "entries_changed", lambda r: r["proof"].pop())
    yield with_second("proof-lengthened", "entries_changed", lambda r: r["proof"].append("0" * 64))
    yield with_second("proof-reversed", "entries_changed", lambda r: r["proof"].reverse())
    other = json.loads(body[2])["proof"]
    yield with_second("proof-of-another-entry", "entries_changed", lambda r: r.update(proof=other))
    for i in range(3):
        yield with_second(
            f"proof-hash-{i}-changed", "entries_changed", lambda r, i=i: r["proof"].__setitem__(i, "0" * 64)
        )
    yield with_second("proof-hash-not-hex", "export_malformed", lambda r: r["proof"].__setitem__(0, "g" * 64))
    yield with_second("proof-hash-cut-short", "export_malformed", lambda r: r["proof"].__setitem__(0, "0" * 62))
    yield with_second("proof-hash-a-number", "export_malformed", lambda r: r["proof"].__setitem__(0, 0))
    yield with_second("proof-not-a-list", "export_malformed", lambda r: r.update(proof="0" * 64))
    yield with_second("proof-of-131-hashes", "export_malformed", lambda r: r.update(proof=["0" * 64] * 131))
    yield case("entry-removed", "entries_missing", [*head, body[0], body[2], end])
    yield case("entries-swapped", "entry_out_of_place", [*head, body[0], body[2], body[1], end])
    yield case("entry-twice", "entry_out_of_place", [*head, body[0], body[0], *body[1:], end])
    yield case("end-removed", "export_malformed", [*head, *body])
    whole = edited(head[0], lambda r: r.update(scope="whole"))
    yield case("passed-off-as-whole", "entry_out_of_place", [whole, *head[1:], *body, end])
    some = edited(LEDGER.whole()[0], lambda r: r.update(scope="selection"))
    yield case("whole-passed-off-as-selection", "entry_out_of_place", [some, *LEDGER.whole()[1:]])
    older = LEDGER.checkpoint(3)
    yield case("older-held-without-proof", "held_1_not_comparable", [*head[:2], *body, end], older)
    fork = ledger_of(sample_entries()[1:4])
    yield case("older-held-of-a-fork", "held_1_contradicted", lines, fork.checkpoint())
    proof_line = json.loads(head[2])
    for i in range(len(proof_line["proof"])):
        broken = edited(head[2], lambda r, i=i: r["proof"].__setitem__(i, "0" * 64))
        yield case(f"consistency-hash-{i}-changed", "held_1_contradicted", [*head[:2], broken, *body, end], older)
    empty = edited(head[2], lambda r: r.update(proof=[]))
    yield case("consistency-proof-empty", "held_1_contradicted", [*head[:2], empty, *body, end], older)
    moved = edited(head[2], lambda r: r.update(older_size=4))
    yield case("consistency-proof-from-another-size", "held_1_not_comparable", [*head[:2], moved, *body, end], older)
    fake = sign_checkpoint(Checkpoint(ORIGIN, 7, made_up_bytes("another root")), LEDGER.key)
    yield case("held-of-the-same-size-differs", "held_1_contradicted", lines, fake)
