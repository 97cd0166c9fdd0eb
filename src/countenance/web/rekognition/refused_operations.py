"""Operations of the service model that this service does not have, each with the reason in a sentence.

Every operation is either answered or listed here; a test holds this against the vendor's own service model.
"""

from __future__ import annotations

_CELEBRITY = "Celebrities are not recognised: nobody is identified because they are well known."
_VIDEO = "Video is not analysed: photos are compared one by one, after the fact, and a person's path is never followed."
_STREAM = "Live video is not watched. This is a decision, not a missing part."
_LIVENESS = (
    "Liveness is not checked: it needs the vendor's own capture front end. This is not an access-control product."
)
_NOT_FACES = "This service compares faces; it does not look for objects, text, protective equipment or unsafe content."
_CUSTOM = "Custom models are not trained here; a recogniser is added by the operator, from a file with a manifest."

#: Operation → why it is not here.
REFUSED: dict[str, str] = {
    **dict.fromkeys(
        ("RecognizeCelebrities", "GetCelebrityInfo", "StartCelebrityRecognition", "GetCelebrityRecognition"), _CELEBRITY
    ),
    **dict.fromkeys(
        (
            "StartFaceDetection", "GetFaceDetection", "StartFaceSearch", "GetFaceSearch", "StartPersonTracking",
            "GetPersonTracking",
        ),
        _VIDEO,
    ),
    **dict.fromkeys(
        (
            "CreateStreamProcessor", "DeleteStreamProcessor", "DescribeStreamProcessor", "ListStreamProcessors",
            "StartStreamProcessor", "StopStreamProcessor", "UpdateStreamProcessor",
        ),
        _STREAM,
    ),
    **dict.fromkeys(("CreateFaceLivenessSession", "GetFaceLivenessSessionResults"), _LIVENESS),
    **dict.fromkeys(
        (
            "DetectLabels", "DetectModerationLabels", "DetectProtectiveEquipment", "DetectText", "StartLabelDetection",
            "GetLabelDetection", "StartTextDetection", "GetTextDetection", "StartContentModeration",
            "GetContentModeration", "StartSegmentDetection", "GetSegmentDetection", "StartMediaAnalysisJob",
            "GetMediaAnalysisJob", "ListMediaAnalysisJobs",
        ),
        _NOT_FACES,
    ),
    **dict.fromkeys(
        (
            "CopyProjectVersion", "CreateDataset", "CreateProject", "CreateProjectVersion", "DeleteDataset",
            "DeleteProject", "DeleteProjectPolicy", "DeleteProjectVersion", "DescribeDataset",
            "DescribeProjectVersions", "DescribeProjects", "DetectCustomLabels", "DistributeDatasetEntries",
            "ListDatasetEntries", "ListDatasetLabels", "ListProjectPolicies", "PutProjectPolicy",
            "StartProjectVersion", "StopProjectVersion", "UpdateDatasetEntries",
        ),
        _CUSTOM,
    ),
}  # fmt: skip
#: Those that have nothing to do with faces: not refused, merely another trade.
NOT_ABOUT_FACES = frozenset(name for name, why in REFUSED.items() if why in (_NOT_FACES, _CUSTOM))

_TRAIT = "It is not inferred from a face here; neither is anything else about who a person is or feels."
_NOT_MEASURED = "It is not measured by this service."
#: Face attributes that can be asked for by name → why they are not given. ``ALL`` gives what there is.
REFUSED_ATTRIBUTES: dict[str, str] = {
    **dict.fromkeys(("AGE_RANGE", "EMOTIONS", "GENDER", "SMILE", "BEARD", "MUSTACHE"), _TRAIT),
    **dict.fromkeys(
        ("EYE_DIRECTION", "EYEGLASSES", "EYES_OPEN", "MOUTH_OPEN", "FACE_OCCLUDED", "SUNGLASSES"), _NOT_MEASURED
    ),
}
