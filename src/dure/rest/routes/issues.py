"""Issues, what is said about them, and their labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType

from dure.kit import Missing
from dure.ledger import Work
from dure.plan import (
    Comment,
    Filter,
    Issue,
    Label,
    Project,
    assign,
    close_issue,
    comment,
    comments_of,
    edit_issue,
    find_issue,
    labels_of,
    labels_on,
    list_issues,
    open_issue,
    reopen_issue,
    set_labels,
)
from dure.rest.grant import WRITE, Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Shape,
    Text,
    Word,
    act,
    addresses,
    body_of,
    changes,
    does,
    drops,
    listed,
    makes,
    reads,
    see,
    sets,
    told,
    turn_of,
    whole_paged,
    within,
)
from dure.rest.shapes import comment_shape, issue_shape, label_shape, row_shape

READS, WRITES = Wanted("issues"), Wanted("issues", WRITE)
ISSUES = f"{REPO}/issues"
ISSUE = f"{ISSUES}/{{number:int}}"
InState = Annotated[str, QueryParameter(name="state", max_length=20)]
REASONS = {"completed": "done", "not_planned": "not planned", "duplicate": "duplicate"}


class Named(Struct):
    name: str = ""


class NewIssue(Struct):
    title: str
    body: str | None = None
    labels: list[str | Named] = []
    assignees: list[str] = []


class Change(Struct):
    title: str | None = None
    body: str | UnsetType | None = UNSET
    state: str | None = None
    state_reason: str | None = None
    labels: list[str | Named] | None = None
    assignees: list[str] | None = None


class NewComment(Struct):
    body: str


class Labels(Struct):
    labels: list[str | Named] = []


@dataclass(frozen=True)
class Whole:
    project: Project
    issue: Issue
    labels: Sequence[Label]


def names_of(said: Sequence[str | Named]) -> list[str]:
    return [each if isinstance(each, str) else each.name for each in said]


# open: `find_issue` asks before anything is told.
def whole(work: Work, project: Project, number: int) -> Whole:
    issue = find_issue(work, project, number)
    return Whole(project, issue, labels_on(work, [issue.id]).get(issue.id, ()))


def shape(request: Asked, found: Whole) -> Shape:
    return issue_shape(addresses(request, found.project), found.issue, found.labels)


@reads(ISSUES)
async def issues(
    request: Asked,
    owner: Word,
    repo: Word,
    in_state: InState = "open",
    labels: Text = "",
    assignee: Text = "",
    creator: Text = "",
) -> Response[list[Shape]]:
    """Without their words, which are told of each by itself."""
    wanted = tuple(label for label in labels.split(",") if label)
    sought = Filter(
        state=None if in_state == "all" else in_state, labels=wanted, assignee=assignee or None, author=creator or None
    )

    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        listing = list_issues(work, project, sought, skip=turn.skip, limit=turn.limit)
        return [row_shape(addresses(request, project), row) for row in listing.rows]

    return listed(request, turn, await see(request, READS, within(owner, repo, find)))


@makes(ISSUES)
async def new_issue(request: Asked, owner: Word, repo: Word) -> Response[Shape]:
    said = await body_of(request, NewIssue)

    def do(work: Work, project: Project) -> Whole:
        made = open_issue(
            work,
            project,
            title=said.title,
            body=said.body or "",
            labels=known_labels(work, project, names_of(said.labels)),
            assignees=said.assignees,
        )
        return whole(work, project, made.number)

    return told(shape(request, await act(request, WRITES, within(owner, repo, do))), 201)


# open: `labels_of` asks before anything is told.
def known_labels(work: Work, project: Project, names: Sequence[str]) -> list[str]:
    """GitHub passes over what a bot may not make; so do we, with labels that the project does not have."""
    there = {label.name.lower(): label.name for label in labels_of(work, project)}
    return [there[name.lower()] for name in names if name.lower() in there]


@reads(ISSUE)
async def issue(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    return told(shape(request, await see(request, READS, within(owner, repo, lambda w, p: whole(w, p, number)))))


@changes(ISSUE)
async def change(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    said = await body_of(request, Change)

    def do(work: Work, project: Project) -> Whole:
        found = find_issue(work, project, number, to_change=True)
        body = None if isinstance(said.body, UnsetType) else said.body or ""
        if said.title is not None or body is not None:
            edit_issue(work, project, found, title=said.title, body=body)
        if said.labels is not None:
            set_labels(work, project, found, known_labels(work, project, names_of(said.labels)))
        if said.assignees is not None:
            assign(work, project, found, said.assignees)
        if said.state == "closed":
            close_issue(work, project, found, reason=REASONS.get(said.state_reason or "", "done"))
        elif said.state == "open":
            reopen_issue(work, project, found)
        return whole(work, project, number)

    return told(shape(request, await act(request, WRITES, within(owner, repo, do))))


@reads(f"{ISSUE}/comments")
async def comments(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        found = find_issue(work, project, number)
        said = comments_of(work, project, found, skip=turn.skip, limit=turn.limit)
        return [comment_shape(addresses(request, project), found, each) for each in said]

    return listed(request, turn, await see(request, READS, within(owner, repo, find)))


@makes(f"{ISSUE}/comments")
async def new_comment(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    said = await body_of(request, NewComment)

    def do(work: Work, project: Project) -> tuple[Project, Issue, Comment]:
        found = find_issue(work, project, number, to_change=True)
        return project, found, comment(work, project, found, said.body)

    project, found, made = await act(request, WRITES, within(owner, repo, do))
    return told(comment_shape(addresses(request, project), found, made), 201)


@reads(f"{ISSUE}/labels")
async def labels(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    found = await see(request, READS, within(owner, repo, lambda w, p: whole(w, p, number)))
    return told([label_shape(addresses(request, found.project), label) for label in found.labels])


@does(f"{ISSUE}/labels")
async def more_labels(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    return await with_labels(request, owner, repo, number, more=True)


@sets(f"{ISSUE}/labels")
async def these_labels(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    return await with_labels(request, owner, repo, number, more=False)


async def with_labels(request: Asked, owner: str, repo: str, number: int, *, more: bool) -> Response[list[Shape]]:
    said = await body_of(request, Labels)

    def do(work: Work, project: Project) -> Whole:
        found = find_issue(work, project, number, to_change=True)
        before = [label.name for label in labels_on(work, [found.id]).get(found.id, ())] if more else []
        set_labels(work, project, found, [*before, *known_labels(work, project, names_of(said.labels))])
        return whole(work, project, number)

    found = await act(request, WRITES, within(owner, repo, do))
    return told([label_shape(addresses(request, found.project), label) for label in found.labels])


@drops(f"{ISSUE}/labels/{{label:str}}")
async def no_label(request: Asked, owner: Word, repo: Word, number: Id, label: Word) -> Response[list[Shape]]:
    def do(work: Work, project: Project) -> Whole:
        found = find_issue(work, project, number, to_change=True)
        before = [each.name for each in labels_on(work, [found.id]).get(found.id, ())]
        left = [name for name in before if name.lower() != label.lower()]
        if left == before:
            raise Missing
        set_labels(work, project, found, left)
        return whole(work, project, number)

    found = await act(request, WRITES, within(owner, repo, do))
    return told([label_shape(addresses(request, found.project), each) for each in found.labels])


@reads(f"{REPO}/labels")
async def all_labels(request: Asked, owner: Word, repo: Word) -> Response[list[Shape]]:
    def find(work: Work, project: Project) -> list[Shape]:
        return [label_shape(addresses(request, project), label) for label in labels_of(work, project)]

    return whole_paged(request, await see(request, READS, within(owner, repo, find)))


handlers = [
    issues,
    new_issue,
    issue,
    change,
    comments,
    new_comment,
    labels,
    more_labels,
    these_labels,
    no_label,
    all_labels,
]
