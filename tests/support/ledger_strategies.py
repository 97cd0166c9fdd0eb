"""Hypothesis strategies for entries: any kind, any fields its schema allows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from countenance.ledger.canonical_json import LARGEST_INTEGER
from countenance.ledger.entries import Entry
from countenance.ledger.field_types import FieldSpec, FieldType
from countenance.ledger.kinds import SCHEMAS, EntryKind

identifiers = st.binary(min_size=16, max_size=16).map(bytes.hex)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)

SINGLE: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.WORD: st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,127}", fullmatch=True),
    FieldType.IDENTIFIER: identifiers,
    FieldType.DIGEST: digests,
    FieldType.KEYED_DIGEST: digests,
    FieldType.DECIMAL: st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", fullmatch=True),
    FieldType.COUNT: st.integers(0, LARGEST_INTEGER),
    FieldType.INTEGER: st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    FieldType.FLAG: st.booleans(),
    FieldType.TIME: moments.map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
    FieldType.TEXT: texts,
    FieldType.SENTENCE: texts,
}


def values_of(spec: FieldSpec) -> st.SearchStrategy[Any]:
    """Return values that a field's specification allows."""
    return st.lists(SINGLE[spec.type], max_size=3).map(tuple) if spec.many else SINGLE[spec.type]


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw an entry with its required fields and up to four of the others."""
    kind = draw(st.sampled_from(list(EntryKind)))
    schema = SCHEMAS[kind]
    optional = sorted(name for name, spec in schema.items() if not spec.required)
    chosen = draw(st.sets(st.sampled_from(optional), max_size=4)) if optional else set()
    fields = {name: draw(values_of(spec)) for name, spec in schema.items() if spec.required or name in chosen}
    return Entry(kind, draw(identifiers), draw(moments), fields)
