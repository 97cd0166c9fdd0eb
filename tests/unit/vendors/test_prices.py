"""Prices carry their date and source, and the auditor's own price replaces the list's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from countenance.vendors.prices import price_list


@pytest.mark.parametrize("vendor", ["rekognition", "azure"])
def test_every_list_says_when_and_where_it_is_from(vendor: str) -> None:
    prices = price_list(vendor)
    assert prices.as_of.startswith("20")
    assert prices.source.startswith("https://")
    assert prices.currency == "USD"
    assert "check it" in prices.note
    assert prices.per_call > 0


def test_a_stored_face_is_charged_with_the_call_that_stores_it() -> None:
    prices = price_list("rekognition")
    assert prices.of("IndexFaces", stored_faces=1) == Decimal("0.00101")
    assert prices.of("SearchFaces") == Decimal("0.001")
    assert prices.of("DeleteCollection") == 0


def test_azure_counts_every_request_as_a_transaction() -> None:
    assert price_list("azure").of("Delete") == Decimal("0.001")


def test_the_auditors_price_replaces_the_lists_and_says_so() -> None:
    prices = price_list("azure", per_call=Decimal("0.0008"))
    assert prices.of("Verify") == Decimal("0.0008")
    assert prices.source == "the auditor"
    assert prices.per_stored_face == price_list("azure").per_stored_face


def test_an_unknown_vendor_has_no_prices() -> None:
    with pytest.raises(KeyError):
        price_list("watson")
