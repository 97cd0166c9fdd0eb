"""``policy``: which rules are in force, what they say about a request, and changing them, on record."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable, now
from countenance.bootstrap.operator_key import operator_key, read_public_key
from countenance.cli import exit_codes
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import out, print_json
from countenance.core.errors import FileUnreadable, InputError
from countenance.service.policy_changes import Changed, DeploymentFact, FederalLaw
from countenance.service.policy_questions import (
    check_operator_list,
    check_pack,
    explain_request,
    run_pack_examples,
    show_rules,
)

policy_app = typer.Typer(help="See, test, explain and change the rules in force.", no_args_is_help=True)
permits_app = typer.Typer(help="The operator's list of what is permitted.", no_args_is_help=True)
certificate_app = typer.Typer(help="Evaluation certificates that the rules read.", no_args_is_help=True)
law_app = typer.Typer(help="Enter a US federal law that regulates police use, signed.", no_args_is_help=True)

Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(policy_app, name="policy")
    policy_app.add_typer(permits_app, name="permits")
    policy_app.add_typer(certificate_app, name="certificate")
    policy_app.add_typer(law_app, name="federal-law")


@policy_app.command("list")
def list_(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List the packs, on or off, with sources, and everything else in force."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        shown = show_rules(parts.rules.current(), now())
    if as_json:
        print_json("policy list", {"rules": shown})
    else:
        out.print(Text(shown.text))


@policy_app.command("check", epilog="Example:  countenance policy check ./my-pack")
def check(
    path: Annotated[Path, typer.Argument(help="Folder of a pack, or an operator's list.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Check a rule pack or an operator's list without loading it."""
    if path.is_dir():
        pack = check_pack(path)
        content = {"pack": pack.name, "rules": sorted(pack.rule_ids), "examples": len(pack.examples)}
        said = f"{pack.name}: {len(pack.rules)} rules; all {len(pack.examples)} examples come out as written."
    else:
        rules = check_operator_list(_text_of(path))
        content, said = {"operator_list": path.name, "rules": rules}, f"{path.name}: {len(rules)} rules, all readable."
    if as_json:
        print_json("policy check", content)
    else:
        out.print(Text(said))


@policy_app.command("test")
def run_examples(
    packs: Annotated[list[str] | None, typer.Argument(help="Names of packs; all unless named.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Run the examples of the packs: which rule decides what."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        found = run_pack_examples(parts.rules.packs, tuple(packs or ()))
    if as_json:
        print_json("policy test", {"packs": found})
    else:
        for item in found:
            result = "; ".join(item.wrong) or "all as written"
            out.print(Text(f"{item.pack}: {item.examples} examples, {result}."))
    if any(item.wrong for item in found):
        raise typer.Exit(exit_codes.REFUSED)


@policy_app.command("explain", epilog="Example:  countenance policy explain request.json")
def explain(
    request: Annotated[Path, typer.Argument(help="The request as JSON: attribute to value.", show_default=False)],
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 8 unless it may run.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say what the rules make of a request and why. Nothing is done and nothing recorded."""
    try:
        values = json.loads(_text_of(request))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{request.name} is not JSON.") from error
    if not isinstance(values, dict):
        raise InputError(f"{request.name} holds no JSON object.", remedy="Give one object: attribute to value.")
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        decision, words = explain_request(parts.rules.current(), values, now())
    if as_json:
        print_json("policy explain", {"decision": decision, "in_words": words})
    else:
        out.print(Text(words))
    if exit_code and not decision.may_run:
        raise typer.Exit(exit_codes.REFUSED)


@policy_app.command("enable")
def enable(
    pack: Annotated[str, typer.Argument(show_default=False)],
    reason: Reason = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Switch a rule pack on; recorded."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).enable(pack, reason)
    _print_change(changed, f"{pack} is on.", as_json=as_json, command="policy enable")


@policy_app.command("disable")
def disable(
    pack: Annotated[str, typer.Argument(show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.", show_default=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Switch a rule pack off; recorded, reported, and named in every decision's entry."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).disable(pack, reason)
    _print_change(changed, f"{pack} is off.", as_json=as_json, command="policy disable")


@permits_app.command("load", epilog="Example:  countenance policy permits load ./operator.toml --reason 'new unit'")
def load_permits(
    file: Annotated[Path, typer.Argument(help="An operator's list (TOML).", show_default=False)],
    reason: Reason = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Put an operator's list in force; recorded. Packs still forbid what they forbid."""
    text = _text_of(file)
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).replace_operator_list(text, reason)
    _print_change(changed, "The list is in force.", as_json=as_json, command="policy permits load")


@permits_app.command("reset")
def reset_permits(reason: Reason = "", as_json: Json = False, data_dir: DataDir = None) -> None:
    """Put the shipped list back in force; recorded."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).replace_operator_list(None, reason)
    _print_change(changed, "The shipped list is in force.", as_json=as_json, command="policy permits reset")


@policy_app.command("trust", epilog='Example:  countenance policy trust lab.pem --name "City audit lab" --independent')
def trust(
    key: Annotated[Path, typer.Argument(help="The evaluator's Ed25519 public key (PEM).", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="Who the evaluator is.", show_default=False)],
    independent: Annotated[
        bool, typer.Option("--independent", help="You vouch that it is independent of the maker and of you.")
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List an evaluator's key: certificates it signs count from now on; recorded."""
    public = read_public_key(key)
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).list_evaluator(public, name, independent=independent)
    _print_change(changed, f"{name} is listed.", as_json=as_json, command="policy trust")


@policy_app.command("distrust")
def distrust(
    key_id: Annotated[str, typer.Argument(help="Id of the key, from `countenance policy list --json`.")],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Take an evaluator's key off the list: its certificates no longer count; recorded."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).drop_evaluator(key_id)
    _print_change(changed, "The key is off the list.", as_json=as_json, command="policy distrust")


@certificate_app.command("load")
def load_certificate(
    file: Annotated[Path, typer.Argument(help="The signed certificate.", show_default=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Load an evaluation certificate; recorded, and recorded too if it does not hold."""
    try:
        envelope = file.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read.") from error
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        read, entry = parts.changes(parts.standing()).load_certificate(envelope)
    if as_json:
        print_json("policy certificate load", {"certificate": read.certificate, "entry_id": entry.entry_id})
    elif read.certificate is not None:
        out.print(Text(f"Loaded: {read.certificate.evaluator} on {read.certificate.model.short}, "
                       f"{read.certificate.evaluated_on}. Recorded as entry {entry.entry_id}."))  # fmt: skip


@policy_app.command("attest", epilog="Example:  countenance policy attest public_policy --by 'A. Chief' --until "
                    "2027-11-24 --reference https://example.org/policy")  # fmt: skip
def attest(
    fact: Annotated[DeploymentFact, typer.Argument(show_default=False)],
    by: Annotated[str, typer.Option("--by", help="Who vouches for it.", show_default=False)],
    until: Annotated[str, typer.Option("--until", help="First day it is no longer taken as true.", show_default=False)],
    reference: Annotated[str, typer.Option("--reference", help="Document or address that shows it.")],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """State a fact about the installation under somebody's name; recorded. Nothing here checks it."""
    today = now().date()
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).attest(fact, by, today, _day(until), reference)
    _print_change(changed, f"{fact.value}, attested by {by}.", as_json=as_json, command="policy attest")


@policy_app.command("withdraw")
def withdraw(
    fact: Annotated[DeploymentFact, typer.Argument(show_default=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Take an attested fact back; recorded."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).withdraw(fact)
    _print_change(changed, f"{fact.value} is withdrawn.", as_json=as_json, command="policy withdraw")


@law_app.command("enter")
def enter_law(
    citation: Annotated[str, typer.Option("--citation", help="Citation of the law.", show_default=False)],
    statement: Annotated[str, typer.Option("--statement", help="Why it is the law meant.", show_default=False)],
    by: Annotated[str, typer.Option("--by", help="Who enters it.", show_default=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Enter a US federal law that regulates police use, signed with this installation's operator key; recorded.

    The pledge pack modelled on Microsoft's statement opens only then. The citation is in every transparency report.
    """
    app = application(data_dir=data_dir)
    with accountable(app, interface="cli") as parts:
        law = FederalLaw(citation, statement, by, now().date())
        changed = parts.changes(parts.standing()).enter_federal_law(law, operator_key(app.settings.data_dir))
    _print_change(changed, f"Entered: {citation}.", as_json=as_json, command="policy federal-law enter")


@law_app.command("withdraw")
def withdraw_law(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Take the entry back; recorded."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).withdraw_federal_law()
    _print_change(changed, "The entry is withdrawn.", as_json=as_json, command="policy federal-law withdraw")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"{path} cannot be read as text.") from error


def _day(written: str) -> dt.date:
    try:
        return dt.date.fromisoformat(written)
    except ValueError as error:
        raise typer.BadParameter("a day is written as 2027-11-24", param_hint="--until") from error


def _print_change(changed: Changed, said: str, *, as_json: bool, command: str) -> None:
    if as_json:
        print_json(command, {"changed": changed})
        return
    out.print(Text(said))
    if changed.can_widen:
        out.print(Text("Something refused before may be permitted now."))
    out.print(Text(f"Recorded as entry {changed.entry.entry_id}."))
