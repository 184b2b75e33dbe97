"""The pages of issues: the list, one issue with its thread, and a new one."""

from collections.abc import Callable
from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from dure.kit import Invalid, say
from dure.plan.issue import (
    REASONS,
    IssuePage,
    Known,
    ListPage,
    change_issue,
    delete_comment,
    edit_comment,
    issue_page,
    list_page,
    new_issue_choices,
    open_whole,
    reply,
)
from dure.plan.routes.asked import By, Name, Number, change, number_in, read, read_issue, write
from dure.plan.search import SORTS, Filter, parse_filter
from dure.shell import Link, go, markdown, page, read_form

HERE = "/{owner:str}/{name:str}/issues"
ISSUE = f"{HERE}/{{number:int}}"


class NewIssueWords(msgspec.Struct):
    title: str
    body: str = ""
    labels: list[str] = []
    assignees: list[str] = []
    milestone: str = ""


class Reply(msgspec.Struct):
    body: str = ""
    act: str = "comment"
    reason: str = "done"


class EditWords(msgspec.Struct):
    title: str
    body: str = ""


class SortWords(msgspec.Struct):
    labels: list[str] = []
    assignees: list[str] = []
    milestone: str = ""


class CommentWords(msgspec.Struct):
    body: str


@get(HERE, include_in_schema=False)
async def issues_page(
    request: By, owner: Name, name: Name, q: FromQuery[str | None] = None, cursor: FromQuery[str] = ""
) -> Response[str]:
    """The open issues, or what the box asks for. What the box cannot mean is told, and the open ones are shown."""
    typed = "is:open" if q is None else q
    trouble = None
    try:
        sought = parse_filter(typed)
        found = await read(request, owner, name, partial(list_page, sought=sought, cursor=cursor))
    except Invalid as problem:
        sought, trouble = Filter(state="open"), problem.text
        found = await read(request, owner, name, partial(list_page, sought=sought))
    return shown_list(request, found, sought, typed, trouble)


def shown_list(request: By, found: ListPage, sought: Filter, typed: str, trouble: object) -> Response[str]:
    here = f"/{found.project.path}/issues"
    return page(
        request,
        "plan/issues.html",
        title=say("Issues"),
        here="issues",
        project=found.project,
        listing=found.listing,
        choices=found.choices,
        may_open=found.may_open,
        sought=sought,
        typed=typed,
        trouble=trouble,
        base=here,
        sorts=SORTS,
    )


@get(f"{HERE}/new", include_in_schema=False)
async def new_issue_page(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, owner, name, new_issue_choices)
    return page(
        request,
        "plan/new_issue.html",
        title=say("New issue"),
        here="issues",
        project=found.project,
        choices=found.choices,
    )


@post(HERE, include_in_schema=False)
async def new_issue(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, NewIssueWords)
    make = partial(
        open_whole,
        title=words.title,
        body=words.body,
        labels=words.labels,
        assignees=words.assignees,
        milestone=words.milestone,
    )
    row = (await write(request, owner, name, make)).row
    return go(request, row.url, say("Opened #{number}", number=row.number))


@get(ISSUE, include_in_schema=False)
async def issue(request: By, owner: Name, name: Name, number: Number, before: FromQuery[str] = "") -> Response[str]:
    found = await read_issue(request, owner, name, number, partial(issue_page, before=number_in(before)))
    return told(request, "plan/issue.html", found)


@get(f"{ISSUE}/thread", include_in_schema=False)
async def thread(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """The thread alone, for a page that lives."""
    found = await read_issue(request, owner, name, number, issue_page)
    return told(request, "plan/thread.html", found)


def told(request: By, template: str, found: IssuePage) -> Response[str]:
    return page(
        request,
        template,
        title=f"{found.row.title} #{found.row.number}",
        here="issues",
        project=found.project,
        row=found.row,
        issue=found.issue,
        thread=found.thread,
        choices=found.choices,
        may=found.may,
        reasons=REASONS,
        written=writer(found.known),
    )


def writer(known: dict[str, Known]) -> Callable[[str], object]:
    """Draws what people wrote, with every @name and #number that leads somewhere as a link."""

    def resolve(word: str) -> Link | None:
        place = known.get(word.lower())
        return Link(place.url, place.title) if place else None

    return lambda text: markdown(text, resolve, heading=3)


@post(f"{ISSUE}/comments", include_in_schema=False)
async def answer(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """The box under the thread: it comments, and may close or reopen with the same word."""
    words = await read_form(request, Reply)
    do = partial(reply, body=words.body, act=words.act, reason=words.reason)
    row = (await change(request, owner, name, number, do)).row
    toasts = {"close": say("Closed #{number}", number=number), "reopen": say("Reopened #{number}", number=number)}
    return go(request, row.url, toasts.get(words.act))


@post(f"{ISSUE}/edit", include_in_schema=False)
async def edit(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, EditWords)
    row = (await change(request, owner, name, number, partial(change_issue, title=words.title, body=words.body))).row
    return go(request, row.url, say("Saved."))


@post(f"{ISSUE}/sorting", include_in_schema=False)
async def sort(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, SortWords)
    do = partial(change_issue, labels=words.labels, assignees=words.assignees, milestone=words.milestone)
    row = (await change(request, owner, name, number, do)).row
    return go(request, row.url, say("Saved."))


@post(f"{ISSUE}/comments/{{comment_id:int}}", include_in_schema=False)
async def change_comment(request: By, owner: Name, name: Name, number: Number, comment_id: Number) -> Response[str]:
    words = await read_form(request, CommentWords)
    await change(request, owner, name, number, partial(edit_comment, comment_id=comment_id, body=words.body))
    return go(request, f"/{owner}/{name}/issues/{number}", say("Saved."))


@post(f"{ISSUE}/comments/{{comment_id:int}}/delete", include_in_schema=False)
async def end_comment(request: By, owner: Name, name: Name, number: Number, comment_id: Number) -> Response[str]:
    await change(request, owner, name, number, partial(delete_comment, comment_id=comment_id))
    return go(request, f"/{owner}/{name}/issues/{number}", say("The comment is deleted."))


handlers = [
    issues_page,
    new_issue_page,
    new_issue,
    issue,
    thread,
    answer,
    edit,
    sort,
    change_comment,
    end_comment,
]
