"""How a runner gets in and out: it joins by an invitation, and an ephemeral one says good-bye."""

from functools import partial

from litestar import post
from litestar.params import JSONBody

from dure.build.routes.asked import KEYS, runner_of, shown_token
from dure.build.runners import join, leave
from dure.shell import By, write
from dure.wire import RUNNER_API, Join, Joined


@post(f"{RUNNER_API}/join", opt=KEYS, include_in_schema=False, status_code=200)
async def joined(request: By, data: JSONBody[Join]) -> Joined:
    return await write(request, partial(join, shown=shown_token(request), told=data))


@post(f"{RUNNER_API}/leave", opt=KEYS, include_in_schema=False, status_code=204)
async def left(request: By) -> None:
    await write(request, partial(leave, runner_id=await runner_of(request)))


handlers = [joined, left]
