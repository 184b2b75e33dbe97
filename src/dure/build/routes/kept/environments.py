"""Who has to say yes before something runs, for programs, under /api/v1."""

from functools import partial

from litestar import get, put
from litestar.params import JSONBody

from dure.build.outsiders import rule_of, say_outsiders, say_outsiders_of_the_house
from dure.build.routes.asked import API
from dure.build.run import Environment, job_environments, want_approval
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.policy import require
from dure.shell import By, Name, Slug, read, refusals, write
from dure.wire import JobEnvironmentInfo, JobEnvironmentList, JobEnvironmentRule, OutsidersRule

TAGS = ["runs"]
HERE = f"{API}/job-environments"


@get(HERE, responses=refusals(), tags=TAGS, summary="Environments of jobs")
async def environments(request: By, owner: Slug, name: Slug) -> JobEnvironmentList:
    """Those that want a yes, or keep secrets of their own."""
    found = await read(request, in_project(owner, name, job_environments))
    return JobEnvironmentList(environments=[told(each) for each in found])


@put(f"{HERE}/{{environment:str}}", responses=refusals(422), tags=TAGS, summary="Want a yes for an environment")
async def put_environment(
    request: By, owner: Slug, name: Slug, environment: Name, data: JSONBody[JobEnvironmentRule]
) -> JobEnvironmentInfo:
    """Jobs that name it wait until somebody of that role says yes. The app file may ask for a yes as well."""
    do = partial(want_approval, name=environment, approvers=data.approvers)
    return told(await write(request, in_project(owner, name, do)))


def told(environment: Environment) -> JobEnvironmentInfo:
    approver = environment.approver
    return JobEnvironmentInfo(name=environment.name, approvers="" if approver is None else approver.word)


@get(f"{API}/outsiders", responses=refusals(), tags=TAGS, summary="Whose changes wait")
async def outsiders(request: By, owner: Slug, name: Slug) -> OutsidersRule:
    """Changes of those who may not push run when a developer has let them go."""

    def look(work: Work, project: Project) -> str:
        require(work, "build.read", project.scope)
        return rule_of(work, project)

    return OutsidersRule(rule=await read(request, in_project(owner, name, look)))


@put(f"{API}/outsiders", responses=refusals(422), tags=TAGS, summary="Say whose changes wait")
async def put_outsiders(request: By, owner: Slug, name: Slug, data: JSONBody[OutsidersRule]) -> OutsidersRule:
    """never, first-timers, or all who may not push."""
    return OutsidersRule(rule=await write(request, in_project(owner, name, partial(say_outsiders, rule=data.rule))))


@put("/api/v1/outsiders", responses=refusals(422), tags=TAGS, summary="Say whose changes wait, for all projects")
async def put_outsiders_of_the_house(request: By, data: JSONBody[OutsidersRule]) -> OutsidersRule:
    """For an admin of the house. It counts where a project does not say."""
    return OutsidersRule(rule=await write(request, partial(say_outsiders_of_the_house, rule=data.rule)))


handlers = [environments, put_environment, outsiders, put_outsiders, put_outsiders_of_the_house]
