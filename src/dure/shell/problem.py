"""Every way to say no, as an answer: a page for people, a toast for what htmx asked, JSON for programs."""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DataError

from dure.kit import Forbidden, Invalid, Missing, Refused, Text, TooMany, Unauthenticated, say
from dure.shell.frame import asked_by_htmx, page
from dure.shell.viewer import Asked, language_of

log = logging.getLogger(__name__)

REFUSALS: Mapping[type[Exception], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    TooMany: 429,
    Missing: 404,
    Refused: 409,
}
CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "missing",
    405: "method_not_allowed",
    409: "refused",
    413: "too_large",
    415: "bad_request",
    422: "invalid",
    429: "too_many",
    507: "storage_full",
}
HUNG_UP = "client disconnected prematurely"
"""How the framework says that somebody went away in the middle of a request. It calls that a fault of the server."""
Handlers = dict[int | type[Exception], Callable[[Asked, Exception], Response[object]]]
Way = Callable[[Asked, "Problem"], Response[object]]


@dataclass(frozen=True)
class Problem:
    """What went wrong, said once; each edge shows it in its own way."""

    status: int
    text: Text
    fields: Mapping[str, Text] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    reference: str | None = None

    @property
    def code(self) -> str:
        return CODES.get(self.status, "broken" if self.status >= 500 else "refused")


def problems(statuses: Mapping[type[Exception], int] | None = None, ways: Mapping[str, Way] | None = None) -> Handlers:
    """The handlers for the application. `statuses` adds refusals of rooms that need a status of their own; `ways` how
    no is said below an address, where clients expect another shape."""
    known = {**REFUSALS, **(statuses or {})}

    def answer(request: Asked, cause: Exception) -> Response[object]:
        path = request.url.path
        way = next((way for below, way in (ways or {}).items() if path == below or path.startswith(f"{below}/")), shown)
        return way(request, problem_of(request, cause, known))

    return {Exception: answer}


def problem_of(request: Asked, cause: Exception, known: Mapping[type[Exception], int]) -> Problem:
    status = next((known[kind] for kind in type(cause).__mro__ if kind in known), None)
    if isinstance(cause, Refused | Missing) and status is not None:
        fields = cause.fields if isinstance(cause, Invalid) else {}
        return Problem(status, cause.text, fields, waiting(cause))
    if isinstance(cause, HTTPException) and cause.status_code < 500:
        return spoken_by_framework(request, cause)
    if isinstance(cause, HTTPException) and cause.detail == HUNG_UP:
        return Problem(400, say("The request ended before it was whole."))
    if isinstance(cause, RecursionError):
        log.warning("%s %s went too deep", request.method, request.url.path, exc_info=cause)
        return Problem(400, say("This is nested too deeply to be read."))
    if isinstance(cause, DataError | OverflowError):
        log.warning("%s %s brought what no column takes", request.method, request.url.path, exc_info=cause)
        return Problem(422, say("Some of the values cannot be used."))
    if isinstance(cause, UnicodeDecodeError):
        log.warning("%s %s brought bytes that are no UTF-8", request.method, request.url.path, exc_info=cause)
        return Problem(400, say("This is not text as it is written today: it has to be UTF-8."))
    return unforeseen(request, cause)


def waiting(cause: Refused | Missing) -> dict[str, str]:
    return {"Retry-After": str(ceil(cause.retry_after_seconds))} if isinstance(cause, TooMany) else {}


def spoken_by_framework(request: Asked, cause: HTTPException) -> Problem:
    """What the framework noticed before any of our code ran."""
    if isinstance(cause, ValidationException):
        fields = {name: say("{reason}", reason=reason) for name, reason in complaints(cause.extra)}
        return Problem(cause.status_code, say("Some of the values cannot be used."), fields)
    sentences = {
        400: say("The request could not be read: {reason}", reason=cause.detail[:300]),
        401: say("Please sign in first."),
        403: say("This is not for you to do."),
        404: say("There is nothing here."),
        405: say("This address does not take {method}.", method=request.method),
        413: say("This is more than we take at once. Send less, or in parts."),
        415: say("We do not understand this kind of content."),
        429: say("Too many requests. Please wait a little."),
    }
    text = sentences.get(cause.status_code) or say("The request could not be read: {reason}", reason=cause.detail[:300])
    return Problem(cause.status_code, text, headers=dict(cause.headers or {}))


def complaints(extra: object) -> list[tuple[str, str]]:
    """Litestar names each value it could not use, and says why."""
    found = extra if isinstance(extra, list) else []
    named = [entry for entry in found if isinstance(entry, dict)]
    return [(str(entry.get("key", "value")), str(entry.get("message", ""))) for entry in named]


def unforeseen(request: Asked, cause: Exception) -> Problem:
    """A fault of ours. The person gets a short reference; the log has it too, with all we know."""
    reference = secrets.token_hex(4)
    log.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=cause)
    text = say("Something broke on our side. The log of the house tells more under {reference}.", reference=reference)
    return Problem(500, text, reference=reference)


def shown(request: Asked, problem: Problem) -> Response[object]:
    if wants_json(request):
        return as_json(request, problem)
    if asked_by_htmx(request):
        return as_toast(request, problem)
    if problem.status == 401 and request.method == "GET":
        return to_sign_in(request)
    return page(  # type: ignore[return-value]
        request,
        "shell/problem.html",
        status=problem.status,
        headers=problem.headers,
        title=problem.text.into(language_of(request)),
        problem=problem,
        sign_in=sign_in_address(request),
    )


def wants_json(request: Asked) -> bool:
    accepted = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or ("json" in accepted and "text/html" not in accepted)


def as_json(request: Asked, problem: Problem) -> Response[object]:
    language = language_of(request)
    told: dict[str, object] = {"code": problem.code, "message": problem.text.into(language)}
    if problem.fields:
        told["fields"] = {name: text.into(language) for name, text in problem.fields.items()}
    if problem.reference:
        told["reference"] = problem.reference
    body = msgspec.json.encode({"error": told})
    return Response(body, status_code=problem.status, media_type=MediaType.JSON, headers=dict(problem.headers))


def as_toast(request: Asked, problem: Problem) -> Response[object]:
    """For htmx: what was typed stays, each field says what is wrong with it, and a toast says the rest."""
    language = language_of(request)
    headers = {**problem.headers, "HX-Retarget": "#toasts", "HX-Reswap": "beforeend"}
    if problem.fields:
        fields = {name: text.into(language) for name, text in problem.fields.items()}
        headers |= {"HX-Trigger": json.dumps({"dure:invalid": {"fields": fields}}), "HX-Reswap": "none"}
    return page(  # type: ignore[return-value]
        request,
        "shell/problem_toast.html",
        status=problem.status,
        headers=headers,
        problem=problem,
        sign_in=sign_in_address(request),
    )


def to_sign_in(request: Asked) -> Response[object]:
    return Response("", status_code=303, headers={"Location": sign_in_address(request)}, media_type=MediaType.HTML)


def sign_in_address(request: Asked) -> str:
    """Where to sign in and come back to. A post cannot be come back to, so that leads to the front page."""
    query = f"?{request.url.query}" if request.url.query else ""
    here = f"{request.url.path}{query}" if request.method == "GET" else "/"
    return f"/sign-in?next={quote(here, safe='/')}"
