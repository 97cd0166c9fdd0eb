"""The list that leads from old faces to new, as a CSV file that grows photo by photo; and the list of rejects.

Rules kept here:

- The rows of a photo are on the disk before the next one is begun. What a crash left of a photo's rows is dropped when
  the file is read again, and the photo is done anew.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.face_leads import MovedFace
from countenance.service.migration import Reject

#: How many rows the photo of a row has, so that a photo whose rows are not all there can be told.
_OF_PHOTO = "faces_of_photo"
COLUMNS = (*(field.name for field in fields(MovedFace)), _OF_PHOTO)


class CsvMovedList:
    """Implements ``migration.MovedList`` in a file; only one run at a time may use it."""

    def __init__(self, path: Path) -> None:
        """Read the file if it is there.

        Raises:
            FileUnreadable: It cannot be read or written.
            ListInvalid: It is no such list.
        """
        self._path = path
        self._rows: list[MovedFace] = []
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            self._rows = _whole_photos(text, path.name)
            # Written anew without what is incomplete; a file of its own first, so that no crash loses the list.
            fresh = path.with_name(f"{path.name}.new")
            fresh.write_text(_header() + _text(self._rows), encoding="utf-8")
            fresh.replace(path)
        except UnicodeDecodeError:
            raise ListInvalid(f"{path.name} is not UTF-8 text.") from None
        except OSError as error:
            raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error

    def rows(self) -> Sequence[MovedFace]:
        """Return the rows of earlier runs."""
        return tuple(self._rows)

    def add(self, rows: Sequence[MovedFace]) -> None:
        """Write the rows of one photo and wait until they are on the disk.

        Raises:
            FileUnreadable: The file cannot be written.
        """
        try:
            with self._path.open("a", encoding="utf-8", newline="") as stream:
                stream.write(_text(rows))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise FileUnreadable(f"{self._path} cannot be written: {(error.strerror or '').lower()}.") from error


def rejects_csv(rejects: Sequence[Reject]) -> str:
    """Return rejects as a CSV list with a header."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [field.name for field in fields(Reject)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(reject) for reject in rejects)
    return stream.getvalue()


def _header() -> str:
    return ",".join(COLUMNS) + "\n"


def _text(rows: Sequence[MovedFace]) -> str:
    count = Counter(row.photo for row in rows)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writerows({**asdict(row), _OF_PHOTO: count[row.photo]} for row in rows)
    return stream.getvalue()


def _whole_photos(text: str, name: str) -> list[MovedFace]:
    """Return the rows of photos of which all rows are there."""
    if not text:
        return []
    reader = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise ListInvalid(f"{name} is no list of a migration.", remedy="Give another folder with --out.")
    rows: list[MovedFace] = []
    wanted: dict[str, int] = {}
    for cells in reader:
        try:
            wanted[cells["photo"]] = int(cells.pop(_OF_PHOTO))
            share = float(cells.pop("overlap"))
            rows.append(MovedFace(**cells, overlap=share))
        except (TypeError, ValueError, KeyError):
            # The rest of a row that was being written.
            continue
    count = Counter(row.photo for row in rows)
    return [row for row in rows if count[row.photo] == wanted[row.photo]]
