"""`dure run` and `dure plan`: the words, and what becomes of them."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from dure.kit import say, told
from dure.local.asking import (
    Asked,
    Choice,
    NotUnderstood,
    choices,
    event_here,
    many,
    pairs,
    pairs_in,
    payload_in,
    workflows_here,
)
from dure.local.course import Course, Part, parts_of
from dure.local.doing import Doing, Supplies, make_workplace
from dure.local.ground import Ground, ground_at
from dure.local.telling import JsonLines, Lines, Live, Teller, print_plan
from dure.runner import USER, remove

F = TypeVar("F", bound=Callable[..., Any])

DONE, FAILED, WRONGLY_ASKED = 0, 1, 2
A_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
A_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)

ASKING = (
    click.option("-C", "directory", type=A_FOLDER, default=".", help=told(say("The folder to run for."))),
    click.option(
        "-w",
        "--workflow",
        type=click.Path(path_type=Path),
        help=told(say("A workflow file, or a folder of them, instead of .github/workflows and .dure/workflows.")),
    ),
    click.option(
        "--on", "event", default="", metavar="EVENT", help=told(say("The event that begins it: push, if not said."))
    ),
    click.option("-j", "--job", help=told(say("Only this job, and those that it needs."))),
    click.option(
        "--matrix", multiple=True, metavar="KEY:VALUE", help=told(say("Only these combinations of a matrix."))
    ),
    click.option("-e", "--event-file", type=A_FILE, help=told(say("github.event, as JSON in GitHub's shape."))),
    click.option(
        "-i", "--input", "inputs", multiple=True, metavar="NAME=VALUE", help=told(say("An answer to a question."))
    ),
    click.option(
        "-s",
        "--secret",
        "secrets",
        multiple=True,
        metavar="NAME[=VALUE]",
        help=told(say("A secret; without a value, that of the variable of this name.")),
    ),
    click.option("--secret-file", type=A_FILE, help=told(say("A file of secrets, NAME=VALUE on each line."))),
    click.option(
        "--var", "variables", multiple=True, metavar="NAME=VALUE", help=told(say("A value of the context vars."))
    ),
    click.option(
        "--env", "env", multiple=True, metavar="NAME=VALUE", help=told(say("A variable that every step gets."))
    ),
    click.option("--env-file", type=A_FILE, help=told(say("A file of variables, NAME=VALUE on each line."))),
    click.option(
        "--json", "as_json", is_flag=True, help=told(say("Answer in JSON, for programs: a line for each happening."))
    ),
)


def asking(command: F) -> F:
    """The options that say what is meant; `run` and `plan` have them in common."""
    for add in reversed(ASKING):
        command = add(command)
    return command


@click.command(help=told(say("Prints the jobs that would run here, and why each would or would not. Nothing is run.")))
@asking
def plan(as_json: bool, **words: Any) -> int:
    return told_off(lambda: plan_here(asked_of(**words), as_json=as_json))


@click.command(
    help=told(
        say(
            "Runs the workflows of this folder on this machine, as a house would. Jobs work in copies: the folder "
            "itself is never changed. Ctrl-C asks them to end, a second one ends them."
        )
    )
)
@asking
@click.option("-n", "--dry-run", is_flag=True, help=told(say("Only say what would run, like `dure plan`.")))
@click.option("--list", "as_list", is_flag=True, help=told(say("Only list the workflows and their jobs.")))
@click.option(
    "-P",
    "--parallel",
    type=click.IntRange(1, 1000),
    default=max(1, os.cpu_count() or 1),
    show_default=True,
    help=told(say("How many jobs at the same time.")),
)
@click.option(
    "--isolation",
    type=click.Choice(["auto", "bubblewrap", "namespaces", "none"]),
    default="auto",
    show_default=True,
    help=told(say("How jobs are kept apart from this machine. `none` lets them do whatever their user may.")),
)
@click.option(
    "--user",
    type=click.IntRange(1, 2**31),
    default=USER,
    show_default=True,
    help=told(say("The number of the user that jobs run as, where you are root.")),
)
@click.option(
    "--show",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help=told(say("A directory that jobs may see besides the system's, and not change.")),
)
@click.option(
    "--artifacts",
    type=click.Path(path_type=Path, file_okay=False),
    help=told(say("Where to keep the artifacts of the run; they are gone with it, if not said.")),
)
@click.option(
    "--log", "as_lines", is_flag=True, help=told(say("Print what the jobs write, line by line, on a terminal too."))
)
def run(
    as_json: bool,
    dry_run: bool,
    as_list: bool,
    parallel: int,
    isolation: str,
    user: int,
    show: tuple[Path, ...],
    artifacts: Path | None,
    as_lines: bool,
    **words: Any,
) -> int:
    def do() -> int:
        asked = asked_of(**words)
        if as_list or dry_run:
            return plan_here(asked, as_json=as_json)
        teller: Teller = JsonLines() if as_json else Live() if sys.stdout.isatty() and not as_lines else Lines()
        return run_here(asked, teller, parallel, isolation, user, show, artifacts)

    return told_off(do)


def told_off(do: Callable[[], int]) -> int:
    """Words and files that cannot be used are not the run's failure, and their exit code says so."""
    try:
        return do()
    except NotUnderstood as wrong:
        print(told(wrong.text), file=sys.stderr)
        return WRONGLY_ASKED


def asked_of(
    directory: Path,
    workflow: Path | None,
    event: str,
    job: str | None,
    matrix: Sequence[str],
    event_file: Path | None,
    inputs: Sequence[str],
    secrets: Sequence[str],
    secret_file: Path | None,
    variables: Sequence[str],
    env: Sequence[str],
    env_file: Path | None,
) -> Asked:
    said = [word if "=" in word else f"{word}={os.environ.get(word, '')}" for word in secrets]
    return Asked(
        directory=directory,
        event=event,
        workflow=workflow,
        job=job,
        matrix=many(matrix, ":"),
        payload=payload_in(event_file) if event_file is not None else None,
        inputs=pairs(inputs),
        secrets={**(pairs_in(secret_file) if secret_file is not None else {}), **pairs(said)},
        variables=pairs(variables),
        env={**(pairs_in(env_file) if env_file is not None else {}), **pairs(env)},
    )


def parts_here(asked: Asked) -> tuple[Ground, list[Choice], list[Part]]:
    ground = ground_at(asked.directory)
    found = workflows_here(asked, ground)
    event = event_here(asked, ground, found)
    chosen = choices(asked, ground, found, event)
    if asked.job is not None and all(asked.job not in each.workflow.jobs for each in found):
        names = ", ".join(dict.fromkeys(name for each in found for name in each.workflow.jobs))
        raise NotUnderstood(say("There is no job {job}. There are: {names}", job=asked.job, names=names))
    return ground, chosen, parts_of(asked, ground, event, chosen)


def plan_here(asked: Asked, *, as_json: bool) -> int:
    _, chosen, parts = parts_here(asked)
    print_plan(chosen, parts, asked, as_json=as_json)
    return DONE


def run_here(
    asked: Asked,
    teller: Teller,
    parallel: int,
    isolation: str,
    user: int,
    show: tuple[Path, ...],
    artifacts: Path | None,
) -> int:
    ground, chosen, parts = parts_here(asked)
    if not parts:
        print_plan(chosen, parts, asked, as_json=False)
        return DONE
    history = () if ground.git is None else (ground.git.objects,)
    workplace = make_workplace(isolation, user, (*show, *history))
    try:
        supplies = Supplies(ground, artifacts or workplace.path / "artifacts", workplace.view.user)
        course = Course(parts, asked, teller.changed)
        teller.begin(course)
        Doing(course, ground, workplace, supplies, teller, parallel, asked.env).run()
        teller.end(course)
    finally:
        remove(workplace.path)
    return DONE if course.result in ("success", "skipped") else FAILED
