"""IP addresses: what is inside, reserved, or another one in disguise is not taken for public."""

from __future__ import annotations

import pytest

from countenance.service.public_places import is_loopback, is_public


@pytest.mark.parametrize(
    "place",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",  # noqa: S104
        "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
        "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1", "2001::1",
        "2001:0:7f00:1::1", "2001:db8::1", "2001:10::1", "2002:7f00:1::1", "2002:808:808::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "3fff::1", "2a00::1%eth0",
        "4000::1", "", "localhost", "127.1", "2130706433", "8.8.8.8/32", "8.8.8.08",
    ],
)  # fmt: skip
def test_places_inside_and_in_disguise_are_not_public(place: str) -> None:
    assert not is_public(place)


@pytest.mark.parametrize(
    "place", ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001:80b::200e"]
)
def test_ordinary_places_are_public(place: str) -> None:
    assert is_public(place)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("8.8.8.8", False),
        ("localhost", False),
    ],
)
def test_this_machine_is_told_by_its_own_addresses_only(place: str, expected: bool) -> None:
    assert is_loopback(place) is expected
