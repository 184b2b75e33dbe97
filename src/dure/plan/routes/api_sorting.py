"""Labels and milestones for programs, under /api/v1."""

from functools import partial

from litestar import delete, get, patch, post
from litestar.params import JSONBody

from dure.ledger import Work
from dure.plan.issue import (
    Milestone,
    close_milestone,
    counted_labels,
    edit_label,
    edit_milestone,
    make_label,
    make_milestone,
    milestones_of,
    remove_label,
    reopen_milestone,
)
from dure.plan.project import Project
from dure.plan.routes.api_projects import HERE
from dure.plan.routes.asked import By, Number, Slug, read, refusals, write
from dure.plan.routes.told import label_told, labels_told, milestone_told
from dure.wire import (
    LabelChange,
    LabelInfo,
    LabelList,
    MilestoneChange,
    MilestoneInfo,
    MilestoneList,
    NewLabel,
    NewMilestone,
)

LABELS, MILESTONES = ["labels"], ["milestones"]


@get(f"{HERE}/labels", responses=refusals(), tags=LABELS, summary="Labels")
async def labels(request: By, owner: Slug, name: Slug) -> LabelList:
    return labels_told(await read(request, owner, name, counted_labels))


@post(f"{HERE}/labels", responses=refusals(409, 422), tags=LABELS, summary="Make a label")
async def new_label(request: By, owner: Slug, name: Slug, data: JSONBody[NewLabel]) -> LabelInfo:
    make = partial(make_label, name=data.name, colour=data.colour, description=data.description)
    return label_told(await write(request, owner, name, make))


@patch(f"{HERE}/labels/{{label_id:int}}", responses=refusals(409, 422), tags=LABELS, summary="Change a label")
async def change_label(
    request: By, owner: Slug, name: Slug, label_id: Number, data: JSONBody[LabelChange]
) -> LabelInfo:
    edit = partial(edit_label, label_id=label_id, name=data.name, colour=data.colour, description=data.description)
    return label_told(await write(request, owner, name, edit))


@delete(f"{HERE}/labels/{{label_id:int}}", responses=refusals(), tags=LABELS, summary="Remove a label")
async def end_label(request: By, owner: Slug, name: Slug, label_id: Number) -> None:
    """From every issue that bears it, too."""
    await write(request, owner, name, partial(remove_label, label_id=label_id))


@get(f"{HERE}/milestones", responses=refusals(), tags=MILESTONES, summary="Milestones")
async def milestones(request: By, owner: Slug, name: Slug) -> MilestoneList:
    """The open ones first, the nearest day first."""
    found = await read(request, owner, name, milestones_of)
    return MilestoneList(milestones=[milestone_told(milestone) for milestone in found])


@post(f"{HERE}/milestones", responses=refusals(409, 422), tags=MILESTONES, summary="Set a milestone")
async def new_milestone(request: By, owner: Slug, name: Slug, data: JSONBody[NewMilestone]) -> MilestoneInfo:
    make = partial(make_milestone, title=data.title, due_on=data.due_on, description=data.description)
    return milestone_told(await write(request, owner, name, make))


@patch(
    f"{HERE}/milestones/{{milestone_id:int}}",
    responses=refusals(409, 422),
    tags=MILESTONES,
    summary="Change, close or reopen a milestone",
)
async def change_milestone(
    request: By, owner: Slug, name: Slug, milestone_id: Number, data: JSONBody[MilestoneChange]
) -> MilestoneInfo:
    def change(work: Work, project: Project) -> Milestone:
        if data.state is not None:
            (close_milestone if data.state == "closed" else reopen_milestone)(work, project, milestone_id)
        return edit_milestone(
            work,
            project,
            milestone_id,
            title=data.title,
            due_on=data.due_on,
            no_day=data.no_day,
            description=data.description,
        )

    return milestone_told(await write(request, owner, name, change))


handlers = [labels, new_label, change_label, end_label, milestones, new_milestone, change_milestone]
