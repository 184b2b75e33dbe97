"""The pages of runners: all of them for who keeps the house, and those of a project for who works in it."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post

from dure.build.routes.asked import settings_of
from dure.build.runners import Invited, drain, end_runner, invite, resume
from dure.build.shown import HERE_VERSION, Hall, hall_of, how_long, whole_hall
from dure.kit import Text, say
from dure.ledger import Work
from dure.people import require_admin
from dure.plan import Project, in_project
from dure.shell import By, Name, go, page, read, read_form, write

WHOLE = "/admin/runners"
HERE = "/{owner:str}/{name:str}/runners"
USES_MAX = 1000


class InvitationWords(msgspec.Struct):
    labels: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    ephemeral: bool = False
    uses: Annotated[int, msgspec.Meta(ge=1, le=USES_MAX)] = 1


class ActWords(msgspec.Struct):
    name: str
    act: Literal["drain", "resume", "end"]


def all_runners(work: Work) -> Hall:
    require_admin(work)
    return whole_hall(work)


@get(WHOLE, include_in_schema=False)
async def whole(request: By) -> Response[str]:
    return hall_page(request, await read(request, all_runners))


@get(f"{WHOLE}/now", include_in_schema=False)
async def whole_now(request: By) -> Response[str]:
    """The rows alone, for a page that lives."""
    return hall_page(request, await read(request, all_runners), "build/runners_now.html")


@get(HERE, include_in_schema=False)
async def runners(request: By, owner: Name, name: Name) -> Response[str]:
    return hall_page(request, await read(request, in_project(owner, name, hall_of)))


@get(f"{HERE}/now", include_in_schema=False)
async def runners_now(request: By, owner: Name, name: Name) -> Response[str]:
    return hall_page(request, await read(request, in_project(owner, name, hall_of)), "build/runners_now.html")


def hall_page(
    request: By, hall: Hall, template: str = "build/runners.html", invited: Invited | None = None
) -> Response[str]:
    where = {"section": "admin"} if hall.project is None else {"project": hall.project}
    return page(
        request,
        template,
        title=say("Runners"),
        here="runners" if hall.project is None else "runs",
        base=WHOLE if hall.project is None else f"/{hall.project.path}/runners",
        hall=hall,
        invited=invited,
        house=settings_of(request).url,
        how_long=how_long,
        here_version=HERE_VERSION,
        **where,
    )


@post(f"{WHOLE}/invitations", include_in_schema=False)
async def invite_all(request: By) -> Response[str]:
    """A token for runners of all projects. It is shown this once."""
    words = await read_form(request, InvitationWords)
    made = await write(request, partial(invited, project=None, words=words))
    return hall_page(request, await read(request, all_runners), invited=made)


@post(f"{HERE}/invitations", include_in_schema=False)
async def invite_here(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, InvitationWords)
    made = await write(request, in_project(owner, name, partial(invited, words=words)))
    return hall_page(request, await read(request, in_project(owner, name, hall_of)), invited=made)


def invited(work: Work, project: Project | None, words: InvitationWords) -> Invited:
    labels = [label for label in words.labels.split(",") if label.strip()]
    return invite(work, project, labels=labels, ephemeral=words.ephemeral, uses=words.uses)


@post(f"{WHOLE}/acts", include_in_schema=False)
async def act_on_one(request: By) -> Response[str]:
    words = await read_form(request, ActWords)
    await write(request, partial(ACTS[words.act], name=words.name))
    return go(request, WHOLE, said(words))


@post(f"{HERE}/acts", include_in_schema=False)
async def act_here(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, ActWords)

    def do(work: Work, project: Project) -> None:
        hall_of(work, project)
        ACTS[words.act](work, name=words.name)

    await write(request, in_project(owner, name, do))
    return go(request, f"/{owner}/{name}/runners", said(words))


ACTS: dict[str, Callable[..., None]] = {"drain": drain, "resume": resume, "end": end_runner}


def said(words: ActWords) -> Text:
    return {
        "drain": say("{name} takes no new jobs.", name=words.name),
        "resume": say("{name} takes jobs again.", name=words.name),
        "end": say("{name} was ended.", name=words.name),
    }[words.act]


handlers = [whole, whole_now, runners, runners_now, invite_all, invite_here, act_on_one, act_here]
