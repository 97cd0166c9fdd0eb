"""What ``serve`` prints: where it is, and with ``--demo`` keys, passwords and commands to paste; shown once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.cli.output import out, print_json, table

if TYPE_CHECKING:
    from countenance.bootstrap.console_demonstration import DemonstrationAccount


def print_ready(
    address: str, seconds: float, access: object, accounts: Sequence[DemonstrationAccount], *, as_json: bool
) -> None:
    """Say that requests are answered; whoever reads a pipe waits for this."""
    if as_json:
        print_json(
            "serve", {"address": address, "seconds": round(seconds, 1), "demonstration": access, "accounts": accounts}
        )
        sys.stdout.flush()
    else:
        words = f"Serving at {address} after {seconds:.1f} s. What works: {address}/compat. Ctrl-C stops."
        out.print(Text(words, style="bold"), soft_wrap=True)


def print_accounts(address: str, accounts: Sequence[DemonstrationAccount]) -> None:
    """Print who signs in to the console of the demonstration; made anew with each start, shown once."""
    out.print(Text(f"The console: {address}/sign-in"))
    out.print(table("", ("name", "password"), [(item.name, item.password) for item in accounts]))
    out.print()


def print_demonstration(address: str, access: object) -> None:
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
        f"export COUNTENANCE_TOKEN={access.token}",
        "",
        f'curl -s -H "Authorization: Bearer $COUNTENANCE_TOKEN" -F gallery={access.collection} -F photo=@{photo} '
        f"{address}/v1/search",
        "",
    )
    for line in lines:
        # Not wrapped: these lines are pasted.
        out.print(Text(line), soft_wrap=True)
