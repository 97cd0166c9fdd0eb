"""Which HTTP status an error of ours has: one table for the native interface and the console.

Vendors' dialects have tables of their own, since their clients expect their vendors' statuses.
"""

from __future__ import annotations

from countenance.core import errors

#: Most particular classes first: the first that an error is an instance of counts.
#: Source of the meanings: RFC 9110, section 15, and RFC 6585 for 429.
STATUSES: tuple[tuple[type[errors.CountenanceError], int], ...] = (
    (errors.ImageTooLarge, 413),
    (errors.ImageFormatUnsupported, 415),
    (errors.InputError, 400),
    (errors.AuditInputInvalid, 400),
    (errors.GalleryNotFound, 404),
    (errors.SubjectNotFound, 404),
    (errors.EntryNotFound, 404),
    (errors.GalleryExists, 409),
    (errors.IndexStale, 409),
    (errors.StorageFull, 507),
    (errors.StorageUnavailable, 503),
    (errors.ReviewNotFound, 404),
    (errors.ReviewUndecided, 409),
    (errors.ReviewOver, 409),
    (errors.CaseNotFound, 404),
    (errors.CaseListUnavailable, 503),
    (errors.CaseLimitReached, 429),
    (errors.JobNotFound, 404),
    (errors.JobsTooMany, 429),
    (errors.JobError, 409),
    (errors.AccountNotFound, 404),
    (errors.SignInTooOften, 429),
    (errors.AccountError, 401),
    (errors.PolicyPackInvalid, 400),
    (errors.PolicyError, 403),
    (errors.CalibrationError, 409),
    (errors.ModelMismatch, 409),
    (errors.ModelError, 503),
    (errors.VendorError, 502),
    (errors.CountenanceError, 500),
)


def status_of(error: errors.CountenanceError) -> int:
    """Return the HTTP status of an error."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))
