"""``serve``: the service on one port, until it is told to stop."""

from __future__ import annotations

import getpass
import json
import logging
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.text import Text

from countenance.bootstrap.accountability import read_profile
from countenance.bootstrap.application import SAMPLE_COHORT, Application, load_settings
from countenance.cli.options import DataDir, Json, Model
from countenance.cli.output import err, out, print_json, progress_bar
from countenance.core.errors import SettingsInvalid
from countenance.service.collection_parts import CollectionTerms
from countenance.service.galleries import GallerySource

#: Seconds that requests under way are given to end after the process was told to stop.
GRACE_S = 30
#: Folder of the demonstration's own database.
DEMONSTRATION_FOLDER = Path("demo-output") / "service"

Host = Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 for every network.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 picks a free one.")]
Demo = Annotated[bool, typer.Option("--demo", help="Own database, rendered people, keys for a day.")]
Certificate = Annotated[Path | None, typer.Option("--tls-certificate", help="PEM file; with it, only TLS is spoken.")]
Key = Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's private key.")]
S3Folder = Annotated[
    Path | None, typer.Option("--s3-folder", help="Folder that stands for S3: a bucket is a folder in it.")
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
    with listening, service(app, terms=terms, limits=limits, objects=s3_folder) as ready:
        access = None
        if demo:
            from countenance.bootstrap.service_demonstration import open_demonstration

            operator = read_profile(app).operator or getpass.getuser()
            with progress_bar("Indexing rendered people", quiet=as_json) as update:
                access = open_demonstration(ready, operator, lambda done, total: update(done, total))
            if not as_json:
                _print_demonstration(address, access)
        elif collection_source is GallerySource.UNKNOWN:
            err.print(Text("Collections that clients make have no stated source, and rules refuse faces of unknown "
                           "origin. State it with --collection-source."))  # fmt: skip
        _print_ready(address, time.monotonic() - started, access, as_json=as_json)
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
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsInvalid(
            f"The address {host}, port {port} cannot be used: {(error.strerror or '').lower()}.",
            remedy="Stop what uses the port, or choose another one with --port.",
        ) from error


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


def _print_ready(address: str, seconds: float, access: object, *, as_json: bool) -> None:
    """Say that requests are answered; whoever reads a pipe waits for this."""
    if as_json:
        print_json("serve", {"address": address, "seconds": round(seconds, 1), "demonstration": access})
        sys.stdout.flush()
    else:
        words = f"Serving at {address} after {seconds:.1f} s. What works: {address}/compat. Ctrl-C stops."
        out.print(Text(words, style="bold"), soft_wrap=True)


def _print_demonstration(address: str, access: object) -> None:
    from countenance.bootstrap.service_demonstration import DemonstrationAccess

    assert isinstance(access, DemonstrationAccess)  # noqa: S101 - narrowed here, so that nothing is imported to say so
    photo = SAMPLE_COHORT / "photos" / "p001_probe.jpg"
    lines = (
        f"The collection {access.collection} holds {access.faces} rendered people who do not exist. "
        "The keys below carry a case of their own and end in a day.",
        "",
        f"export AWS_ENDPOINT_URL_REKOGNITION={address}",
        "export AWS_DEFAULT_REGION=us-east-1",
        f"export AWS_ACCESS_KEY_ID={access.access_key_id}",
        f"export AWS_SECRET_ACCESS_KEY={access.secret_access_key}",
        "",
        f"aws rekognition search-faces-by-image --collection-id {access.collection} --image-bytes fileb://{photo}",
        "",
        "python -c \"import boto3; print(boto3.client('rekognition').search_faces_by_image("
        f"CollectionId='{access.collection}', Image={{'Bytes': open('{photo}', 'rb').read()}})['FaceMatches'])\"",
        "",
        'python -c "from ibm_watson import VisualRecognitionV3; '
        f"print(VisualRecognitionV3('2018-03-19', url='{address}', iam_apikey='icp-{access.api_key}')"
        f".detect_faces(images_file=open('{photo}', 'rb')).get_result())\"",
        "",
        f"export AZURE_FACE_ENDPOINT={address}",
        f"export AZURE_FACE_KEY={access.api_key}",
        "",
        'python -c "import sys; from azure.ai.vision.face import FaceClient; from azure.core.credentials import '
        "AzureKeyCredential; face = FaceClient(sys.argv[1], "
        "AzureKeyCredential(sys.argv[2])); ids = [face.detect(open(path, 'rb').read(), "
        "detection_model='detection_03', recognition_model='recognition_04', return_face_id=True)[0].face_id "
        f"for path in ('{photo}', '{photo.with_name('p001_reference.jpg')}')]; "
        'print(face.verify_face_to_face(face_id1=ids[0], face_id2=ids[1]))" "$AZURE_FACE_ENDPOINT" "$AZURE_FACE_KEY"',
        "",
    )
    for line in lines:
        # Not wrapped: these lines are pasted.
        out.print(Text(line), soft_wrap=True)
