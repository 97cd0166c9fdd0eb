"""Check an export of a Countenance ledger. One file; needs Python 3.9 or newer and the package ``cryptography``.

    python countenance_verify.py EXPORT.jsonl CHECKPOINT.txt [MORE.txt ...] --key KEY [--key KEY ...] [--json]

EXPORT.jsonl     the file you were given.
CHECKPOINT.txt   a checkpoint that reached you some other way, best earlier than the export. Give all that you keep:
                 each is compared, older ones show that the ledger was only added to.
--key KEY        the ledger's verifier key, NAME+KEYID+KEY, as printed on paper or sent to you before. Keys of
                 witnesses may be given as well.
--json           print the findings as JSON.

Exit codes: 0 verified; 1 not verified: changed, incomplete, signed by nobody known, or not comparable; 2 wrong use:
a file cannot be opened, or a key is malformed.

This program reads files and writes to the terminal. It opens no network connection and shares no code with the service
that made the export, so that it can be read, copied and kept by those who check that service. For the same reason it is
one file and longer than others of the project. The formats are C2SP signed-note, tlog-checkpoint and tlog-cosignature;
the tree is RFC 6962; canonical JSON is the subset of RFC 8785 described in the project's documentation.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "countenance-ledger-export/1"
LARGEST_INTEGER = 2**53 - 1
LARGEST_NOTE = 1000000
LONGEST_LINE = 4 * 1024 * 1024
LONGEST_PROOF = 130
MOST_SIGNATURES = 100
NOTE_KEY, WITNESS_KEY = 1, 4
EMPTY_ROOT = hashlib.sha256(b"").digest()

NOT_SHOWN = [
    "That everything that was done is in the ledger: only that what was written was not changed afterwards.",
    "That what operators entered is true: a warrant, a consent, a case number or a name is recorded as claimed.",
    "That the times are right: they are the operator's clock; only a witness's time comes from somebody else.",
    "Anything against the operator, if the checkpoint reached you only now, or from nobody but the operator: whoever "
    "has the ledger and its key can write another ledger and sign that. A checkpoint you kept earlier, one held by "
    "somebody else, or a witness's signature shows which one was there.",
    "That others were shown the same ledger: compare your checkpoint with one that somebody else holds.",
]
NOT_SHOWN_WITHHELD = (
    "What the withheld fields say: only that they were fixed when the entry was written. The reasons given for "
    "withholding are statements of whoever made the file."
)
NOT_SHOWN_SELECTION = "Which entries were left out of this selection, or what they say."

is_hash = re.compile(r"[0-9a-f]{64}").fullmatch
is_identifier = re.compile(r"[0-9a-f]{32}").fullmatch
is_name = re.compile(r"[a-z][a-z0-9_]{0,63}").fullmatch
is_time = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
).fullmatch
is_size = re.compile(r"0|[1-9][0-9]{0,18}").fullmatch


class Malformed(Exception):
    """The bytes are not in the format."""


class Unproven(Exception):
    """A signature or proof does not hold."""


class WrongUse(Exception):
    """The command was given something it cannot start with."""


class Key(NamedTuple):
    """A verifier key: of the ledger (type 1) or of a witness (type 4)."""

    name: str
    key_id: bytes
    type: int
    public_key: bytes


class Checkpoint(NamedTuple):
    """A ledger's name, number of entries, and root."""

    origin: str
    size: int
    root: bytes


# --- canonical JSON ---------------------------------------------------------------------------------------------------


def whole_number(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        raise ValueError("out of range")
    return int(text)


def no_number(text: str) -> NoReturn:
    raise ValueError("not a whole number")


read_json = json.JSONDecoder(parse_int=whole_number, parse_float=no_number, parse_constant=no_number).decode
write_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def canonical(data: bytes) -> Any:
    """Return the value of bytes that are exactly the canonical JSON of it."""
    try:
        value = read_json(data.decode())
        again = write_json(value).encode()
    except (ValueError, RecursionError):
        raise Malformed("The bytes are not JSON text in UTF-8 as the ledger writes it.") from None
    if again != data:
        raise Malformed("The bytes are JSON, but not in the one form the ledger writes.")
    return value


# --- the tree of RFC 6962 ---------------------------------------------------------------------------------------------


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Roots of the complete subtrees, largest first, and the number of leaves below each."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        leaves = 1
        while self.parts and self.parts[-1][0] == leaves:
            leaf = node(self.parts.pop()[1], leaf)
            leaves *= 2
        self.parts.append((leaves, leaf))

    def root(self) -> bytes:
        if not self.parts:
            return EMPTY_ROOT
        root = self.parts[-1][1]
        for _, part in reversed(self.parts[:-1]):
            root = node(part, root)
        return root


def root_of_path(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    """Return the root that an inclusion proof (leaf's neighbour first) leads to, by the definition of RFC 6962."""
    if size == 1:
        if proof:
            raise Unproven
        return leaf
    if not proof:
        raise Unproven
    left = 1 << ((size - 1).bit_length() - 1)
    if index < left:
        return node(root_of_path(index, left, leaf, proof[:-1]), proof[-1])
    return node(proof[-1], root_of_path(index - left, size - left, leaf, proof[:-1]))


def roots_of_consistency(
    older: int, size: int, older_root: bytes, proof: list[bytes], *, at_left_edge: bool
) -> tuple[bytes, bytes]:
    """Return the (older, newer) roots that a consistency proof leads to, by the definition of RFC 6962."""
    if older == size:
        if at_left_edge:
            if proof:
                raise Unproven
            return older_root, older_root
        if len(proof) != 1:
            raise Unproven
        return proof[0], proof[0]
    if not proof:
        raise Unproven
    left = 1 << ((size - 1).bit_length() - 1)
    if older <= left:
        old, new = roots_of_consistency(older, left, older_root, proof[:-1], at_left_edge=at_left_edge)
        return old, node(new, proof[-1])
    old, new = roots_of_consistency(older - left, size - left, older_root, proof[:-1], at_left_edge=False)
    return node(proof[-1], old), node(proof[-1], new)


def continues(older: Checkpoint, newer: Checkpoint, proof: list[bytes]) -> bool:
    """Return whether the newer checkpoint's tree is the older one's with leaves added."""
    if older.size == 0:
        return older.root == EMPTY_ROOT and (newer.size > 0 or newer.root == EMPTY_ROOT)
    try:
        roots = roots_of_consistency(older.size, newer.size, older.root, proof, at_left_edge=True)
    except Unproven:
        return False
    return roots == (older.root, newer.root)


# --- keys, signed notes, checkpoints ----------------------------------------------------------------------------------


def decode_base64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def good_name(name: str) -> bool:
    return name != "" and "+" not in name and not any(c.isspace() or c < " " for c in name)


def parse_key(text: str) -> Key:
    name, _, rest = text.partition("+")
    key_id, plus, encoded = rest.partition("+")
    typed = decode_base64(encoded) if plus else None
    if typed is None or len(typed) != 33 or typed[0] not in (NOTE_KEY, WITNESS_KEY) or not good_name(name):
        raise WrongUse("A key does not read NAME+KEYID+KEY. Copy the whole line, without line breaks.")
    if hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4].hex() != key_id:
        raise WrongUse("A key's id does not belong to its name and key. Copy the whole line, without line breaks.")
    return Key(name, bytes.fromhex(key_id), typed[0], typed[1:])


def parse_note(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return (text, [(name, key id, signature)]) of a signed note."""
    if len(data) > LARGEST_NOTE:
        raise Malformed(f"A signed note is larger than {LARGEST_NOTE} bytes.")
    try:
        note = data.decode()
    except UnicodeDecodeError:
        raise Malformed("A signed note is not UTF-8 text.") from None
    if any(c < " " and c != "\n" for c in note):
        raise Malformed("A signed note has a control character.")
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not text or not tail.endswith("\n"):
        raise Malformed("A signed note is text, a blank line, and at least one signature line.")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise Malformed(f"A signed note has more than {MOST_SIGNATURES} signatures.")
    signatures = []
    for line in lines:
        if not line.startswith("\u2014 "):
            raise Malformed("A signature line does not start with an em dash and a space.")
        name, space, encoded = line[2:].partition(" ")
        if not good_name(name):
            raise Malformed("A key name is empty or has a space or plus sign.")
        blob = decode_base64(encoded) if space else None
        if blob is None or len(blob) <= 4:
            raise Malformed("A signature line does not end in a key id and signature in base64.")
        signatures.append((name, blob[:4], blob[4:]))
    return text + "\n", signatures


def parse_checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "":
        raise Malformed("A checkpoint has at least three lines: origin, size, root.")
    root = decode_base64(lines[2])
    if not is_size(lines[1]) or root is None:
        raise Malformed("A checkpoint's size or root is malformed.")
    if "" in lines:
        raise Malformed("A line of a checkpoint is empty or has a control character.")
    if int(lines[1]) >= 2**63 or len(root) != 32:
        raise Malformed("A checkpoint's size or root is out of range.")
    return Checkpoint(lines[0], int(lines[1]), root)


def verify_signed(data: bytes, keys: list[Key]) -> tuple[Checkpoint, Key | None, list[tuple[str, int]]]:
    """Return (checkpoint, the ledger's key that signed or None, [(witness, time)])."""
    text, signatures = parse_note(data)
    checkpoint = parse_checkpoint(text)
    relevant = [key for key in keys if key.type == WITNESS_KEY or key.name == checkpoint.origin]
    if not relevant:
        raise Unproven(f"No key is known for the ledger {checkpoint.origin}.")
    known = {(key.name, key.key_id): key for key in relevant}
    signers: list[Key] = []
    witnesses: list[tuple[str, int]] = []
    for name, key_id, blob in signatures:
        key = known.get((name, key_id))
        if key is None:
            continue
        signature, message = blob, text.encode()
        if key.type == WITNESS_KEY:
            time, signature = int.from_bytes(blob[:8], "big"), blob[8:]
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
            witnesses.append((name, time))
        else:
            signers.append(key)
        try:
            Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, message)
        except InvalidSignature:
            raise Unproven(f"The signature by {name} does not belong to this text.") from None
    if not signers and not witnesses:
        raise Unproven("No known key signed this text.")
    return checkpoint, signers[0] if signers else None, witnesses


def time_text(seconds: int) -> str:
    try:
        return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S UTC")  # noqa: DTZ001
    except OverflowError:
        return f"{seconds} seconds after 1970"


# --- entries ----------------------------------------------------------------------------------------------------------


def value_text(name: str, value: Any) -> str:
    """Return the canonical JSON of a field's value: text, whole number, yes/no, or a list of the first or second."""
    if type(value) in (str, int, bool):
        return write_json(value)
    if type(value) is list and (all(type(v) is str for v in value) or all(type(v) is int for v in value)):
        return write_json(value)
    raise Malformed(f"Field '{name}' holds a value of no known type.")


def field_commitment(name: str, field: Any) -> tuple[str, bool]:
    """Return (commitment, whether the value is withheld)."""
    if not is_name(name) or type(field) is not dict:
        raise Malformed("A field of an entry is malformed.")
    if field.keys() == {"salt", "value"}:
        salt = field["salt"]
        if type(salt) is not str or not is_identifier(salt):
            raise Malformed(f"The salt of field '{name}' is not 32 hex digits.")
        opened = f'["{salt}","{name}",{value_text(name, field["value"])}]'
        return hashlib.sha256(opened.encode()).hexdigest(), False
    if field.keys() == {"commitment", "reason"}:
        digest, reason = field["commitment"], field["reason"]
        if not (type(digest) is str and type(reason) is str and is_hash(digest) and is_name(reason)):
            raise Malformed(f"The commitment or reason of field '{name}' is malformed.")
        return digest, True
    raise Malformed(f"Field '{name}' is neither shown (salt, value) nor withheld (commitment, reason).")


def leaf_of(entry: Any) -> tuple[bytes, int]:
    """Return (leaf hash, number of withheld fields) of a sealed entry."""
    if type(entry) is not dict or entry.keys() != {"fields", "id", "kind", "time", "v"}:
        raise Malformed("An entry has exactly the members fields, id, kind, time and v.")
    if type(entry["v"]) is not int or entry["v"] != 1:
        raise Malformed("An entry is not of version 1.")
    if not all(type(entry[member]) is str for member in ("id", "kind", "time")):
        raise Malformed("An entry's identifier, kind or time is not text.")
    if not (is_identifier(entry["id"]) and is_name(entry["kind"]) and is_time(entry["time"])):
        raise Malformed("An entry's identifier, kind or time is malformed.")
    if type(entry["fields"]) is not dict:
        raise Malformed("An entry's fields are not members by name.")
    commitments, withheld = {}, 0
    for name, field in entry["fields"].items():
        commitments[name], hidden = field_commitment(name, field)
        withheld += hidden
    leaf = write_json({**entry, "fields": commitments})
    return hashlib.sha256(b"\x00" + leaf.encode()).digest(), withheld


# --- lines of an export -----------------------------------------------------------------------------------------------

MEMBERS = {
    "header": {"line", "format", "origin", "scope", "made_at"},
    "checkpoint": {"line", "note"},
    "consistency": {"line", "older_size", "size", "proof"},
    "entry": {"line", "index", "entry"},
    "end": {"line", "entries"},
}
AFTER = {
    None: ("header",),
    "header": ("checkpoint",),
    "checkpoint": ("consistency", "entry", "end"),
    "consistency": ("consistency", "entry", "end"),
    "entry": ("entry", "end"),
    "end": (),
}


def parse_line(raw: bytes) -> dict[str, Any]:
    """Return one line as a dict; proofs as bytes, an entry as its leaf hash and number of withheld fields."""
    raw = raw[:-1] if raw.endswith(b"\n") else raw
    raw = raw[:-1] if raw.endswith(b"\r") else raw
    if len(raw) > LONGEST_LINE:
        raise Malformed(f"The line is longer than {LONGEST_LINE} bytes.")
    line = canonical(raw)
    if type(line) is not dict:
        raise Malformed("The line is not an object.")
    what = line.get("line")
    members = MEMBERS.get(what) if type(what) is str else None
    if members is None or line.keys() not in (members, members | {"proof"} if what == "entry" else members):
        raise Malformed("The line is of no known kind, or has other members than its kind.")
    if "proof" in line:
        proof = line["proof"]
        if type(proof) is not list or len(proof) > LONGEST_PROOF:
            raise Malformed("A proof is not a list of hashes.")
        if not all(type(value) is str and is_hash(value) for value in proof):
            raise Malformed("A hash in a proof is not 64 hex digits.")
        line["proof"] = [bytes.fromhex(value) for value in proof]
    for member in {"index", "older_size", "size", "entries"} & line.keys():
        if type(line[member]) is not int or line[member] < 0:
            raise Malformed("A member that is a count is something else.")
    if what == "header":
        if line["format"] != FORMAT:
            raise Malformed(f"The file is not of the format {FORMAT}.")
        if line["scope"] not in ("whole", "selection"):
            raise Malformed("The scope is neither whole nor selection.")
    for member in {"origin", "made_at", "note"} & line.keys():
        if type(line[member]) is not str:
            raise Malformed("A member that is text is something else.")
    if what == "entry":
        line["leaf"], line["withheld"] = leaf_of(line["entry"])
    return line


def read_lines(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the lines of an export in an order the format allows, the end line last."""
    previous, number = None, 0
    for raw in lines:
        number += 1
        try:
            line = parse_line(raw)
        except Malformed as error:
            raise Malformed(f"Line {number}: {error}") from None
        if line["line"] not in AFTER[previous]:
            raise Malformed(f"Line {number}: This kind of line does not belong here.")
        previous = line["line"]
        yield line
    if previous != "end":
        raise Malformed(f"Line {number + 1}: The file breaks off before its end line.")


# --- the verification -------------------------------------------------------------------------------------------------


class Run:
    """One verification: what was found so far."""

    def __init__(self, keys: list[Key]) -> None:
        self.keys = keys
        self.findings: list[dict[str, Any]] = []
        self.complete, self.entries, self.withheld, self.scope = False, 0, 0, "whole"

    def say(self, code: str, ok: bool, text: str) -> None:
        self.findings.append({"code": code, "ok": ok, "text": text})

    def read_signed(self, data: bytes, code: str, what: str) -> Checkpoint | None:
        try:
            checkpoint, signer, witnesses = verify_signed(data, self.keys)
        except Unproven as error:
            self.say(f"{code}_not_signed", False, f"{what} is not validly signed. {error}")
            return None
        except Malformed as error:
            self.say(f"{code}_malformed", False, f"{what} cannot be read. {error}")
            return None
        if signer is None:
            self.say(f"{code}_not_signed", False, f"{what} is signed by a witness, but not by the ledger's own key.")
            return None
        by = f"{signer.name} (key {signer.key_id.hex()})"
        self.say(f"{code}_signed", True, f"{what} counts {checkpoint.size} entries and is signed by {by}.")
        for name, seconds in witnesses:
            self.say(f"{code}_witnessed", True, f"{what} was seen by the witness {name} at {time_text(seconds)}.")
        return checkpoint

    def read_export(self, lines: Iterator[dict[str, Any]], held: dict[int, Checkpoint]) -> None:
        header = next(lines)
        own = self.read_signed(next(lines)["note"].encode(), "export", "The checkpoint in the file")
        if own is None:
            return
        if {header["origin"], own.origin} | {checkpoint.origin for checkpoint in held.values()} != {own.origin}:
            self.say("another_ledger", False, "The file and the held checkpoints do not speak of the same ledger.")
            return
        self.scope = header["scope"]
        proofs: dict[tuple[int, int], list[bytes]] = {}
        roots = {0: EMPTY_ROOT}
        sizes = {checkpoint.size for checkpoint in held.values()}
        if not self.read_entries(lines, own, sizes, roots, proofs):
            return
        if self.withheld:
            text = f"{self.withheld} fields are withheld; their commitments are in place."
            self.say("fields_withheld", True, text)
        for number, checkpoint in held.items():
            self.compare(number, checkpoint, own, roots, proofs)
        self.complete = True

    def read_entries(
        self,
        lines: Iterator[dict[str, Any]],
        own: Checkpoint,
        sizes: set[int],
        roots: dict[int, bytes],
        proofs: dict[tuple[int, int], list[bytes]],
    ) -> bool:
        """Read all entries, note roots at these sizes and the proofs; return whether the entries fit the checkpoint."""
        tree, last, stated, whole = Tree(), -1, -1, self.scope == "whole"
        for line in lines:
            if line["line"] == "consistency":
                proofs[line["older_size"], line["size"]] = line["proof"]
                continue
            if line["line"] == "end":
                stated = line["entries"]
                continue
            index = line["index"]
            if whole and (index != self.entries or "proof" in line):
                self.say("entry_out_of_place", False, f"Entry {self.entries} is missing, or not in its place.")
                return False
            if not whole and (index <= last or "proof" not in line):
                self.say("entry_out_of_place", False, f"Entry {index} is not in its place, or has no proof.")
                return False
            last = index
            self.entries += 1
            self.withheld += line["withheld"]
            if whole:
                tree.add(line["leaf"])
                if self.entries in sizes:
                    roots[self.entries] = tree.root()
            elif not self.is_included(line, own):
                text = f"Entry {index} is not the one that was signed at its place."
                self.say("entries_changed", False, text)
                return False
        return self.conclude_whole(own, stated, tree.root()) if whole else self.conclude_selection(own, stated)

    def conclude_whole(self, own: Checkpoint, stated: int, root: bytes) -> bool:
        if not self.entries == stated == own.size:
            text = f"The file has {self.entries} entries, says it has {stated}, and its checkpoint counts {own.size}."
            self.say("entries_missing", False, text)
            return False
        if root != own.root:
            text = "The entries are not those that were signed: at least one was changed, removed, added or moved."
            self.say("entries_changed", False, text)
            return False
        text = f"The file has all {own.size} entries that its checkpoint counts, in order and as they were signed."
        self.say("entries_match", True, text)
        return True

    def conclude_selection(self, own: Checkpoint, stated: int) -> bool:
        if self.entries != stated:
            text = f"The file has {self.entries} entries, and says it has {stated}."
            self.say("entries_missing", False, text)
            return False
        text = f"Each of the {self.entries} entries stands at its place among the {own.size} that were signed."
        self.say("entries_match", True, text)
        return True

    def is_included(self, line: dict[str, Any], own: Checkpoint) -> bool:
        try:
            return line["index"] < own.size and own.root == root_of_path(
                line["index"], own.size, line["leaf"], line["proof"]
            )
        except Unproven:
            return False

    def compare(
        self,
        number: int,
        held: Checkpoint,
        own: Checkpoint,
        roots: dict[int, bytes],
        proofs: dict[tuple[int, int], list[bytes]],
    ) -> None:
        """Compare a held checkpoint with the one in the file, whichever is the older."""
        older, newer = (held, own) if held.size <= own.size else (own, held)
        if self.scope == "whole" and held.size < own.size:
            fits = roots[held.size] == held.root
        elif older.size in (0, newer.size):
            fits = continues(older, newer, [])
        elif (older.size, newer.size) in proofs:
            fits = continues(older, newer, proofs[older.size, newer.size])
        else:
            text = (
                f"The file has no proof that connects held checkpoint {number} ({held.size} entries) to its own "
                f"({own.size} entries). Ask for an export with one."
            )
            self.say(f"held_{number}_not_comparable", False, text)
            return
        if not fits:
            text = (
                f"Held checkpoint {number} ({held.size} entries) and this file cannot both be true: the ledger was "
                "rewritten, or two ledgers were signed."
            )
            self.say(f"held_{number}_contradicted", False, text)
        elif held.size == own.size:
            text = f"Held checkpoint {number} is of exactly these {own.size} entries."
            self.say(f"held_{number}_same", True, text)
        elif held.size < own.size:
            text = f"The first {held.size} entries are those of held checkpoint {number}: none was changed since."
            self.say(f"held_{number}_continued", True, text)
        else:
            text = (
                f"Held checkpoint {number} continues this ledger: entries {own.size} to {held.size - 1} exist and are "
                "not in this file."
            )
            self.say(f"held_{number}_is_newer", True, text)

    def result(self) -> dict[str, Any]:
        not_shown = NOT_SHOWN + [NOT_SHOWN_WITHHELD] * bool(self.withheld)
        not_shown += [NOT_SHOWN_SELECTION] * (self.scope == "selection")
        return {
            "verified": self.complete and all(finding["ok"] for finding in self.findings),
            "findings": self.findings,
            "entries": self.entries,
            "withheld": self.withheld,
            "not_shown": not_shown,
        }


def verify(lines: Iterable[bytes], held: list[bytes], keys: list[str]) -> dict[str, Any]:
    """Return the result, a dict, for the lines of an export, signed checkpoints (bytes) and keys (text)."""
    known = [parse_key(key) for key in keys]
    if not any(key.type == NOTE_KEY for key in known):
        raise WrongUse("No verifier key of the ledger was given.")
    if not held:
        raise WrongUse("No checkpoint was given to hold the export against.")
    run, checkpoints = Run(known), {}
    for number, data in enumerate(held, 1):
        what = f"Held checkpoint {number}"
        checkpoint = run.read_signed(data.replace(b"\r\n", b"\n"), f"held_{number}", what)
        if checkpoint is not None:
            checkpoints[number] = checkpoint
    try:
        run.read_export(read_lines(lines), checkpoints)
    except Malformed as error:
        run.say("export_malformed", False, str(error))
    return run.result()


def report(result: dict[str, Any]) -> str:
    """Return the findings in words."""
    lines = ["VERIFIED" if result["verified"] else "NOT VERIFIED", ""]
    lines += [("  ok   " if finding["ok"] else "  NO   ") + finding["text"] for finding in result["findings"]]
    lines += ["", "What this does not show, even if verified:"]
    lines += ["  -    " + text for text in result["not_shown"]]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description="Check an export of a Countenance ledger against checkpoints that you hold.",
        epilog="Exit codes: 0 verified; 1 not verified; 2 wrong use (a file cannot be opened, a key is malformed).",
    )
    parser.add_argument("export", help="the export, a .jsonl file")
    parser.add_argument("checkpoint", nargs="+", help="a checkpoint that reached you some other way")
    parser.add_argument("--key", action="append", required=True, help="verifier key, NAME+KEYID+KEY; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    options = parser.parse_args(arguments)
    try:
        held = []
        for path in options.checkpoint:
            with open(path, "rb") as file:  # noqa: PTH123
                held.append(file.read(LARGEST_NOTE + 1))
        with open(options.export, "rb") as lines:  # noqa: PTH123
            result = verify(lines, held, options.key)
    except (OSError, WrongUse) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    text = json.dumps(result, indent=2) + "\n" if options.json else report(result)
    sys.stdout.write(text)
    return 0 if result["verified"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
