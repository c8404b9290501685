"""Errors as OpenAI's API gives them: a status, and a JSON object with message, type, param and code."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from hintree.errors import ContextError
from hintree.serve.engine import ClosingError, FailedError, FullError


class RefusalError(Exception):
    """A request that is not served.

    Args:
        status: Of HTTP.
        message: For people: what is wrong and what to do.
        code: For programs, None if the message says it all.
        param: The field of the request that is wrong, None if it is not one field.
        headers: Of the answer.
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
        """The object of OpenAI's errors."""
        kind = "invalid_request_error" if self.status < 429 else "server_error"
        kind = "rate_limit_error" if self.status == 429 else kind
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}


def refusal_of(error: Exception) -> RefusalError:
    """What a caller is told about an error; of one that was not foreseen nothing but that it happened."""
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, FullError):
        return RefusalError(429, "the queue is full; ask again later", "queue_full", headers={"Retry-After": "2"})
    if isinstance(error, ClosingError):
        return RefusalError(503, "the server is being stopped", "shutting_down")
    if isinstance(error, FailedError) and isinstance(error.__cause__, ContextError):
        return RefusalError(400, f"the search has {error}", "context_length_exceeded")
    if isinstance(error, FailedError):
        return RefusalError(500, f"the search has {error}", "search_failed")
    if isinstance(error, TimeoutError):
        return RefusalError(504, str(error), "timeout")
    return RefusalError(500, "an error of the server", "internal_error")


async def on_refusal(_: Request, error: Exception) -> JSONResponse:
    """Answer a request that is not served."""
    refusal = refusal_of(error)
    return JSONResponse(refusal.to_json(), refusal.status, headers=refusal.headers)


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a request for a path or with a method that does not exist."""
    assert isinstance(error, HTTPException)
    what = f"{request.method} {request.url.path}: {error.detail}"
    return JSONResponse(RefusalError(error.status_code, what).to_json(), error.status_code, headers=error.headers)
