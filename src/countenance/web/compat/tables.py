"""Each dialect's own tables, put beside one another; a test fails if a dialect is served and not shown."""

from __future__ import annotations

from collections.abc import Mapping

from countenance.service.compatibility import VendorCoverage, coverage
from countenance.service.person_group_confidence import DEFAULT_CONFIDENCE, VALUE_AT_DEFAULT
from countenance.web.azure import dialect as azure
from countenance.web.azure.face_attributes import RETIRED
from countenance.web.azure.routes import LEFT_OUT, ROUTES
from countenance.web.caller_counts import FIRST_ERROR
from countenance.web.observation import Metrics
from countenance.web.rekognition import dialect as rekognition
from countenance.web.rekognition import refused_operations as rekognition_refused
from countenance.web.watson import dialect as watson
from countenance.web.watson import operations as watson_operations

#: Name of the counter's samples in the registry.
_REQUESTS, _TOTAL = "countenance_requests", "countenance_requests_total"

Calls = Mapping[str, dict[str, tuple[int, int]]]


def calls_so_far(metrics: Metrics) -> Calls:
    """Return dialect → operation → (requests since the start, those answered with an error); no names of anybody."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for family in metrics.registry.collect():
        if family.name != _REQUESTS:
            continue
        for sample in family.samples:
            if sample.name == _TOTAL:
                operations = found.setdefault(sample.labels["dialect"], {})
                count, failed = operations.get(sample.labels["operation"], (0, 0))
                number = int(sample.value)
                is_error = int(sample.labels["status"]) >= FIRST_ERROR
                operations[sample.labels["operation"]] = (count + number, failed + (number if is_error else 0))
    return found


def vendor_tables(calls: Calls) -> tuple[VendorCoverage, ...]:
    """Return the operations of every vendor whose clients are answered, with the calls made so far."""
    return (_rekognition(calls), _azure(calls), _watson(calls))


def _rekognition(calls: Calls) -> VendorCoverage:
    refused = rekognition_refused.REFUSED
    traits = ", ".join(sorted(rekognition_refused.REFUSED_ATTRIBUTES))
    return coverage(
        rekognition.NAME,
        "Amazon Rekognition",
        "AWS_ENDPOINT_URL_REKOGNITION={address}",
        works=rekognition.OPERATIONS,
        refused=refused,
        not_applicable=rekognition_refused.NOT_ABOUT_FACES,
        calls=calls.get(rekognition.NAME, {}),
        notes=(
            f"Attributes refused when asked for by name, and absent from ALL: {traits}.",
            "S3 objects are read only from a folder or store that the operator has set; photos as Bytes always work.",
        ),
    )


def _azure(calls: Calls) -> VendorCoverage:
    return coverage(
        azure.NAME,
        "Azure Face",
        "FaceClient(endpoint='{address}', credential=AzureKeyCredential('…'))",
        works=(route.name for route in ROUTES),
        # Paths, since the vendor has several operations under each.
        refused={f"/{segment}": why for segment, why in LEFT_OUT.items()},
        not_applicable=frozenset(),
        calls=calls.get(azure.NAME, {}),
        notes=(
            f"Attributes refused, in the words with which the vendor retired them: {', '.join(sorted(RETIRED))}.",
            "Of the 27 landmarks the five that are measured are given; the others are absent.",
            f"Confidence {DEFAULT_CONFIDENCE:g} stands at {VALUE_AT_DEFAULT:g} of the scale above.",
            "Photos by url are fetched only from hosts that the operator has named; as a stream they always work.",
        ),
    )


def _watson(calls: Calls) -> VendorCoverage:
    return coverage(
        watson.NAME,
        "IBM Watson Visual Recognition v3",
        "VisualRecognitionV3('2018-03-19', url='{address}', iam_apikey='icp-…')",
        works=watson_operations.ANSWERED,
        refused=watson_operations.REFUSED,
        not_applicable=watson_operations.NOT_ABOUT_FACES,
        calls=calls.get(watson.NAME, {}),
        notes=(
            "A face has its place and nothing else: age and gender are absent.",
            "Photos by url are fetched only from hosts that the operator has named; as images_file they always work.",
        ),
    )
