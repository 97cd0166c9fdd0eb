"""Addresses of photos: only named hosts, only public places, and no spelling that two programs read differently."""

from __future__ import annotations

import pytest

from countenance.core.errors import SettingsInvalid
from countenance.service.photo_addresses import PhotoAddresses, PhotoNotFetched, WhyNot, no_fetching

NAMED = "photos.example.org, CDN.example.org:8443 8.8.8.8 [2606:4700::1111] 127.0.0.1:9000 localhost:9001 [::1]:9002"


def refused(text: str, setting: str = NAMED) -> WhyNot:
    with pytest.raises(PhotoNotFetched) as caught:
        PhotoAddresses(setting).require(text)
    return caught.value.why


@pytest.mark.parametrize(
    ("text", "authority", "target"),
    [
        ("https://photos.example.org/a/b.jpg", "photos.example.org", "/a/b.jpg"),
        ("HTTPS://Photos.Example.ORG./a?b=@c#d", "photos.example.org", "/a?b=@c"),
        ("https://photos.example.org:443", "photos.example.org", "/"),
        ("https://photos.example.org?x=1", "photos.example.org", "/?x=1"),
        ("https://cdn.example.org:8443/x", "cdn.example.org:8443", "/x"),
        ("https://8.8.8.8/x", "8.8.8.8", "/x"),
        ("https://[2606:4700:0:0::1111]/x", "[2606:4700::1111]", "/x"),
        ("http://127.0.0.1:9000/x", "127.0.0.1:9000", "/x"),
        ("https://localhost:9001/x", "localhost:9001", "/x"),
        ("http://[0:0:0:0:0:0:0:1]:9002/x", "[::1]:9002", "/x"),
    ],
)
def test_named_hosts_are_taken_in_one_spelling(text: str, authority: str, target: str) -> None:
    found = PhotoAddresses(NAMED).require(text)
    assert (found.authority, found.target) == (authority, target)
    assert PhotoAddresses(NAMED).require(found.text) == found


@pytest.mark.parametrize(
    "text",
    [
        "http://photos.example.org/x",
        "https://photos.example.org:80/x",
        "https://photos.example.org:8443/x",
        "https://cdn.example.org/x",
        "https://photos.example.org.evil.example/x",
        "https://evil-photos.example.org/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:9001/x",
        "http://localhost:9000/x",
        "http://[::ffff:127.0.0.1]:9000/x",
        "https://169.254.169.254/latest/meta-data",
        "http://[::1]/x",
        "https://photos.example.org:0/x",
        "https://photos.example.org:65536/x",
    ],
)
def test_everything_else_is_not_named(text: str) -> None:
    assert refused(text) is WhyNot.HOST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "photos.example.org/x",
        "//photos.example.org/x",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "ftp://photos.example.org/x",
        "gopher://photos.example.org/x",
        "https:/photos.example.org/x",
        "https:photos.example.org/x",
        "https:///photos.example.org/x",
        "https://user@photos.example.org/x",
        "https://user:secret@photos.example.org/x",
        "https://photos.example.org@evil.example/x",
        "https://photos.example.org:@evil.example/x",
        "https://photos.example.org\\@evil.example/x",
        "https://photos.example.org/x\\..\\y",
        "https://photos.example.org/x y",
        "https://photos.example.org/x\r\nHost: evil.example",
        "https://photos.example.org/x\n",
        " https://photos.example.org/x",
        "https://photos.example.org\t/x",
        "https://photos.example.org\0/x",
        "https://photos%2eexample.org/x",
        "https://phötos.example.org/x",
        "https://photos。example。org/x",
        "https://ⓟhotos.example.org/x",
        "https://photos..example.org/x",
        "https://.photos.example.org/x",
        "https://-photos.example.org/x",
        "https://*/x",
        "https://[photos.example.org]/x",
        "https://[::1%25eth0]:9002/x",
        "https://[::1/x",
        "https://photos.example.org:99999999/x",
        "https://photos.example.org:443:443/x",
        # 127.0.0.1 in decimal, hexadecimal, octal, with parts left out or padded.
        "http://2130706433:9000/x",
        "http://0x7f000001:9000/x",
        "http://0x7f.0.0.1:9000/x",
        "http://0177.0.0.1:9000/x",
        "http://017700000001:9000/x",
        "http://127.1:9000/x",
        "http://127.0.1:9000/x",
        "http://127.0.0.01:9000/x",
        "http://127.0.0.0x1:9000/x",
        "http://00127.0.0.1:9000/x",
        "https://photos.example.org/" + "x" * 8_192,
    ],
)
def test_what_programs_read_differently_is_no_address(text: str) -> None:
    assert refused(text) is WhyNot.MALFORMED


def test_one_bad_place_spoils_a_host_and_a_host_without_any_is_not_reached() -> None:
    addresses = PhotoAddresses(NAMED)
    public = addresses.require("https://photos.example.org/x")
    assert addresses.require_places(public, ["8.8.8.8", "8.8.8.8", "2606:4700::1111"]) == ("8.8.8.8", "2606:4700::1111")
    for places, why in ((["8.8.8.8", "10.0.0.1"], WhyNot.PLACE), (["127.0.0.1"], WhyNot.PLACE), ([], WhyNot.SILENT)):
        with pytest.raises(PhotoNotFetched) as caught:
            addresses.require_places(public, places)
        assert caught.value.why is why


def test_this_machine_is_only_ever_this_machine() -> None:
    addresses = PhotoAddresses(NAMED)
    here = addresses.require("http://localhost:9001/x")
    assert addresses.require_places(here, ["127.0.0.1", "::1"]) == ("127.0.0.1", "::1")
    for place in ("8.8.8.8", "10.0.0.1", "::ffff:127.0.0.1"):
        with pytest.raises(PhotoNotFetched):
            addresses.require_places(here, ["127.0.0.1", place])


@pytest.mark.parametrize(
    "setting",
    [
        "https://photos.example.org", "photos.example.org/x", "*.example.org", "user@photos.example.org", "*", "a:b",
        "photos.example.org:0", "photos.example.org:70000", "phötos.example.org", "[::1", "::1", "127.1:80",
        "2130706433", "localhost", "127.0.0.1", "[::1]", "10.0.0.1", "192.168.1.4:443", "169.254.169.254", "[fd00::1]",
        "0x7f000001:80",
    ],
)  # fmt: skip
def test_a_setting_that_names_no_public_host_is_an_error(setting: str) -> None:
    with pytest.raises(SettingsInvalid, match="fetch_allow"):
        PhotoAddresses(setting)


def test_nothing_is_fetched_where_nothing_is_named() -> None:
    assert len(PhotoAddresses("")) == 0
    assert refused("https://photos.example.org/x", "") is WhyNot.HOST
    with pytest.raises(PhotoNotFetched, match="fetch_allow"):
        no_fetching("https://photos.example.org/x", 10)
