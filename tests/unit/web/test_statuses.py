"""Every error of ours has a status, and the particular comes before the general."""

from __future__ import annotations

import pytest

from countenance.core import errors
from countenance.web.statuses import STATUSES, status_of


def every_error() -> list[type[errors.CountenanceError]]:
    found, waiting = [], [errors.CountenanceError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_of_the_client_or_the_server(kind: type[errors.CountenanceError]) -> None:
    assert 400 <= status_of(kind("message")) < 600


def test_no_row_hides_behind_one_of_a_broader_class() -> None:
    for place, (kind, _) in enumerate(STATUSES):
        hidden_by = [earlier.__name__ for earlier, _ in STATUSES[:place] if issubclass(kind, earlier)]
        assert hidden_by == [], kind.__name__


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.ImageUnreadable("x"), 400),
        (errors.ImageTooLarge("x"), 413),
        (errors.SeveralFaces("x"), 400),
        (errors.GalleryNotFound("x"), 404),
        (errors.PolicyDenied("x"), 403),
        (errors.CaseClosed("x"), 403),
        (errors.CaseLimitReached("x"), 429),
        (errors.StorageUnavailable("x"), 503),
        (errors.LedgerError("x"), 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_a_reader_of_statuses_expects(error: errors.CountenanceError, status: int) -> None:
    assert status_of(error) == status
