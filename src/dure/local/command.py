"""`dure run` and `dure plan`: the words, and what becomes of them."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dure.kit import digest, say, told
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
from dure.local.doing import Artifacts, Caches, Doing, Sharing, Supplies, make_workplace, visit
from dure.local.ground import Ground, Sources, cache_directory, ground_at, servers_of
from dure.local.options import A_FOLDER, asking, doing
from dure.local.telling import JsonLines, Lines, Live, Teller, print_plan
from dure.runner import remove

DONE, FAILED, WRONGLY_ASKED = 0, 1, 2


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
@doing
@click.option("-n", "--dry-run", is_flag=True, help=told(say("Only say what would run, like `dure plan`.")))
@click.option("--list", "as_list", is_flag=True, help=told(say("Only list the workflows and their jobs.")))
@click.option(
    "--log", "as_lines", is_flag=True, help=told(say("Print what the jobs write, line by line, on a terminal too."))
)
@click.option("--attach", type=A_FOLDER, help=told(say("Look into a job that is held there, and do nothing else.")))
def run(as_json: bool, dry_run: bool, as_list: bool, as_lines: bool, attach: Path | None, **words: Any) -> int:
    def do() -> int:
        if attach is not None:
            visit(attach)
            return DONE
        names = ("parallel", "isolation", "user", "show", "artifacts", "hold")
        manner = Manner(**{name: words.pop(name) for name in names})
        asked = asked_of(**words)
        if as_list or dry_run:
            return plan_here(asked, as_json=as_json)
        teller: Teller = JsonLines() if as_json else Live() if sys.stdout.isatty() and not as_lines else Lines()
        return run_here(asked, manner, teller)

    return told_off(do)


@dataclass(frozen=True)
class Manner:
    """How it is done."""

    parallel: int
    isolation: str
    user: int
    show: tuple[Path, ...]
    artifacts: Path | None
    hold: bool


def folders(words: Sequence[str], directory: Path) -> dict[str, Path]:
    """OWNER/REPO@REF=PATH, each; whatever server stands before the owner."""
    return {without_server(uses): directory / path for uses, path in pairs(words).items()}


def without_server(uses: str) -> str:
    return uses.partition("://")[2].partition("/")[2] if "://" in uses else uses


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
    repositories: Sequence[str],
    **more: Any,
) -> Asked:
    said = [word if "=" in word else f"{word}={variable(word)}" for word in secrets]
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
        repositories=folders(repositories, directory),
        **more,
    )


def variable(name: str) -> str:
    if name not in os.environ:
        raise NotUnderstood(say("The secret {name} has no value: write {name}=value, or set the variable.", name=name))
    return os.environ[name]


def parts_here(asked: Asked) -> tuple[Ground, list[Choice], list[Part]]:
    ground = ground_at(asked.directory)
    found = workflows_here(asked, ground)
    event = event_here(asked, ground, found)
    chosen = choices(asked, ground, found, event)
    if asked.job is not None and all(asked.job not in each.workflow.jobs for each in found):
        names = ", ".join(dict.fromkeys(name for each in found for name in each.workflow.jobs))
        raise NotUnderstood(say("There is no job {job}. There are: {names}", job=asked.job, names=names))
    return ground, chosen, parts_of(asked, ground, sources_of(ground, asked), event, chosen)


def sources_of(ground: Ground, asked: Asked) -> Sources:
    return Sources(asked.repositories, asked.actions, () if asked.offline else servers_of(ground))


def plan_here(asked: Asked, *, as_json: bool) -> int:
    _, chosen, parts = parts_here(asked)
    print_plan(chosen, parts, asked, as_json=as_json)
    return DONE


def run_here(asked: Asked, manner: Manner, teller: Teller) -> int:
    ground, chosen, parts = parts_here(asked)
    if not parts:
        print_plan(chosen, parts, asked, as_json=False)
        return DONE
    history = () if ground.git is None else (ground.git.objects,)
    workplace = make_workplace(manner.isolation, manner.user, (*manner.show, *history))
    try:
        artifacts = Artifacts(manner.artifacts or workplace.path / "artifacts", workplace.path / "cards")
        supplies = Supplies(ground, workplace, artifacts, caches_of(ground), sources_of(ground, asked))
        course = Course(parts, asked, teller.changed)
        teller.begin(course)
        is_plain = not manner.show and workplace.tier != "none"
        sharing = Sharing(ground, asked, supplies.sources, artifacts, teller.noted, is_heard=is_plain)
        Doing(course, ground, workplace, supplies, sharing, teller, manner.parallel, asked.env, manner.hold).run()
        teller.end(course)
    finally:
        remove(workplace.path)
    return DONE if course.result in ("success", "skipped") else FAILED


def caches_of(ground: Ground) -> Caches:
    """Each folder has its own, whatever it is called."""
    return Caches(cache_directory() / "caches" / digest(str(ground.root))[:16])
