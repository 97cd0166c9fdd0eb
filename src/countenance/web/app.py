"""The application: dialects first, then health, readiness and metrics, then whatever routers are handed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from countenance.web.context import WebContext
from countenance.web.dialects import Dialect, DialectSwitch
from countenance.web.work_pool import Busy

#: Answers a request that no route takes, or not with this method.
Unmatched = Callable[[Request, HTTPException], Awaitable[Response]]


def create_app(
    context: WebContext,
    *,
    version: str,
    dialects: Sequence[Dialect] = (),
    routers: Sequence[APIRouter] = (),
    unmatched: Mapping[str, Unmatched] = MappingProxyType({}),
) -> FastAPI:
    """Return the application over ready-made services.

    Args:
        context: The service.
        version: Of this software, for the OpenAPI document.
        dialects: Vendors' dialects; the first that claims a request answers it.
        routers: The native interface and the console.
        unmatched: Beginning of a path → who answers there what no route takes; the longest that fits counts.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(context.close)

    app = FastAPI(
        title="Countenance",
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.metrics = context.metrics
    app.include_router(_health(context))
    for router in routers:
        app.include_router(router)

    @app.exception_handler(HTTPException)
    async def answer_unmatched(request: Request, error: HTTPException) -> Response:
        for prefix in sorted(unmatched, key=len, reverse=True):
            if request.url.path.startswith(prefix):
                return await unmatched[prefix](request, error)
        return await http_exception_handler(request, error)

    app.add_middleware(DialectSwitch, dialects=dialects, metrics=context.metrics, new_request_id=context.new_uuid)
    return app


def _health(context: WebContext) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def alive() -> PlainTextResponse:
        """Say that the process answers; nothing else is looked at."""
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def ready() -> Response:
        """Say whether requests can be served: the database answers and the models are loaded."""
        try:
            reason = await context.desk.run(context.ready)
        except Busy:
            reason = "busy"
        if reason is None:
            return JSONResponse({"ready": True})
        return JSONResponse({"ready": False, "reason": reason}, status_code=503)

    @router.get("/metrics")
    async def metrics() -> Response:
        """Return the counters; they hold no names."""
        text, content_type = context.metrics.text()
        return Response(text, media_type=content_type)

    return router
