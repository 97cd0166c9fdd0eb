"""A vendor's name and the user's choices → a connection: SDK, credentials, archive, prices and budget put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from countenance.core.errors import AuditInputInvalid, SettingsInvalid, VendorCredentialsRefused
from countenance.vendors.archive import Archive, ArchivedFile
from countenance.vendors.budget import Budget
from countenance.vendors.paid_calls import PaidCalls
from countenance.vendors.prices import PriceList, price_list
from countenance.vendors.values import PlannedCalls, RetryPlan, VendorFacts

if TYPE_CHECKING:
    from countenance.service.audits.vendor_ports import VendorAudit
    from countenance.vendors.azure_client import AzureFaceClient
    from countenance.vendors.rekognition_client import RekognitionClient

ARCHIVE_FOLDER = "archive"
#: Operations by vendor; the first is the one used unless another is asked for.
OPERATIONS = {"rekognition": ("search", "compare"), "azure": ("search", "identify", "compare")}
#: Names under which Azure's own samples keep endpoint and key. Source: azure-ai-vision-face 1.0.0b2, README.
AZURE_ENDPOINT, AZURE_KEY = "AZURE_FACE_API_ENDPOINT", "AZURE_FACE_API_ACCOUNT_KEY"


@dataclass(frozen=True, slots=True)
class VendorChoice:
    """What the user chose.

    Attributes:
        vendor: ``rekognition`` or ``azure``.
        max_cost: The cap, in the currency of the price list.
        operation: ``search``, ``identify`` or ``compare``; None for search.
        endpoint_url: Another server, or the Azure resource; None for the usual place.
        region: AWS region.
        aws_profile: Profile of the shared AWS configuration.
        price_per_call: Replaces the list price.
        retry: How the SDK repeats.
    """

    vendor: str
    max_cost: Decimal
    operation: str | None = None
    endpoint_url: str | None = None
    region: str | None = None
    aws_profile: str | None = None
    price_per_call: Decimal | None = None
    retry: RetryPlan = field(default_factory=RetryPlan)


class Connection:
    """A vendor that can be asked; see ``service.audits.vendor_ports.VendorConnection``."""

    def __init__(
        self,
        choice: VendorChoice,
        client: RekognitionClient | AzureFaceClient,
        archive: Archive,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._choice, self._client, self._archive, self._now, self._sleep = choice, client, archive, now, sleep
        self._operation = choice.operation or OPERATIONS[choice.vendor][0]
        self._about: Mapping[str, Any] = {}
        self.prices: PriceList = price_list(choice.vendor, per_call=choice.price_per_call)
        self.cap = choice.max_cost
        closing = self.prices.of(self._closing) * choice.retry.attempts
        self.set_aside = Decimal(0) if self._operation == "compare" else closing
        self.facts: VendorFacts = self._make_facts()

    @property
    def _closing(self) -> str:
        return "DeleteCollection" if self._choice.vendor == "rekognition" else "Delete"

    @property
    def finished(self) -> bool:
        """Return whether what the run stored at the vendor is deleted."""
        return self._archive.answered(self._closing) > 0

    @property
    def spent(self) -> Decimal:
        """Return what is spent so far, over all runs with this archive."""
        return self._archive.spent

    @property
    def attempts(self) -> int:
        """Return how many attempts were sent so far."""
        return self._archive.attempts

    def planned(self, *, probes: int, references: int, pairs: int, one_set: bool) -> Sequence[PlannedCalls]:
        """Return the calls a run needs."""
        from countenance.vendors.azure import AzureAudit
        from countenance.vendors.rekognition import RekognitionAudit

        planned = RekognitionAudit.planned if self._choice.vendor == "rekognition" else AzureAudit.planned
        return planned(self._operation, self.prices, probes=probes, references=references, pairs=pairs, one_set=one_set)

    def answered(self, operation: str) -> int:
        """Return how many calls of an operation are answered already."""
        return self._archive.answered(operation)

    def begin(self, about: Mapping[str, Any], *, one_set: bool) -> VendorAudit:
        """Return the run, bound to its archive.

        Raises:
            AuditInputInvalid: The archive holds the answers of another run.
        """
        self._about = self._archive.claim(about)
        return self._audit(str(self._about["run_id"]), one_set=one_set)

    def interrupted(self) -> VendorAudit:
        """Return the run this archive is bound to, for cleaning up after it.

        Raises:
            AuditInputInvalid: There is none.
        """
        if not (self._archive.folder / "run.json").exists():
            raise AuditInputInvalid(
                f"{self._archive.folder} holds no run against a vendor.", remedy="Nothing is stored at a vendor by it."
            )
        about = self._archive.claim({})
        if (about["vendor"], about["endpoint"], about["region"]) != (
            self.facts.vendor,
            self.facts.endpoint,
            self.facts.region,
        ):
            raise AuditInputInvalid(
                f"The run in {self._archive.folder} was at {about['vendor']}, {about['endpoint']}, {about['region']}.",
                remedy="Give the same --vendor, --endpoint-url and --region.",
            )
        self._operation = about["operation"]
        return self._audit(str(about["run_id"]), one_set=bool(about["one_set"]))

    def stored_about(self) -> Mapping[str, Any]:
        """Return what the archive is bound to."""
        return self._about

    def files(self) -> Sequence[ArchivedFile]:
        """Return the archive's files with their digests."""
        return self._archive.files()

    def _make_facts(self) -> VendorFacts:
        if self._choice.vendor == "rekognition":
            from countenance.vendors import rekognition

            return rekognition.facts(self._client, self._operation, self._choice.retry)  # type: ignore[arg-type]
        from countenance.vendors import azure

        return azure.facts(self._client, self._operation, self._choice.retry)  # type: ignore[arg-type]

    def _audit(self, run_id: str, *, one_set: bool) -> VendorAudit:
        from countenance.vendors.azure import AzureAudit
        from countenance.vendors.azure_client import AzureFaceClient
        from countenance.vendors.rekognition import RekognitionAudit

        facts, currency = self.facts, self.prices.currency
        calls = PaidCalls(
            self._archive,
            Budget(self.cap, spent=self._archive.spent, set_aside=self.set_aside, currency=currency),
            self.prices,
            where={"vendor": facts.vendor, "endpoint": facts.endpoint, "region": facts.region, "sdk": facts.sdk},
            now=self._now,
            closing=self._closing,
        )
        if isinstance(self._client, AzureFaceClient):
            return AzureAudit(
                self._client,
                calls,
                operation=self._operation,
                run_id=run_id,
                one_set=one_set,
                now=self._now,
                sleep=self._sleep,
            )
        return RekognitionAudit(self._client, calls, run_id=run_id, one_set=one_set, sleep=self._sleep)


def connect_vendor(
    choice: VendorChoice, folder: Path, *, now: Callable[[], datetime], sleep: Callable[[float], None]
) -> Connection:
    """Return a connection with its archive in ``folder``/archive; nothing is sent yet.

    Raises:
        SettingsInvalid: The vendor or operation is unknown, or there is no region or endpoint.
        VendorSdkMissing: The vendor's client library is not installed.
        VendorCredentialsRefused: There are no credentials.
        AuditInputInvalid: The archive's journal is damaged.
    """
    operations = OPERATIONS.get(choice.vendor)
    if operations is None:
        raise SettingsInvalid(f"No vendor is called {choice.vendor!r}.", remedy=f"Known: {', '.join(OPERATIONS)}.")
    if choice.operation is not None and choice.operation not in operations:
        raise SettingsInvalid(
            f"{choice.vendor} has no operation {choice.operation!r}.", remedy=f"Known: {', '.join(operations)}."
        )
    client: RekognitionClient | AzureFaceClient
    if choice.vendor == "rekognition":
        from countenance.vendors.rekognition_client import RekognitionClient

        client = RekognitionClient(
            endpoint_url=choice.endpoint_url, region=choice.region, profile=choice.aws_profile, retry=choice.retry
        )
    else:
        client = _azure_client(choice, os.environ)
    return Connection(choice, client, Archive(folder / ARCHIVE_FOLDER), now=now, sleep=sleep)


def _azure_client(choice: VendorChoice, environment: Mapping[str, str]) -> AzureFaceClient:
    from countenance.vendors.azure_client import AzureFaceClient

    endpoint, key = choice.endpoint_url or environment.get(AZURE_ENDPOINT), environment.get(AZURE_KEY)
    if not key:
        raise VendorCredentialsRefused(
            "No key for Azure Face was found.", remedy=f"Set {AZURE_KEY} to a key of the resource."
        )
    if not endpoint:
        raise SettingsInvalid(
            "No endpoint for Azure Face was found.", remedy=f"Set {AZURE_ENDPOINT}, or give --endpoint-url."
        )
    return AzureFaceClient(endpoint=endpoint, key=key, retry=choice.retry)


__all__ = ["ARCHIVE_FOLDER", "OPERATIONS", "Connection", "VendorChoice", "connect_vendor"]
