"""`dure incidents`: what went wrong, and which commits are suspected."""

import click

from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import paint, plain, say, told
from dure.wire import IncidentDetail, IncidentList


@click.group(
    invoke_without_command=True,
    help=told(
        say("Incidents: what went wrong in production, and what was learned. Without another word it lists them.")
    ),
)
@click.pass_context
def incidents(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_incidents)


@incidents.command("list", help=told(say("Lists incidents, the newest first.")))
@project_option
@house_option
@json_option
def list_incidents(project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/incidents", IncidentList)
    if as_json:
        print_json(found)
        return
    rows = [
        [str(each.number), each.state, each.title, (each.suspect or "")[:10], minute(each.opened_at)]
        for each in found.incidents
    ]
    heads = [say("Number"), say("State"), say("Incident"), say("Suspect"), say("Opened")]
    print_table(heads, rows, say("There are no incidents."))


@incidents.command("show", help=told(say("Shows one incident with its suspects and its postmortem.")))
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@project_option
@house_option
@json_option
def show_incident(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/incidents/{number}", IncidentDetail)
    if as_json:
        print_json(found)
        return
    print(paint(plain(found.title), "strong"))
    print(plain(found.why))
    for suspect in found.suspects:
        print(plain(f"{suspect.sha[:10]}  {suspect.title}"))
        for reason in suspect.reasons:
            print(paint(plain(f"            {reason}"), "quiet"))
    print(plain(f"\n{found.postmortem}"))


@incidents.command("resolve", help=told(say("Says that an incident is over.")))
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@project_option
@house_option
@json_option
def resolve_incident(number: int, project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).post(f"{path_of(project)}/incidents/{number}/resolution", {}, IncidentDetail)
    print_json(found) if as_json else print(
        paint(plain(told(say("Incident {number} is resolved.", number=number))), "good")
    )
