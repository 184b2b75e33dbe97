"""`dure init`: the repository in this folder gets a project in a house, and git knows the way there."""

import re
import shlex
import sys
from pathlib import Path

import click

from dure.cli.client import Client, part
from dure.cli.config import HouseKey, read_config
from dure.cli.git import ask_git, tell_git
from dure.cli.options import house_option
from dure.cli.remote import REMOTE, here, key_for
from dure.kit import Missing, Refused, paint, plain, say, told
from dure.wire import NewProject, ProjectInfo

NOT_IN_NAMES = re.compile(r"[^a-z0-9.-]+")


@click.command(
    help=told(
        say(
            "Gives the repository in this folder a project: makes the project if there is none, and sets the git "
            "remote `dure`. NAME is yours, OWNER/NAME that of a team; without it, the name of the folder."
        )
    )
)
@click.argument("name", required=False)
@click.option("--title", default="", help=told(say("What people call it.")))
@house_option
def init(name: str | None, title: str, house: str | None) -> None:
    key = key_for(house)
    client = Client(key.url, key.token)
    project, is_new = project_for(client, key, name or name_of_remote() or name_here(), title)
    # By the address that is known to work from here; the house may call itself by another.
    url = f"{key.url}/{project.path}.git"
    set_up_git(key, url)
    config = read_config()
    config.project = project.path
    config.save()
    made = say("Made {project}.", project=project.path)
    print(paint(plain(told(made if is_new else say("{project} is there.", project=project.path))), "good"))
    print(plain(told(say("The remote {remote} is {url}", remote=REMOTE, url=url))))
    branch = ask_git("branch", "--show-current") or "main"
    print(told(say("Push with: git push -u {remote} {branch}", remote=REMOTE, branch=branch)))


def name_of_remote() -> str:
    """A folder that has its project keeps it, whatever it is called now."""
    found = here(read_config())
    return "" if found is None else found.project


def name_here() -> str:
    """The name of the folder, as an address takes it."""
    top = ask_git("rev-parse", "--show-toplevel")
    name = NOT_IN_NAMES.sub("-", Path(top or Path.cwd()).name.lower()).strip("-.")[:40].strip("-.")
    if not name:
        raise Refused(say("This folder has no name that a project could have. Say one: dure init NAME"))
    return name


def project_for(client: Client, key: HouseKey, name: str, title: str) -> tuple[ProjectInfo, bool]:
    """The project of this name, made if it is not there."""
    owner, _, own_name = name.lower().rpartition("/")
    path = f"/projects/{part(owner or key.handle)}/{part(own_name)}"
    try:
        return client.get(path, ProjectInfo), False
    except Missing:
        return client.post("/projects", NewProject(name=own_name, owner=owner, title=title), ProjectInfo), True


def set_up_git(key: HouseKey, url: str) -> None:
    """The remote, and where git finds the token: it asks `dure credential`, which keeps it outside the repository."""
    if ask_git("rev-parse", "--git-dir") is None:
        tell_git("init", "--quiet", "--initial-branch=main")
    if ask_git("remote", "get-url", REMOTE) is None:
        tell_git("remote", "add", REMOTE, url)
    else:
        tell_git("remote", "set-url", REMOTE, url)
    # An empty one before it: nobody else, such as a keychain, is asked for or given this token.
    setting = f"credential.{key.url}.helper"
    tell_git("config", "--replace-all", setting, "")
    tell_git("config", "--add", setting, f"!{shlex.join([sys.executable, '-m', 'dure', 'credential'])}")
