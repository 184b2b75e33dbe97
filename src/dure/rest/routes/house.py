"""The house itself, whoever asks, and everything that is not there."""

import time
from pathlib import Path

from litestar import Response
from litestar.params import FromPath

from dure.kit import Missing
from dure.people import Caller
from dure.rest.grant import Wanted, acting
from dure.rest.routes.asked import API, Asked, Shape, answers, reads, settings_of, told
from dure.rest.shapes import user_shape

LIMIT = 15_000
"""Nothing is counted; clients that hold back when little is left go on."""
HOUR_SECONDS = 3600


@reads([f"{API}/meta", API])
async def meta(request: Asked) -> Response[Shape]:
    acting(request.user, Wanted("metadata"))
    house = settings_of(request).url
    return told({"verifiable_password_authentication": False, "current_user_url": f"{house}{API}/user"})


@reads(f"{API}/rate_limit")
async def rate_limit(request: Asked) -> Response[Shape]:
    acting(request.user, Wanted("metadata"))
    core = {"limit": LIMIT, "remaining": LIMIT, "used": 0, "reset": int(time.time()) + HOUR_SECONDS}
    return told({"resources": {"core": core, "search": core, "graphql": core}, "rate": core})


@reads(f"{API}/user")
async def user(request: Asked) -> Response[Shape]:
    caller = acting(request.user, Wanted("metadata"))
    assert isinstance(caller, Caller)
    return told(user_shape(settings_of(request).url, caller.ref, caller.name))


@answers(["GET", "POST", "PUT", "PATCH", "DELETE"], [f"{API}/{{rest:path}}", "/api/graphql"])
async def nothing(request: Asked, rest: FromPath[Path] = Path()) -> Response[Shape]:  # noqa: ARG001 - any address
    """Not served here, and no page of a project that is called so."""
    acting(request.user, Wanted("metadata"))
    raise Missing


handlers = [meta, rate_limit, user, nothing]
