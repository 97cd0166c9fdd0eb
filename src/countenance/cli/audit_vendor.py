"""``audit run --vendor`` and ``audit vendor-clean``: an audit of a vendor's recogniser, with its price said before."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from countenance.bootstrap.vendor_connections import Connection, VendorChoice, connect_vendor
from countenance.cli import audit_words, exit_codes
from countenance.cli.options import Json
from countenance.cli.output import err, out, print_json, progress_bar, table
from countenance.core.errors import AuditInputInvalid, VendorError
from countenance.service.audits.running import RunChoices
from countenance.service.audits.vendor_audit import VendorRun, measure_vendor, run_vendor
from countenance.service.audits.vendor_documents import AUDITORS_DUTY, TESTED_AGAINST
from countenance.service.audits.vendor_plan import Estimate, estimate_costs, require_affordable
from countenance.service.audits.vendor_result import vendor_material
from countenance.service.audits.workspace import Workspace

_PANEL = "A vendor's recogniser (tested against a server of our own, not against the vendors)"


def _option(*words: str, **more: Any) -> Any:
    return typer.Option(*words, rich_help_panel=_PANEL, show_default=False, **more)


Vendor = Annotated[str | None, _option("--vendor", help="Audit rekognition or azure through its own SDK.")]
MaxCost = Annotated[
    str | None, _option("--max-cost", help="Most that may be spent, retries included, in the list's currency.")
]
Operation = Annotated[
    str | None, _option("--vendor-operation", help="search (default), compare (pair by pair) or identify (azure).")
]
EndpointUrl = Annotated[str | None, _option("--endpoint-url", help="Azure resource, or a compatible server.")]
Region = Annotated[str | None, _option("--region", help="AWS region.")]
AwsProfile = Annotated[str | None, _option("--aws-profile", help="Profile of the AWS configuration.")]
PricePerCall = Annotated[str | None, _option("--price-per-call", help="Your price, instead of the list's.")]
Keep = Annotated[bool, _option("--keep", help="Leave the enrolled faces at the vendor afterwards.")]
Yes = Annotated[bool, _option("--yes", "-y", help="Do not ask whether the estimate is accepted.")]


@dataclass(frozen=True, slots=True)
class VendorWords:
    """What the command line says about a vendor.

    Attributes:
        vendor: Its name.
        max_cost: The cap, as typed.
        operation: Its function.
        endpoint_url: Another server.
        region: AWS region.
        aws_profile: AWS profile.
        price_per_call: Price, as typed.
        keep: Leave the faces there.
        yes: Do not ask.
    """

    vendor: str
    max_cost: str | None = None
    operation: str | None = None
    endpoint_url: str | None = None
    region: str | None = None
    aws_profile: str | None = None
    price_per_call: str | None = None
    keep: bool = False
    yes: bool = False


def register(audit_app: typer.Typer) -> None:
    """Add the commands of this module."""
    audit_app.command("vendor-clean", epilog="Example:  countenance audit vendor-clean town --vendor rekognition")(
        vendor_clean
    )


def run_with_vendor(workspace: Workspace, choices: RunChoices, words: VendorWords, *, as_json: bool) -> dict[str, Any]:
    """Estimate, ask, run, measure; return the result document.

    Raises:
        VendorError: The vendor refused or stopped answering, or the cap was reached.
        AuditInputInvalid: Photos, thresholds or the archive cannot be used.
        SettingsInvalid: An option does not go with the vendor.
    """
    if as_json and not words.yes:
        raise typer.BadParameter("--json asks nothing; give --yes to accept the estimate")
    set_up = workspace.set_up()
    vendor = _connect(workspace, words, cap=_amount(words.max_cost, "--max-cost"))
    asked = vendor_material(workspace, set_up, choices.against)
    estimate = estimate_costs(asked.plan, vendor)
    if not as_json:
        _show(estimate)
    require_affordable(estimate)
    if not words.yes and not typer.confirm("Send the photos?", default=False):
        err.print(Text("Nothing was sent."))
        raise typer.Exit(exit_codes.SOME_REJECTED)
    with audit_words.steps(progress_bar, quiet=as_json) as steps:

        def progress(done: int, total: int, note: str = "") -> None:
            steps(f"{vendor.facts.title}: {note}", done, total)

        try:
            run = run_vendor(
                asked.plan, vendor, workspace.folder, run_id=secrets.token_hex(8), now=_now, keep=words.keep,
                progress=progress,
            )  # fmt: skip
        except (VendorError, AuditInputInvalid, KeyboardInterrupt):
            _say_what_remains(workspace, vendor, words)
            raise
        document = measure_vendor(
            workspace, set_up, asked, run, choices, made_at=_now().strftime("%Y-%m-%dT%H:%M:%SZ"), progress=steps
        )
    if not as_json:
        _say_run(run)
    return document


def vendor_clean(
    name: Annotated[str, typer.Argument(help="The audit; a folder of this name.", show_default=False)],
    vendor: Annotated[str, typer.Option("--vendor", help="rekognition or azure.", show_default=False)],
    endpoint_url: EndpointUrl = None,
    region: Region = None,
    aws_profile: AwsProfile = None,
    folder: Annotated[Path, typer.Option("--dir", help="Folder the audit's folder lies in.")] = Path(),
    as_json: Json = False,
) -> None:
    """Delete at the vendor what an interrupted run, or one with --keep, left there."""
    words = VendorWords(vendor, endpoint_url=endpoint_url, region=region, aws_profile=aws_profile)
    # No cap: removing faces must not fail for want of a tenth of a cent.
    connection = _connect(Workspace(folder / name), words, cap=Decimal("Infinity"))
    left = connection.interrupted()
    left.close()
    if as_json:
        print_json("audit vendor-clean", {"container": left.container, "deleted": True})
    else:
        out.print(Text(f"{left.container} is deleted at {connection.facts.title}. The archive stays."))


def _connect(workspace: Workspace, words: VendorWords, *, cap: Decimal) -> Connection:
    price = None if words.price_per_call is None else _amount(words.price_per_call, "--price-per-call")
    choice = VendorChoice(
        words.vendor, cap, operation=words.operation, endpoint_url=words.endpoint_url, region=words.region,
        aws_profile=words.aws_profile, price_per_call=price,
    )  # fmt: skip
    return connect_vendor(choice, workspace.folder, now=_now, sleep=time.sleep)


def _amount(text: str | None, option: str) -> Decimal:
    if text is None:
        raise typer.BadParameter(f"with --vendor, say what may be spent at most: {option} 15")
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{option} is an amount such as 15 or 0.001 (got {text!r})") from error
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{option} is an amount such as 15 or 0.001 (got {text!r})")
    return amount


def _show(estimate: Estimate) -> None:
    rows = [
        (line.operation, f"{line.calls:,}", f"{line.answered:,}", f"{line.price_each:f}", f"{line.remaining:f}")
        for line in estimate.lines
    ]
    columns = ("operation", "calls", "answered already", "price each", "to be spent")
    out.print(table(f"What this asks of {estimate.prices.vendor}", columns, rows, right=(1, 2, 3, 4)))
    out.print(Text(estimate.in_words))
    out.print(Text(estimate.prices.note, style="dim"))
    out.print(Text(f"Cap: {estimate.cap:f} {estimate.prices.currency}. {TESTED_AGAINST} {AUDITORS_DUTY}"))


def _say_run(run: VendorRun) -> None:
    said = run.document
    spend, failures = said["spend"], said["failures_by_reason"]
    out.print(
        Text(f"{spend['attempts']:,} requests, {spend['cost']} {spend['currency']} by list. {_refused(failures)}")
    )
    out.print(Text(said["censoring"]["sentence"]))
    container = said["container"]
    if not container["deleted"]:
        out.print(Text(f"{container['name']} stays at the vendor; `countenance audit vendor-clean` deletes it."))


def _refused(failures: dict[str, int]) -> str:
    if not failures:
        return "Every photo was accepted."
    return "Not accepted: " + ", ".join(f"{number:,} {reason}" for reason, number in failures.items()) + "."


def _say_what_remains(workspace: Workspace, vendor: Connection, words: VendorWords) -> None:
    if vendor.attempts and not vendor.finished and vendor.facts.operation != "compare":
        err.print(
            Text(
                "What was enrolled stays at the vendor so that the run can go on. To delete it instead:  "
                f"countenance audit vendor-clean {workspace.name} --vendor {words.vendor}"
            )
        )


def _now() -> datetime:
    return datetime.now(UTC)
