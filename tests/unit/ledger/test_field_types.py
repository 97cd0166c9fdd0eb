"""Field types: what fits, what does not, and that errors never repeat a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import LedgerError
from countenance.ledger.field_types import LONGEST_LIST, LONGEST_TEXT, FieldSpec, FieldType
from tests.support.ledger_strategies import SINGLE, values_of

REFUSED = {
    FieldType.WORD: ["", " ", "two words", "-x", "x" * 129, "x\n", "ü", 1, True, None, b"x", ("x",)],
    FieldType.IDENTIFIER: ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 32 + "\n", 0],
    FieldType.DIGEST: ["", "0" * 63, "0" * 65, "F" * 64, b"0" * 64],
    FieldType.KEYED_DIGEST: ["", "0" * 32, "x" * 64],
    FieldType.DECIMAL: ["", "1.", ".5", "01", "+1", "1e3", "NaN", "1,5", "1 ", "-", 0.5, 1],
    FieldType.COUNT: [-1, 2**53, 1.0, True, "1", None],
    FieldType.INTEGER: [2**53, -(2**53), 0.0, False, "0"],
    FieldType.FLAG: [0, 1, "true", None],
    FieldType.TIME: [
        "2026-08-01",
        "2026-08-01T09:30:00Z",
        "2026-08-01 09:30:00.000000Z",
        "2026-08-01T09:30:00.000000+00:00",
        "2026-13-01T09:30:00.000000Z",
        "2026-08-32T09:30:00.000000Z",
        "2026-08-01T24:30:00.000000Z",
        0,
    ],
    FieldType.TEXT: ["", "x" * (LONGEST_TEXT + 1), "half \ud83d pair", b"x", 1],
    FieldType.SENTENCE: ["", "x" * (LONGEST_TEXT + 1), "\udc00", None],
}


def spec_of(field_type, *, many=False):
    return FieldSpec(field_type, public=field_type is not FieldType.TEXT, many=many)


def test_every_type_has_values_to_try():
    assert set(REFUSED) == set(SINGLE) == set(FieldType)


@given(st.data(), st.sampled_from(list(FieldType)), st.booleans())
def test_values_of_the_type_fit(data, field_type, many):
    spec = spec_of(field_type, many=many)
    spec.check("field", data.draw(values_of(spec)))


@pytest.mark.parametrize(
    ("field_type", "value"), [(t, v) for t, values in REFUSED.items() for v in values], ids=lambda x: repr(x)[:40]
)
def test_other_values_are_refused(field_type, value):
    with pytest.raises(LedgerError, match="'field'"):
        spec_of(field_type).check("field", value)
    with pytest.raises(LedgerError, match="element"):
        spec_of(field_type, many=True).check("field", (value,))


@pytest.mark.parametrize("value", [["x"], "x", ("x",) * (LONGEST_LIST + 1)], ids=["list", "text", "too many"])
def test_a_list_is_a_tuple_that_is_not_too_long(value):
    with pytest.raises(LedgerError, match="tuple"):
        spec_of(FieldType.WORD, many=True).check("field", value)


def test_an_error_names_the_field_and_not_the_value():
    with pytest.raises(LedgerError) as caught:
        spec_of(FieldType.IDENTIFIER).check("operator_id", "Somebody's Name")
    assert "operator_id" in caught.value.message
    assert "Somebody" not in caught.value.message + caught.value.remedy


def test_typed_text_cannot_be_public():
    with pytest.raises(LedgerError, match="never public"):
        FieldSpec(FieldType.TEXT, public=True)
