"""The pages of labels and milestones."""

from datetime import date
from functools import partial

import msgspec
from litestar import Response, get, post

from dure.kit import Invalid, say
from dure.plan.issue import (
    COLOURS,
    close_milestone,
    edit_label,
    edit_milestone,
    labels_page,
    make_label,
    make_milestone,
    milestones_page,
    remove_label,
    reopen_milestone,
)
from dure.plan.routes.asked import By, Name, Number, read, write
from dure.shell import go, page, read_form

LABELS = "/{owner:str}/{name:str}/labels"
MILESTONES = "/{owner:str}/{name:str}/milestones"


class LabelWords(msgspec.Struct):
    name: str
    colour: str = "gray"
    description: str = ""


class MilestoneWords(msgspec.Struct):
    title: str
    description: str = ""
    due_on: str = ""


@get(LABELS, include_in_schema=False)
async def labels(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, owner, name, labels_page)
    return page(
        request,
        "plan/labels.html",
        title=say("Labels"),
        here="labels",
        project=found.project,
        found=found,
        colours=list(COLOUR_WORDS.items()),
    )


@post(LABELS, include_in_schema=False)
async def new_label(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, LabelWords)
    make = partial(make_label, name=words.name, colour=words.colour, description=words.description)
    label = await write(request, owner, name, make)
    return go(request, f"/{owner}/{name}/labels", say("The label “{name}” is there.", name=label.name))


@post(f"{LABELS}/{{label_id:int}}", include_in_schema=False)
async def change_label(request: By, owner: Name, name: Name, label_id: Number) -> Response[str]:
    words = await read_form(request, LabelWords)
    edit = partial(edit_label, label_id=label_id, name=words.name, colour=words.colour, description=words.description)
    await write(request, owner, name, edit)
    return go(request, f"/{owner}/{name}/labels", say("Saved."))


@post(f"{LABELS}/{{label_id:int}}/remove", include_in_schema=False)
async def end_label(request: By, owner: Name, name: Name, label_id: Number) -> Response[str]:
    await write(request, owner, name, partial(remove_label, label_id=label_id))
    return go(request, f"/{owner}/{name}/labels", say("The label is removed."))


@get(MILESTONES, include_in_schema=False)
async def milestones(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, owner, name, milestones_page)
    return page(
        request, "plan/milestones.html", title=say("Milestones"), here="milestones", project=found.project, found=found
    )


@post(MILESTONES, include_in_schema=False)
async def new_milestone(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, MilestoneWords)
    make = partial(make_milestone, title=words.title, due_on=day_in(words.due_on), description=words.description)
    await write(request, owner, name, make)
    return go(request, f"/{owner}/{name}/milestones", say("The milestone is set."))


@post(f"{MILESTONES}/{{milestone_id:int}}", include_in_schema=False)
async def change_milestone(request: By, owner: Name, name: Name, milestone_id: Number) -> Response[str]:
    words = await read_form(request, MilestoneWords)
    edit = partial(
        edit_milestone,
        milestone_id=milestone_id,
        title=words.title,
        due_on=day_in(words.due_on),
        no_day=not words.due_on,
        description=words.description,
    )
    await write(request, owner, name, edit)
    return go(request, f"/{owner}/{name}/milestones", say("Saved."))


@post(f"{MILESTONES}/{{milestone_id:int}}/close", include_in_schema=False)
async def end_milestone(request: By, owner: Name, name: Name, milestone_id: Number) -> Response[str]:
    await write(request, owner, name, partial(close_milestone, milestone_id=milestone_id))
    return go(request, f"/{owner}/{name}/milestones", say("The milestone is closed."))


@post(f"{MILESTONES}/{{milestone_id:int}}/reopen", include_in_schema=False)
async def begin_again(request: By, owner: Name, name: Name, milestone_id: Number) -> Response[str]:
    await write(request, owner, name, partial(reopen_milestone, milestone_id=milestone_id))
    return go(request, f"/{owner}/{name}/milestones", say("The milestone is open again."))


def day_in(word: str) -> date | None:
    """The day as a browser writes it: 2026-12-24."""
    if not word:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise Invalid({"due_on": say("Write the day as year-month-day, such as 2026-12-24.")}) from error


COLOUR_WORDS = dict(
    zip(
        COLOURS,
        (
            say("gray"),
            say("red"),
            say("orange"),
            say("amber"),
            say("lime"),
            say("green"),
            say("teal"),
            say("cyan"),
            say("blue"),
            say("indigo"),
            say("violet"),
            say("pink"),
        ),
        strict=True,
    )
)

handlers = [
    labels,
    new_label,
    change_label,
    end_label,
    milestones,
    new_milestone,
    change_milestone,
    end_milestone,
    begin_again,
]
