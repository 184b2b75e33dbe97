"""`dure ship`, `dure rollback`, `dure approve`, `dure deployments`: a release to people, and back.

With `--wait` they follow it to its end: 0 when what was wanted is live, 1 when it is not.
"""

import time

import click

from dure.cli.client import Client, part
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import Progress, Refused, Text, paint, plain, say, told
from dure.wire import (
    DeploymentDetail,
    DeploymentInfo,
    DeploymentList,
    EnvironmentList,
    NewDeployment,
    NewRollback,
)

LOOK_SECONDS = 0.5

PHASES: dict[str, Text] = {
    "waiting": say("waiting"),
    "preparing": say("unpacking"),
    "starting": say("starting"),
    "canary": say("on trial"),
    "rolling": say("rolling"),
    "promoting": say("taking over"),
    "live": say("live"),
    "rolling_back": say("rolling back"),
    "rolled_back": say("rolled back"),
    "failed": say("failed"),
    "superseded": say("overtaken"),
    "cancelled": say("stopped"),
    "replaced": say("was live"),
}
STYLES = {"live": "good", "rolled_back": "bad", "failed": "bad", "rolling_back": "bad", "replaced": "quiet"}

environment_argument = click.argument("environment", required=False, default="")
number_argument = click.argument("number", type=click.IntRange(1, 2**31 - 1))
wait_option = click.option("--wait", is_flag=True, help=told(say("Follow it to its end; 1 if it does not go live.")))
within_option = click.option(
    "--within",
    "within_seconds",
    type=click.IntRange(1, 86_400),
    default=1800,
    show_default=True,
    help=told(say("How many seconds to wait at most.")),
)


@click.command(help=told(say("Deploys a release: the newest one to the first environment, unless others are said.")))
@environment_argument
@click.option("--version", default="", help=told(say("Which release; the newest one, if none is said.")))
@wait_option
@within_option
@project_option
@house_option
@json_option
def ship(
    environment: str,
    version: str,
    wait: bool,
    within_seconds: int,
    project: str | None,
    house: str | None,
    as_json: bool,
) -> int:
    client, path = client_for(house), path_of(project)
    words = NewDeployment(environment=environment, version=version)
    made = client.post(f"{path}/deployments", words, DeploymentInfo)
    return answer(client, path, made, within_seconds if wait else 0, as_json=as_json)


@click.command(help=told(say("Goes back to the last release that ran well; what is on its way is taken back first.")))
@environment_argument
@wait_option
@within_option
@project_option
@house_option
@json_option
def rollback(
    environment: str, wait: bool, within_seconds: int, project: str | None, house: str | None, as_json: bool
) -> int:
    client, path = client_for(house), path_of(project)
    made = client.post(f"{path}/rollbacks", NewRollback(environment=environment), DeploymentInfo)
    return answer(client, path, made, within_seconds if wait else 0, as_json=as_json, back=True)


@click.command(help=told(say("Says yes to a deployment that waits for it.")))
@number_argument
@wait_option
@within_option
@project_option
@house_option
@json_option
def approve(number: int, wait: bool, within_seconds: int, project: str | None, house: str | None, as_json: bool) -> int:
    client, path = client_for(house), path_of(project)
    found = client.post(f"{path}/deployments/{part(number)}/approvals", None, DeploymentInfo)
    return answer(client, path, found, within_seconds if wait else 0, as_json=as_json)


def answer(
    client: Client, path: str, found: DeploymentInfo, within_seconds: int, *, as_json: bool, back: bool = False
) -> int:
    """Say what became of it, at once or at its end. The number is the exit code."""
    if within_seconds:
        found = follow(client, path, found, within_seconds)
    if as_json:
        print_json(found)
    else:
        print_one(client, found)
    if not within_seconds:
        return 0
    wanted = {"live", "replaced"} | ({"rolled_back", "cancelled"} if back and found.made_for != "rollback" else set())
    return 0 if found.phase in wanted else 1


def follow(client: Client, path: str, found: DeploymentInfo, within_seconds: int) -> DeploymentInfo:
    """Ask until nothing happens to it by itself any more."""
    line, give_up_at = Progress(), time.monotonic() + within_seconds
    try:
        while not found.over:
            if time.monotonic() > give_up_at:
                raise Refused(
                    say(
                        "Deployment {number} is {phase} after {seconds} s. It goes on without us: {page}",
                        number=found.number,
                        phase=told(PHASES[found.phase]),
                        seconds=within_seconds,
                        page=client.url + found.url,
                    )
                )
            line.say(say("{summary}", summary=summary_of(found)))
            time.sleep(LOOK_SECONDS)
            found = client.get(f"{path}/deployments/{part(found.number)}", DeploymentDetail)
    finally:
        line.end()
    return found


def summary_of(found: DeploymentInfo) -> str:
    parts = [
        f"#{found.number}",
        f"{found.version} → {found.environment}",
        told(PHASES[found.phase]),
        f"{found.weight} %" if found.weight and not found.over else "",
        (found.why or "").splitlines()[0] if found.why and found.phase != "live" else "",
    ]
    return " · ".join(words for words in parts if words)


def print_one(client: Client, found: DeploymentInfo) -> None:
    style = STYLES.get(found.phase, "busy")
    print(paint(plain(summary_of(found)), style))
    for words in (found.why or "").splitlines()[1:]:
        print(plain(f"  {words}"))
    print(client.url + found.url)


@click.group(invoke_without_command=True, help=told(say("Deployments: what went where, and what is on its way.")))
@click.option("-e", "--environment", default="", help=told(say("Only those of this environment.")))
@click.option("-n", "--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@project_option
@house_option
@json_option
@click.pass_context
def deployments(
    ctx: click.Context, environment: str, limit: int, project: str | None, house: str | None, as_json: bool
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    client = client_for(house)
    found = client.get(f"{path_of(project)}/deployments", DeploymentList, environment=environment, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        [
            f"#{each.number}",
            each.version,
            each.environment,
            told(PHASES[each.phase]),
            each.made_by,
            minute(each.made_at),
            (each.why or "").partition("\n")[0],
        ]
        for each in found.deployments
    ]
    head = [say("Deployment"), say("Release"), say("Environment"), say("State"), say("By"), say("Begun"), say("Why")]
    print_table(head, rows, say("Nothing was deployed yet."))


@deployments.command("show", help=told(say("Shows one deployment.")))
@number_argument
@project_option
@house_option
@json_option
def show_deployment(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    client = client_for(house)
    found = client.get(f"{path_of(project)}/deployments/{part(number)}", DeploymentDetail)
    if as_json:
        print_json(found)
        return
    print_one(client, found)
    for host in found.hosts:
        print(plain(host))
    for each in found.instances:
        print(plain(f"  {each.key}  {told(say('wanted')) if each.wanted else told(say('ended'))}"))


@deployments.command(
    "stop", help=told(say("Stops a deployment that waits or moves; what was live gets its traffic back."))
)
@number_argument
@project_option
@house_option
def stop_deployment(number: int, project: str | None, house: str | None) -> None:
    client_for(house).delete(f"{path_of(project)}/deployments/{part(number)}")
    print(told(say("Deployment {number} is being stopped.", number=number)))


@deployments.command("promote", help=told(say("Lets a version on trial take all of the traffic now.")))
@number_argument
@project_option
@house_option
@json_option
def promote_deployment(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    client, path = client_for(house), path_of(project)
    found = client.post(f"{path}/deployments/{part(number)}/promotions", None, DeploymentInfo)
    print_json(found) if as_json else print_one(client, found)


@deployments.command("environments", help=told(say("Lists the environments and what is live in each.")))
@project_option
@house_option
@json_option
def list_environments(project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/environments", EnvironmentList)
    if as_json:
        print_json(found)
        return
    rows = [
        [
            each.name,
            each.live.version if each.live else "-",
            minute(each.live.live_at) if each.live else "-",
            told(PHASES[each.moving.phase]) if each.moving else "-",
            ", ".join(each.hosts),
        ]
        for each in found.environments
    ]
    head = [say("Environment"), say("Live"), say("Since"), say("On its way"), say("Hosts")]
    print_table(head, rows, say("There are no environments yet."))
