"""Deployments, to be read. The house deploys releases and judges them by itself; no call says how one went."""

from litestar import Response

from dure.deploy import Deployment, Environment, deployment_of, deployments_of, environments_by_id
from dure.kit import Missing
from dure.ledger import Work
from dure.plan import Project
from dure.rest.grant import Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Shape,
    Text,
    Word,
    addresses,
    listed,
    reads,
    see,
    told,
    turn_of,
    within,
)
from dure.rest.shapes import deployment_shape, deployment_status_shape

READS = Wanted("deployments")
DEPLOYMENTS = f"{REPO}/deployments"
ONE = f"{DEPLOYMENTS}/{{deployment_id:int}}"


# open: `deployment_of` asks.
def deployment_in(work: Work, project: Project, deployment_id: int) -> tuple[Deployment, Environment]:
    found = deployment_of(work, deployment_id)
    if found.project_id != project.id:
        raise Missing
    return found, environments_by_id(work, project)[found.environment_id]


@reads(DEPLOYMENTS)
async def deployments(
    request: Asked, owner: Word, repo: Word, environment: Text = "", sha: Text = ""
) -> Response[list[Shape]]:
    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        places = environments_by_id(work, project)
        place = next((each for each in places.values() if each.name == environment), None)
        if environment and place is None:
            return []
        found = deployments_of(work, project, environment=place, sha=sha or None, skip=turn.skip, limit=turn.limit)
        return [deployment_shape(addresses(request, project), one, places[one.environment_id]) for one in found]

    return listed(request, turn, await see(request, READS, within(owner, repo, find)))


@reads(ONE)
async def deployment(request: Asked, owner: Word, repo: Word, deployment_id: Id) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return deployment_shape(addresses(request, project), *deployment_in(work, project, deployment_id))

    return told(await see(request, READS, within(owner, repo, find)))


@reads(f"{ONE}/statuses")
async def statuses(request: Asked, owner: Word, repo: Word, deployment_id: Id) -> Response[list[Shape]]:
    def find(work: Work, project: Project) -> Shape:
        return deployment_status_shape(addresses(request, project), *deployment_in(work, project, deployment_id))

    return told([await see(request, READS, within(owner, repo, find))])


handlers = [deployments, deployment, statuses]
