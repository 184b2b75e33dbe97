"""What runs remarked on, on the pages of what they ran for: a commit, and a merge request."""

from functools import partial

from litestar import Response, get
from markupsafe import Markup

from dure.build.routes.asked import HERE
from dure.build.shown import remarks_at
from dure.code import commit_ref
from dure.plan import Project, in_project
from dure.shell import By, Draw, Name, page, read

__all__ = ["handlers", "panels"]

LATER = Markup('<dure-live about="{about}" fragment="{url}" hx-get="{url}" hx-trigger="load"></dure-live>')


@get(f"{HERE}/remarks/{{sha:str}}", include_in_schema=False)
async def remarks(request: By, owner: Name, name: Name, sha: Name) -> Response[str]:
    """The errors first, each with a way to its line and to the run that found it."""
    found = await read(request, in_project(owner, name, partial(remarks_at, sha=sha)))
    return page(request, "build/remarks.html", project=found.project, found=found, sha=sha)


def draw(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, sha = known["project"], str(known["sha"])
    assert isinstance(project, Project)
    return LATER.format(about=commit_ref(project.id, sha), url=f"/{project.path}/runs/remarks/{sha}")


panels: list[tuple[str, Draw]] = [("code/commit", draw), ("code/request", draw)]
handlers = [remarks]
