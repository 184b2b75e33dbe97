"""`dure key`: the master key of all secrets."""

import os
from contextlib import closing
from pathlib import Path

import click

from dure.keeper.options import data_option
from dure.keeper.place import key_path, make_private
from dure.keeper.reading import NoDatabase, sqlite_file
from dure.kit import Refused, say, say_count, told
from dure.ledger import HOUSE, House, open_database
from dure.settings import Settings, read_settings
from dure.vault import Wrapping, open_keyring, resume_rotation, rotate_master_key, wrapping_by


class Damaged(Refused):
    """Some secrets open with no key."""


@click.group(help=told(say("The master key, with which all secrets are locked.")))
def key() -> None:
    pass


@key.command(
    "rotate",
    help=told(
        say(
            "Makes a new master key and locks every secret's own key with it; the old one is forgotten when nothing "
            "needs it any more. The house may run meanwhile. Afterwards make a backup of the key file."
        )
    ),
)
@data_option
@click.option("--resume", is_flag=True, help=told(say("Finish a rotation that was cut off, without making a new key.")))
def rotate(data: Path | None, resume: bool) -> None:
    settings = read_settings(os.environ, data=data)
    make_private(settings.data)
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        raise NoDatabase(
            say("There is no database in {data} yet. `dure up --data {data}` makes it.", data=settings.data)
        )
    keys = open_keyring(key_path(settings), wrapping_of(settings))
    with closing(House(open_database(settings.database_url))) as house:
        done = resume_rotation(house, HOUSE, keys) if resume else rotate_master_key(house, HOUSE, keys)
    if done.damaged:
        raise Damaged(
            say(
                "These secrets open with no key any more: {names}. The old key is kept. Put them anew, then run "
                "`dure key rotate --resume`.",
                names=", ".join(done.damaged),
            )
        )
    print(told(say("The master key in {file} is new.", file=key_path(settings))))
    print(told(say_count("{count} secret is locked with it.", "{count} secrets are locked with it.", done.rewrapped)))


def wrapping_of(settings: Settings) -> Wrapping | None:
    return wrapping_by(settings.master_key_passphrase, settings.master_key_identity)
