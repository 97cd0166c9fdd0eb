"""A served demonstration in a process of its own: its start, its keys, what it holds of the machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from countenance.bootstrap.application import SAMPLE_COHORT

#: Seconds for the models to load and ninety rendered people to be indexed on a machine with other work.
START_S = 180
#: Seconds for requests under way to end after SIGTERM. Source: ``cli/serve.py``, GRACE_S, and some room.
END_S = 45


@dataclass(frozen=True, slots=True)
class Served:
    """A running server.

    Attributes:
        address: Where it answers, ``http://127.0.0.1:PORT``.
        access_key_id, secret_access_key: For AWS clients.
        api_key: For Azure and IBM clients.
        collection: Name of the collection of rendered people.
        process: The process.
        data_dir: Its data folder.
        log: File with what it writes to standard error, JSON lines.
    """

    address: str
    access_key_id: str
    secret_access_key: str
    api_key: str
    collection: str
    process: subprocess.Popen[str]
    data_dir: Path
    log: Path

    @property
    def port(self) -> int:
        """Return the port."""
        return int(self.address.rsplit(":", 1)[1])

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self.process.poll() is None

    def resident_bytes(self) -> int:
        """Return the memory it holds, in bytes."""
        return _status(self.process.pid, "VmRSS:") * 1024

    def open_files(self) -> int:
        """Return how many file descriptors it holds."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())

    def threads(self) -> int:
        """Return how many threads it has."""
        return _status(self.process.pid, "Threads:")

    def processor_s(self) -> float:
        """Return the processor time it has used, in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """Yield a server of the demonstration with its data in a folder, on a free port; it is ended afterwards.

    Args:
        folder: Data, log.
        options: More options of ``countenance serve``.

    Raises:
        RuntimeError: It does not start; its words are in the message. It ends by itself, or badly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    command = [sys.executable, "-m", "countenance", "serve", "--demo", "--json", "--port", "0"]
    command += ["--data-dir", str(folder / "data"), *options]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        document = _document(process, log)
        access = document["demonstration"]
        yield Served(
            address=document["address"],
            access_key_id=access["access_key_id"],
            secret_access_key=access["secret_access_key"],
            api_key=access["api_key"],
            collection=access["collection"],
            process=process,
            data_dir=folder / "data",
            log=log,
        )
        if process.poll() is not None:
            raise RuntimeError(f"the server ended by itself with status {process.returncode}: {_end_of(log)}")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=END_S)
        if process.stdout is not None:
            process.stdout.close()
    if process.returncode != 0:
        raise RuntimeError(f"the server ended with status {process.returncode}: {_end_of(log)}")


def pictures(*roles: str) -> list[tuple[str, bytes]]:
    """Return (name without role, bytes) of the rendered people's photos in these roles, in order."""
    folder = SAMPLE_COHORT / "photos"
    found = [path for role in roles for path in sorted(folder.glob(f"*_{role}.jpg"))]
    return [(path.stem.split("_")[0], path.read_bytes()) for path in found]


def unforeseen(served_one: Served) -> list[str]:
    """Return the lines of a server's log that tell of something unforeseen: status 500 and above, or an error."""
    lines = served_one.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if _is_unforeseen(line)]


def _is_unforeseen(line: str) -> bool:
    try:
        said = json.loads(line)
    except ValueError:
        return True
    return said.get("level") in {"error", "critical"} or int(said.get("status") or 0) in _UNFORESEEN


#: 503 is the service's word for "too busy", as a vendor's client retries it; it is none of these.
_UNFORESEEN = frozenset({500, 501, 502, 504})


def _document(process: subprocess.Popen[str], log: Path) -> dict[str, dict[str, str] | str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            return dict(json.loads("".join(lines)))
    process.wait(timeout=START_S)
    raise RuntimeError(f"the server does not start: {_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise RuntimeError(f"/proc says nothing of {name}")


def percentiles(times_ms: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of times in milliseconds, and how many there are."""
    import numpy as np

    p50, p95, p99 = (float(value) for value in np.percentile(times_ms, [50, 95, 99]))
    return {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "p99_ms": round(p99, 2), "requests": len(times_ms)}
