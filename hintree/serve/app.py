"""The server's paths, as an ASGI application: what OpenAI's clients ask for, trees, health and figures."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hintree import __version__
from hintree.export import render
from hintree.presets import preset
from hintree.serve.calls import Call, Clock, LeftError
from hintree.serve.errors import RefusalError, on_http_error, on_refusal, refusal_of
from hintree.serve.requests import ChatBody, TextBody, read
from hintree.serve.responses import BETWEEN, DONE, Reply, cut, event, finish, safe, text_of
from hintree.serve.service import Service
from hintree.solver import Solution

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of everything that holds a caller's text."""
FORMS = {"json": "application/json", "html": "text/html; charset=utf-8"}
"""What a tree can be had as."""
LEFT = 499
"""Stands for a caller who left, in the figures."""


def make_app(service: Service) -> Starlette:
    """The application; its engine runs while it is up."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.engine.thread.start()
        yield
        service.engine.close()
        await run_in_threadpool(service.engine.thread.join, 5.0)

    routes = [
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/completions", completions, methods=["POST"]),
        Route("/v1/models", models),
        Route("/v1/models/{name}", model),
        Route("/v1/trees/{name}", tree, name="tree"),
        Route("/health", health),
        Route("/metrics", metrics),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={RefusalError: on_refusal, HTTPException: on_http_error, Exception: on_refusal},
    )
    app.state.service = service
    return app


def enter(request: Request) -> tuple[Service, bytes]:
    """The server's parts, and who asks. Raises RefusalError with status 401."""
    service: Service = request.app.state.service
    return service, service.keys.owner(request.headers.get("authorization"))


async def chat(request: Request) -> Response:
    """POST /v1/chat/completions."""
    return await complete(request, ChatBody)


async def completions(request: Request) -> Response:
    """POST /v1/completions."""
    return await complete(request, TextBody)


async def complete(request: Request, kind: type[ChatBody] | type[TextBody]) -> Response:
    """Solve the question of a request, and book it."""
    service: Service = request.app.state.service
    clock = Clock(service)
    try:
        _, owner = enter(request)
        data = await body_of(request, clock)
        asked = read(data, kind, service.limits.question)
        clock.preset, solver = service.solver(asked.body.model)
        call, reply = Call(service, solver, asked, owner), Reply(clock.preset, kind is ChatBody)
        service.engine.submit(call.job)
        if asked.body.stream:
            events = stream(request, call, reply, clock)
            return StreamingResponse(events, media_type="text/event-stream", headers=PRIVATE)
        async with call.under_way(request, clock.left()):
            solution = await call.next()
        assert isinstance(solution, Solution)
        clock.book(200, solution.ledger)
        text = cut(text_of(solution), asked.stops)
        return JSONResponse(reply.whole(text, solution, extra(request, call, reply, solution)), headers=PRIVATE)
    except (LeftError, ClientDisconnect):
        clock.book(LEFT)
        return Response(status_code=LEFT)
    except Exception as error:
        clock.book(refusal_of(error).status)
        if refusal_of(error).code == "internal_error":
            raise
        raise refusal_of(error) from error


async def stream(request: Request, call: Call, reply: Reply, clock: Clock) -> AsyncIterator[str]:
    """The events of a stream: settled steps as they come, then the rest, the end, and the usage if it is wanted."""
    wanted = call.asked.body.stream_options
    usage = bool(wanted and wanted.include_usage)
    nothing: dict[str, Any] = {"usage": None} if usage else {}
    written, sent, status = "", "", LEFT
    ledger = None
    try:
        async with call.under_way(request, clock.left()):
            yield reply.chunk("", first=True, **nothing)
            while isinstance(told := await call.next(), list):
                written += "".join(step + BETWEEN for step in told)
                if len(ready := safe(written, call.asked.stops)) > len(sent):
                    yield reply.chunk(ready[len(sent) :], **nothing)
                    sent = ready
        whole = cut(text_of(told), call.asked.stops)
        assert whole.startswith(sent), "a step was sent that is not on the chosen path"
        if rest := whole[len(sent) :]:
            yield reply.chunk(rest, **nothing)
        yield reply.chunk("", end=finish(told), hintree=extra(request, call, reply, told), **nothing)
        if usage:
            yield reply.last(told)
        yield DONE
        status, ledger = 200, told.ledger
    except LeftError:
        return
    except Exception as error:
        refusal = refusal_of(error)
        status = refusal.status
        yield event(refusal.to_json())
    finally:
        clock.book(status, ledger)


def extra(request: Request, call: Call, reply: Reply, solution: Solution) -> dict[str, Any]:
    """What only hintree gives, with the link to the tree."""
    return call.extra(solution, reply.model, lambda name: str(request.url_for("tree", name=name)))


async def body_of(request: Request, clock: Clock) -> Any:
    """The JSON of a request. Raises RefusalError if it is too long, comes too slowly, or is no JSON."""
    longest = clock.service.limits.body
    received = bytearray()
    try:
        async with asyncio.timeout(clock.left()):
            async for part in request.stream():
                received += part
                if len(received) > longest:
                    raise RefusalError(413, f"the body is longer than {longest} bytes", "request_too_large")
    except TimeoutError as error:
        raise RefusalError(408, "the body did not come in time", "timeout") from error
    try:
        return json.loads(received)
    except (ValueError, RecursionError) as error:
        raise RefusalError(400, "the body is not JSON", "invalid_json") from error


async def models(request: Request) -> JSONResponse:
    """GET /v1/models: the presets."""
    service, _ = enter(request)
    return JSONResponse({"object": "list", "data": [card(name) for name in service.solvers]})


async def model(request: Request) -> JSONResponse:
    """GET /v1/models/{name}."""
    service, _ = enter(request)
    return JSONResponse(card(service.solver(request.path_params["name"])[0]))


def card(name: str) -> dict[str, Any]:
    """A preset as OpenAI's API describes a model."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "hintree", "description": preset(name).about}


async def tree(request: Request) -> Response:
    """GET /v1/trees/{name}?format=json or html: a tree of this caller."""
    service, owner = enter(request)
    form = request.query_params.get("format", "json")
    if form not in FORMS:
        raise RefusalError(400, f"format={form[:20]!r} is not one of {', '.join(FORMS)}", "invalid_value", "format")
    solved = service.trees.find(owner, request.path_params["name"])
    content = await run_in_threadpool(render, solved, f".{form}")
    return Response(content, media_type=FORMS[form], headers=PRIVATE)


async def health(request: Request) -> JSONResponse:
    """GET /health: 200 while searches are taken, else 503; no key is needed."""
    engine = request.app.state.service.engine
    up = engine.thread.is_alive() and not engine.closing
    state = {"status": "ok" if up else "closing", "version": __version__, "time": int(time.time())}
    return JSONResponse(state | {"live": len(engine.jobs), "waiting": len(engine.waiting)}, 200 if up else 503)


async def metrics(request: Request) -> Response:
    """GET /metrics, for Prometheus."""
    service, _ = enter(request)
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)
