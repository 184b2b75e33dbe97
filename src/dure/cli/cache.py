"""`dure cache`: what the jobs of a project keep to be faster next time."""

import click

from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import Missing, plain, say, told
from dure.wire import CacheList


@click.group(
    invoke_without_command=True,
    help=told(say("Caches of a project's jobs. Without another word it lists them.")),
)
@click.pass_context
def cache(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_caches)


@cache.command("list", help=told(say("Lists caches, the last used first.")))
@project_option
@house_option
@json_option
def list_caches(project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/caches", CacheList)
    if as_json:
        print_json(found)
        return
    head = [say("Number"), say("Key"), say("Branch or tag"), say("Bytes"), say("Made"), say("Used")]
    rows = [
        [
            str(each.id),
            each.key,
            each.ref.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/"),
            str(each.size),
            minute(each.made_at),
            minute(each.used_at),
        ]
        for each in found.caches
    ]
    print_table(head, rows, say("There are no caches yet."))


@cache.command("drop", help=told(say("Drops caches, by their number or by their whole key. Jobs make them anew.")))
@click.argument("which")
@project_option
@house_option
def drop_caches(which: str, project: str | None, house: str | None) -> None:
    client, path = client_for(house), f"{path_of(project)}/caches"
    meant = [each for each in client.get(path, CacheList).caches if which in (str(each.id), each.key)]
    if not meant:
        raise Missing(say("There is no cache {which} here.", which=which))
    for each in meant:
        client.delete(f"{path}/{each.id}")
        print(plain(told(say("The cache {key} of {ref} is gone.", key=each.key, ref=each.ref))))
