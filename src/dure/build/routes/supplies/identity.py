"""Identity of jobs: tokens for runners, and what the world needs to check them."""

import asyncio
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.params import JSONBody

from dure.build.identity import ISSUER_PATH, Issuer, discovery
from dure.build.routes.asked import KEYS, keys_of, settings_of
from dure.build.routes.runner import JOB, Attempt, holding
from dure.build.runners import identity_of
from dure.shell import By, Number, house_of, read
from dure.wire import IdToken, IdTokenWanted

ISSUER = "oidc_issuer"
OPEN = {"open": True}
CACHED = {"Cache-Control": "public, max-age=300"}


@post(f"{JOB}/id-tokens", opt=KEYS, include_in_schema=False, status_code=200)
async def id_token(request: By, job: Number, attempt: Attempt, data: JSONBody[IdTokenWanted]) -> IdToken:
    """It says who the job is, to whoever is meant by the audience, for some minutes."""
    held = await holding(request, job, attempt)
    ask = partial(identity_of, held=held, audience=data.audience, url=settings_of(request).url)
    claims = await read(request, ask)
    return IdToken(value=await asyncio.to_thread(issuer_of(request).token, claims))


@get(f"{ISSUER_PATH}/.well-known/openid-configuration", opt=OPEN, include_in_schema=False)
async def configuration(request: By) -> Response[dict[str, Any]]:
    return Response(discovery(settings_of(request).url), headers=CACHED)


@get(f"{ISSUER_PATH}/.well-known/jwks", opt=OPEN, include_in_schema=False)
async def jwks(request: By) -> Response[dict[str, Any]]:
    return Response(await asyncio.to_thread(issuer_of(request).published), headers=CACHED)


def issuer_of(request: By) -> Issuer:
    """One for the whole house, since it holds the key."""
    state = request.app.state
    if ISSUER not in state:
        state[ISSUER] = Issuer(house_of(request), keys_of(request), settings_of(request).url)
    issuer = state[ISSUER]
    assert isinstance(issuer, Issuer)
    return issuer


handlers = [id_token, configuration, jwks]
