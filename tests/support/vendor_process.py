"""A run against a vendor's double in a process of its own, so that it can be killed.

Usage: ``python -m tests.support.vendor_process VENDOR URL FOLDER``; photos are those of `vendor_photos.two_sets`.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from countenance.bootstrap.vendor_connections import VendorChoice, connect_vendor
from countenance.service.audits.vendor_audit import run_vendor
from countenance.vendors.values import RetryPlan
from tests.support.rekognition_double import REGION
from tests.support.vendor_photos import two_sets


def main(vendor: str, url: str, folder: Path) -> None:
    """Run once, from the photos below the folder's parent."""
    choice = VendorChoice(
        vendor,
        Decimal(15),
        endpoint_url=url,
        region=REGION if vendor == "rekognition" else None,
        retry=RetryPlan(attempts=2, connect_timeout_s=2.0, read_timeout_s=5.0, backoff_s=0.0),
    )
    connection = connect_vendor(choice, folder, now=lambda: datetime.now(UTC), sleep=lambda _: None)
    plan = two_sets(folder.parent / "photos")
    run_vendor(plan, connection, folder, run_id="0123456789abcdef", now=lambda: datetime.now(UTC))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
