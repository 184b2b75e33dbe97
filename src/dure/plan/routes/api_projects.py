"""Projects for programs, under /api/v1: the projects themselves and who works on them."""

from functools import partial
from typing import Annotated

from litestar import delete, get, patch, post, put
from litestar.params import JSONBody, QueryParameter

from dure.ledger import Work
from dure.people import MemberGone, NewMember
from dure.plan.member import add_member, find_member, members_of, remove_member
from dure.plan.project import PAGE_PROJECTS, Project, edit_project, list_projects, make_project, shown
from dure.plan.routes.asked import By, Slug, house_of, read, refusals, write
from dure.plan.routes.told import member_told, members_told, project_told
from dure.wire import MemberInfo, MemberList, MemberRole, NewProject, ProjectChange, ProjectInfo, ProjectList

TAGS = ["projects"]
HERE = "/api/v1/projects/{owner:str}/{name:str}"


@get("/api/v1/projects", responses=refusals(422), tags=TAGS, summary="Projects")
async def projects(
    request: By,
    after: Annotated[str, QueryParameter(max_length=100, description="The path after which to go on.")] = "",
) -> ProjectList:
    """Those that you may read, by their path, fifty at a time."""
    find = partial(list_projects, after=after, limit=PAGE_PROJECTS + 1)
    found = await house_of(request).read(request.user, find)
    page = found[:PAGE_PROJECTS]
    return ProjectList(
        projects=[project_told(project) for project in page],
        next=page[-1].path if len(found) > len(page) else None,
    )


@post("/api/v1/projects", responses=refusals(409, 422), tags=TAGS, summary="Make a project")
async def new_project(request: By, data: JSONBody[NewProject]) -> ProjectInfo:
    make = partial(
        make_project,
        owner=data.owner,
        name=data.name,
        title=data.title,
        description=data.description,
        everyone=data.everyone,
    )
    return project_told(await house_of(request).write(request.user, make), data.everyone)


@get(HERE, responses=refusals(), tags=TAGS, summary="A project")
async def project(request: By, owner: Slug, name: Slug) -> ProjectInfo:
    found = await read(request, owner, name, shown)
    return project_told(found.project, found.everyone)


@patch(HERE, responses=refusals(409, 422), tags=TAGS, summary="Change a project")
async def change_project(request: By, owner: Slug, name: Slug, data: JSONBody[ProjectChange]) -> ProjectInfo:
    edit = partial(edit_project, title=data.title, description=data.description, everyone=data.everyone)
    found = await write(request, owner, name, lambda work, project: shown(work, edit(work, project)))
    return project_told(found.project, found.everyone)


@get(f"{HERE}/members", responses=refusals(), tags=TAGS, summary="Members")
async def members(request: By, owner: Slug, name: Slug) -> MemberList:
    return members_told(await read(request, owner, name, members_of))


@put(f"{HERE}/members/{{handle:str}}", responses=refusals(409, 422), tags=TAGS, summary="Give somebody a role")
async def give_role(request: By, owner: Slug, name: Slug, handle: Slug, data: JSONBody[MemberRole]) -> MemberInfo:
    """Makes them a member, or gives a member another role. Nobody gives more than they have."""

    def give(work: Work, project: Project) -> MemberInfo:
        add_member(work, project, NewMember(handle=handle, role=data.role))
        return member_told(find_member(work, project, handle))

    return await write(request, owner, name, give)


@delete(f"{HERE}/members/{{handle:str}}", responses=refusals(409), tags=TAGS, summary="End somebody's role")
async def end_role(request: By, owner: Slug, name: Slug, handle: Slug) -> None:
    await write(request, owner, name, partial(remove_member, words=MemberGone(handle=handle)))


handlers = [projects, new_project, project, change_project, members, give_role, end_role]
