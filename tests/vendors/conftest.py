"""Connections to the vendors' doubles through the vendors' own client libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from countenance.bootstrap.vendor_connections import AZURE_ENDPOINT, AZURE_KEY, Connection, VendorChoice, connect_vendor
from countenance.service.audits.vendor_audit import VendorRun, run_vendor
from countenance.service.audits.vendor_plan import VendorPlan
from countenance.vendors.values import RetryPlan
from tests.support.azure_double import KEY, AzureDouble
from tests.support.rekognition_double import KEY_ID, REGION, SECRET, RekognitionDouble
from tests.support.vendor_server import Double, serving

QUICK = RetryPlan(attempts=4, connect_timeout_s=2.0, read_timeout_s=5.0, backoff_s=0.0)
RUN_ID = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_SESSION_TOKEN", AZURE_ENDPOINT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv(AZURE_KEY, KEY)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the waits out of botocore's own backoff; how often it repeats stays its own."""

    class NoWait:
        @staticmethod
        def sleep(seconds: float) -> None:
            assert seconds >= 0

    monkeypatch.setattr("botocore.endpoint.time", NoWait)


class AtVendor:
    """A double that answers, and runs against it."""

    def __init__(self, vendor: str, double: Double, url: str, folder: Path) -> None:
        self.vendor, self.double, self.url, self.folder = vendor, double, url, folder

    def connect(self, *, cap: str = "15", operation: str | None = None, region: str | None = REGION) -> Connection:
        choice = VendorChoice(
            self.vendor,
            Decimal(cap),
            operation=operation,
            endpoint_url=self.url,
            region=region if self.vendor == "rekognition" else None,
            retry=QUICK,
        )
        return connect_vendor(choice, self.folder, now=lambda: datetime.now(UTC), sleep=lambda _: None)

    def run(self, plan: VendorPlan, *, keep: bool = False, **choices: str | None) -> VendorRun:
        return run_vendor(
            plan,
            self.connect(**choices),  # type: ignore[arg-type]
            self.folder,
            run_id=RUN_ID,
            now=lambda: datetime.now(UTC),
            keep=keep,
        )


Starter = Callable[[Double], AtVendor]


@pytest.fixture
def at_vendor(tmp_path: Path) -> Iterator[Starter]:
    """Return a function that lets a double answer for the rest of the test."""
    open_servers = []

    def start(double: Double) -> AtVendor:
        context = serving(double)
        url = context.__enter__()
        open_servers.append(context)
        vendor = "rekognition" if isinstance(double, RekognitionDouble) else "azure"
        folder = tmp_path / "audit"
        folder.mkdir(exist_ok=True)
        return AtVendor(vendor, double, url, folder)

    yield start
    for context in open_servers:
        context.__exit__(None, None, None)


@pytest.fixture(params=["rekognition", "azure"])
def either(request: pytest.FixtureRequest, at_vendor: Starter) -> AtVendor:
    """Return each vendor's double in turn."""
    return at_vendor(RekognitionDouble() if request.param == "rekognition" else AzureDouble())
