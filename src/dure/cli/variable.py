"""`dure var`: values that a project's workflows ask for by name."""

import sys

import click

from dure.cli.client import part
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.cli.secret import environment_option, within
from dure.kit import plain, say, told
from dure.wire import VariableInfo, VariableList, VariableValue


@click.group(help=told(say("Variables of a project: values that workflows ask for by `vars`.")))
def var() -> None:
    pass


@var.command("put", help=told(say("Keeps a value under a name. Without a value it is read from standard input.")))
@click.argument("name")
@click.argument("value", required=False)
@environment_option
@project_option
@house_option
@json_option
def put_variable(
    name: str, value: str | None, environment: str, project: str | None, house: str | None, as_json: bool
) -> None:
    given = sys.stdin.read().removesuffix("\n") if value is None else value
    path = f"{path_of(project)}/variables/{part(name)}{within(environment)}"
    kept = client_for(house).ask("PUT", path, VariableValue(value=given), VariableInfo)
    print_json(kept) if as_json else print(plain(told(say("The variable {name} is kept.", name=kept.name))))


@var.command("list", help=told(say("Lists the variables and their values.")))
@environment_option
@project_option
@house_option
@json_option
def list_variables(environment: str, project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/variables{within(environment)}", VariableList)
    if as_json:
        print_json(found)
        return
    head = [say("Name"), say("Value"), say("Changed")]
    rows = [[each.name, each.value, minute(each.updated_at)] for each in found.variables]
    print_table(head, rows, say("There are no variables yet."))


@var.command("remove", help=told(say("Forgets a variable.")))
@click.argument("name")
@environment_option
@project_option
@house_option
def remove_variable(name: str, environment: str, project: str | None, house: str | None) -> None:
    client_for(house).delete(f"{path_of(project)}/variables/{part(name)}{within(environment)}")
    print(plain(told(say("The variable {name} is gone.", name=name))))
