"""The lines of an export as a verification reads them: entries digested, all else parsed; in one process or several.

Rules kept here:

- Lines go out in batches and their digests come back in the order of the file, so that findings are the same however
  many processes work. A malformed line is an error at its place, not when it is met.
- No more than a few batches are on their way at once: the size of a file does not matter.
- Processes are started anew (``spawn``), not copied: the caller may hold threads, locks and open databases.
"""

from __future__ import annotations

import itertools
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from countenance.core.errors import LedgerError
from countenance.ledger.export_reader import (
    DigestedEntries,
    EntryLine,
    ExportLine,
    in_order,
    parse_line,
    without_line_end,
)
from countenance.ledger.fast_lines import digest_entry_line
from countenance.ledger.sealing import Withheld

#: Lines in a batch: enough work to outweigh sending it.
LINES_PER_BATCH = 2_000
#: Most entries digested before they are handed on.
MOST_GATHERED = 1_000
#: Batches on their way, for each process: one in work and one waiting.
_BATCHES_AHEAD = 2


def digested_lines(lines: Iterable[bytes], processes: int = 1) -> Iterator[ExportLine]:
    """Yield the lines of an export in an order the format allows; entries as ``DigestedEntries``.

    Raises:
        LedgerError: As ``export_reader.read_lines``.
    """
    digested = digest_lines(lines) if processes <= 1 else _in_processes(lines, processes)
    return in_order(digested, _or_raise)


def digest_lines(lines: Iterable[bytes]) -> Iterator[ExportLine | str]:
    """Yield lines, entries digested and gathered; the words of the error for a line that is refused, and no more."""
    first, leaf_hashes, withheld = 0, list[bytes](), 0
    for raw in lines:
        fast = digest_entry_line(without_line_end(raw))
        if leaf_hashes and (fast is None or fast[0] != first + len(leaf_hashes) or len(leaf_hashes) == MOST_GATHERED):
            yield DigestedEntries(first, leaf_hashes, withheld, None)
            leaf_hashes, withheld = [], 0
        if fast is None:
            try:
                yield _digest_slowly(raw)
            except LedgerError as error:
                yield error.message
                return
            continue
        if not leaf_hashes:
            first = fast[0]
        leaf_hashes.append(fast[1])
        withheld += fast[2]
    if leaf_hashes:
        yield DigestedEntries(first, leaf_hashes, withheld, None)


def digest_batch(batch: list[bytes]) -> list[ExportLine | str]:
    """Return what ``digest_lines`` makes of lines, to be sent from one process to another."""
    return list(digest_lines(batch))


def _digest_slowly(raw: bytes) -> ExportLine:
    line = parse_line(raw)
    if not isinstance(line, EntryLine):
        return line
    withheld = sum(isinstance(value, Withheld) for value in line.entry.fields.values())
    return DigestedEntries(line.index, [line.entry.leaf_hash()], withheld, line.proof)


def _in_processes(lines: Iterable[bytes], processes: int) -> Iterator[ExportLine | str]:
    source = iter(lines)
    waiting: deque[Future[list[ExportLine | str]]] = deque()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        try:
            while batch := list(itertools.islice(source, LINES_PER_BATCH)):
                waiting.append(pool.submit(digest_batch, batch))
                if len(waiting) > processes * _BATCHES_AHEAD:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            # The reader may have seen enough before the end.
            for future in waiting:
                future.cancel()


def _or_raise(digested: ExportLine | str) -> ExportLine:
    if isinstance(digested, str):
        raise LedgerError(digested)
    return digested
