"""What happened, for programs: they may say that something did, and ask why a workflow began or did not."""

from functools import partial
from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from dure.build.planning import Judged, Planning, dispatch, verdicts_of
from dure.build.routes.asked import API
from dure.build.routes.told import in_words
from dure.plan import in_project
from dure.shell import By, Slug, language_of, read, refusals, write
from dure.wire import DispatchMade, NewDispatch, PlanningInfo, PlanningList, VerdictInfo

TAGS = ["runs"]
Sha = Annotated[str, QueryParameter(max_length=64, description="A commit; seven letters of its name are enough.")]


@post(f"{API}/dispatches", responses=refusals(409, 422), tags=TAGS, summary="Say that something happened")
async def new_dispatch(request: By, owner: Slug, name: Slug, data: JSONBody[NewDispatch]) -> DispatchMade:
    """Workflows of the default branch that say `on: repository_dispatch` begin by it."""
    do = partial(dispatch, event_type=data.event_type, client_payload=data.client_payload)
    made = await write(request, in_project(owner, name, do))
    return DispatchMade(event_type=made.type, sha=None if made.planning is None else made.planning.sha)


@get(f"{API}/verdicts", responses=refusals(422), tags=TAGS, summary="Why workflows began or did not")
async def verdicts(request: By, owner: Slug, name: Slug, sha: Sha) -> PlanningList:
    """For everything that happened at a commit, the latest first: what was said of each of its workflows."""
    language = language_of(request)
    found = await read(request, in_project(owner, name, partial(verdicts_of, sha=sha)))
    return PlanningList(plannings=[planning_told(each, language) for each in found])


def planning_told(planning: Planning, language: str) -> PlanningInfo:
    return PlanningInfo(
        event=planning.name,
        type=planning.type,
        ref=planning.ref,
        sha=planning.sha,
        actor=planning.actor_name,
        at=planning.received_at,
        over=planning.is_over,
        why=in_words(planning.reason, language),
        verdicts=[verdict_told(each, language) for each in planning.judged],
    )


def verdict_told(judged: Judged, language: str) -> VerdictInfo:
    return VerdictInfo(
        path=judged.path,
        workflow=judged.name,
        begins=judged.begins,
        why=in_words(judged.why, language) or "",
        run=judged.run,
    )


handlers = [new_dispatch, verdicts]
