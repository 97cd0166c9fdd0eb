"""Calls by address: each sees its own, and memory stays as it is however many come."""

from __future__ import annotations

from countenance.web.caller_counts import CallerCounts


def test_calls_and_errors_are_counted_by_address_and_operation() -> None:
    counts = CallerCounts()
    for address, status in (("192.0.2.1", 200), ("192.0.2.1", 399), ("192.0.2.1", 400), ("192.0.2.2", 500), ("", 200)):
        counts.note(address, "azure", "Detect", status)
    counts.note("192.0.2.1", "watson", "detect_faces", 200)
    assert counts.of("192.0.2.1") == {("azure", "Detect"): (3, 1), ("watson", "detect_faces"): (1, 0)}
    assert counts.of("192.0.2.2") == {("azure", "Detect"): (1, 1)}
    assert counts.of("") == counts.of("192.0.2.3") == {}


def test_the_address_that_was_silent_longest_is_forgotten_first() -> None:
    counts = CallerCounts(most=2)
    for address in ("a", "b", "a", "c"):
        counts.note(address, "azure", "Detect", 200)
    assert (bool(counts.of("a")), bool(counts.of("b")), bool(counts.of("c"))) == (True, False, True)


def test_what_is_returned_is_a_copy() -> None:
    counts = CallerCounts()
    counts.note("a", "azure", "Detect", 200)
    counts.of("a").clear()
    assert counts.of("a")
