"""Beginning a workflow by hand: which one, then its questions. And what a run left, to be fetched."""

import asyncio
from functools import partial
from typing import Annotated
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Stream

from dure.build.leaving import ZIP, artifact_of
from dure.build.planning import Offer, begin_by_hand, environments_in, offer_named, offers_at, place_of, ready_to_begin
from dure.build.routes.asked import HERE, RUN, blobs_of, repositories_of, settings_of, shelf_of
from dure.kit import Invalid, Missing, say
from dure.plan import find_project, in_project
from dure.shell import By, Name, Number, go, page, read, write

PREFIX = "input."
Word = Annotated[str, QueryParameter(max_length=300)]


@get(f"{HERE}/start", include_in_schema=False)
async def start_page(request: By, owner: Name, name: Name, workflow: Word = "", ref: Word = "") -> Response[str]:
    """What is on offer at a branch or tag, and the questions of the one that was chosen."""
    project = await read(request, partial(find_project, path=f"{owner}/{name}"))
    place = await read(request, in_project(owner, name, place_of))
    trouble, offers = None, []
    try:
        offers = await asyncio.to_thread(offers_at, repositories_of(request), place, ref)
    except Missing as missing:
        trouble = missing.text
    only = offers[0] if len(offers) == 1 else None
    chosen = next((offer for offer in offers if workflow in (offer.path, offer.file)), only)
    return page(
        request,
        "build/start.html",
        title=say("Start a workflow"),
        here="runs",
        project=project,
        place=place,
        offers=offers,
        workflows=[(offer.path, offer.name) for offer in offers],
        chosen=chosen,
        choices=choices_of(chosen),
        environments=environments_in(offers),
        ref=ref or place.default_branch,
        trouble=trouble,
        prefix=PREFIX,
    )


def choices_of(chosen: Offer | None) -> dict[str, list[tuple[str, str]]]:
    """For each question with given answers: those answers. The first stands where nobody chooses another."""
    asked = chosen.trigger.inputs if chosen is not None else {}
    return {name: [(option, option) for option in question.options] for name, question in asked.items()}


@post(f"{HERE}/start", include_in_schema=False)
async def start(request: By, owner: Name, name: Name) -> Response[str]:
    form = await request.form()
    # Of two words of one name the last counts: a box that is ticked comes after the word for one that is not.
    words = {key: value for key, value in form.multi_items() if isinstance(value, str)}
    place = await read(request, in_project(owner, name, place_of))
    offers = await asyncio.to_thread(offers_at, repositories_of(request), place, words.get("ref", ""))
    given = {key.removeprefix(PREFIX): value for key, value in words.items() if key.startswith(PREFIX)}
    offer, settings = offer_named(offers, words.get("workflow", "")), settings_of(request)
    offer = await asyncio.to_thread(ready_to_begin, shelf_of(request, place.project), place, offer)
    try:
        begin = partial(
            begin_by_hand,
            offer=offer,
            given=given,
            server_url=settings.url,
            artifact_days=settings.artifact_days,
        )
        run = await write(request, in_project(owner, name, begin))
    except Invalid as problem:
        raise Invalid({f"{PREFIX}{key}": text for key, text in problem.fields.items()}) from problem
    return go(request, f"/{owner}/{name}/runs/{run.number}", say("Run {number} begins.", number=run.number))


@get(f"{RUN}/artifacts/{{artifact:int}}", include_in_schema=False)
async def artifact(request: By, owner: Name, name: Name, number: Number, artifact: Number) -> Stream:
    """A zip, or a file, that a job left. It is never shown here, only saved: whoever may push decides what it is."""
    found = await read(request, in_project(owner, name, partial(artifact_of, number=number, artifact_id=artifact)))
    return Stream(
        blobs_of(request).send(found.digest),
        media_type=found.kind if found.kind == ZIP else "application/octet-stream",
        headers={
            "Content-Length": str(found.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}",
        },
    )


handlers = [start_page, start, artifact]
