"""``serve``: the service on one port, until it is told to stop."""

from __future__ import annotations

import getpass
import ipaddress
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.text import Text

from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.profiles import read_profile
from countenance.cli.options import DataDir, Json, Model
from countenance.cli.output import err, progress_bar
from countenance.cli.serve_words import print_accounts, print_demonstration, print_ready
from countenance.core.errors import SettingsInvalid
from countenance.service.collection_parts import CollectionTerms
from countenance.service.galleries import GallerySource

if TYPE_CHECKING:
    from countenance.bootstrap.console_demonstration import DemonstrationAccount

#: Seconds that requests under way are given to end after the process was told to stop.
GRACE_S = 30
#: What every page of the demonstration says.
DEMONSTRATION_NOTE = (
    "Demonstration: the sample photos show rendered people who do not exist. They say nothing about real people."
)
#: Folder of the demonstration's own database.
DEMONSTRATION_FOLDER = Path("demo-output") / "service"

Host = Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 for every network.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 picks a free one.")]
Demo = Annotated[bool, typer.Option("--demo", help="Own database, rendered people, keys for a day.")]
Certificate = Annotated[Path | None, typer.Option("--tls-certificate", help="PEM file; with it, only TLS is spoken.")]
Key = Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's private key.")]
S3Folder = Annotated[
    Path | None,
    typer.Option("--s3-folder", help="Folder that stands for S3: a bucket is a folder in it. Setting: s3_folder."),
]
Source = Annotated[
    GallerySource, typer.Option("--collection-source", help="Where faces of collections that clients make come from.")
]
Basis = Annotated[str, typer.Option("--collection-basis", help="Why they are kept, in your words.")]
Days = Annotated[
    int | None, typer.Option("--collection-retention-days", min=1, help="Days until a face is deleted; else kept.")
]
Rate = Annotated[float, typer.Option("--requests-per-second", min=0, help="Of one credential; 0 means no limit.")]
Waiting = Annotated[int, typer.Option("--waiting-photos", min=0, help="Photo requests that may wait for a core.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example:  countenance serve --demo")(serve)


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    demo: Demo = False,
    tls_certificate: Certificate = None,
    tls_key: Key = None,
    s3_folder: S3Folder = None,
    collection_source: Source = GallerySource.UNKNOWN,
    collection_basis: Basis = "made by a client of the service",
    collection_retention_days: Days = None,
    requests_per_second: Rate = 100.0,
    waiting_photos: Waiting = 64,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Serve unmodified clients of Amazon Rekognition, Azure Face and IBM Watson, under cases and rules."""
    started = time.monotonic()
    if (tls_certificate is None) != (tls_key is None):
        raise typer.BadParameter("--tls-certificate and --tls-key go together")
    if tls_certificate is not None and tls_key is not None:
        _require_tls(tls_certificate, tls_key)
    from countenance.bootstrap.serving import ServiceLimits, service

    if demo:
        # Rendered people who do not exist: nobody's consent is missing.
        collection_source, collection_basis = GallerySource.CONSENTED_ENROLMENT, "demonstration; nobody exists"
        collection_retention_days = collection_retention_days or 1
        data_dir = data_dir or DEMONSTRATION_FOLDER
    app = _application(model, data_dir, own=demo)
    terms = CollectionTerms(collection_source, collection_basis, collection_retention_days)
    limits = ServiceLimits(waiting_photos=waiting_photos, requests_per_second=requests_per_second)
    listening = _listen(host, port)
    address = _address(listening, host, tls=tls_certificate is not None)
    if tls_certificate is None and not _is_this_machine(host):
        err.print(Text("Keys and passwords will cross the network as they are: nothing is encrypted. "
                       "Give --tls-certificate and --tls-key."))  # fmt: skip
    notes = {"demonstration": DEMONSTRATION_NOTE} if demo else None
    with listening, service(app, terms=terms, limits=limits, objects=s3_folder, notes=notes) as ready:
        access: object = None
        accounts: Sequence[DemonstrationAccount] = ()
        if demo:
            from countenance.bootstrap.console_demonstration import open_console_demonstration
            from countenance.bootstrap.service_demonstration import open_demonstration

            operator = read_profile(app).operator or getpass.getuser()
            with progress_bar("Indexing rendered people", quiet=as_json) as update:
                access = open_demonstration(ready, operator, lambda done, total: update(done, total))
            accounts = open_console_demonstration(ready.parts)
            if not as_json:
                print_demonstration(address, access)
                print_accounts(address, accounts)
        elif collection_source is GallerySource.UNKNOWN:
            err.print(Text("Collections that clients make have no stated source, and rules refuse faces of unknown "
                           "origin. State it with --collection-source."))  # fmt: skip
        print_ready(address, time.monotonic() - started, access, accounts, as_json=as_json)
        _run(ready.app, listening, tls_certificate, tls_key)


def _application(model: str | None, data_dir: Path | None, *, own: bool) -> Application:
    if not own:
        return Application(load_settings(model=model, data_dir=data_dir))
    assert data_dir is not None  # noqa: S101 - the demonstration's own folder
    data_dir.mkdir(parents=True, exist_ok=True)
    return Application(load_settings(model=model, data_dir=data_dir, database_url="", key_file=""))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsInvalid(
            f"The address {host}, port {port} cannot be used: {(error.strerror or '').lower()}.",
            remedy="Stop what uses the port, or choose another one with --port.",
        ) from error
    # Accepted connections inherit it. Head and body of an answer are written apart; without it the body waits for the
    # client's delayed acknowledgement of the head, 40 ms on Linux. asyncio sets it by itself only on sockets that were
    # made with the protocol's number.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _require_tls(certificate: Path, key: Path) -> None:
    """Return if a certificate and its key can be served with; nobody is asked for a password.

    Raises:
        SettingsInvalid: They cannot.
    """
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SettingsInvalid(
                f"The key in {key} is not that of the certificate in {certificate}.",
                remedy="Give the key that the certificate was made with; a chain begins with the server's own.",
            ) from None
        raise SettingsInvalid(
            f"{certificate} and {key} are not a certificate and its key in PEM, the key without a password.",
            remedy="Check that the files are not exchanged, and take the password off with `openssl pkey`.",
        ) from None
    except OSError as error:
        raise SettingsInvalid(
            f"The certificate {certificate} or its key {key} cannot be read: {(error.strerror or '').lower()}.",
            remedy="Check both paths and their permissions.",
        ) from error


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(listening: socket.socket, host: str, *, tls: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{listening.getsockname()[1]}"


def _run(web: object, listening: socket.socket, certificate: Path | None, key: Path | None) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first."""
    import uvicorn

    _log_to_stderr()
    config = uvicorn.Config(
        web,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        # What a proxy says about the client is not believed; signatures are over what arrives here.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=None if certificate is None else str(certificate),
        ssl_keyfile=None if key is None else str(key),
    )
    # The server ends by itself and then raises the signal again: the store is to be closed before the process ends.
    signal.signal(signal.SIGTERM, _end)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        return


def _end(_signal: int, _frame: object) -> NoReturn:
    sys.exit(0)


class _JsonLines(logging.Formatter):
    """One JSON object a line; a request's line is JSON already."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {"time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname.lower()}
        if record.name == "countenance.requests":
            return json.dumps(line | json.loads(record.getMessage()))
        line["message"] = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            # Where it happened, without values: locals and messages of errors may hold data of people.
            trace = record.exc_info[2]
            places = []
            while trace is not None:
                code = trace.tb_frame.f_code
                places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
                trace = trace.tb_next
            line["error"] = record.exc_info[0].__name__
            line["at"] = " < ".join(reversed(places[-8:]))
        return json.dumps(line)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    # A client's broken form is answered, not warned of.
    levels = (("countenance", logging.INFO), ("uvicorn", logging.WARNING), ("python_multipart", logging.ERROR))
    for name, level in levels:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False
