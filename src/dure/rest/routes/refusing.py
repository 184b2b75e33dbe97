"""GitHub's way to say no: JSON with a `message`, and of values that cannot be used which ones, as `errors`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response

from dure.shell import Problem, Way

JSON = "application/json"
DOCUMENTED = "docs/guide/actions.md#the-rest-api"
MISSING_FIELD = re.compile(r"missing required field `(\w+)`")
OF_FIELD = re.compile(r" - at `\$\.([\w.\[\]]+)`")
OTHERS = {400: 400, 405: 404, 409: 422}
"""A method that an address does not take is not there; what a rule says no to cannot be processed."""
INVALID = "Validation Failed"
WORDS = {400: "Problems parsing JSON", 404: "Not Found"}


def refuse(request: Any, problem: Problem) -> Response[object]:
    # What the framework found wrong with a question or an address it calls 400, and names the fields.
    status = 422 if problem.fields else OTHERS.get(problem.status, problem.status)
    reason = request.scope.get("auth") if status == 401 else None
    words = INVALID if problem.fields else str(reason or WORDS.get(status, problem.text))
    faults = [fault(name, str(text)) for name, text in problem.fields.items()]
    return no(status, words, faults, problem.headers)


def no(
    status: int, words: str, faults: Sequence[dict[str, str]] = (), headers: Mapping[str, str] | None = None
) -> Response[Any]:
    told: dict[str, object] = {"message": words, "documentation_url": DOCUMENTED, "status": str(status)}
    if faults:
        told["errors"] = list(faults)
    return Response(told, status_code=status, media_type=JSON, headers=dict(headers or {}))


def fault(name: str, words: str) -> dict[str, str]:
    return {"field": name, "code": "custom", "message": words}


def field_in(reason: str) -> str:
    """Which field of a body a decoder complains about."""
    found = MISSING_FIELD.search(reason) or OF_FIELD.search(reason)
    return found[1] if found else "body"


ways: dict[str, Way] = {"/api/v3": refuse, "/api/graphql": refuse}
"""Below which addresses no is said so, whoever says it."""
