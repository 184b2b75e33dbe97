"""The pages of projects: where people come in, a project's loop, its members and its settings, and the search."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from dure.kit import Invalid, say
from dure.ledger import Work
from dure.people import EveryoneRole, MemberGone, NewMember
from dure.plan.home import come_in, project_home
from dure.plan.issue import Listing, search_issues
from dure.plan.member import add_member, members_of, remove_member, set_everyone
from dure.plan.project import Project, edit_project, make_project, shown
from dure.plan.routes.asked import By, Name, house_of, read, write
from dure.plan.search import Filter, parse_filter
from dure.shell import Stage, frame_of, go, page, read_form

HERE = "/{owner:str}/{name:str}"
Tell = Callable[[Work, Project], Sequence[Stage]]


class NewProjectWords(msgspec.Struct):
    name: str
    owner: str = ""
    title: str = ""
    description: str = ""
    everyone: bool = False


class SettingsWords(msgspec.Struct):
    title: str
    description: str = ""
    everyone: bool = False


@get("/", include_in_schema=False)
async def front(request: By) -> Response[str]:
    found = await house_of(request).read(request.user, come_in)
    return page(request, "plan/front.html", title=say("Home"), here="home", found=found)


@get("/new", include_in_schema=False)
async def new_project_page(request: By) -> Response[str]:
    return page(request, "plan/new_project.html", title=say("New project"), owner=request.user.name)


@post("/new", include_in_schema=False)
async def new_project(request: By) -> Response[str]:
    words = await read_form(request, NewProjectWords)
    make = partial(
        make_project,
        owner=words.owner,
        name=words.name,
        title=words.title,
        description=words.description,
        everyone=words.everyone,
    )
    project = await house_of(request).write(request.user, make)
    return go(request, f"/{project.path}", say("The project {path} stands.", path=project.path))


@get(HERE, include_in_schema=False)
async def project_page(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, owner, name, project_home)
    return page(
        request,
        "plan/project.html",
        title=found.project.title,
        here="loop",
        project=found.project,
        found=found,
        stages=await read(request, owner, name, partial(stages_of, frame_of(request).stages)),
    )


@get(f"{HERE}/loop", include_in_schema=False)
async def loop(request: By, owner: Name, name: Name) -> Response[str]:
    """The figure alone, for a page that lives: a spark runs to the stage whose count has changed."""
    stages = await read(request, owner, name, partial(stages_of, frame_of(request).stages))
    return page(request, "plan/loop.html", stages=stages)


@get(f"{HERE}/happened", include_in_schema=False)
async def happened(request: By, owner: Name, name: Name) -> Response[str]:
    """What lately happened, for a page that lives."""
    found = await read(request, owner, name, project_home)
    return page(request, "plan/happened.html", entries=found.entries)


def stages_of(told: Iterable[Tell], work: Work, project: Project) -> list[Stage]:
    """What every room has to say of its own stages."""
    return [stage for tell in told for stage in tell(work, project)]


# open: whoever holds the project has been let in.
def stages(_: Work, project: Project) -> list[Stage]:
    """What this room has to say."""
    state = "busy" if project.open_issues else "idle"
    return [Stage("plan", say("Plan"), f"/{project.path}/issues", project.open_issues, state, say("Open issues"))]


@get(f"{HERE}/members", include_in_schema=False)
async def members_page(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, owner, name, members_of)
    return page(request, "plan/members.html", title=say("Members"), here="members", project=found.project, found=found)


@post(f"{HERE}/members", include_in_schema=False)
async def new_member(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, NewMember)
    await write(request, owner, name, partial(add_member, words=words))
    return go(request, f"/{owner}/{name}/members", say("{handle} works here now.", handle=words.handle))


@post(f"{HERE}/members/remove", include_in_schema=False)
async def no_member(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, MemberGone)
    await write(request, owner, name, partial(remove_member, words=words))
    there = "/" if words.handle == request.user.name else f"/{owner}/{name}/members"
    return go(request, there, say("{handle} works here no more.", handle=words.handle))


@post(f"{HERE}/members/everyone", include_in_schema=False)
async def everyone(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, EveryoneRole)
    await write(request, owner, name, partial(set_everyone, words=words))
    return go(request, f"/{owner}/{name}/members", say("Saved."))


@get(f"{HERE}/settings", include_in_schema=False)
async def settings_page(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, owner, name, shown)
    return page(
        request, "plan/settings.html", title=say("Settings"), here="settings", project=found.project, found=found
    )


@post(f"{HERE}/settings", include_in_schema=False)
async def settings(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, SettingsWords)
    edit = partial(edit_project, title=words.title, description=words.description, everyone=words.everyone)
    await write(request, owner, name, edit)
    return go(request, f"/{owner}/{name}/settings", say("Saved."))


@get("/search", include_in_schema=False)
async def search_page(request: By, q: FromQuery[str] = "", cursor: FromQuery[str] = "") -> Response[str]:
    """Issues of every project that one may read. A filter that cannot be understood is told beside the box."""
    trouble, sought, listing = None, Filter(), Listing()
    try:
        sought = parse_filter(q)
        if q.strip():
            listing = await house_of(request).read(request.user, partial(search_issues, sought=sought, cursor=cursor))
    except Invalid as problem:
        trouble = problem.text
    return page(
        request,
        "plan/search.html",
        title=say("Search"),
        query=q,
        sought=sought,
        listing=listing,
        trouble=trouble,
        asked=bool(q.strip()),
    )


handlers = [
    front,
    new_project_page,
    new_project,
    project_page,
    loop,
    happened,
    members_page,
    new_member,
    no_member,
    everyone,
    settings_page,
    settings,
    search_page,
]
