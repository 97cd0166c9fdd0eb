"""Collections, and the tags on them."""

from __future__ import annotations

import re
from typing import Any

from countenance.service.collections import (
    change_tags,
    create_collection,
    delete_collection,
    describe_collection,
    list_collections,
    tags_of,
)
from countenance.web.rekognition.call import Call
from countenance.web.rekognition.errors import NOT_FOUND, AwsError
from countenance.web.rekognition.fields import COLLECTION_ID
from countenance.web.rekognition.page_tokens import place_of, token_for
from countenance.web.rekognition.replies import collection_arn, collection_of_arn, model_version, seconds

#: Most items on a page, and how many without being asked. Source: Rekognition service model, PageSize; the default is
#: not in the model, and clients page.
MOST_ON_PAGE, DEFAULT_PAGE = 4096, 1000
_ARN = re.compile(r"[\x21-\x7e]+")


def create(call: Call) -> dict[str, Any]:
    """CreateCollection."""
    name, tags = call.fields.collection_id(), call.fields.tags()
    call.fields.done()
    made = create_collection(call.parts, call.standing, name, tags)
    return {
        "StatusCode": 200,
        "CollectionArn": collection_arn(call.region, name, with_prefix=False),
        "FaceModelVersion": model_version(made.model),
    }


def delete(call: Call) -> dict[str, Any]:
    """DeleteCollection."""
    name = call.fields.collection_id()
    call.fields.done()
    delete_collection(call.parts, call.standing, name)
    return {"StatusCode": 200}


def describe(call: Call) -> dict[str, Any]:
    """DescribeCollection."""
    name = call.fields.collection_id()
    call.fields.done()
    found = describe_collection(call.parts, call.standing, name)
    return {
        "FaceCount": found.faces,
        "UserCount": found.users,
        "FaceModelVersion": model_version(found.model),
        "CollectionARN": collection_arn(call.region, name, with_prefix=True),
        "CreationTimestamp": seconds(found.created_at),
    }


def list_all(call: Call) -> dict[str, Any]:
    """ListCollections."""
    token = call.fields.token()
    limit = call.fields.whole("MaxResults", DEFAULT_PAGE, 0, MOST_ON_PAGE) or DEFAULT_PAGE
    call.fields.done()
    place = place_of(call.operation, "", token)
    page = list_collections(call.parts, call.standing, after=place, limit=limit)
    answer: dict[str, Any] = {
        "CollectionIds": [name for name, _ in page.collections],
        "FaceModelVersions": [model_version(model) for _, model in page.collections],
    }
    if page.next_place is not None:
        answer["NextToken"] = token_for(call.operation, "", page.next_place)
    return answer


def tag(call: Call) -> dict[str, Any]:
    """TagResource."""
    name, tags = _collection(call), call.fields.tags(needed=True)
    call.fields.done()
    change_tags(call.parts, call.standing, name, add=tags)
    return {}


def untag(call: Call) -> dict[str, Any]:
    """UntagResource."""
    name, keys = _collection(call), call.fields.tag_keys()
    call.fields.done()
    change_tags(call.parts, call.standing, name, remove=tuple(keys))
    return {}


def list_tags(call: Call) -> dict[str, Any]:
    """ListTagsForResource."""
    name = _collection(call)
    call.fields.done()
    return {"Tags": tags_of(call.parts, call.standing, name)}


def _collection(call: Call) -> str:
    """Return the collection that the resource's name is about; only collections have tags here."""
    arn = call.fields.text("ResourceArn", _ARN, 2048)
    name = collection_of_arn(arn)
    if name is None or not COLLECTION_ID.fullmatch(name):
        raise AwsError(NOT_FOUND, f"The resource {arn[:200]} does not exist")
    return name
