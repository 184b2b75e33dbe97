"""`dure issue`: what there is to do, opened, found, talked about and closed."""

import sys
from typing import TextIO, get_args

import click

from dure.cli.client import part
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import Text, paint, plain, say, say_count, told
from dure.wire import (
    CloseReason,
    CommentInfo,
    EntryList,
    IssueDetail,
    IssueInfo,
    IssueList,
    NewClosure,
    NewComment,
    NewIssue,
)

COUNTED_MAX = 1000
PAGE = 100

number_argument = click.argument("number", type=click.IntRange(1, 2**31 - 1))


@click.group(help=told(say("Issues: what there is to do, and what was said about it.")))
def issue() -> None:
    pass


@issue.command("new", help=told(say("Opens an issue.")))
@click.argument("title")
@click.option("-b", "--body", default="", help=told(say("What it is about, in Markdown.")))
@click.option(
    "--body-file", type=click.File(encoding="utf-8"), help=told(say("Read that from a file; `-` is standard input."))
)
@click.option("-l", "--label", "labels", multiple=True, help=told(say("A label; may be said again.")))
@click.option(
    "-a", "--assign", "assignees", multiple=True, metavar="HANDLE", help=told(say("Who does it; may be said again."))
)
@click.option("-m", "--milestone", default="", help=told(say("The milestone it belongs to.")))
@project_option
@house_option
@json_option
def new_issue(
    title: str,
    body: str,
    body_file: TextIO | None,
    labels: tuple[str, ...],
    assignees: tuple[str, ...],
    milestone: str,
    project: str | None,
    house: str | None,
    as_json: bool,
) -> None:
    words = NewIssue(
        title=title,
        body=body_file.read() if body_file is not None else body,
        labels=list(labels),
        assignees=list(assignees),
        milestone=milestone,
    )
    made = client_for(house).post(f"{path_of(project)}/issues", words, IssueDetail)
    show_done(made, say("Opened {issue}", issue=name_of(made)), as_json=as_json)


@issue.command(
    "list",
    help=told(
        say(
            "Lists issues, the open ones if nothing else is said. FILTER is what the search box takes: "
            "is:closed label:bug assignee:me some words."
        )
    ),
)
@click.argument("filters", nargs=-1, metavar="[FILTER]...")
@click.option(
    "-n", "--limit", type=click.IntRange(1, PAGE), default=50, show_default=True, help=told(say("How many at most."))
)
@click.option("--everywhere", is_flag=True, help=told(say("In every project that you may see.")))
@click.option("--cursor", help=told(say("Go on where the list before ended; --json names the place.")))
@project_option
@house_option
@json_option
def list_issues(
    filters: tuple[str, ...],
    limit: int,
    everywhere: bool,
    cursor: str | None,
    project: str | None,
    house: str | None,
    as_json: bool,
) -> None:
    path = "/issues" if everywhere else f"{path_of(project)}/issues"
    found = client_for(house).get(path, IssueList, q=" ".join(filters) or None, limit=limit, cursor=cursor)
    if as_json:
        print_json(found)
        return
    head = [say("Issue"), say("Title"), say("State"), say("Labels"), say("Assigned"), say("Changed")]
    print_table(head, [row_of(each, everywhere=everywhere) for each in found.issues], say("No issues found."))
    if found.next is not None:
        told_whole = found.count is not None and found.count <= COUNTED_MAX
        more = say("These are {shown} of {count}.", shown=len(found.issues), count=found.count)
        print(told(more if told_whole else say("There are more than these.")))


def row_of(found: IssueInfo, *, everywhere: bool) -> list[str]:
    return [
        name_of(found) if everywhere else f"#{found.number}",
        found.title,
        state_of(found),
        ", ".join(found.labels),
        ", ".join(found.assignees),
        minute(found.updated_at),
    ]


@issue.command("show", help=told(say("Shows an issue and everything that happened to it.")))
@number_argument
@project_option
@house_option
@json_option
def show_issue(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    client, path = client_for(house), f"{path_of(project)}/issues/{part(number)}"
    found = client.get(path, IssueDetail)
    if as_json:
        print_json(found)
        return
    print(paint(plain(f"{name_of(found)}  {found.title}"), "strong"))
    print(plain(summary_of(found)))
    print_words(found.body)
    thread = client.get(f"{path}/thread", EntryList, limit=PAGE)
    for entry in thread.entries:
        print()
        print(paint(plain(f"{minute(entry.at)}  {entry.by} {entry.sentence}"), "quiet"))
        print_words(entry.comment or "", margin="  ")
    if thread.next is not None:
        print(told(say("More happened than fits here: {page}", page=client.url + found.url)))


def summary_of(found: IssueDetail) -> str:
    parts = [
        state_of(found),
        told(say("opened by {author} on {day}", author=found.author, day=minute(found.opened_at))),
        ", ".join(found.labels),
        ", ".join(f"@{handle}" for handle in found.assignees),
        found.milestone or "",
        told(say_count("{count} comment", "{count} comments", found.comments)) if found.comments else "",
    ]
    return " · ".join(words for words in parts if words)


def print_words(words: str, margin: str = "") -> None:
    """What somebody wrote, line by line, after an empty line."""
    lines = [plain(line) for line in words.splitlines()]
    if lines:
        print("\n".join(["", *(f"{margin}{line}" for line in lines)]))


@issue.command("close", help=told(say("Closes an issue.")))
@number_argument
@click.option(
    "--reason", type=click.Choice(get_args(CloseReason)), default="done", show_default=True, help=told(say("Why."))
)
@click.option("-c", "--comment", default="", help=told(say("A last word.")))
@project_option
@house_option
@json_option
def close_issue(
    number: int, reason: CloseReason, comment: str, project: str | None, house: str | None, as_json: bool
) -> None:
    path = f"{path_of(project)}/issues/{part(number)}/closures"
    closed = client_for(house).post(path, NewClosure(reason=reason, comment=comment), IssueDetail)
    show_done(closed, say("Closed {issue}", issue=name_of(closed)), as_json=as_json)


@issue.command("reopen", help=told(say("Opens a closed issue again.")))
@number_argument
@project_option
@house_option
@json_option
def reopen_issue(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    path = f"{path_of(project)}/issues/{part(number)}/closures"
    opened = client_for(house).ask("DELETE", path, None, IssueDetail)
    show_done(opened, say("Opened {issue} again", issue=name_of(opened)), as_json=as_json)


@issue.command("comment", help=told(say("Says something about an issue. Without TEXT it is read from standard input.")))
@number_argument
@click.argument("text", required=False)
@project_option
@house_option
@json_option
def comment_issue(number: int, text: str | None, project: str | None, house: str | None, as_json: bool) -> None:
    body = text if text is not None else sys.stdin.read()
    path = f"{path_of(project)}/issues/{part(number)}/comments"
    said = client_for(house).post(path, NewComment(body=body), CommentInfo)
    print_json(said) if as_json else print(told(say("Said on #{number}.", number=number)))


def show_done(found: IssueDetail, done: Text, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print(plain(f"{told(done)}: {found.title}"))


def name_of(found: IssueInfo) -> str:
    return f"{found.project}#{found.number}"


def state_of(found: IssueInfo) -> str:
    return told(say("open") if found.state == "open" else say("closed"))
