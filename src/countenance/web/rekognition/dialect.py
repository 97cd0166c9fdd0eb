"""The dialect: JSON 1.1 in, signature, operation, JSON out; errors in the vendor's shape whatever happens.

Rules kept here:

- The operation is the part of ``X-Amz-Target`` behind the dot. The path says nothing: clients put anything there.
- Nothing is done before the signature is verified.
- Whoever names an access key and is refused is recorded: a wrong or outdated signature too, at a rate that cannot fill
  the ledger.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from countenance.core.errors import CountenanceError, GalleryExists, GalleryNotFound, PolicyError
from countenance.service.collection_parts import CollectionParts
from countenance.service.credentials import Credential
from countenance.service.refusals import ActRefused
from countenance.service.refused_credentials import Refusal
from countenance.service.standing import Standing
from countenance.web.context import WebContext
from countenance.web.dialects import Trouble
from countenance.web.observation import Exchange
from countenance.web.rekognition import (
    collection_operations,
    face_operations,
    index_operations,
    search_operations,
    user_operations,
)
from countenance.web.rekognition.call import Call, Operation
from countenance.web.rekognition.errors import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    IMAGE_TOO_LARGE,
    INTERNAL,
    SERIALIZATION,
    THROTTLING,
    THROUGHPUT,
    UNKNOWN_OPERATION,
    UNRECOGNISED_CLIENT,
    AwsError,
    aws_error,
    collection_missing,
)
from countenance.web.rekognition.fields import Fields
from countenance.web.rekognition.images import ImageInput, named_objects
from countenance.web.rekognition.refused_operations import REFUSED
from countenance.web.rekognition.replies import ACCOUNT
from countenance.web.rekognition.sigv4 import (
    ALGORITHM,
    OutsideWindow,
    ReceivedRequest,
    access_key_shown,
    read_claim,
    verify,
)
from countenance.web.wire import Reply, RequestHead

NAME = "rekognition"
CONTENT_TYPE = "application/x-amz-json-1.1"
TARGET_PREFIX = "RekognitionService."
#: Two pictures of 5 MiB in base64 and some room. Source: CompareFaces with both pictures at the limit.
MOST_BODY_BYTES = 15_000_000
#: What an operation outside of the service model is called in metrics.
_UNKNOWN = "unknown"

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "DetectFaces": face_operations.detect,
        "CompareFaces": face_operations.compare,
        "CreateCollection": collection_operations.create,
        "DeleteCollection": collection_operations.delete,
        "DescribeCollection": collection_operations.describe,
        "ListCollections": collection_operations.list_all,
        "IndexFaces": index_operations.index,
        "ListFaces": index_operations.list_all,
        "DeleteFaces": index_operations.delete,
        "SearchFaces": search_operations.by_face,
        "SearchFacesByImage": search_operations.by_image,
        "CreateUser": user_operations.create,
        "DeleteUser": user_operations.delete,
        "ListUsers": user_operations.list_all,
        "AssociateFaces": user_operations.associate,
        "DisassociateFaces": user_operations.disassociate,
        "SearchUsers": search_operations.users,
        "SearchUsersByImage": search_operations.users_by_image,
        "TagResource": collection_operations.tag,
        "UntagResource": collection_operations.untag,
        "ListTagsForResource": collection_operations.list_tags,
    }
)
#: Operations that look at a photo or compare templates: they wait for the threads of such work, the others do not.
AT_WORK = frozenset(
    {
        "DetectFaces", "CompareFaces", "IndexFaces", "SearchFaces", "SearchFacesByImage", "AssociateFaces",
        "SearchUsers", "SearchUsersByImage",
    }
)  # fmt: skip
#: Operations that take a picture in the request.
WITH_IMAGE = frozenset({"DetectFaces", "CompareFaces", "IndexFaces", "SearchFacesByImage", "SearchUsersByImage"})


@dataclass(frozen=True, slots=True)
class _Caller:
    standing: Standing
    region: str


class RekognitionDialect:
    """Answers unmodified AWS clients; implements ``web.dialects.Dialect``."""

    name = NAME

    def __init__(self, context: WebContext, parts: CollectionParts) -> None:
        self._context = context
        self._parts = parts

    def claims(self, head: RequestHead) -> bool:
        """Return whether a request is one of an AWS client: by its target, its body's type or its signature."""
        return head.header("x-amz-target") is not None or (
            head.method == "POST"
            and (
                (head.header("content-type") or "").startswith("application/x-amz-json")
                or (head.header("authorization") or "").startswith(ALGORITHM)
            )
        )

    def body_limit(self, head: RequestHead) -> int:
        """Return the largest body accepted."""
        return MOST_BODY_BYTES

    async def handle(self, head: RequestHead, body: bytes, exchange: Exchange) -> Reply:
        """Return the answer to a request."""
        operation = _operation_name(head)
        exchange.operation = operation if operation in OPERATIONS or operation in REFUSED else _UNKNOWN
        request = ReceivedRequest(head.method, head.raw_path, head.raw_query, head.headers, body)
        collection = ""
        try:
            caller = await self._context.desk.run(lambda: self._caller(request, exchange))
            self._require_within_rate(exchange)
            run, members = _require_known(operation), _parsed(body)
            collection = str(members.get("CollectionId"))
            objects = await self._objects(members, caller.standing) if operation in WITH_IMAGE else {}
            call = Call(operation, Fields(members), self._parts, caller.standing, caller.region, objects)
            pool = self._context.work if operation in AT_WORK else self._context.desk
            return _success(await pool.run(lambda: run(call)), exchange)
        except AwsError as error:
            return _failure(error, exchange)
        except CountenanceError as error:
            return _failure(_translated(error, operation, collection, exchange), exchange)

    def refusal(self, trouble: str, head: RequestHead, exchange: Exchange) -> Reply:
        """Return what is said where ``handle`` could not: busy, body too large, something unforeseen."""
        operation = _operation_name(head)
        exchange.operation = operation if operation in OPERATIONS or operation in REFUSED else _UNKNOWN
        if trouble == Trouble.BUSY:
            return _failure(AwsError(THROUGHPUT), exchange)
        if trouble == Trouble.TOO_LARGE:
            if operation in WITH_IMAGE:
                return _failure(AwsError(IMAGE_TOO_LARGE), exchange)
            return _failure(AwsError(SERIALIZATION, "The request is too large.", status=413), exchange)
        return _failure(AwsError(INTERNAL, status=500), exchange)

    async def _objects(self, members: Mapping[str, Any], standing: Standing) -> dict[ImageInput, bytes | AwsError]:
        """Return the objects a request names as its pictures; nobody's are read whose case has ended.

        Raises:
            ActRefused, CaseError: Whoever asks may not; recorded.
        """
        named = named_objects(members)
        if not named:
            return {}
        await self._context.desk.run(lambda: self._parts.require_access("read_object", standing, None))

        def load(item: ImageInput) -> bytes | AwsError:
            try:
                return item.load(self._context.objects)
            except AwsError as error:
                return error

        return await self._context.from_outside(lambda: {item: load(item) for item in named})

    def _caller(self, request: ReceivedRequest, exchange: Exchange) -> _Caller:
        """Return who signed a request.

        Raises:
            AwsError: Nobody known here did, or the signature is wrong or too old.
        """
        now = self._context.clock()
        found = None
        try:
            claim = read_claim(request)
            found = self._context.cases.find_by_access_key(claim.access_key_id)
            if found is None:
                raise AwsError(UNRECOGNISED_CLIENT)
            exchange.credential_id = found[0].credential_id
            verify(request, claim, found[1].decode(), now)
        except AwsError as error:
            self._note(error, request, None if found is None else found[0], exchange)
            raise
        return _Caller(self._context.cases.standing(found[0], NAME, now), claim.region)

    def _note(
        self, error: AwsError, request: ReceivedRequest, credential: Credential | None, exchange: Exchange
    ) -> None:
        """Note that an access key was refused, if the request names one."""
        shown = access_key_shown(request)
        if not shown:
            return
        refusal = Refusal.OUTSIDE_WINDOW if isinstance(error, OutsideWindow) else Refusal.SIGNATURE
        if credential is None:
            credential = self._context.cases.find_by_spent_access_key(shown)
        if error.code == UNRECOGNISED_CLIENT:
            refusal = Refusal.UNKNOWN if credential is None else Refusal.EXPIRED
        exchange.entry_id = self._context.refused.note(NAME, refusal, shown=shown, credential=credential)

    def _require_within_rate(self, exchange: Exchange) -> None:
        wait_s = self._context.limits.admit(exchange.credential_id or "")
        if wait_s > 0:
            # In milliseconds, which the client library honours; a plain Retry-After it ignores.
            wait = (("x-amz-retry-after", str(math.ceil(wait_s * 1000))),)
            raise AwsError(THROTTLING, headers=wait)


def _operation_name(head: RequestHead) -> str:
    target = head.header("x-amz-target") or ""
    return target.removeprefix(TARGET_PREFIX) if target.startswith(TARGET_PREFIX) else ""


def _require_known(operation: str) -> Operation:
    run = OPERATIONS.get(operation)
    if run is not None:
        return run
    if operation in REFUSED:
        raise AwsError(UNKNOWN_OPERATION, f"{operation} is not part of this service. {REFUSED[operation]}")
    raise AwsError(UNKNOWN_OPERATION, f"There is no operation called {operation[:100]!a}.")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        raise AwsError(SERIALIZATION, "The request is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise AwsError(SERIALIZATION, "The request is not a JSON object.")
    return parsed


def _translated(error: CountenanceError, operation: str, collection: str, exchange: Exchange) -> AwsError:
    """Return an error of a use case in the vendor's words; a refusal says which entry records it."""
    if isinstance(error, GalleryNotFound):
        return collection_missing(collection)
    if isinstance(error, GalleryExists):
        return AwsError(ALREADY_EXISTS, f"The collection id: {collection} already exists")
    translated = aws_error(error)
    if isinstance(error, ActRefused):
        exchange.entry_id = error.entry_id
    if isinstance(error, PolicyError):
        recorded = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
        who = f"arn:aws:iam::{ACCOUNT}:credential/{exchange.credential_id}"
        what = f"arn:aws:rekognition:::{operation}"
        message = f"User: {who} is not authorized to perform: rekognition:{operation} on resource: {what}."
        return AwsError(ACCESS_DENIED, f"{message} {error.message}{recorded}")
    return translated


def _success(answer: dict[str, Any], exchange: Exchange) -> Reply:
    body = json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
    return Reply(200, body, CONTENT_TYPE, (("x-amzn-requestid", exchange.request_id),))


def _failure(error: AwsError, exchange: Exchange) -> Reply:
    exchange.code = error.code
    said = {
        "__type": error.code,
        "Code": error.code,
        "Message": error.message,
        "message": error.message,
        "Logref": exchange.request_id,
    }
    headers = (("x-amzn-requestid", exchange.request_id), ("x-amzn-errortype", error.code), *error.headers)
    return Reply(error.status, json.dumps(said).encode(), CONTENT_TYPE, headers)
