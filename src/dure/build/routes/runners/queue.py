"""The queue: as a page for the whole house and for a project, and for programs."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import QueryParameter

from dure.build.shown import QueueShown, house_queue, how_long, project_queue, state_words
from dure.kit import Missing, say
from dure.plan import in_project
from dure.shell import After, By, Limit, Name, language_of, page, read, refusals
from dure.wire import QueuedJobInfo, QueueList, WaitingInfo

TAGS = ["runners"]
WHOLE = "/queue"
HERE = "/{owner:str}/{name:str}/queue"
PAGE = 50

WithLabels = Annotated[
    str, QueryParameter(max_length=1000, description="Only what waits for exactly these labels: gpu,linux.")
]
OfProject = Annotated[str, QueryParameter(max_length=100, description="Only what waits in this project: owner/name.")]


@get("/api/v1/queue", responses=refusals(), tags=TAGS, summary="The queue")
async def queue_told(
    request: By, project: OfProject = "", after: After = 0, limit: Limit = PAGE, labels: WithLabels = ""
) -> QueueList:
    """What waits for runners, the oldest first, and why each does."""
    asked: dict[str, Any] = {"after": after, "limit": limit, "labels": sorted_labels(labels)}
    if not project:
        found = await read(request, partial(house_queue, **asked))
    else:
        owner, slash, name = project.partition("/")
        if not slash:
            raise Missing
        found = await read(request, in_project(owner, name, partial(project_queue, **asked)))
    return told(found, language_of(request))


def told(found: QueueShown, language: str) -> QueueList:
    jobs = [
        QueuedJobInfo(
            id=place.what.job.id,
            name=place.what.job.name,
            project=place.what.project.path,
            run=place.what.run.number,
            state=place.what.job.state,  # type: ignore[arg-type]
            labels=place.what.job.wanted_labels,
            since=place.what.since,
            why=place.why.into(language),
            url=place.what.url,
        )
        for place in found.places
    ]
    waiting = [
        WaitingInfo(
            labels=list(line.waiting.labels),
            count=line.waiting.count,
            since=line.waiting.since,
            runners=line.runners,
            free=line.free,
        )
        for line in found.lines
    ]
    return QueueList(jobs=jobs, next=found.next, waiting=waiting)


@get(WHOLE, include_in_schema=False)
async def whole(request: By, after: After = 0, labels: WithLabels = "") -> Response[str]:
    return await whole_page(request, after, labels, "build/queue.html")


@get(f"{WHOLE}/now", include_in_schema=False)
async def whole_now(request: By, after: After = 0, labels: WithLabels = "") -> Response[str]:
    """The rows alone, for a page that lives."""
    return await whole_page(request, after, labels, "build/queue_now.html")


async def whole_page(request: By, after: int, labels: str, template: str) -> Response[str]:
    labels = sorted_labels(labels)
    found = await read(request, partial(house_queue, after=after, limit=PAGE, labels=labels))
    return queue_page(request, found, after, labels, template)


@get(HERE, include_in_schema=False)
async def queue(request: By, owner: Name, name: Name, after: After = 0, labels: WithLabels = "") -> Response[str]:
    return await page_of(request, owner, name, after, labels, "build/queue.html")


@get(f"{HERE}/now", include_in_schema=False)
async def queue_now(request: By, owner: Name, name: Name, after: After = 0, labels: WithLabels = "") -> Response[str]:
    return await page_of(request, owner, name, after, labels, "build/queue_now.html")


async def page_of(request: By, owner: str, name: str, after: int, labels: str, template: str) -> Response[str]:
    labels = sorted_labels(labels)
    look = partial(project_queue, after=after, limit=PAGE, labels=labels)
    return queue_page(request, await read(request, in_project(owner, name, look)), after, labels, template)


def sorted_labels(words: str) -> str:
    """As the queue has them."""
    return ",".join(sorted({word.strip().lower() for word in words.replace("\0", "").split(",")} - {""}))


def queue_page(request: By, found: QueueShown, after: int, labels: str, template: str) -> Response[str]:
    base = WHOLE if found.project is None else f"/{found.project.path}/queue"
    chosen = {"labels": labels} if labels else {}
    return page(
        request,
        template,
        title=say("Queue"),
        here="queue" if found.project is None else "runs",
        base=base,
        address=with_query(base, chosen),
        now=with_query(f"{base}/now", chosen | ({"after": str(after)} if after else {})),
        older=with_query(base, chosen | {"after": str(found.next)}) if found.next else None,
        project=found.project,
        found=found,
        after=after,
        labels=labels,
        state_words=state_words,
        how_long=how_long,
    )


def with_query(address: str, words: Mapping[str, str]) -> str:
    return f"{address}?{urlencode(words, safe=',')}" if words else address


handlers = [queue_told, whole, whole_now, queue, queue_now]
