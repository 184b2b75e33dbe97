"""`dure project`: projects made and found."""

import click

from dure.cli.client import part
from dure.cli.config import read_config
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.remote import project_meant
from dure.kit import Refused, paint, plain, say, told
from dure.wire import NewProject, ProjectInfo, ProjectList

project_option = click.option(
    "-p",
    "--project",
    metavar="OWNER/NAME",
    help=told(say("Which project; DURE_PROJECT, that of the git remote `dure`, or the one chosen last, if not said.")),
)


def path_of(wanted: str | None) -> str:
    """The address of a project in the API: /projects/owner/name."""
    word = wanted or project_meant()
    owner, found, name = word.partition("/")
    if not found or not owner or not name or "/" in name:
        if word:
            raise Refused(say("{word} is not a project; one looks like ada/shop.", word=word))
        raise Refused(say("Which project? Say it with -p OWNER/NAME, or once with: dure project choose OWNER/NAME"))
    return f"/projects/{part(owner)}/{part(name)}"


@click.group(help=told(say("Projects hold issues, and everything that follows from them.")))
def project() -> None:
    pass


@project.command("new", help=told(say("Makes a project. NAME is yours, OWNER/NAME that of a team.")))
@click.argument("name")
@click.option("--title", default="", help=told(say("What people call it.")))
@click.option("--description", default="", help=told(say("What it is for.")))
@click.option("--everyone", is_flag=True, help=told(say("Everyone who is signed in may look.")))
@house_option
@json_option
def new_project(name: str, title: str, description: str, everyone: bool, house: str | None, as_json: bool) -> None:
    owner, _, own_name = name.rpartition("/")
    words = NewProject(name=own_name, owner=owner, title=title, description=description, everyone=everyone)
    made = client_for(house).post("/projects", words, ProjectInfo)
    print_json(made) if as_json else print(paint(plain(told(say("Made {project}.", project=made.path))), "good"))


@project.command("list", help=told(say("Lists the projects that you may see.")))
@house_option
@json_option
def list_projects(house: str | None, as_json: bool) -> None:
    found = client_for(house).get("/projects", ProjectList)
    if as_json:
        print_json(found)
        return
    rows = [[each.path, each.title, str(each.open_issues), minute(each.made_at)] for each in found.projects]
    print_table(
        [say("Project"), say("Title"), say("Open issues"), say("Made")], rows, say("There are no projects yet.")
    )
    if found.next is not None:
        print(told(say("There are more than these.")))


@project.command("show", help=told(say("Shows one project.")))
@click.argument("project", required=False)
@house_option
@json_option
def show_project(project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(path_of(project), ProjectInfo)
    if as_json:
        print_json(found)
        return
    print(paint(plain(f"{found.path}  {found.title}"), "strong"))
    if found.description:
        print("\n".join(plain(line) for line in found.description.splitlines()))
    counts = say("{open} open issues, {closed} closed", open=found.open_issues, closed=found.closed_issues)
    print(told(counts))


@project.command("choose", help=told(say("Remembers the project that is meant when none is said.")))
@click.argument("project")
@house_option
def choose_project(project: str, house: str | None) -> None:
    found = client_for(house).get(path_of(project), ProjectInfo)
    config = read_config()
    config.project = found.path
    config.save()
    print(plain(told(say("{project} is meant from now on.", project=found.path))))
