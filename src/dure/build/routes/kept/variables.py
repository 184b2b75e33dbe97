"""Variables of projects for programs, under /api/v1."""

from functools import partial
from typing import Annotated

from litestar import delete, get, put
from litestar.params import JSONBody, QueryParameter

from dure.build.routes.asked import API
from dure.build.run import Variable, put_variable, remove_variable, variables_of
from dure.plan import in_project
from dure.shell import By, Name, Slug, read, refusals, write
from dure.wire import VariableInfo, VariableList, VariableValue

TAGS = ["runs"]
HERE = f"{API}/variables"

Place = Annotated[str, QueryParameter(max_length=255, description="Of this environment; else those of all jobs.")]


@get(HERE, responses=refusals(), tags=TAGS, summary="Variables")
async def variables(request: By, owner: Slug, name: Slug, environment: Place = "") -> VariableList:
    """With their values: they are no secrets."""
    found = await read(request, in_project(owner, name, partial(variables_of, environment=environment)))
    return VariableList(variables=[told(each) for each in found])


@put(f"{HERE}/{{variable:str}}", responses=refusals(409, 422), tags=TAGS, summary="Put a variable")
async def put_one(
    request: By, owner: Slug, name: Slug, variable: Name, data: JSONBody[VariableValue], environment: Place = ""
) -> VariableInfo:
    """Workflows ask for it by `vars`. One of an environment stands in the place of the one for all jobs."""
    do = partial(put_variable, name=variable, value=data.value, environment=environment)
    return told(await write(request, in_project(owner, name, do)))


@delete(f"{HERE}/{{variable:str}}", responses=refusals(), tags=TAGS, summary="Remove a variable")
async def remove_one(request: By, owner: Slug, name: Slug, variable: Name, environment: Place = "") -> None:
    await write(request, in_project(owner, name, partial(remove_variable, name=variable, environment=environment)))


def told(variable: Variable) -> VariableInfo:
    return VariableInfo(
        name=variable.name, value=variable.value, environment=variable.environment, updated_at=variable.updated_at
    )


handlers = [variables, put_one, remove_one]
