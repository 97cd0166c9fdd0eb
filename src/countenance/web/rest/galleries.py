"""Operations on galleries."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import Field

from countenance.core.vocabulary import GallerySummary
from countenance.policy.terms import GallerySource
from countenance.web.rest.answers import Answer, ModelAnswer, model_answer
from countenance.web.rest.calling import Caller, Calling, Rest
from countenance.web.rest.cursors import cursor_of, place_of
from countenance.web.rest.lists import Cursor, Limit, Page, first_of, listed, streamed
from countenance.web.rest.names import MOST_NAME, GalleryName
from countenance.web.rest.parts import RestParts
from countenance.web.rest.problems import answers

#: Longest retention: a hundred years.
MOST_DAYS = 36_525


class GalleryAnswer(Answer):
    """A gallery's facts."""

    name: str
    model: ModelAnswer = Field(description="Recogniser that made all templates in it.")
    created_at: str
    basis: str = Field(description="Why faces are kept in it, in the operator's words.")
    source: str = Field(description="Where its references come from; rules read it.")
    retention_days: int | None = Field(description="Days after which a reference expires; null: until erased.")
    subjects: int
    references: int
    revision: int = Field(description="Grows with every change of its references.")


class NewGallery(Answer):
    """What a gallery is made with."""

    name: str = Field(min_length=1, max_length=MOST_NAME)
    basis: str = Field(min_length=1, max_length=1_000, examples=["staff who consented, form 7"])
    source: GallerySource
    retention_days: int | None = Field(ge=1, le=MOST_DAYS, description="null, in so many words: until erased.")


class Deleted(Answer):
    """What went."""

    references: int


def gallery_operations(rest: Rest, parts: RestParts) -> APIRouter:
    """Return the operations on galleries."""
    router = rest.router("galleries")

    @router.get("/galleries", operation_id="list_galleries", responses=answers() | {200: streamed(GalleryAnswer)})
    async def list_galleries(
        caller: Calling, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 100
    ) -> Page[GalleryAnswer]:
        """Return the galleries that the case may use, by name."""

        async def fetch(after: str | None, most: int) -> tuple[list[GalleryAnswer], str | None]:
            return await rest.desk(lambda: _galleries(parts, caller, after, most))

        return await listed(request, response, fetch, cursor, limit)  # type: ignore[return-value]

    @router.post("/galleries", operation_id="create_gallery", status_code=201, responses=answers(409))
    async def create_gallery(caller: Calling, wanted: NewGallery, response: Response) -> GalleryAnswer:
        """Make an empty gallery. The case has to be one for any gallery."""

        def make() -> GalleryAnswer:
            parts.access("create_gallery", caller.standing, wanted.name)
            made = parts.make_gallery(
                wanted.name, caller.standing,
                basis=wanted.basis, source=wanted.source, retention_days=wanted.retention_days,
            )  # fmt: skip
            return _gallery(parts, made)

        made = await rest.desk(make)
        response.headers["Location"] = f"/v1/galleries/{quote(made.name, safe='')}"
        return made

    @router.get("/galleries/{gallery}", operation_id="get_gallery", responses=answers(404))
    async def get_gallery(caller: Calling, gallery: GalleryName) -> GalleryAnswer:
        """Return one gallery."""

        def get() -> GalleryAnswer:
            parts.access("describe_gallery", caller.standing, gallery)
            return _gallery(parts, parts.galleries.gallery(gallery))

        return await rest.desk(get)

    @router.delete("/galleries/{gallery}", operation_id="delete_gallery", responses=answers(404))
    async def delete_gallery(caller: Calling, gallery: GalleryName) -> Deleted:
        """Delete a gallery with all references and keys."""

        def delete() -> Deleted:
            parts.access("delete_gallery", caller.standing, gallery)
            return Deleted(references=parts.delete_gallery(gallery, caller.standing))

        return await rest.desk(delete)

    return router


def _galleries(
    parts: RestParts, caller: Caller, after: str | None, most: int
) -> tuple[list[GalleryAnswer], str | None]:
    parts.access("list_galleries", caller.standing, None)
    behind = str(place_of("galleries", after, str)[0]) if after is not None else ""
    allowed = caller.standing.galleries
    found = [
        item
        for item in sorted(parts.galleries.list_galleries(), key=lambda item: item.name)
        if item.name > behind and (allowed is None or item.name in allowed)
    ]
    shown, following = first_of(found, most, lambda last: cursor_of("galleries", last.name))
    return [_gallery(parts, item) for item in shown], following


def _gallery(parts: RestParts, found: GallerySummary) -> GalleryAnswer:
    return GalleryAnswer(
        name=found.name,
        model=model_answer(found.model),
        created_at=found.created_at,
        basis=found.basis,
        source=parts.policies.gallery_facts(found.name).source,
        retention_days=found.retention_days,
        subjects=found.subjects,
        references=found.references,
        revision=found.revision,
    )
