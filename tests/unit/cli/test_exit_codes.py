"""Every error has an exit code, and every code is documented."""

from __future__ import annotations

import re

import pytest

from countenance.cli import exit_codes
from countenance.core.errors import (
    CalibrationMissing,
    CountenanceError,
    GalleryExists,
    GalleryNotFound,
    ImageTooLarge,
    ModelMismatch,
    PolicyDenied,
    ProofInvalid,
    SettingsInvalid,
    StorageFull,
)
from tests.unit.core.test_errors import all_errors


def documented() -> set[int]:
    assert exit_codes.__doc__ is not None
    return {int(found) for found in re.findall(r"^(\d+) ", exit_codes.__doc__, re.MULTILINE)}


@pytest.mark.parametrize("kind", [kind for kind in all_errors() if kind is not CountenanceError])
def test_every_error_has_a_documented_exit_code(kind: type[CountenanceError]) -> None:
    code = exit_codes.exit_code(kind("x"))
    assert code in documented()
    assert code not in (exit_codes.DONE, exit_codes.SOME_REJECTED, 2, exit_codes.NEGATIVE, exit_codes.INTERRUPTED)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ImageTooLarge, 3), (GalleryNotFound, 4), (GalleryExists, 4), (ModelMismatch, 5), (CalibrationMissing, 6),
        (StorageFull, 7), (ProofInvalid, 7), (PolicyDenied, 8), (SettingsInvalid, 9),
    ],
)  # fmt: skip
def test_the_codes_scripts_rely_on_do_not_move(kind: type[CountenanceError], code: int) -> None:
    assert exit_codes.exit_code(kind("x")) == code


def test_an_error_class_without_a_code_is_noticed() -> None:
    with pytest.raises(TypeError, match="no exit code"):
        exit_codes.exit_code(CountenanceError("x"))


def test_the_fixed_codes_are_documented() -> None:
    assert {exit_codes.DONE, exit_codes.SOME_REJECTED, exit_codes.NEGATIVE, exit_codes.INTERRUPTED} <= documented()
