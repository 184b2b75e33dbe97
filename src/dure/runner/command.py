"""`dure runner`: a runner on this machine, in the foreground; `dure runner join`: how it becomes one of a house."""

import logging
import os
import platform
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from dure.kit import NotRunning, Refused, Unauthenticated, say, told
from dure.runner.agent import Agent, Away, Wishes
from dure.runner.joining import TOKEN, VARIABLE, Kept, forget, invitation_said, join, kept_in, unit
from dure.runner.place import Workshop, hold
from dure.runner.sandbox import USER, User

NAME_MAX = 100
LINE = "%(asctime)s %(levelname)-7s %(message)s"


USUAL = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")
"""What workflows ask for that were written for GitHub. They get this machine's system, whatever it is."""
PROCESSORS = {"x86_64": "x64", "aarch64": "arm64"}
F = TypeVar("F", bound=Callable[..., Any])


class RunsAlready(Refused):
    """Another runner holds the directory."""


def labels_of(said: str | None) -> list[str]:
    labels = USUAL if said is None else said.split(",")
    always = ["self-hosted", "linux", PROCESSORS.get(platform.machine(), platform.machine())]
    return list(dict.fromkeys([*always, *(label.strip() for label in labels if label.strip())]))


def usual_directory() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/dure-runner")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "dure-runner"


def working(command: F) -> F:
    """The options on how a runner works; those that it joined with hold where nothing is said."""
    for option in reversed(
        [
            click.option(
                "--directory",
                type=click.Path(path_type=Path, file_okay=False),
                help=told(say("Where the runner keeps its jobs and its token. Only one runner can use it.")),
            ),
            click.option(
                "--name",
                show_default=platform.node(),
                help=told(say("How the house calls this runner.")),
            ),
            click.option(
                "--labels",
                show_default=",".join(USUAL),
                metavar="LABEL,LABEL",
                help=told(
                    say(
                        "Which jobs it takes, by their runs-on. It always takes those for self-hosted, linux and this "
                        "processor."
                    )
                ),
            ),
            click.option(
                "--capacity",
                type=click.IntRange(1, 1000),
                show_default=told(say("one for each processor")),
                help=told(say("How many jobs at the same time.")),
            ),
            click.option(
                "--isolation",
                type=click.Choice(["auto", "bubblewrap", "namespaces", "none"]),
                show_default="auto",
                help=told(
                    say("How jobs are kept apart from this machine. `none` lets them do whatever their user may.")
                ),
            ),
            click.option(
                "--user",
                type=click.IntRange(1, 2**31),
                show_default=str(USER),
                help=told(say("The number of the user that jobs run as, where the runner is root.")),
            ),
            click.option(
                "--show",
                multiple=True,
                type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
                help=told(say("A directory that jobs may see besides the system's, and not change.")),
            ),
        ]
    ):
        command = option(command)
    return command


@click.group(
    invoke_without_command=True,
    help=told(
        say(
            "Runs the jobs of a house on this machine, until Ctrl-C. Jobs in work go on when the runner ends, and are "
            "taken up again when it is back. `dure runner join` makes this machine a runner of a house."
        )
    ),
)
@click.option("--house", metavar="URL", help=told(say("The house to work for; not said: the one that was joined.")))
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=told(say("A file with the runner's token; not said: the one that was made when it joined.")),
)
@working
@click.option(
    "--leave-after",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help=told(say("End when the house has not answered for so long and no job is in work.")),
)
@click.pass_context
def runner(
    context: click.Context,
    /,
    house: str | None,
    token_file: Path | None,
    directory: Path | None,
    leave_after: float | None,
    **said: Any,
) -> None:
    if context.invoked_subcommand is not None:
        return
    place = (directory or usual_directory()).resolve()
    kept = kept_in(place)
    if house is None and kept is None:
        raise Refused(say("Nothing was joined in {directory}. See: dure runner join --help", directory=str(place)))
    work(place, with_said(kept or nothing_kept(house or ""), said), house, token_file, leave_after)


@runner.command(
    "join",
    help=told(
        say(
            "Makes this machine a runner of the house at URL, and works for it until Ctrl-C. Later `dure runner` is "
            "enough. The token comes from `dure runners invite` or the page of runners."
        )
    ),
)
@click.argument("url")
@click.option(
    "--token",
    metavar="FILE",
    help=told(
        say(
            "Where the token is: a file, or - to read it from the standard input. Not said: {variable}, else it is "
            "asked for.",
            variable=VARIABLE,
        )
    ),
)
@working
@click.option("--ephemeral", is_flag=True, help=told(say("Insist on taking one job only; the token must be for that.")))
@click.option("--print-unit", is_flag=True, help=told(say("Join, print a unit for systemd, and end.")))
def join_house(
    url: str, token: str | None, directory: Path | None, ephemeral: bool, print_unit: bool, **said: Any
) -> None:
    place = (directory or usual_directory()).resolve()
    kept = kept_in(place)
    if kept is not None and kept.house != url.rstrip("/"):
        raise Refused(say("{directory} belongs to a runner of {house}.", directory=str(place), house=kept.house))
    if kept is None:
        kept = joined(url.rstrip("/"), token, place, with_said(nothing_kept(url.rstrip("/")), said))
        told_of = say("Joined {house} as {name}.", house=kept.house, name=kept.name)
        click.echo(told(told_of), err=True)
    if ephemeral and not kept.ephemeral:
        raise Refused(say("This token is for runners that stay. Make one with `dure runners invite --ephemeral`."))
    if print_unit:
        click.echo(unit([sys.executable, "-m", "dure"], place))
        return
    work(place, with_said(kept, said), None, None, None)


def joined(url: str, token: str | None, place: Path, wanted: Kept) -> Kept:
    invitation = invitation_said(token) or click.prompt(told(say("Token")), hide_input=True, err=True)
    Workshop(place).make()
    try:
        return join(url, invitation, place, wanted.name[:NAME_MAX] or "runner", wanted)
    except Away as away:
        if isinstance(away.__cause__, OSError):
            raise NotRunning(say("{url} does not answer: {why}", url=url, why=str(away))) from away
        raise Unauthenticated(say("{url} did not let this runner in: {why}", url=url, why=str(away))) from away


def nothing_kept(house: str) -> Kept:
    return Kept(house=house, name=platform.node(), project="", ephemeral=False, labels=[])


def with_said(kept: Kept, said: dict[str, Any]) -> Kept:
    """What was said now holds before what was said when it joined."""
    labels = said["labels"]
    return Kept(
        house=kept.house,
        name=said["name"] or kept.name,
        project=kept.project,
        ephemeral=kept.ephemeral,
        labels=kept.labels if labels is None else [label.strip() for label in labels.split(",") if label.strip()],
        capacity=said["capacity"] or kept.capacity,
        isolation=said["isolation"] or kept.isolation,
        user=said["user"] or kept.user,
        show=[str(path) for path in said["show"]] or kept.show,
    )


def work(place: Path, kept: Kept, house: str | None, token_file: Path | None, leave_after: float | None) -> None:
    """Until a signal, until it is drained and done, or until its one job is over."""
    logging.basicConfig(level=logging.WARNING, format=LINE, stream=sys.stderr, force=True)
    os.umask(0o022)
    workshop = Workshop(place)
    workshop.make()
    user = kept.user or USER
    with hold(workshop.path / "lock") as ours:
        if not ours:
            raise RunsAlready(say("A runner works in {directory} already.", directory=str(place)))
        wishes = Wishes(
            house=(house or kept.house).rstrip("/"),
            token_file=token_file or place / TOKEN,
            name=kept.name[:NAME_MAX] or "runner",
            labels=labels_of(",".join(kept.labels) if kept.labels else None),
            capacity=1 if kept.ephemeral else kept.capacity or max(1, os.cpu_count() or 1),
            isolation=kept.isolation or "auto",
            user=User(user, user) if os.geteuid() == 0 else User(os.geteuid(), os.getegid()),
            shown=tuple(Path(path) for path in kept.show),
            leave_after_seconds=leave_after,
            is_kept=leave_after is not None,
            ephemeral=kept.ephemeral,
        )
        agent = Agent(workshop, wishes)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, agent.leave)
        agent.run()
        if agent.is_gone:
            forget(place)
