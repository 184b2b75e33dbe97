"""`dure secret`: what a project's jobs may be lent. Values go in and never come out."""

import sys
from getpass import getpass

import click

from dure.cli.client import part
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import plain, say, told
from dure.wire import SecretInfo, SecretList, SecretValue

environment_option = click.option(
    "-e", "--environment", default="", help=told(say("Of this environment alone; else of all jobs."))
)


@click.group(help=told(say("Secrets of a project: jobs that name one are lent it.")))
def secret() -> None:
    pass


@secret.command("put", help=told(say("Stores a secret. Its value is read from standard input, or asked for.")))
@click.argument("name")
@environment_option
@project_option
@house_option
@json_option
def put_secret(name: str, environment: str, project: str | None, house: str | None, as_json: bool) -> None:
    # Never as a word of the command: those are seen by everybody on the machine, and kept by the shell.
    value = getpass(told(say("Value: "))) if sys.stdin.isatty() else sys.stdin.read().removesuffix("\n")
    path = f"{path_of(project)}/secrets/{part(name)}{within(environment)}"
    kept = client_for(house).ask("PUT", path, SecretValue(value=value), SecretInfo)
    print_json(kept) if as_json else print(plain(told(say("The secret {name} is stored.", name=kept.name))))


@secret.command("list", help=told(say("Lists the names of the secrets.")))
@environment_option
@project_option
@house_option
@json_option
def list_secrets(environment: str, project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/secrets{within(environment)}", SecretList)
    if as_json:
        print_json(found)
        return
    head = [say("Name"), say("Version"), say("Changed"), say("Lent")]
    rows = [[each.name, str(each.version), minute(each.updated_at), minute(each.lent_at)] for each in found.secrets]
    print_table(head, rows, say("There are no secrets yet."))


@secret.command("remove", help=told(say("Forgets a secret for good.")))
@click.argument("name")
@environment_option
@project_option
@house_option
def remove_secret(name: str, environment: str, project: str | None, house: str | None) -> None:
    client_for(house).delete(f"{path_of(project)}/secrets/{part(name)}{within(environment)}")
    print(plain(told(say("The secret {name} is gone.", name=name))))


def within(environment: str) -> str:
    """The end of an address that is about one environment."""
    return f"?environment={part(environment)}" if environment else ""
