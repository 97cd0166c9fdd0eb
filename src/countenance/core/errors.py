"""The one error tree: what is unsafe to ignore, with a code, a message and a remedy.

Rules kept here:

- Expected biometric outcomes (no face, non-match, low quality, nobody found) are *values*, not errors.
- Every error has a stable ``code`` (never reused), a message for the person who meets it and a ``remedy``: what to do.
- Messages hold no image, template or personal name of a data subject.
- This module knows no exit or HTTP status; the front doors map classes to those.

The tree::

    CountenanceError
    ├── InputError            what was handed in cannot be used
    │   ├── FileUnreadable
    │   ├── ImageUnreadable
    │   ├── ImageTooLarge
    │   ├── ImageFormatUnsupported
    │   ├── SeveralFaces
    │   ├── ListInvalid
    │   ├── CaseInvalid
    │   ├── VoteInvalid
    │   ├── AccountInvalid
    │   └── ArchiveInvalid
    ├── ModelError            the model files or their use
    │   ├── ModelMismatch
    │   ├── ModelDigestMismatch
    │   ├── ModelManifestInvalid
    │   ├── ModelUnknown
    │   └── ModelUnavailable
    ├── CalibrationError      what a score means is not known
    │   ├── CalibrationMissing
    │   └── CalibrationUnsupported
    ├── StorageError          stored data and its keys
    │   ├── GalleryNotFound
    │   ├── SubjectNotFound
    │   ├── GalleryExists
    │   ├── StorageUnavailable
    │   ├── StorageFull
    │   ├── TemplateUnsealFailed
    │   └── IndexStale
    ├── SettingsInvalid
    ├── AuditInputInvalid     scores or labels an audit cannot use
    ├── VendorError           a vendor's recogniser under audit
    │   ├── VendorSdkMissing
    │   ├── VendorCredentialsRefused
    │   ├── VendorUnavailable
    │   ├── VendorRefused
    │   └── CostCapReached
    ├── LedgerError           the record of acts
    │   ├── EntryNotFound
    │   └── ProofInvalid
    ├── JobError              work that goes on after the request that began it
    │   ├── JobNotFound
    │   ├── JobsTooMany
    │   └── JobNotReady
    ├── AccountError          people who sign in
    │   ├── AccountNotFound
    │   ├── SignInRefused
    │   └── SignInTooOften
    └── PolicyError           rules
        ├── PolicyDenied
        ├── PolicyPackInvalid
        ├── ReviewError       people looking at a held result before it is released
        │   ├── ReviewNotFound
        │   ├── ReviewerRefused
        │   ├── ReviewUndecided
        │   └── ReviewOver
        └── CaseError         the case an act is done under, and the credential that carries it
            ├── CaseNotFound
            ├── CaseClosed
            ├── CaseExpired
            ├── CaseLimitReached
            ├── CaseNotListed
            ├── CaseListUnavailable
            └── CredentialRefused
"""

from __future__ import annotations

from typing import ClassVar


class CountenanceError(Exception):
    """Base of all errors this package raises on purpose.

    Args:
        message: What happened, in one sentence, naming the file, gallery or model concerned.
        remedy: What the reader can do about it; the class's default when omitted.
    """

    code: ClassVar[str] = "error"
    default_remedy: ClassVar[str] = "Run the command with --help, or read the documentation of this error code."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = self.default_remedy if remedy is None else remedy


class InputError(CountenanceError):
    """What was handed in cannot be used."""

    code = "input"


class FileUnreadable(InputError):
    """A path does not lead to a readable file: missing, a directory, or without permission."""

    code = "file_unreadable"
    default_remedy = "Check the path and its permissions; a file is meant here, not a directory."


class ImageUnreadable(InputError):
    """The bytes are not an image that can be decoded: truncated, damaged, or not an image at all."""

    code = "image_unreadable"
    default_remedy = "Open the file in an image viewer and save it again as JPEG or PNG, or get the original."


class ImageTooLarge(InputError):
    """The image is over the limit on bytes or pixels, read from its header before any pixel is decoded."""

    code = "image_too_large"
    default_remedy = "Scale the picture down, or raise the limit in the settings if you trust its source."


class ImageFormatUnsupported(InputError):
    """The bytes are in a format that is not accepted, or an animation where one picture is meant."""

    code = "image_format_unsupported"
    default_remedy = "Use JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF with a single picture."


class SeveralFaces(InputError):
    """Several faces where one is needed; the message lists their boxes and nothing is picked silently.

    Attributes:
        boxes_xywh_px: One (left, top, width, height) a face, largest first; the position in this list is the
            number to choose a face by, from 1.
    """

    code = "several_faces"
    default_remedy = (
        "Choose one by its number, 1 is the largest (search: --face N; compare: --face-a N, --face-b N), "
        "or crop the photo to one person."
    )

    def __init__(
        self,
        message: str,
        *,
        boxes_xywh_px: tuple[tuple[float, float, float, float], ...] = (),
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.boxes_xywh_px = boxes_xywh_px


class ListInvalid(InputError):
    """A CSV list of people and photos cannot be read: missing column, empty cell, duplicate row."""

    code = "list_invalid"
    default_remedy = (
        "Give a CSV file with the columns 'subject' and 'file'; run `countenance enrol --help` for an example."
    )


class CaseInvalid(InputError):
    """What a case is to be opened with is incomplete, unknown or contradicts itself."""

    code = "case_invalid"
    default_remedy = "Correct what the message names; docs/how-to/open-a-case.md shows a complete case."


class VoteInvalid(InputError):
    """A reviewer's vote is incomplete, contradicts itself, or is about a picture that was not shown."""

    code = "vote_invalid"
    default_remedy = "Rate every letter from -3 to +3, or say none of these; see docs/how-to/review-candidates.md."


class AccountInvalid(InputError):
    """An account's name, password or roles cannot be used: taken, too short, or roles that nobody holds together."""

    code = "account_invalid"
    default_remedy = "Correct what the message names; docs/how-to/accounts.md says what names, passwords and roles are."


class ArchiveInvalid(InputError):
    """An uploaded archive is damaged, too large once unpacked, or holds what no archive of photos holds."""

    code = "archive_invalid"
    default_remedy = "Make a plain ZIP file with one folder of photos a person; docs/how-to/jobs.md says what is taken."


class ModelError(CountenanceError):
    """Something about model files or their use."""

    code = "model"


class ModelMismatch(ModelError):
    """Two templates of different model identities were about to meet in a comparison."""

    code = "model_mismatch"
    default_remedy = "Compare templates of one model only; enrol the photos again with the model in use."


class ModelDigestMismatch(ModelError):
    """A model file's SHA-256 is not the pinned one; it was not loaded."""

    code = "model_digest_mismatch"
    default_remedy = "Reinstall the package that holds the file, or run `countenance models verify`."


class ModelManifestInvalid(ModelError):
    """A manifest for an added model lacks a field, has one too many, or contradicts the file."""

    code = "model_manifest_invalid"
    default_remedy = "Correct the manifest; docs/how-to/add-a-model.md shows a complete one."


class ModelUnknown(ModelError):
    """No model of this name is known."""

    code = "model_unknown"
    default_remedy = "Run `countenance models list` for the names."


class ModelUnavailable(ModelError):
    """The model is known, but what it needs is not installed here."""

    code = "model_unavailable"


class CalibrationError(CountenanceError):
    """What a score means is not known here."""

    code = "calibration"


class CalibrationMissing(CalibrationError):
    """No calibration record exists for this model identity, so its scores have no measured meaning."""

    code = "calibration_missing"
    default_remedy = "Run `countenance calibrate` on labelled photos with this model."


class CalibrationUnsupported(CalibrationError):
    """The calibration data is too small for the rate asked for; nothing is extrapolated."""

    code = "calibration_unsupported"
    default_remedy = "Ask for a rate the data supports, or calibrate on more people."


class StorageError(CountenanceError):
    """Something about stored data or its keys."""

    code = "storage"


class GalleryNotFound(StorageError):
    """No gallery of this name exists."""

    code = "gallery_not_found"
    default_remedy = "Run `countenance gallery list` for the names, or `countenance gallery create NAME`."


class SubjectNotFound(StorageError):
    """A gallery holds nobody of this name, or not any more."""

    code = "subject_not_found"
    default_remedy = "List the gallery's subjects; names are compared letter by letter."


class GalleryExists(StorageError):
    """A gallery of this name exists already."""

    code = "gallery_exists"
    default_remedy = "Choose another name, or delete the gallery first."


class StorageUnavailable(StorageError):
    """The database cannot be opened, reached or migrated."""

    code = "storage_unavailable"
    default_remedy = "Check the database URL and that the server or folder is reachable; see `countenance doctor`."


class StorageFull(StorageError):
    """The disk is full; the transaction was rolled back and nothing stored earlier is lost."""

    code = "storage_full"
    default_remedy = "Free some space and run the same command again: it goes on where it stopped."


class TemplateUnsealFailed(StorageError):
    """A sealed template cannot be opened: wrong or destroyed key, or the row was altered."""

    code = "template_unseal_failed"
    default_remedy = "Use the key file this database was made with; if a row was altered, restore it from a backup."


class IndexStale(StorageError):
    """The search index is behind storage; searching it could miss or resurrect somebody."""

    code = "index_stale"
    default_remedy = "Run the search again: the index is rebuilt from storage."


class SettingsInvalid(CountenanceError):
    """A setting is unknown, misspelt or out of range."""

    code = "settings_invalid"
    default_remedy = "docs/reference/settings.md lists every setting with its default."


class AuditInputInvalid(CountenanceError):
    """Scores, labels or parameters that an audit cannot use without guessing."""

    code = "audit_input_invalid"


class VendorError(CountenanceError):
    """Something about a vendor's recogniser under audit."""

    code = "vendor"


class VendorSdkMissing(VendorError):
    """The vendor's own client library is not installed here."""

    code = "vendor_sdk_missing"
    default_remedy = "Run `pip install 'countenance[rekognition]'` or `pip install 'countenance[azure]'`."


class VendorCredentialsRefused(VendorError):
    """There are no credentials for the vendor, or it refuses them."""

    code = "vendor_credentials"
    default_remedy = "Check the credentials, what they are allowed to do and the region; docs/how-to/audit-a-vendor.md."


class VendorUnavailable(VendorError):
    """The vendor does not answer, throttles, or breaks off, after all retries; what was paid for is kept."""

    code = "vendor_unavailable"
    default_remedy = "Run the same command again: it goes on where it stopped and repeats no answered call."


class VendorRefused(VendorError):
    """The vendor refuses the work as a whole, not one photo: a quota, a feature, an unknown collection."""

    code = "vendor_refused"
    default_remedy = "Read what the vendor answered; when it is solved, run the same command again."


class CostCapReached(VendorError):
    """The next call could cost more than the cap leaves; it was not sent."""

    code = "cost_cap_reached"
    default_remedy = "Raise --max-cost and run the same command again: it goes on where it stopped."


class LedgerError(CountenanceError):
    """Something about the record of acts."""

    code = "ledger"


class EntryNotFound(LedgerError):
    """The ledger holds no entry of this identifier."""

    code = "entry_not_found"
    default_remedy = "`countenance ledger show` lists entries."


class ProofInvalid(LedgerError):
    """A checkpoint, inclusion or consistency proof does not verify."""

    code = "proof_invalid"
    default_remedy = "Treat the log as altered until shown otherwise: keep the files and ask its operator."


class JobError(CountenanceError):
    """Something about work that goes on after the request that began it."""

    code = "job"


class JobNotFound(JobError):
    """There is no such job, or it is somebody else's."""

    code = "job_not_found"
    default_remedy = "Ask for the list of jobs; those that ended are forgotten after 30 days."


class JobsTooMany(JobError):
    """As many jobs as the service takes on are waiting or running; nothing was begun."""

    code = "jobs_too_many"
    default_remedy = "Wait until one of them has ended, or cancel one."


class JobNotReady(JobError):
    """What is asked of the job is there in another state: a result when it is done, a start when it has not begun."""

    code = "job_not_ready"
    default_remedy = "Ask for the job: its state says whether there is something to wait for."


class AccountError(CountenanceError):
    """Something about people who sign in."""

    code = "account"


class AccountNotFound(AccountError):
    """There is no account of this name."""

    code = "account_not_found"
    default_remedy = "Run `countenance account list` for the accounts there are."


class SignInRefused(AccountError):
    """Name and password do not open a session: one answer, whatever of them was wrong."""

    code = "sign_in_refused"
    default_remedy = "Check both; whoever runs the service sets a new password with `countenance account password`."


class SignInTooOften(AccountError):
    """Too many attempts to sign in: for this name, or altogether.

    Attributes:
        seconds: How long to wait before the next attempt, at least 1.
    """

    code = "sign_in_too_often"
    default_remedy = "Wait as long as the message says; `countenance account password` sets another one and ends it."

    def __init__(self, message: str, *, seconds: int = 1, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.seconds = seconds


class PolicyError(CountenanceError):
    """Something about rules."""

    code = "policy"


class PolicyDenied(PolicyError):
    """A rule, or the absence of a permission, refuses the act."""

    code = "policy_denied"


class PolicyPackInvalid(PolicyError):
    """A rule pack is malformed, lacks a source or its examples do not come out as written."""

    code = "policy_pack_invalid"


class ReviewError(PolicyError):
    """The review of a held result does not allow it."""

    code = "review"


class ReviewNotFound(ReviewError):
    """There is no such review, or several fit."""

    code = "review_not_found"
    default_remedy = "Run `countenance review list --all` for the reviews there are."


class ReviewerRefused(ReviewError):
    """This person cannot review this: they asked for the search, have voted already, or have no current training."""

    code = "reviewer_refused"
    default_remedy = "Somebody else has to look; `countenance review reviewers` lists who is trained."


class ReviewUndecided(ReviewError):
    """The reviewers have not agreed on anybody, so nothing can be released."""

    code = "review_undecided"
    default_remedy = "Wait until enough reviewers have voted; `countenance review list` says how many are missing."


class ReviewOver(ReviewError):
    """The review is decided, released or closed."""

    code = "review_over"
    default_remedy = "A new search, with a reason, opens a new review."


class CaseError(PolicyError):
    """The case an act is done under, or its credential, does not allow it."""

    code = "case"


class CaseNotFound(CaseError):
    """There is no such case, or several fit."""

    code = "case_not_found"
    default_remedy = "Run `countenance case list --all` for the cases there are."


class CaseClosed(CaseError):
    """The case was closed; its credentials ended with it."""

    code = "case_closed"
    default_remedy = "Open a new case if there is still a reason to search."


class CaseExpired(CaseError):
    """The case has reached the end of its term."""

    code = "case_expired"
    default_remedy = "Open a new case if there is still a reason to search."


class CaseLimitReached(CaseError):
    """The case has no search left, does not name the gallery, or allows fewer candidates than asked for."""

    code = "case_limit_reached"
    default_remedy = "Stay within the case's limits, or open a new case with a reason for more."


class CaseNotListed(CaseError):
    """The list of cases does not know the case number, or knows it as closed."""

    code = "case_not_listed"
    default_remedy = "Check the number against the list of cases; nothing is searched under a number it does not know."


class CaseListUnavailable(CaseError):
    """The list of cases cannot be read or reached, so no number can be checked and nothing is searched."""

    code = "case_list_unavailable"
    default_remedy = "Check the setting case_list and what it names; searches go on once the list answers again."


class CredentialRefused(CaseError):
    """The credential is unknown, was revoked, or has expired."""

    code = "credential_refused"
    default_remedy = "Run `countenance case credentials renew CASE` for new credentials while the case is open."
