"""`dure mr`: merge requests, and the branches that are protected."""

import sys
import time

import click

from dure.cli.client import part
from dure.cli.git import ask_git
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import Refused, Text, paint, plain, say, told
from dure.wire import (
    CommentInfo,
    CommentList,
    MergeQueueList,
    MergeRequestChange,
    MergeRequestDetail,
    MergeRequestInfo,
    MergeRequestList,
    NewComment,
    NewMerge,
    NewMergeRequest,
    ProtectionInfo,
    ProtectionList,
    ProtectionWords,
    QueuePlace,
)

LOOK_SECONDS = 0.3
MERGE_SECONDS_MAX = 60
COLOURS = {"merged": "good", "closed": "soft", "success": "good", "failure": "bad"}
number_argument = click.argument("number", type=click.IntRange(1, 2**31 - 1))


@click.group(invoke_without_command=True, help=told(say("Merge requests. Alone it lists the open ones.")))
@click.pass_context
def mr(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_requests)


@mr.command("list", help=told(say("Lists merge requests, the latest first.")))
@click.option(
    "-s",
    "--state",
    type=click.Choice(["open", "merged", "closed", "all"]),
    default="open",
    show_default=True,
    help=told(say("Only those in this state.")),
)
@project_option
@house_option
@json_option
def list_requests(
    state: str = "open", project: str | None = None, house: str | None = None, as_json: bool = False
) -> None:
    wanted = None if state == "all" else state
    found = client_for(house).get(f"{path_of(project)}/merge-requests", MergeRequestList, state=wanted)
    if as_json:
        print_json(found)
        return
    head = [say("Request"), say("State"), say("Title"), say("Branch"), say("Into"), say("Changed")]
    rows = [
        [
            f"!{each.number}",
            paint(each.state, COLOURS.get(each.state, "plain")),
            each.title,
            each.source,
            each.target,
            minute(each.updated_at),
        ]
        for each in found.requests
    ]
    print_table(head, rows, say("There are no merge requests."))


@mr.command("show", help=told(say("Shows a merge request, its checks, and what stands in its way.")))
@number_argument
@project_option
@house_option
@json_option
def show_request(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/merge-requests/{part(number)}", MergeRequestDetail)
    if as_json:
        print_json(found)
        return
    print(paint(plain(f"!{found.number}  {found.title}"), "strong"))
    print(plain(f"{found.state} · {found.source} → {found.target} · {found.head[:10]} · {found.author}"))
    if found.labels:
        print(plain(", ".join(found.labels)))
    if found.body:
        print("\n".join(plain(line) for line in found.body.splitlines()))
    for commit in found.commits:
        print(plain(f"  {commit.sha[:10]}  {commit.title}"))
    for check in found.checks:
        print(f"  {paint(check.state, COLOURS.get(check.state, 'plain'))}  {plain(check.name)}")
    if found.queue is not None:
        print(plain(told(place_told(found.queue))))
    if found.left_queue is not None:
        print(paint(plain(told(say("It left the queue: {why}", why=found.left_queue))), "bad"))
    for words in found.blockers:
        print(paint(plain(words), "bad"))


@mr.command("open", help=told(say("Asks for a branch to be merged: the one you are on, if none is named.")))
@click.argument("source", required=False)
@click.option("-t", "--target", default="", help=told(say("Into this branch; without it the default branch.")))
@click.option("--title", default="", help=told(say("Without it, the title of the newest commit.")))
@click.option("-m", "--body", default="", help=told(say("What changes, and why; Markdown.")))
@project_option
@house_option
@json_option
def open_request(
    source: str | None, target: str, title: str, body: str, project: str | None, house: str | None, as_json: bool
) -> None:
    branch = source or ask_git("branch", "--show-current")
    if not branch:
        raise Refused(say("You are on no branch here. Name one: dure mr open my-change"))
    asked = NewMergeRequest(source=branch, target=target, title=title, body=body)
    made = client_for(house).post(f"{path_of(project)}/merge-requests", asked, MergeRequestInfo)
    print_json(made) if as_json else print(paint(plain(told(say("Opened !{number}.", number=made.number))), "good"))


@mr.command("merge", help=told(say("Merges it, once nothing stands in its way.")))
@number_argument
@click.option("--squash", is_flag=True, help=told(say("As one commit instead of a merge commit.")))
@project_option
@house_option
@json_option
def merge(number: int, squash: bool, project: str | None, house: str | None, as_json: bool) -> None:
    client, path = client_for(house), f"{path_of(project)}/merge-requests/{part(number)}"
    found = client.post(f"{path}/merges", NewMerge(manner="squash" if squash else "merge"), MergeRequestDetail)
    give_up_at = time.monotonic() + MERGE_SECONDS_MAX
    while found.state == "open" and not found.conflicts and time.monotonic() < give_up_at:
        time.sleep(LOOK_SECONDS)
        found = client.get(path, MergeRequestDetail)
    if as_json:
        print_json(found)
    elif found.state == "merged":
        words = say("Merged !{number} as {sha}.", number=number, sha=(found.merged or "")[:10])
        print(paint(plain(told(words)), "good"))
    if found.state != "merged":
        raise Refused(
            say("!{number} is not merged: {why}", number=number, why="; ".join(found.blockers) or found.state)
        )


@mr.command(
    "queue", help=told(say("Merges it when it is ready, in the queue of its target. Alone it lists who stands there."))
)
@click.argument("number", type=click.IntRange(1, 2**31 - 1), required=False)
@click.option("--squash", is_flag=True, help=told(say("As one commit instead of a merge commit.")))
@click.option("--leave", is_flag=True, help=told(say("Take it out of the queue.")))
@project_option
@house_option
@json_option
def queue(number: int | None, squash: bool, leave: bool, project: str | None, house: str | None, as_json: bool) -> None:
    client, path = client_for(house), path_of(project)
    if number is None:
        show_queue(client.get(f"{path}/merge-queue", MergeQueueList), as_json)
        return
    here = f"{path}/merge-requests/{part(number)}"
    if leave:
        client.delete(f"{here}/queue")
        found = client.get(here, MergeRequestDetail)
    else:
        found = client.put(f"{here}/queue", NewMerge(manner="squash" if squash else "merge"), MergeRequestDetail)
    if as_json:
        print_json(found)
    elif found.queue is not None:
        print(paint(plain(told(place_told(found.queue))), "good"))
    else:
        print(plain(told(say("!{number} stands in no queue.", number=number))))


def place_told(found: QueuePlace) -> Text:
    if not found.place:
        return say("Gets its place in the queue of {branch} when nothing stands in its way", branch=found.branch)
    return say("Place {place} in the queue of {branch}", place=found.place, branch=found.branch)


def show_queue(found: MergeQueueList, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    head = [say("Branch"), say("Place"), say("Request"), say("Title"), say("Tested as"), say("Checks")]
    rows = [
        [
            one.branch,
            str(one.place or "-"),
            f"!{one.number}",
            one.title,
            (one.sha or "")[:10],
            ", ".join(f"{check.name} {paint(check.state, COLOURS.get(check.state, 'plain'))}" for check in one.checks),
        ]
        for one in found.queued
    ]
    print_table(head, rows, say("Nobody stands in a queue."))


@mr.command("comment", help=told(say("Says something of it. Without TEXT it is read from standard input.")))
@number_argument
@click.argument("text", required=False)
@project_option
@house_option
@json_option
def comment(number: int, text: str | None, project: str | None, house: str | None, as_json: bool) -> None:
    body = text if text is not None else sys.stdin.read()
    path = f"{path_of(project)}/merge-requests/{part(number)}/comments"
    said = client_for(house).post(path, NewComment(body=body), CommentInfo)
    print_json(said) if as_json else print(told(say("Said on !{number}.", number=number)))


@mr.command("comments", help=told(say("Prints what was said of it, the oldest first.")))
@number_argument
@click.option("--after", type=click.IntRange(min=0), default=0, help=told(say("From after this comment on.")))
@project_option
@house_option
@json_option
def comments(number: int, after: int, project: str | None, house: str | None, as_json: bool) -> None:
    path = f"{path_of(project)}/merge-requests/{part(number)}/comments"
    found = client_for(house).get(path, CommentList, after=after, limit=100)
    if as_json:
        print_json(found)
        return
    for said in found.comments:
        print(paint(plain(f"{said.author} · {minute(said.at)}"), "soft"))
        print("\n".join(plain(f"  {line}") for line in said.body.splitlines()))
    if found.next is not None:
        words = say("There are more: dure mr comments {number} --after {id}", number=number, id=found.next)
        print(paint(plain(told(words)), "soft"))


@mr.command("label", help=told(say("Gives it these labels and no others; without a name, none.")))
@number_argument
@click.argument("labels", nargs=-1)
@project_option
@house_option
@json_option
def label(number: int, labels: tuple[str, ...], project: str | None, house: str | None, as_json: bool) -> None:
    path = f"{path_of(project)}/merge-requests/{part(number)}"
    found = client_for(house).patch(path, MergeRequestChange(labels=list(labels)), MergeRequestDetail)
    print_json(found) if as_json else print(plain(f"!{number}  {', '.join(found.labels) or told(say('none'))}"))


@mr.command("close", help=told(say("Closes a merge request without a merge.")))
@number_argument
@project_option
@house_option
def close(number: int, project: str | None, house: str | None) -> None:
    change(number, "closed", project, house)
    print(plain(told(say("Closed !{number}.", number=number))))


@mr.command("reopen", help=told(say("Opens a closed merge request again.")))
@number_argument
@project_option
@house_option
def reopen(number: int, project: str | None, house: str | None) -> None:
    change(number, "open", project, house)
    print(plain(told(say("Opened !{number} again.", number=number))))


def change(number: int, state: str, project: str | None, house: str | None) -> None:
    path = f"{path_of(project)}/merge-requests/{part(number)}"
    wanted = MergeRequestChange(state="closed" if state == "closed" else "open")
    client_for(house).patch(path, wanted, MergeRequestDetail)


@mr.command("protect", help=told(say("Protects a branch, or several with *; without a name it lists them.")))
@click.argument("pattern", required=False)
@click.option("-c", "--check", "checks", multiple=True, help=told(say("A check that has to be green; repeatable.")))
@click.option("--by-request", is_flag=True, help=told(say("Nobody pushes to it; it changes by merge requests alone.")))
@click.option("--queue", is_flag=True, help=told(say("It is merged through a queue.")))
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=60,
    show_default=True,
    help=told(say("So long the queue waits for the checks of one change.")),
)
@click.option("--remove", is_flag=True, help=told(say("Protect it no more.")))
@project_option
@house_option
@json_option
def protect(
    pattern: str | None,
    checks: tuple[str, ...],
    by_request: bool,
    queue: bool,
    minutes: int,
    remove: bool,
    project: str | None,
    house: str | None,
    as_json: bool,
) -> None:
    client, path = client_for(house), f"{path_of(project)}/protections"
    if pattern is not None and remove:
        client.delete(f"{path}?pattern={part(pattern)}")
        print(plain(told(say("Protected no more: {name}.", name=pattern))))
        return
    if pattern is not None:
        words = ProtectionWords(
            pattern=pattern, checks=list(checks), by_request=by_request, by_queue=queue, queue_minutes=minutes
        )
        made = client.put(path, words, ProtectionInfo)
        print_json(made) if as_json else print(plain(told(say("Protected {name}.", name=made.pattern))))
        return
    found = client.get(path, ProtectionList)
    if as_json:
        print_json(found)
        return
    yes, no = told(say("yes")), told(say("no"))
    rows = [
        [one.pattern, ", ".join(one.checks), no if one.by_request else yes, yes if one.by_queue else no]
        for one in found.protections
    ]
    print_table([say("Branch"), say("Checks"), say("Push"), say("Queue")], rows, say("No branch is protected."))
