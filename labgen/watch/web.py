"""A running lab as a web page of this machine: nobody else can reach it, and who does not have the token of its address sees nothing."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from labgen.ground.errors import LabgenError
from labgen.ground.vocabulary import Role
from labgen.render import graph
from labgen.report import html
from labgen.watch.observer import LabObserver

HOST = "127.0.0.1"
LOOK_SECONDS = 1.0
_MARK = "x-labgen"
"""A header that pages of other origins cannot send."""


def application(observer: LabObserver, token: str) -> Starlette:
    """The page below `/TOKEN/`: itself, a stream of snapshots, and what is to be done."""
    pages = _Pages(observer)
    routes = [
        Route(f"/{token}/", pages.page),
        Route(f"/{token}/events", pages.events),
        Route(f"/{token}/act", pages.act, methods=["POST"]),
    ]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return Starlette(routes=routes, middleware=[hosts], lifespan=pages.lifespan)


def serve(observer: LabObserver, port: int, tell: Callable[[str], None]) -> None:
    """Serve until interrupted; port 0 takes any that is free."""
    token = secrets.token_urlsafe(18)
    config = uvicorn.Config(
        application(observer, token), host=HOST, port=port, log_level="error", timeout_graceful_shutdown=1
    )
    listening = config.bind_socket()
    listening.listen()
    tell(f"watch it at http://{HOST}:{listening.getsockname()[1]}/{token}/ (Ctrl-C ends)")
    uvicorn.Server(config).run(sockets=[listening])


_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class WatchPage:
    """The parts of the page that do not change while a lab is watched: the drawing, and what can be done to each node."""

    lab: str
    summary: str
    topology: Markup
    actions: tuple[tuple[str, tuple[str, ...]], ...]
    clients: tuple[str, ...]


class _Pages:
    def __init__(self, observer: LabObserver) -> None:
        self._observer = observer
        self._ending = asyncio.Event()

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        self._ending.set()

    async def page(self, request: Request) -> Response:
        plan = self._observer.plan
        actions = await run_in_threadpool(self._observer.actions)
        clients = tuple(node.name for node in plan.role(Role.CLIENT))
        shown = WatchPage(plan.name, plan.summary, Markup(graph.svg(plan)), tuple(actions.items()), clients)
        text = html.render("watch/watch.html.j2", shown, program="watch/watch.js", connect="'self'")
        return HTMLResponse(text, headers=_HEADERS)

    async def events(self, request: Request) -> Response:
        return StreamingResponse(
            self._stream(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self, request: Request) -> AsyncIterator[str]:
        while not self._ending.is_set() and not await request.is_disconnected():
            try:
                shown = await run_in_threadpool(self._observer.look)
            except LabgenError as error:
                yield f"event: ended\ndata: {json.dumps(str(error))}\n\n"
                return
            yield f"data: {json.dumps(shown.to_json())}\n\n"
            await asyncio.sleep(LOOK_SECONDS)

    async def act(self, request: Request) -> Response:
        if request.headers.get(_MARK) != "1":
            return JSONResponse({"error": "not from this page"}, status_code=403)
        try:
            wanted = await request.json()
            node, action = str(wanted["node"]), str(wanted["action"])
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "say node and action"}, status_code=400)
        try:
            if action == "undo":
                await run_in_threadpool(self._observer.undo)
            else:
                await run_in_threadpool(self._observer.act, node, action)
        except LabgenError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"done": action})
