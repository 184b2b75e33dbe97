"""The pages of tests: all of a project, one with its history, and what a run or a commit came to."""

from functools import partial

from litestar import Response, get
from litestar.params import FromQuery
from markupsafe import Markup

from dure.code import commit_ref
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Draw, Name, Number, Stage, number_in, page, read
from dure.test.history import KINDS, Kind, Listing, Story, cases_of, story_of
from dure.test.results import Results, commit_results, run_results

HERE = "/{owner:str}/{name:str}/tests"
PAGES_MAX = 10_000


@get(HERE, include_in_schema=False)
async def cases_page(
    request: By, owner: Name, name: Name, kind: FromQuery[str] = "", q: FromQuery[str] = "", at: FromQuery[str] = ""
) -> Response[str]:
    place = min(number_in(at) or 0, PAGES_MAX)
    chosen = next((known for known in KINDS if known == kind), None)
    project, found, shown = await read(request, in_project(owner, name, partial(listed, chosen, q, place)))
    return page(
        request,
        "test/tests.html",
        title=say("Tests"),
        here="tests",
        project=project,
        found=found,
        kind=shown,
        typed=q[:200],
        at=place,
        base=f"/{project.path}/tests",
    )


def listed(chosen: Kind | None, words: str, place: int, work: Work, project: Project) -> tuple[Project, Listing, Kind]:
    """Whoever does not ask for a kind sees what fails, or everything if nothing does."""
    found = cases_of(work, project, kind=chosen or "failing", words=words, page=place)
    if chosen is None and not found.rows:
        return project, cases_of(work, project, kind="all", words=words, page=place), "all"
    return project, found, chosen or "failing"


@get(f"{HERE}/{{case:int}}", include_in_schema=False)
async def case_page(request: By, owner: Name, name: Name, case: Number) -> Response[str]:
    def find(work: Work, project: Project) -> tuple[Project, Story]:
        return project, story_of(work, project, case)

    project, story = await read(request, in_project(owner, name, find))
    return page(
        request, "test/test.html", title=story.case.name, here="tests", project=project, story=story, case=story.case
    )


@get(f"{HERE}/of-run/{{number:int}}", include_in_schema=False)
async def run_fragment(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    def find(work: Work, project: Project) -> tuple[Project, Results]:
        return project, run_results(work, project, number)

    project, found = await read(request, in_project(owner, name, find))
    return page(request, "test/results.html", project=project, found=found)


@get(f"{HERE}/of-commit/{{sha:str}}", include_in_schema=False)
async def commit_fragment(request: By, owner: Name, name: Name, sha: Name) -> Response[str]:
    def find(work: Work, project: Project) -> tuple[Project, Results]:
        return project, commit_results(work, project, sha[:64])

    project, found = await read(request, in_project(owner, name, find))
    return page(request, "test/results.html", project=project, found=found)


def lazy(about: str, fragment: str) -> Markup:
    """A part of a page that fetches itself, and again when something happens to what it is about."""
    return Markup(
        '<dure-live about="{about}" fragment="{fragment}" hx-get="{fragment}" hx-trigger="load"></dure-live>'
    ).format(about=about, fragment=fragment)


def on_run(request: object, **known: object) -> Markup:  # noqa: ARG001
    project, run = known["project"], known["run"]
    assert isinstance(project, Project)
    number, ref = getattr(run, "number", 0), getattr(run, "key", "")
    return lazy(str(ref), f"/{project.path}/tests/of-run/{number}")


def on_commit(request: object, **known: object) -> Markup:  # noqa: ARG001
    project, sha = known["project"], str(known["sha"])
    assert isinstance(project, Project)
    return lazy(commit_ref(project.id, sha), f"/{project.path}/tests/of-commit/{sha}")


def stages(work: Work, project: Project) -> list[Stage]:
    """What this room has to say of its stage on the loop."""
    counts = cases_of(work, project, kind="failing").counts
    if not counts["all"]:
        return []
    state, note = ("bad", say("Failing")) if counts["failing"] else ("good", say("Passing"))
    return [Stage("test", say("Test"), f"/{project.path}/tests", counts["failing"] or counts["all"], state, note)]


panels: list[tuple[str, Draw]] = [("build/run", on_run), ("code/commit", on_commit)]
handlers = [cases_page, case_page, run_fragment, commit_fragment]
