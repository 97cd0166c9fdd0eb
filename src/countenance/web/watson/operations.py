"""Every operation of the vendor's client: which are here, and why the others are not.

A test holds this against the client's own methods.
"""

from __future__ import annotations

from countenance.web.wire import RequestHead

DETECT_FACES = "detect_faces"
#: Not a method of the client; it asks by itself for a token in exchange for its API key.
TOKEN = "identity_token"  # noqa: S105 - the name of an operation
#: Operations that are answered, in the vendor's words.
ANSWERED: tuple[str, ...] = (DETECT_FACES, TOKEN)

_NOT_FACES = "This service finds faces in photos; it does not say what else is in them."
_CUSTOM = "Custom models are not trained here; a recogniser is added by the operator, from a file with a manifest."
#: Operation → why it is not here.
REFUSED: dict[str, str] = {
    "classify": _NOT_FACES,
    **dict.fromkeys(
        (
            "create_classifier", "list_classifiers", "get_classifier", "update_classifier", "delete_classifier",
            "get_core_ml_model",
        ),
        _CUSTOM,
    ),
    "delete_user_data": (
        "Data is deleted by collection, face or case, by whoever is responsible for it; a picture sent to detect_faces "
        "is not kept."
    ),
}  # fmt: skip
#: Those that have nothing to do with faces: not refused, merely another trade.
NOT_ABOUT_FACES = frozenset(name for name, why in REFUSED.items() if why in (_NOT_FACES, _CUSTOM))
_CLASSIFIERS = {
    ("GET", 0): "list_classifiers",
    ("POST", 0): "create_classifier",
    ("GET", 1): "get_classifier",
    ("POST", 1): "update_classifier",
    ("DELETE", 1): "delete_classifier",
    ("GET", 2): "get_core_ml_model",
}


def operation_of(head: RequestHead) -> str | None:
    """Return the operation a request asks for, or None if it is no request of this vendor's clients.

    The client puts any base path in front; what counts is the end, from ``v3`` or ``identity`` on.
    """
    segments = head.path_segments
    if segments[-2:] == ("identity", "token"):
        return TOKEN
    if "v3" not in segments:
        return None
    tail = segments[len(segments) - segments[::-1].index("v3") :]
    match tail:
        case ("detect_faces",):
            return DETECT_FACES
        case ("classify",):
            return "classify"
        case ("user_data",):
            return "delete_user_data"
        case ("classifiers", *rest):
            return _CLASSIFIERS.get((head.method, len(rest)), "list_classifiers")
    return None
