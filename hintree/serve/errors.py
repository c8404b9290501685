"""Errors in the form of OpenAI's API: a status, and a JSON object with message, type, param and code."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from hintree.errors import ContextError
from hintree.serve.engine import QueueFullError, SearchFailedError, ShutdownError


class ApiError(Exception):
    """An error response.

    Args:
        status: HTTP status.
        message: The problem and the remedy, for people.
        code: Error code for programs, None if there is none.
        param: Invalid field of the request, None unless it is a single field.
        headers: Additional response headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param, self.headers = status, code, param, headers

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the error."""
        kind = "invalid_request_error" if self.status < 429 else "server_error"
        kind = "rate_limit_error" if self.status == 429 else kind
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}


def to_api_error(error: Exception) -> ApiError:
    """Map an exception to an error response; of one that is not the caller's it tells nothing but the fact."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, QueueFullError):
        return ApiError(429, "the queue is full; ask again later", "queue_full", headers={"Retry-After": "2"})
    if isinstance(error, ShutdownError):
        return ApiError(503, "the server is being stopped", "shutting_down")
    if isinstance(error, SearchFailedError) and isinstance(error.__cause__, ContextError):
        text = "question and solution do not fit into a model's context: shorten the question"
        return ApiError(400, text, "context_length_exceeded")
    if isinstance(error, SearchFailedError):
        return ApiError(500, "the search has failed; the server's log says why", "search_failed")
    if isinstance(error, TimeoutError):
        return ApiError(504, str(error), "timeout")
    return ApiError(500, "an error of the server", "internal_error")


async def on_error(_: Request | None, error: Exception) -> JSONResponse:
    """Return the error response to an exception."""
    failure = to_api_error(error)
    return JSONResponse(failure.to_json(), failure.status, headers=failure.headers)


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Return the error response to an unknown path or method."""
    assert isinstance(error, HTTPException)
    what = f"{request.method} {request.url.path}: {error.detail}"
    return JSONResponse(ApiError(error.status_code, what).to_json(), error.status_code, headers=error.headers)
