"""`dure actions`: mirrors of actions that an admin keeps in the house."""

import gzip
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import click

from dure.cli.client import part
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.kit import Invalid, plain, say, told
from dure.wire import ActionFrom, ActionInfo, ActionList

ADDRESSES = ("http://", "https://")
GIT = ".git"
PACKING_LEVEL = 6


@click.group(
    invoke_without_command=True,
    help=told(say("Actions that the house keeps for workflows. Without another word it lists them. For admins.")),
)
@click.pass_context
def actions(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_actions)


@actions.command("list", help=told(say("Lists mirrors, and what the house has fetched from upstream.")))
@house_option
@json_option
def list_actions(house: str | None, as_json: bool) -> None:
    found = client_for(house).get("/actions", ActionList)
    if as_json:
        print_json(found)
        return
    head = [say("Action"), say("Commit"), say("Origin"), say("Bytes"), say("Kept by"), say("Kept"), say("Used")]
    rows = [
        [
            f"{each.name}@{each.ref}",
            each.sha[:10] or "-",
            each.source,
            str(each.size),
            each.kept_by,
            minute(each.kept_at),
            minute(each.used_at),
        ]
        for each in found.actions
    ]
    print_table(head, rows, say("The house keeps no actions."))


@actions.command(
    "keep",
    help=told(
        say(
            "Keeps an action: USES is owner/repo@ref, SOURCE a .tar.gz, a folder, or the address of a git repository. "
            "Without SOURCE the house fetches it from upstream."
        )
    ),
)
@click.argument("uses")
@click.argument("source", required=False, default="")
@house_option
@json_option
def keep(uses: str, source: str, house: str | None, as_json: bool) -> None:
    client = client_for(house)
    if not source or source.startswith(ADDRESSES):
        kept = client.post("/actions", ActionFrom(uses=uses, url=source), ActionInfo)
    elif Path(source).is_dir():
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "action.tar.gz"
            pack(Path(source), archive)
            kept = client.put_file(address_of(uses), archive, ActionInfo)
    elif Path(source).is_file():
        kept = client.put_file(address_of(uses), Path(source), ActionInfo)
    else:
        raise Invalid({"source": say("{source} is neither a file, a folder, nor an address.", source=source)})
    if as_json:
        print_json(kept)
        return
    print(plain(told(say("{uses} is kept: {digest}", uses=f"{kept.name}@{kept.ref}", digest=kept.digest))))


@actions.command("drop", help=told(say("Keeps an action no longer. Runs that have begun go on with it.")))
@click.argument("uses")
@house_option
def drop(uses: str, house: str | None) -> None:
    client_for(house).delete(address_of(uses))
    print(plain(told(say("{uses} is kept no longer.", uses=uses))))


def address_of(uses: str) -> str:
    name, _, ref = uses.partition("@")
    owner, _, repo = name.partition("/")
    if not (owner and repo and ref):
        raise Invalid({"uses": say("{uses} is not written as owner/repo@ref.", uses=uses)})
    return f"/actions/{part(owner)}/{part(repo)}?{urlencode({'ref': ref})}"


def pack(folder: Path, archive: Path) -> None:
    """The files of a folder without its history; the same files always give the same bytes."""

    def tidy(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if GIT in member.name.split("/"):
            return None
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = 0
        return member

    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", PACKING_LEVEL, file, mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w|") as packed,
    ):
        for path in sorted(folder.iterdir()):
            packed.add(path, path.name, filter=tidy)
