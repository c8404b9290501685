"""ASGI application: OpenAI's endpoints, trees, health and metrics."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hintree import __version__
from hintree.export import render
from hintree.presets import preset
from hintree.search import Ledger
from hintree.serve.access import Access, AccessGuard
from hintree.serve.calls import Call, DisconnectedError, RequestTimer, solutions_of, submit_all
from hintree.serve.connections import RestOfBody
from hintree.serve.errors import ApiError, on_error, on_http_error, to_api_error
from hintree.serve.requests import ChatBody, CompletionBody, parse_request
from hintree.serve.responses import (
    DONE,
    SEPARATOR,
    ResponseBuilder,
    cut,
    finish_reason,
    sendable_prefix,
    server_sent_event,
    solution_text,
)
from hintree.serve.service import Service
from hintree.solver import Solution

log = logging.getLogger(__name__)

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of every response with a caller's text."""
FORMS = {"json": "application/json", "html": "text/html; charset=utf-8"}
"""Formats of a tree -> media type."""
CLIENT_CLOSED = 499
"""Status in the metrics of a request whose client disconnected."""


def make_app(service: Service) -> Starlette:
    """Return the application; its engine runs during the lifespan."""

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
        middleware=guards(service.access),
        exception_handlers={ApiError: on_error, HTTPException: on_http_error, Exception: on_error},
    )
    app.state.service = service
    return app


def guards(access: Access) -> list[Middleware]:
    """Return the middleware that reads whole requests, refuses strange names and pages, and answers browsers."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=access.origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
    )
    return [Middleware(RestOfBody), Middleware(AccessGuard, access=access), *([cross_origin] if access.origins else [])]


def authenticate(request: Request) -> tuple[Service, bytes]:
    """Return the service and the digest of the caller's key. Raises ApiError with status 401."""
    service: Service = request.app.state.service
    return service, service.keys.owner(request.headers.get("authorization"))


async def chat(request: Request) -> Response:
    """Handle POST /v1/chat/completions with a chat body."""
    return await complete(request, ChatBody)


async def completions(request: Request) -> Response:
    """Handle POST /v1/completions with a prompt."""
    return await complete(request, CompletionBody)


async def complete(request: Request, kind: type[ChatBody] | type[CompletionBody]) -> Response:
    """Solve the question of a request, whole or streamed, and count the request in the metrics."""
    service: Service = request.app.state.service
    timer = RequestTimer(service)
    try:
        _, owner = authenticate(request)
        data = await body_of(request, timer)
        parsed = parse_request(data, kind, service.limits.question)
        timer.preset, solver = service.solver(parsed.body.model)
        calls = [Call(service, solver, parsed, owner, number) for number in range(parsed.body.n or 1)]
        builder = ResponseBuilder(timer.preset, kind is ChatBody)
        submit_all(service.engine, calls)
        if parsed.body.stream:
            events = stream(request, calls[0], builder, timer)
            return StreamingResponse(events, media_type="text/event-stream", headers=PRIVATE)
        solutions = await solutions_of(calls, request, timer.left())
        timer.record(200, *(solution.ledger for solution in solutions))
        texts = [cut(solution_text(solution), parsed.stops) for solution in solutions]
        extras = [extra(request, *pair, builder) for pair in zip(calls, solutions, strict=True)]
        return JSONResponse(builder.completion(texts, solutions, extras), headers=PRIVATE)
    except (DisconnectedError, ClientDisconnect):
        timer.record(CLIENT_CLOSED)
        return Response(status_code=CLIENT_CLOSED)
    except Exception as error:
        timer.record(to_api_error(error).status)
        if to_api_error(error).code == "internal_error":
            raise
        raise to_api_error(error) from error


async def stream(request: Request, call: Call, builder: ResponseBuilder, timer: RequestTimer) -> AsyncIterator[str]:
    """Yield the events of a stream: committed steps as they come, the rest, the end, and the usage if requested."""
    options = call.parsed.body.stream_options
    with_usage = bool(options and options.include_usage)
    extra_fields: dict[str, Any] = {"usage": None} if with_usage else {}
    committed: list[str] = []
    sent, status = "", CLIENT_CLOSED
    ledgers: list[Ledger] = []
    try:
        async with call.running(request, timer.left()):
            yield builder.chunk("", first=True, **extra_fields)
            while isinstance(event := await call.next(), list):
                committed += event
                if len(ready := sendable_prefix(SEPARATOR.join(committed), call.parsed.stops)) > len(sent):
                    yield builder.chunk(ready[len(sent) :], **extra_fields)
                    sent = ready
        text = cut(solution_text(event), call.parsed.stops)
        assert text.startswith(sent), "a step was sent that is not on the chosen path"
        if rest := text[len(sent) :]:
            yield builder.chunk(rest, **extra_fields)
        yield builder.chunk("", end=finish_reason(event), hintree=extra(request, call, event, builder), **extra_fields)
        if with_usage:
            yield builder.usage_chunk(event)
        yield DONE
        status, ledgers = 200, [event.ledger]
    except DisconnectedError:
        return
    except Exception as error:
        failure = to_api_error(error)
        status = failure.status
        if failure.code == "internal_error":
            log.exception("an error while a stream was sent")
        yield server_sent_event(failure.to_json())
    finally:
        timer.record(status, *ledgers)


def extra(request: Request, call: Call, solution: Solution, builder: ResponseBuilder) -> dict[str, Any]:
    """Return the ``hintree`` object of a response, with the link to the tree."""
    return call.extra(solution, builder.model, lambda name: str(request.url_for("tree", name=name)))


async def body_of(request: Request, timer: RequestTimer) -> Any:
    """Return the parsed JSON body. Raises ApiError if it is too long, arrives too slowly, or is not JSON."""
    limits, clock = timer.service.limits, asyncio.get_running_loop().time
    too_long = ApiError(413, f"the body is longer than {limits.body} bytes", "request_too_large")
    if int(request.headers.get("content-length", 0)) > limits.body:
        raise too_long
    received, end = bytearray(), clock() + min(limits.body_seconds, timer.left())
    try:
        async with asyncio.timeout(min(limits.pause_seconds, end - clock())) as timeout:
            async for part in request.stream():
                received += part
                if len(received) > limits.body:
                    raise too_long
                timeout.reschedule(min(end, clock() + limits.pause_seconds))
    except TimeoutError as error:
        raise ApiError(408, "the body did not come in time", "timeout") from error
    try:
        return json.loads(received)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "the body is not JSON", "invalid_json") from error


async def models(request: Request) -> JSONResponse:
    """Handle GET /v1/models: list the presets."""
    service, _ = authenticate(request)
    return JSONResponse({"object": "list", "data": [card(name) for name in service.solvers]})


async def model(request: Request) -> JSONResponse:
    """Handle GET /v1/models/{name}: describe one preset."""
    service, _ = authenticate(request)
    return JSONResponse(card(service.solver(request.path_params["name"])[0]))


def card(name: str) -> dict[str, Any]:
    """Return a preset in the form of a model of OpenAI's API."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "hintree", "description": preset(name).about}


async def tree(request: Request) -> Response:
    """Handle GET /v1/trees/{name}?format=json or html: return a tree of this caller."""
    service, owner = authenticate(request)
    form = request.query_params.get("format", "json")
    if form not in FORMS:
        raise ApiError(400, f"format={form[:20]!r} is not one of {', '.join(FORMS)}", "invalid_value", "format")
    solved = service.trees.find(owner, request.path_params["name"])
    content = await run_in_threadpool(render, solved, f".{form}")
    return Response(content, media_type=FORMS[form], headers=PRIVATE)


async def health(request: Request) -> JSONResponse:
    """Handle GET /health: 200 while searches are accepted, else 503; needs no key."""
    engine = request.app.state.service.engine
    up = engine.thread.is_alive() and not engine.closing
    state = {"status": "ok" if up else "closing", "version": __version__, "time": int(time.time())}
    return JSONResponse(state | {"live": len(engine.jobs), "waiting": len(engine.waiting)}, 200 if up else 503)


async def metrics(request: Request) -> Response:
    """Handle GET /metrics, in Prometheus' text format."""
    service, _ = authenticate(request)
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)
