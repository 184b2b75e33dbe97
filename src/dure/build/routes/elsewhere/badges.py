"""Badges: the pictures, which everybody may see who knows the key, and the key itself."""

from functools import partial
from typing import Annotated

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from dure.build.badge import badge_key, badge_of
from dure.build.routes.asked import API, HERE
from dure.build.shown.badge import drawn_badge
from dure.kit import Missing, say
from dure.plan import in_project
from dure.shell import By, Name, Slug, go, house_of, language_of, refusals, write
from dure.wire import BadgeKey

ENDING = ".svg"
NAME_LIMIT_CHARACTERS = 200
Word = Annotated[str, QueryParameter(max_length=NAME_LIMIT_CHARACTERS)]


@get("/badges/{key:str}/{file:str}", opt={"open": True}, include_in_schema=False, media_type="image/svg+xml")
async def badge(
    request: By, key: FromPath[str], file: FromPath[str], branch: Word = "", label: Word = ""
) -> Response[str]:
    """`/badges/KEY/test.yml.svg?branch=main`. It is asked for anew each time, since it is about now."""
    if not file.endswith(ENDING) or len(file) > NAME_LIMIT_CHARACTERS:
        raise Missing(say("There is no such badge."))
    name = file.removesuffix(ENDING)
    look = partial(badge_of, key=key, file=name.replace("\0", ""), branch=branch.replace("\0", ""))
    said = await house_of(request).read(request.user, look)
    shown = label or name.rpartition(".")[0] or name
    return Response(
        drawn_badge(shown, said, language_of(request)),
        media_type="image/svg+xml",
        headers={"Cache-Control": "no-cache, max-age=0"},
    )


@post(f"{HERE}/badge", include_in_schema=False)
async def make_key(request: By, owner: Name, name: Name) -> Response[str]:
    await write(request, in_project(owner, name, badge_key))
    return go(request, f"/{owner}/{name}/runs")


@post(f"{API}/badge", responses=refusals(422), tags=["runs"], summary="The key of the badges", status_code=200)
async def key_of(request: By, owner: Slug, name: Slug) -> BadgeKey:
    """With it `/badges/KEY/FILE.svg?branch=NAME` is shown to everybody."""
    return BadgeKey(key=await write(request, in_project(owner, name, badge_key)))


handlers = [badge, make_key, key_of]
