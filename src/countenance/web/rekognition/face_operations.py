"""DetectFaces and CompareFaces: nothing is stored."""

from __future__ import annotations

from typing import Any

from countenance.core.vocabulary import Photo
from countenance.service.collection_errors import NoFace
from countenance.service.collection_faces import relative_box
from countenance.service.vendor_faces import ComparedFace, compare_faces, detect_faces
from countenance.service.vendor_quality import QualityFilter
from countenance.web.rekognition.call import Call
from countenance.web.rekognition.errors import INVALID_PARAMETER, AwsError
from countenance.web.rekognition.replies import bounding_box, face_detail, percent

#: Threshold where the client gives none. Source: Rekognition, CompareFaces.
DEFAULT_THRESHOLD = 80.0


def detect(call: Call) -> dict[str, Any]:
    """DetectFaces."""
    image = call.fields.image("Image")
    call.fields.attributes("Attributes")
    call.fields.done()
    found = detect_faces(call.parts, call.standing, call.photo(image)).value
    return {"FaceDetails": [face_detail(face, found.photo) for face in found.faces]}


def compare(call: Call) -> dict[str, Any]:
    """CompareFaces."""
    source, target = call.fields.image("SourceImage"), call.fields.image("TargetImage")
    value = call.fields.percent("SimilarityThreshold", DEFAULT_THRESHOLD)
    quality = call.fields.quality_filter(QualityFilter.NONE)
    call.fields.done()
    try:
        found = compare_faces(
            call.parts, call.standing, call.photo(source), call.photo(target), value=value, quality=quality
        ).value
    except NoFace:
        raise AwsError(INVALID_PARAMETER) from None
    return {
        "SourceImageFace": {
            "BoundingBox": bounding_box(relative_box(found.source, found.source_photo)),
            "Confidence": percent(found.source.detector_score),
        },
        "FaceMatches": [
            {"Similarity": item.value, "Face": _compared(item, found.target_photo)} for item in found.matches
        ],
        "UnmatchedFaces": [_compared(item, found.target_photo) for item in found.others],
    }


def _compared(item: ComparedFace, photo: Photo) -> dict[str, Any]:
    return face_detail(item.face, photo)
