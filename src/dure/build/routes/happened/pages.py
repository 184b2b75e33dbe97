"""Why workflows began or did not, on the page of a commit; and what failed, on the front page of whoever caused it."""

from functools import partial

from litestar import Response, get
from markupsafe import Markup

from dure.build.planning import verdicts_of
from dure.build.routes.asked import HERE
from dure.build.run import failed_runs
from dure.build.shown import event_words
from dure.code import commit_ref
from dure.plan import Project, find_project, in_project
from dure.shell import By, Draw, Name, page, read

LATER = Markup('<dure-live about="{about}" fragment="{url}" hx-get="{url}" hx-trigger="load"></dure-live>')


@get(f"{HERE}/of-commit/{{sha:str}}", include_in_schema=False)
async def of_commit(request: By, owner: Name, name: Name, sha: Name) -> Response[str]:
    project = await read(request, partial(find_project, path=f"{owner}/{name}"))
    found = await read(request, in_project(owner, name, partial(verdicts_of, sha=sha)))
    shown = [each for each in found if each.judged or each.why or not each.is_over]
    return page(request, "build/verdicts.html", project=project, plannings=shown, event_words=event_words)


def draw_commit(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, sha = known["project"], str(known["sha"])
    assert isinstance(project, Project)
    return LATER.format(about=commit_ref(project.id, sha), url=f"/{project.path}/runs/of-commit/{sha}")


@get("/me/failed-runs", include_in_schema=False)
async def failed(request: By) -> Response[str]:
    return page(request, "build/failed.html", runs=await read(request, failed_runs))


def draw_front(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    """Live: it comes as soon as a run of theirs has failed."""
    person = getattr(getattr(request, "user", None), "ref", "")
    return LATER.format(about=person, url="/me/failed-runs") if person else Markup()


panels: list[tuple[str, Draw]] = [("code/commit", draw_commit), ("plan/front", draw_front)]
handlers = [of_commit, failed]
