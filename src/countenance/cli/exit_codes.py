"""What the exit code of every command means; the one place it is decided.

====  ==========================================================================================
code  meaning
====  ==========================================================================================
0     done
1     done, but some inputs could not be used; they are counted and listed
2     the command line is wrong (unknown option, missing argument)
3     an input cannot be used (file, photo, list), or holds several faces where one is needed
4     a gallery, case, review, account or job does not exist, or a gallery exists already
5     a model or its files
6     the rate asked for has no measured meaning here
7     the database, its keys or the disk
8     refused by a rule
9     a setting
10    ``compare --exit-code``: non-match; ``search --exit-code``: nobody
11    a vendor under audit: credentials, throttling, a refusal, or the cost cap
130   interrupted; bulk enrolment goes on where it stopped when run again
====  ==========================================================================================
"""

from __future__ import annotations

from countenance.core import errors

DONE = 0
SOME_REJECTED = 1
REFUSED = 8
NEGATIVE = 10
INTERRUPTED = 130

_BY_CLASS: tuple[tuple[type[errors.CountenanceError], int], ...] = (
    (errors.InputError, 3),
    (errors.AuditInputInvalid, 3),
    (errors.GalleryNotFound, 4),
    (errors.SubjectNotFound, 4),
    (errors.GalleryExists, 4),
    (errors.ModelError, 5),
    (errors.CalibrationError, 6),
    (errors.StorageError, 7),
    (errors.EntryNotFound, 4),
    (errors.LedgerError, 7),
    (errors.CaseNotFound, 4),
    (errors.ReviewNotFound, 4),
    (errors.AccountNotFound, 4),
    (errors.JobError, 4),
    (errors.AccountError, 8),
    (errors.PolicyError, 8),
    (errors.SettingsInvalid, 9),
    (errors.VendorError, 11),
)


def exit_code(error: errors.CountenanceError) -> int:
    """Return the exit code of an error."""
    for kind, code in _BY_CLASS:
        if isinstance(error, kind):
            return code
    raise TypeError(f"no exit code for {type(error).__name__}")
