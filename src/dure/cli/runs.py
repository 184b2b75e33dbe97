"""`dure runs`: what the workflows of a project did, are doing, and shall do."""

import time
from collections.abc import Iterator

import click

from dure.cli.client import API, Client, part, refusal
from dure.cli.git import ask_git
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import Refused, Text, paint, plain, say, told
from dure.wire import (
    NewApproval,
    NewAttempt,
    NewCancellation,
    NewRun,
    OutsidersRule,
    PlanningInfo,
    PlanningList,
    RunDetail,
    RunInfo,
    RunJobInfo,
    RunList,
    WorkflowOffers,
)

PAGE = 100
LOOK_SECONDS = 0.5
STATES = ("queued", "running", "success", "failure", "cancelled")
OVER = ("success", "failure", "cancelled", "skipped")
TIME_CHARACTERS = 25
"""A line of a log begins with a moment: 2026-11-21T09:44:00.123Z and a space, or `/3 ` where others ran beside it."""

number_argument = click.argument("number", type=click.IntRange(1, 2**31 - 1))


@click.group(invoke_without_command=True, help=told(say("Runs of workflows. Without another word it lists them.")))
@click.pass_context
def runs(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_runs)


@runs.command("list", help=told(say("Lists runs, the latest first.")))
@click.option("-w", "--workflow", help=told(say("Only of this workflow, by its name.")))
@click.option("-s", "--state", type=click.Choice(STATES), help=told(say("Only those in this state.")))
@click.option("-b", "--branch", help=told(say("Only of this branch or tag.")))
@click.option(
    "-n", "--limit", type=click.IntRange(1, PAGE), default=20, show_default=True, help=told(say("How many at most."))
)
@project_option
@house_option
@json_option
def list_runs(
    workflow: str | None = None,
    state: str | None = None,
    branch: str | None = None,
    limit: int = 20,
    project: str | None = None,
    house: str | None = None,
    as_json: bool = False,
) -> None:
    path = f"{path_of(project)}/runs"
    found = client_for(house).get(path, RunList, workflow=workflow, state=state, branch=branch, limit=limit)
    if as_json:
        print_json(found)
        return
    head = [say("Run"), say("State"), say("Workflow"), say("Title"), say("Branch"), say("Begun")]
    rows = [
        [f"#{each.number}", state_of(each.state), each.workflow, each.title, branch_of(each), minute(each.made_at)]
        for each in found.runs
    ]
    print_table(head, rows, say("There are no runs yet."))


@runs.command("show", help=told(say("Shows a run, its jobs, and why each is as it is.")))
@number_argument
@project_option
@house_option
@json_option
def show_run(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    show(client_for(house).get(f"{path_of(project)}/runs/{part(number)}", RunDetail), as_json=as_json)


def show(found: RunDetail, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print(paint(plain(f"#{found.number}  {found.title}"), "strong"))
    facts = [
        state_of(found.state),
        found.workflow,
        branch_of(found),
        found.sha[:10],
        found.actor,
        minute(found.made_at),
    ]
    print(plain(" · ".join(facts)))
    if found.why:
        print(plain(found.why))
    for mistake in found.mistakes:
        where = say("{path}, line {line}, column {column}", path=found.path, line=mistake.line, column=mistake.column)
        print(plain(f"{told(where)}: {mistake.message}"))
        print(plain(f"  {mistake.source}"))
    if found.jobs:
        print()
        head = [say("Job"), say("State"), say("Name"), say("Time"), say("Why")]
        rows = [[str(job.id), state_of(job.state), job.name, length_of(job), job.why or ""] for job in found.jobs]
        print_table(head, rows, say("It has no jobs."))
    for job in found.jobs:
        if job.reused_url:
            print(plain(told(reused(job))))
        if job.environment_url:
            print(plain(f"{job.name}  {job.environment_url}"))
    for artifact in found.artifacts:
        print(plain(f"{artifact.name}  {artifact.size}  {artifact.digest}"))


@runs.command("log", help=told(say("Prints what the jobs of a run wrote; -f goes on until they are over.")))
@number_argument
@click.option("-j", "--job", "wanted", help=told(say("Only this job, by its name or its number.")))
@click.option("-f", "--follow", is_flag=True, help=told(say("Go on until the run is over.")))
@click.option("--times", is_flag=True, help=told(say("With the moment of each line.")))
@project_option
@house_option
def log_of_run(
    number: int, wanted: str | None, follow: bool, times: bool, project: str | None, house: str | None
) -> None:
    client, path = client_for(house), f"{path_of(project)}/runs/{part(number)}"
    told_of: dict[int, int] = {}
    while True:
        found = client.get(path, RunDetail)
        jobs = chosen(found, wanted)
        for job in jobs:
            if not job.reused_url:
                print_new(client, path, job, told_of, times=times, headed=len(jobs) > 1)
            elif told_of.setdefault(job.id, 0) == 0:
                told_of[job.id] = 1
                print(plain(told(reused(job))))
        if not follow or found.state in OVER:
            return
        time.sleep(LOOK_SECONDS)


def reused(job: RunJobInfo) -> Text:
    """Where the log of the work is that a job took over."""
    number, _, theirs = job.reused_url.rpartition("/jobs/")
    word = f"dure runs log {job.reused_from}" + (f" -j {theirs}" if number else "")
    return say(
        "{name} was done by run {number}: {word}  {url}",
        name=job.name,
        number=job.reused_from,
        word=word,
        url=job.reused_url,
    )


def chosen(found: RunDetail, wanted: str | None) -> list[RunJobInfo]:
    """The jobs that were meant, those that have begun."""
    jobs = [job for job in found.jobs if wanted is None or wanted in (job.name, job.key, str(job.id))]
    if wanted is not None and not jobs:
        names = ", ".join(job.name for job in found.jobs)
        raise Refused(
            say("Run {number} has no job {name}. It has: {names}", number=found.number, name=wanted, names=names)
        )
    return [job for job in jobs if job.started_at is not None or job.reused_url]


def print_new(
    client: Client, path: str, job: RunJobInfo, told_of: dict[int, int], *, times: bool, headed: bool
) -> None:
    """What a job has written since the last look; whole lines only, as long as it runs."""
    for whole in news(client, path, job, told_of):
        if headed and job.id not in told_of:
            print(paint(plain(f"== {job.name}"), "strong"))
        told_of[job.id] = told_of.get(job.id, 0) + len(whole)
        for line in whole.decode(errors="replace").splitlines():
            print(plain(line if times else without_time(job, line)))


def without_time(job: RunJobInfo, line: str) -> str:
    """Lines of a step in the background have its number in their moment; people read its name."""
    words = line[TIME_CHARACTERS:]
    if line[TIME_CHARACTERS - 1 : TIME_CHARACTERS] != "/":
        return words
    number, _, words = words.partition(" ")
    name = next((step.name for step in job.steps if str(step.number) == number), number)
    return f"{name} | {words}"


def news(client: Client, path: str, job: RunJobInfo, told_of: dict[int, int]) -> Iterator[bytes]:
    while True:
        after = told_of.get(job.id, 0)
        address = f"{API}{path}/jobs/{part(job.id)}/log?after={after}"
        status, retry_after, answer = client.send("GET", address, None)
        if status >= 400:
            raise refusal(status, retry_after, answer)
        whole = answer if job.state in OVER else answer[: answer.rfind(b"\n") + 1]
        if not whole:
            return
        yield whole


@runs.command("cancel", help=told(say("Asks a run to end; asked again, by force.")))
@number_argument
@click.option("-j", "--job", default="", help=told(say("Only this job, by its name or key.")))
@click.option("--force", is_flag=True, help=told(say("At once: not even what says `always()` runs.")))
@project_option
@house_option
@json_option
def cancel(number: int, job: str, force: bool, project: str | None, house: str | None, as_json: bool) -> None:
    path = f"{path_of(project)}/runs/{part(number)}/cancellations"
    ended = client_for(house).post(path, NewCancellation(job=job, force=force), RunDetail)
    asked = say("Asked run {number} to end.", number=number)
    if job:
        asked = say("Asked the job {name} of run {number} to end.", name=job, number=number)
    print_json(ended) if as_json else print(plain(told(asked)))


@runs.command("rerun", help=told(say("Runs it all again, or only a part.")))
@number_argument
@click.option("--failed", is_flag=True, help=told(say("Only what did not end well, and what needs that.")))
@click.option(
    "-j", "--job", "jobs", multiple=True, help=told(say("Only this job, and what needs it; may be said again."))
)
@click.option("--debug", is_flag=True, help=told(say("Let it tell more than it usually does.")))
@project_option
@house_option
@json_option
def rerun(
    number: int,
    failed: bool,
    jobs: tuple[str, ...],
    debug: bool,
    project: str | None,
    house: str | None,
    as_json: bool,
) -> None:
    path = f"{path_of(project)}/runs/{part(number)}/attempts"
    words = NewAttempt(failed_only=failed, jobs=list(jobs), debug=debug)
    begun = client_for(house).post(path, words, RunDetail)
    print_json(begun) if as_json else print(told(say("Run {number} goes again.", number=number)))


@runs.command("approve", help=told(say("Says yes to a run, or to a job of it, that waits for that.")))
@number_argument
@click.option("-j", "--job", default="", help=told(say("The job that waits; else it is the run itself.")))
@click.option("--no", "refuse", is_flag=True, help=told(say("Say no: it shall not run.")))
@project_option
@house_option
@json_option
def approve(number: int, job: str, refuse: bool, project: str | None, house: str | None, as_json: bool) -> None:
    path = f"{path_of(project)}/runs/{part(number)}/approvals"
    found = client_for(house).post(path, NewApproval(job=job, yes=not refuse), RunDetail)
    done = say("Said no to {name}.", name=job or number) if refuse else say("Said yes to {name}.", name=job or number)
    print_json(found) if as_json else print(plain(told(done)))


@runs.command("outsiders", help=told(say("Whose changes wait for a yes: never any, first-timers, or all outsiders.")))
@click.argument("rule", required=False, type=click.Choice(("never", "first-timers", "all")))
@project_option
@house_option
def outsiders(rule: str | None, project: str | None, house: str | None) -> None:
    path, client = f"{path_of(project)}/outsiders", client_for(house)
    found = (
        client.get(path, OutsidersRule)
        if rule is None
        else client.ask("PUT", path, OutsidersRule(rule=rule), OutsidersRule)
    )
    print(plain(found.rule))


@runs.command("start", help=told(say("Begins a workflow that says `on: workflow_dispatch`; without one, lists them.")))
@click.argument("workflow", required=False)
@click.option("-r", "--ref", default="", help=told(say("At this branch or tag; the default branch, if not said.")))
@click.option(
    "-i", "--input", "inputs", multiple=True, metavar="NAME=VALUE", help=told(say("An answer to a question."))
)
@project_option
@house_option
@json_option
def start(
    workflow: str | None, ref: str, inputs: tuple[str, ...], project: str | None, house: str | None, as_json: bool
) -> None:
    if workflow is None:
        offers = client_for(house).get(f"{path_of(project)}/workflows", WorkflowOffers, ref=ref)
        print_json(offers) if as_json else print_offers(offers)
        return
    pairs = [word.partition("=") for word in inputs]
    for name, found, _ in pairs:
        if not found:
            raise Refused(say("{word} is not an answer; one looks like name=value.", word=name))
    words = NewRun(workflow=workflow, ref=ref, inputs={name: value for name, _, value in pairs})
    made = client_for(house).post(f"{path_of(project)}/runs", words, RunInfo)
    print_json(made) if as_json else print(told(say("Run {number} begins.", number=made.number)))


def print_offers(found: WorkflowOffers) -> None:
    if not found.workflows:
        print(told(say("No workflow here may be begun by hand: none says `on: workflow_dispatch`.")))
    for offer in found.workflows:
        print(paint(plain(f"{offer.path.rpartition('/')[2]}  {offer.workflow}"), "strong"))
        head = [say("Name"), say("Kind"), say("Needed"), say("Default"), say("Question")]
        rows = [
            [
                asked.name,
                " | ".join(asked.options) or asked.type,
                told(say("yes")) if asked.required else "-",
                word_of(asked.default),
                asked.description or "-",
            ]
            for asked in offer.inputs
        ]
        print_table(head, rows, say("It asks nothing."))


def word_of(default: bool | float | str | None) -> str:
    if default is None:
        return "-"
    if isinstance(default, bool):
        return "true" if default else "false"
    return f"{default:g}" if isinstance(default, float | int) else default


@runs.command("why", help=told(say("Says why workflows began at a commit, or did not.")))
@click.argument("sha")
@project_option
@house_option
@json_option
def why(sha: str, project: str | None, house: str | None, as_json: bool) -> None:
    # What git calls so here, such as HEAD; else it is a commit by its name.
    sha = ask_git("rev-parse", "--verify", "--quiet", f"{sha}^{{commit}}") or sha
    found = client_for(house).get(f"{path_of(project)}/verdicts", PlanningList, sha=sha)
    if as_json:
        print_json(found)
        return
    if not found.plannings:
        print(told(say("Nothing happened there that workflows could begin by.")))
    for number, planning in enumerate(found.plannings):
        if number:
            print()
        print_planning(planning)


def print_planning(planning: PlanningInfo) -> None:
    event = f"{planning.event} ({planning.type})" if planning.type else planning.event
    ref = planning.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    print(paint(plain(" · ".join([event, ref, planning.sha[:10], planning.actor, minute(planning.at)])), "strong"))
    if planning.why:
        print(plain(planning.why))
    if not planning.over:
        print(told(say("The workflow files are being read.")))
    head = [say("Workflow"), say("Run"), say("Why")]
    rows = [[each.path, f"#{each.run}" if each.run else "-", each.why] for each in planning.verdicts]
    if rows or (planning.over and not planning.why):
        print_table(head, rows, say("This commit has no workflow files."))


def state_of(state: str) -> str:
    words = {
        "waiting": say("waits"),
        "queued": say("in the queue"),
        "running": say("running"),
        "success": say("success"),
        "failure": say("failure"),
        "cancelled": say("cancelled"),
        "skipped": say("skipped"),
    }
    return told(words[state]) if state in words else state


def branch_of(found: RunInfo) -> str:
    return found.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def length_of(job: RunJobInfo) -> str:
    if job.started_at is None or job.ended_at is None:
        return "-"
    return f"{(job.ended_at - job.started_at).total_seconds():.1f} s"
