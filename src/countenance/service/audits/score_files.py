"""Score files as they come – CSV with any delimiter, compressed or not, or Parquet – read as a stream into codes.

Rules kept here:

- The format is seen in the first bytes, not in the file's name.
- Identifiers stay text: ``007`` is not ``7``. Spaces around them do not count.
- A score that is no number is an error; one that is missing is counted by whoever uses the rows.
- Polars streams the columns that are needed; of 20 million rows about 1 GB is in memory at a time.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from countenance.core.errors import AuditInputInvalid, FileUnreadable

CodeArray = npt.NDArray[np.int32]
FloatNumbers = npt.NDArray[np.float64]

#: Text that decides about delimiter and decimal comma.
_SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 1_000
DELIMITERS = (",", ";", "\t", "|")
#: What files write where there is no score, in small letters.
MISSING_WORDS = ("", "na", "n/a", "nan", "null", "none", "-", "#n/a")
TRUE_WORDS = ("1", "1.0", "true", "t", "yes", "y", "mated", "genuine", "same")
FALSE_WORDS = ("0", "0.0", "false", "f", "no", "n", "non-mated", "non_mated", "nonmated", "impostor", "imposter", "-1")
_ENDINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table in a file.

    Attributes:
        path: Where it is.
        columns: Names, spaces around them removed.
        parquet: Whether it is Parquet; else delimited text.
        delimiter: Of delimited text.
        encoding: ``utf-8``, or ``utf-16``, which is converted while reading.
        sample: The first rows of delimited text, column by column in order; empty for Parquet.
    """

    path: Path
    columns: tuple[str, ...]
    parquet: bool
    delimiter: str = ","
    encoding: str = "utf-8"
    sample: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Return the file's name without its folder."""
        return self.path.name


@dataclass(frozen=True, slots=True, eq=False)
class CodedRows:
    """The columns of a score file.

    Attributes:
        photos: Identifiers, sorted; codes are positions in them.
        probe: Code of each row's probe.
        reference: Code of each row's reference.
        score: As written; NaN where missing.
        mated: 1 mated, 0 non-mated, -1 not said; None without the column.
    """

    photos: tuple[str, ...] = field(repr=False)
    probe: CodeArray = field(repr=False)
    reference: CodeArray = field(repr=False)
    score: FloatNumbers = field(repr=False)
    mated: npt.NDArray[np.int8] | None = field(default=None, repr=False)


def open_table(path: Path, *, delimiter: str | None = None) -> TableFile:
    """Return what a file looks like from its beginning.

    Args:
        path: CSV (``,`` ``;`` tab or ``|``; gzip or zstd), or Parquet.
        delimiter: Of delimited text, if somebody says so.

    Raises:
        FileUnreadable: It is missing or cannot be read.
        AuditInputInvalid: Empty, damaged, of another kind, or without a line of column names.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from error
    if not head:
        raise AuditInputInvalid(f"{path.name} is empty.", remedy="Export the scores again.")
    if head.startswith(b"PAR1"):
        with _errors_of(path):
            return TableFile(path, tuple(pl.read_parquet_schema(path)), parquet=True)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise AuditInputInvalid(
            f"{path.name} is a spreadsheet or a ZIP archive.", remedy="Save it as CSV (UTF-8), or unpack it first."
        )
    text, encoding = _beginning(path, head)
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise AuditInputInvalid(f"{path.name} does not begin with a line of column names.", remedy=_NEEDS_HEADER)
    found = delimiter or max(DELIMITERS, key=lines[0].count)
    rows = list(csv.reader(io.StringIO("\n".join(lines[: _SAMPLE_ROWS + 1])), delimiter=found))
    columns = tuple(name.strip() for name in rows[0])
    _require_header(path, columns, found, stated=delimiter is not None)
    body = tuple(tuple(cell.strip() for cell in row) for row in rows[1:] if row)
    _require_even(path, columns, body, found)
    return TableFile(path, columns, parquet=False, delimiter=found, encoding=encoding, sample=body)


_NEEDS_HEADER = "Give the columns names in the first line: probe,reference,score."


def _beginning(path: Path, head: bytes) -> tuple[str, str]:
    kind = next((kind for magic, kind in _ENDINGS.items() if head.startswith(magic)), None)
    try:
        if kind == "gzip":
            with gzip.open(path) as stream:
                raw = stream.read(_SAMPLE_BYTES)
        elif kind == "zstd":
            # Polars decompresses it; its own message comes if it is damaged.
            with _errors_of(path):
                few = pl.scan_csv(path, has_header=False, separator="\n", quote_char=None, n_rows=_SAMPLE_ROWS)
                raw = "\n".join(few.collect().to_series(0).fill_null("").to_list()).encode()
        else:
            with path.open("rb") as plain:
                raw = plain.read(_SAMPLE_BYTES)
    except (EOFError, OSError) as error:
        raise AuditInputInvalid(f"{path.name} is damaged or cut off.", remedy="Copy or export it again.") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw[: len(raw) // 2 * 2].decode("utf-16", errors="replace"), "utf-16"
    if b"\x00" in raw:
        raise AuditInputInvalid(
            f"{path.name} is not a text file, or UTF-16 without a byte order mark.",
            remedy="Save it as CSV with the encoding UTF-8, or as Parquet.",
        )
    whole = len(raw) < _SAMPLE_BYTES
    cut = raw if whole else raw[: raw.rfind(b"\n") + 1]
    try:
        return cut.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        raise AuditInputInvalid(f"{path.name} is not UTF-8 text.", remedy="Save it with the encoding UTF-8.") from error


def _require_header(path: Path, columns: Sequence[str], delimiter: str, *, stated: bool) -> None:
    if len(columns) < 2:
        hint = f"the delimiter {delimiter!r} does not occur in it" if stated else "no delimiter was recognised"
        raise AuditInputInvalid(
            f"The first line of {path.name} is one column only: {hint}.",
            remedy="Give the delimiter with --delimiter, or separate columns with a comma, semicolon or tab.",
        )
    if any(_is_number(name) for name in columns) and not any(name.isalpha() for name in columns if len(name) > 2):
        raise AuditInputInvalid(
            f"The first line of {path.name} holds a number: it looks like data, not like column names.",
            remedy=_NEEDS_HEADER,
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise AuditInputInvalid(f"{path.name} has two columns named {twice[0]!r}.", remedy="Rename one of them.")


def _require_even(path: Path, columns: Sequence[str], body: Sequence[Sequence[str]], delimiter: str) -> None:
    if not body:
        raise AuditInputInvalid(f"{path.name} has column names and no row.", remedy="Export the scores again.")
    # The last line of a sample may be cut off.
    for number, row in enumerate(body[:-1] if len(body) > 1 else body, start=2):
        if len(row) != len(columns):
            comma = delimiter == "," and len(row) > len(columns)
            raise AuditInputInvalid(
                f"Line {number:,} of {path.name} has {len(row):,} cells, the line of names {len(columns):,}.",
                remedy="If scores are written with a decimal comma, export with semicolons between the columns."
                if comma
                else "Check the delimiter (--delimiter) and quotation marks.",
            )


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9]*[.,]?[0-9]+([eE][-+]?[0-9]+)?%?", cell) is not None


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    """Turn Polars' errors about a file into one that says what to do."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        lines = str(error).strip().splitlines()
        words = lines[0] if lines else type(error).__name__
        raise AuditInputInvalid(
            f"{path.name} cannot be read: damaged, cut off or uneven ({words[:160]}).",
            remedy="Copy or export it again; every line needs the same columns, in UTF-8.",
        ) from error


@contextmanager
def scanned(table: TableFile) -> Iterator[pl.LazyFrame]:
    """Yield the table as a stream of text columns (Parquet: as they are), with clean column names."""
    if table.parquet:
        with _errors_of(table.path):
            yield pl.scan_parquet(table.path)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = table.path
        if table.encoding == "utf-16":
            path = Path(folder) / "utf-8.csv"
            _convert(table.path, path)
        with _errors_of(table.path):
            yield pl.scan_csv(
                path,
                separator=table.delimiter,
                # The line of names is ours: names without the spaces around them, a mark before it left out.
                has_header=False,
                skip_lines=1,
                schema=dict.fromkeys(table.columns, pl.String()),
                # A file whose name has * or [ in it is one file.
                glob=False,
            )


def _convert(source: Path, target: Path) -> None:
    """Write a UTF-16 file as UTF-8, a part at a time."""
    with source.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if packed else raw
        with (
            io.TextIOWrapper(stream, encoding="utf-16", newline="") as text,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            while part := text.read(1 << 20):
                out.write(part)


def read_rows(table: TableFile, probe: str, reference: str, score: str, mated: str | None = None) -> CodedRows:
    """Return the rows of a score file, in order.

    Args:
        table: The file.
        probe: Column with the probe's identifier.
        reference: Column with the reference's identifier.
        score: Column with the score.
        mated: Column that says whether both are of one person.

    Raises:
        AuditInputInvalid: A row has no identifier, or a score or mated mark that is not understood.
    """
    with scanned(table) as frame:
        types = frame.collect_schema()
        wanted = [
            pl.col(probe).cast(pl.String).cast(pl.Categorical).alias("probe"),
            pl.col(reference).cast(pl.String).cast(pl.Categorical).alias("reference"),
            *_score_columns(table, score, text=types[score] == pl.String()),
        ]
        if mated is not None:
            wanted.append(_mated_column(mated))
        # The category of an identifier that both columns name is the same number.
        rows = frame.select(wanted).collect(engine="streaming")
    _require_readable(table, rows, mated)
    photos, codes = _codes(rows["probe"], rows["reference"])
    marks = rows["mated"].to_numpy().astype(np.int8) if mated is not None else None
    numbers = rows["score"].fill_null(np.nan).to_numpy()
    return CodedRows(photos, codes[0], codes[1], np.ascontiguousarray(numbers, dtype=np.float64), marks)


def _score_columns(table: TableFile, score: str, *, text: bool) -> list[pl.Expr]:
    """Return the score as a number, and whether something was written that is none."""
    if not text:
        return [pl.col(score).cast(pl.Float64).alias("score"), pl.lit(value=False).alias("unread")]
    at = table.columns.index(score)
    written = [row[at] for row in table.sample if len(row) > at]
    cell = pl.col(score).str.strip_chars()
    if any(value.endswith("%") for value in written):
        cell = cell.str.strip_suffix("%").str.strip_chars_end()
    if decimal_comma(written):
        cell = cell.str.replace(",", ".", literal=True)
    number = cell.cast(pl.Float64, strict=False)
    unread = number.is_null() & cell.is_not_null() & ~cell.str.to_lowercase().is_in(MISSING_WORDS)
    return [number.alias("score"), unread.fill_null(value=False).alias("unread")]


def decimal_comma(written: Sequence[str]) -> bool:
    """Return whether scores are written like ``0,83``: some with one comma, none with a point."""
    numbers = [value for value in written if _is_number(value)]
    return any("," in value for value in numbers) and not any("." in value for value in numbers)


def _mated_column(mated: str) -> pl.Expr:
    cell = pl.col(mated).cast(pl.String).str.strip_chars().str.to_lowercase()
    return (
        pl.when(cell.is_in(TRUE_WORDS))
        .then(1)
        .when(cell.is_in(FALSE_WORDS))
        .then(0)
        .when(cell.is_null() | cell.is_in(MISSING_WORDS))
        .then(-1)
        .otherwise(-2)
        .alias("mated")
    )


def _require_readable(table: TableFile, rows: pl.DataFrame, mated: str | None) -> None:
    if not rows.height:
        raise AuditInputInvalid(f"{table.name} has no row.", remedy="Export the scores again.")
    unread = rows["unread"].arg_true()
    if unread.len():
        raise AuditInputInvalid(
            f"{unread.len():,} scores of {table.name} are no numbers, the first in row {int(unread[0]) + 1:,}.",
            remedy="Check which column is the score (--score), and write numbers like 0.83; leave missing ones empty.",
        )
    for side in ("probe", "reference"):
        empty = rows[side].is_null().arg_true()
        if empty.len():
            raise AuditInputInvalid(
                f"{empty.len():,} rows of {table.name} have no {side}, the first is row {int(empty[0]) + 1:,}.",
                remedy="Fill it in or leave the rows out.",
            )
    if mated is not None and (strange := (rows["mated"] == -2).arg_true()).len():
        raise AuditInputInvalid(
            f"{strange.len():,} rows of {table.name} have a mark in {mated!r} that is neither yes nor no, the first is "
            f"row {int(strange[0]) + 1:,}.",
            remedy="Write 1 and 0, or true and false.",
        )


def _codes(*columns: pl.Series) -> tuple[tuple[str, ...], list[CodeArray]]:
    """Return all identifiers, sorted, and each column as positions in them; spaces around them do not count."""
    known: Mapping[int, str] = {}
    for column in columns:
        distinct = column.unique()
        known = {
            **known,
            **dict(zip(distinct.to_physical().to_list(), distinct.cast(pl.String).to_list(), strict=True)),
        }
    trimmed = {code: " ".join(name.split()) for code, name in known.items()}
    photos = tuple(sorted(set(trimmed.values())))
    if photos and not photos[0]:
        raise AuditInputInvalid("An identifier consists of spaces only.", remedy="Fill it in or leave the rows out.")
    place = {name: at for at, name in enumerate(photos)}
    table = np.zeros(max(known, default=0) + 1, dtype=np.int32)
    for code, name in trimmed.items():
        table[code] = place[name]
    return photos, [table[column.to_physical().to_numpy()] for column in columns]
