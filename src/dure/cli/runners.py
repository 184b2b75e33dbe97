"""`dure runners`: the programs that do jobs, here and on other machines."""

import click

from dure.cli.client import Nothing, part
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.kit import paint, plain, say, told
from dure.wire import InvitationMade, NewInvitation, RunnerInfo, RunnerList

name_argument = click.argument("name")


@click.group(
    invoke_without_command=True,
    help=told(say("Runners, the programs that do jobs. Without another word it lists them.")),
)
@click.option("-p", "--project", metavar="OWNER/NAME", help=told(say("Only those that take jobs of this project.")))
@house_option
@json_option
@click.pass_context
def runners(context: click.Context, project: str | None, house: str | None, as_json: bool) -> None:
    if context.invoked_subcommand is None:
        show(project, house, as_json=as_json)


@runners.command("list", help=told(say("Lists runners, and what they do at this moment.")))
@click.option("-p", "--project", metavar="OWNER/NAME", help=told(say("Only those that take jobs of this project.")))
@house_option
@json_option
def list_runners(project: str | None, house: str | None, as_json: bool) -> None:
    show(project, house, as_json=as_json)


def show(project: str | None, house: str | None, *, as_json: bool) -> None:
    found = client_for(house).get("/runners", RunnerList, project=project)
    if as_json:
        print_json(found)
        return
    head = [say("Runner"), say("State"), say("Jobs"), say("Labels"), say("Kept apart by"), say("Last seen")]
    rows = [
        [
            plain(each.name),
            state_of(each),
            f"{each.busy}/{each.capacity}",
            plain(", ".join(each.labels)),
            each.tier,
            minute(each.seen_at),
        ]
        for each in found.runners
    ]
    print_table(head, rows, say("There are no runners yet."))


def state_of(runner: RunnerInfo) -> str:
    """In a few words: how it is, and what is odd about it."""
    if runner.seen_at is None:
        words = [say("never seen")]
    elif runner.away:
        words = [say("away")]
    else:
        words = [say("busy") if runner.busy else say("free")]
    if runner.drained:
        words.append(say("drained"))
    if runner.ephemeral:
        words.append(say("ephemeral"))
    if runner.other_version:
        words.append(say("version {version}", version=runner.version))
    return plain(", ".join(told(word) for word in words))


@runners.command("invite", help=told(say("Makes a token by which runners join, and shows it, this once.")))
@click.option(
    "--labels",
    default="",
    metavar="LABEL,LABEL",
    help=told(say("What they take, unless they say something themselves.")),
)
@click.option("--ephemeral", is_flag=True, help=told(say("Each takes one job, and is gone.")))
@click.option(
    "-p", "--project", default="", metavar="OWNER/NAME", help=told(say("They take jobs of this project alone."))
)
@click.option(
    "--uses", type=click.IntRange(1, 1000), default=1, show_default=True, help=told(say("How many may join by it."))
)
@house_option
@json_option
def invite_runners(labels: str, ephemeral: bool, project: str, uses: int, house: str | None, as_json: bool) -> None:
    asked = NewInvitation(
        project=project,
        labels=[label.strip() for label in labels.split(",") if label.strip()],
        ephemeral=ephemeral,
        uses=uses,
    )
    made = client_for(house).post("/runners/invitations", asked, InvitationMade)
    if as_json:
        print_json(made)
        return
    print(paint(made.token, "strong"))
    print(told(say("Keep it now; it is not shown again. It ends at {time}.", time=minute(made.expires_at))))
    print(told(say("On the other machine: {command}", command=made.command)))


@runners.command("drain", help=told(say("Gives a runner no new job. It ends those that it has, and leaves.")))
@name_argument
@click.option("--undo", is_flag=True, help=told(say("Let it take jobs again.")))
@house_option
def drain_runner(name: str, undo: bool, house: str | None) -> None:
    client, path = client_for(house), f"/runners/{part(name)}/drains"
    if undo:
        client.delete(path)
        print(told(say("{name} takes jobs again.", name=name)))
    else:
        client.ask("POST", path, None, Nothing)
        print(told(say("{name} takes no new jobs.", name=name)))


@runners.command("end", help=told(say("Ends a runner. Its token is good for nothing any more; jobs it has are lost.")))
@name_argument
@house_option
def end_runner(name: str, house: str | None) -> None:
    client_for(house).delete(f"/runners/{part(name)}")
    print(told(say("{name} was ended.", name=name)))
