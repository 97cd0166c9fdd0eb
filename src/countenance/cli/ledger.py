"""``ledger``: read the record of acts, verify it, hand it to people outside, and vouch for it."""

from __future__ import annotations

import contextlib
import enum
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.text import Text

from countenance.bootstrap.ledger import OpenLedger, standalone_verifier
from countenance.cli import exit_codes
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import out, print_json, table
from countenance.core.errors import FileUnreadable, ProofInvalid
from countenance.service.journal_port import JournalEntry
from countenance.service.ledger_exports import Redaction

ledger_app = typer.Typer(
    help="Read, verify, export and vouch for the record of everything that was done.", no_args_is_help=True
)

#: Longest value shown in one line of ``ledger show``.
_SHOWN_CHARACTERS = 60


class KeyAction(enum.StrEnum):
    """What is done to the ledger's key."""

    ROTATE = "rotate"


Redact = Annotated[
    Redaction,
    typer.Option("--redact", help="default: what is personal or typed; everything: all values; none: nothing."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(ledger_app, name="ledger")


@ledger_app.command("show", epilog="Example:  countenance ledger show --limit 20")
def show(
    entry: Annotated[str | None, typer.Argument(help="An entry's identifier; none: the newest entries.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most entries shown, newest first.")] = 20,
    before: Annotated[int | None, typer.Option("--before", help="Only entries below this number.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show the newest entries, or one entry with all its fields."""
    with _ledger(data_dir) as ledger:
        if entry is not None:
            found = [ledger.journal.entry(entry)]
        else:
            found = ledger.journal.entries(limit=limit, before_index=before)
        size = ledger.journal.size()
    if as_json:
        print_json("ledger show", {"entries": found, "size": size})
    elif entry is not None:
        _print_entry(found[0])
    elif not found:
        out.print("Nothing is recorded yet.")
    else:
        rows = [(str(e.index), f"{e.recorded_at:%Y-%m-%d %H:%M:%S}", e.kind, e.entry_id, _gist(e)) for e in found]
        out.print(table(f"Ledger, {size:,} entries", ("no.", "when (UTC)", "kind", "entry", "gist"), rows, right=(0,)))


@ledger_app.command("verify", epilog="Example:  countenance ledger verify --checkpoint from-the-board.txt")
def verify(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="A checkpoint kept outside; may be repeated."),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option("--key", help="Verifier key that counts; none: those the database names.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Compute the whole ledger anew and hold it against every checkpoint there is."""
    with _ledger(data_dir) as ledger:
        result = ledger.verify(checkpoint or [], key or [])
    if as_json:
        print_json("ledger verify", {"verified": result.verified, "result": result})
    else:
        out.print(Text("VERIFIED" if result.verified else "NOT VERIFIED", style="bold"))
        for finding in result.findings:
            out.print(
                Text.assemble(("  ok   " if finding.ok else "  NO   ", "" if finding.ok else "bold"), finding.text)
            )
        out.print("\nWhat this does not show, even if verified:")
        for text in result.not_shown:
            out.print(Text(f"  –    {text}"))
    if not result.verified:
        raise typer.Exit(exit_codes.exit_code(ProofInvalid("not verified")))


@ledger_app.command("export", epilog="Example:  countenance ledger export --out ledger.jsonl --with-verifier")
def export(
    target: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.", show_default=False)],
    redact: Redact = Redaction.DEFAULT,
    entry: Annotated[
        list[str] | None, typer.Option("--entry", help="Only this entry, with its proof; may be repeated.")
    ] = None,
    recipient: Annotated[str, typer.Option("--for", metavar="WHOM", help="For whom it is made, in your words.")] = "",
    with_verifier: Annotated[
        bool, typer.Option("--with-verifier", help="Put the single-file verifier beside the export.")
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Write entries for people outside, who can check them without this software. The export is recorded."""
    with _ledger(data_dir) as ledger, _writing(target) as file:
        exports, by = ledger.exports, ledger.operator_id()
        if entry:
            made = exports.selection(entry, file.write, redaction=redact, operator_id=by, recipient=recipient)
        else:
            made = exports.whole(file.write, redaction=redact, operator_id=by, recipient=recipient)
        keys = [str(item) for item in ledger.custody.verifier_keys()]
    verifier = target.with_name("countenance_verify.py")
    if with_verifier:
        shutil.copyfile(standalone_verifier(), verifier)
    if as_json:
        print_json("ledger export", {"file": target, "verifier": verifier if with_verifier else None, "export": made})
        return
    out.print(f"Wrote {made.entries:,} entries to {target}; {made.fields_redacted:,} values are withheld.")
    out.print(f"SHA-256 {made.content_digest}, recorded as entry {made.recorded.entry_id}.")
    if with_verifier:
        out.print(
            Text(f"Check it:  python {verifier.name} {target.name} CHECKPOINT.txt --key '{keys[-1]}'"), soft_wrap=True
        )


@ledger_app.command("checkpoint", epilog="Example:  countenance ledger checkpoint --to /mnt/board/checkpoints.txt")
def checkpoint(
    to: Annotated[
        str | None, typer.Option("--to", metavar="FILE|URL", help="Add it to this file, or send it to this address.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="POST or PUT, for an address.")] = "POST",
    witness_key: Annotated[
        list[str] | None, typer.Option("--witness-key", help="A witness's key, whose signature may come back.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Sign the ledger's size and root. Only what is then kept elsewhere proves anything."""
    with _ledger(data_dir) as ledger:
        if to is None:
            ledger.started()
            kept = ledger.custody.checkpoint()
            signed, witnesses = kept.signed, tuple[str, ...]()
        else:
            kept, delivery, _ = ledger.publish(to, method=method.upper(), witness_keys=witness_key or ())
            signed, witnesses = delivery.signed, delivery.witnesses
    if as_json:
        content = {"entries": kept.entries, "checkpoint": signed.decode(), "to": to, "witnesses": witnesses}
        print_json("ledger checkpoint", content)
    elif to is None:
        typer.echo(signed.decode(), nl=False)
    else:
        out.print(Text(f"A checkpoint of {kept.entries:,} entries went to {to}."), soft_wrap=True)
        for name in witnesses:
            out.print(Text(f"The witness {name} signed it; its signature is kept."))


@ledger_app.command("prove", epilog="Example:  countenance ledger prove 5c71ebaaa6f58cf864591609c90a705f")
def prove(
    entry: Annotated[str, typer.Argument(help="The entry's identifier.", show_default=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show one entry and the hashes that lead from it to a signed checkpoint."""
    with _ledger(data_dir) as ledger:
        ledger.started()
        proof = ledger.exports.prove(entry)
    if as_json:
        content = {"entry": proof.entry, "leaf_hash": proof.leaf_hash, "proof": proof.hashes}
        print_json("ledger prove", content | {"checkpoint": proof.checkpoint.signed.decode()})
        return
    _print_entry(proof.entry)
    out.print(f"\nIt is entry {proof.entry.index} of {proof.checkpoint.entries:,}. From its hash to the root:")
    for value in (proof.leaf_hash, *proof.hashes):
        typer.echo(f"  {value}")
    out.print("\nThe checkpoint that this leads to:\n")
    typer.echo(proof.checkpoint.signed.decode(), nl=False)
    out.print("\nFor a file that others can check:  countenance ledger export --entry ENTRY --out FILE")


@ledger_app.command("restored", epilog='Example:  countenance ledger restored --reason "disk failed, backup of 3 May"')
def restored(
    reason: Annotated[str, typer.Option("--reason", help="Why, in your words.", show_default=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Record that an older database was put in place knowingly, so that work can go on."""
    with _ledger(data_dir) as ledger:
        recorded = ledger.custody.accept_restored(ledger.operator_id(), reason)
    if as_json:
        print_json("ledger restored", {"recorded": recorded})
    else:
        out.print(f"Recorded as entry {recorded.entry_id}. Entries that were lost stay lost; checkpoints show them.")


@ledger_app.command("key", epilog="Example:  countenance ledger key")
def key(
    action: Annotated[
        KeyAction | None, typer.Argument(help="rotate: go on with a new signing key, and record it.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show the ledger's public keys, the one in use last. They are no secret: pin them where others can see them.

    Checkpoints signed before a change of keys need the earlier public key.
    """
    with _ledger(data_dir) as ledger:
        if action is KeyAction.ROTATE:
            ledger.custody.rotate_key(ledger.operator_id())
        else:
            ledger.started()
        keys = ledger.custody.verifier_keys()
    if as_json:
        print_json("ledger key", {"origin": keys[-1].name, "keys": [str(item) for item in keys]})
        return
    for item in keys[-1:] if action is KeyAction.ROTATE else keys:
        typer.echo(str(item))


@contextlib.contextmanager
def _ledger(data_dir: Path | None) -> Iterator[OpenLedger]:
    app = application(data_dir=data_dir)
    with app.store() as store:
        yield app.ledger(store)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error


def _gist(entry: JournalEntry) -> str:
    for name in ("result", "decision", "action", "refusal", "change", "what", "origin", "references"):
        if name in entry.fields:
            return f"{name}: {entry.fields[name]}"[:_SHOWN_CHARACTERS]
    return ""


def _print_entry(entry: JournalEntry) -> None:
    rows = [(name, _in_words(value)) for name, value in sorted(entry.fields.items())]
    rows += [(name, f"(taken out: {reason})") for name, reason in sorted(entry.withheld.items())]
    title = f"Entry {entry.index}: {entry.kind}, {entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
    out.print(table(title, ("field", "value"), rows))


def _in_words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
