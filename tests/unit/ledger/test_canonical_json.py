"""Canonical JSON: one form, the same both ways, nothing else accepted."""

import enum
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import LARGEST_INTEGER, canonical_bytes, canonical_text, parse_canonical

numbers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
texts = st.text(st.characters(codec="utf-8"))
scalars = st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
    max_leaves=20,
)


class Word(enum.StrEnum):
    ONE = "one"


@given(values)
def test_a_value_comes_back_from_its_bytes(value):
    assert parse_canonical(canonical_bytes(value)) == value


@given(values)
def test_any_json_reader_understands_the_bytes(value):
    assert json.loads(canonical_bytes(value)) == value


@given(scalars | st.lists(texts) | st.lists(numbers))
def test_the_fast_text_is_that_of_the_slow_encoder(value):
    assert canonical_text(value).encode() == canonical_bytes(value)


@pytest.mark.parametrize("value", [Word.ONE, [Word.ONE, "two"]], ids=repr)
def test_a_member_of_a_string_enumeration_is_written_as_its_string(value):
    assert canonical_text(value).encode() == canonical_bytes(value)
    assert parse_canonical(canonical_bytes(value)) == value


def test_the_form_is_that_of_rfc_8785():
    # Escapes and order of the example in RFC 8785 section 3.2.2, in so far as the subset has them.
    value = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [True, False], "numbers": [333, -4]}
    expected = '{"literals":[true,false],"numbers":[333,-4],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_bytes(value) == expected.encode()


def test_only_these_characters_are_escaped():
    for code in range(0x20):
        plain = "\\u" + format(code, "04x")
        short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
        assert canonical_bytes(chr(code)).decode() == f'"{short.get(code, plain)}"'
    assert canonical_bytes("\x7f\u2028\U0001f642/<>&").decode() == '"\x7f\u2028\U0001f642/<>&"'


@pytest.mark.parametrize(
    "value",
    [0.5, 1.0, float("nan"), None, b"bytes", {1: "a"}, {"\u00e9": 1}, {"a": None}, [None], 2**53, -(2**53), {1, 2}],
    ids=repr,
)
def test_what_leaves_the_subset_is_not_written(value):
    with pytest.raises(LedgerError):
        canonical_bytes(value)


def test_half_a_surrogate_pair_is_not_written():
    with pytest.raises(LedgerError):
        canonical_bytes("\ud800")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"1\n",
        b"\xef\xbb\xbf1",
        b"\xff",
        b"1.0",
        b"1e2",
        b"-0",
        b"01",
        b"9007199254740992",
        b"1" * 10_000,
        b"null",
        b"[null]",
        b"NaN",
        b"Infinity",
        b"'a'",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u000A"',
        b'"\\u001F"',
        b'"\t"',
        b'"\\ud800"',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1,}',
        b'{"\xc3\xa9":1}',
        b"[1, 2]",
        b"[1] [2]",
        b"[" * 200_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_not_canonical_is_not_read(data):
    with pytest.raises(LedgerError):
        parse_canonical(data)


def test_the_word_null_inside_a_text_is_only_text():
    assert parse_canonical(b'["null"]') == ["null"]
