"""The key of a job's work: the same as long as nothing changes on which the work depends (`x-cache`).

Pure, so that a laptop and the house come to the same key. What the key is made of is fetched by whoever asks.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dure.kit import Text, say
from dure.workflow.expression import Contexts, Value, interpolate
from dure.workflow.pattern import chosen
from dure.workflow.workflow import Defaults, Job, Level, Step, Workflow

FORMAT = 2
"""A part of every key: what another Dure reckons otherwise is another key."""
SPECIAL = re.compile(r"[*?+\[\]!\\]")
NAMED = re.compile(r"""\bvars\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*\\?'([^'\\]+)\\?'\s*\])?""", re.IGNORECASE)
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
OF_GITHUB = re.compile(r"""\bgithub\b((?:\s*\.\s*[A-Za-z_][\w-]*|\s*\[\s*'[^'\\]+'\s*\])*)""", re.IGNORECASE)
PART = re.compile(r"[\w-]+")
VARIABLE = re.compile(r"\bGITHUB_([A-Z_]+)\b")
CHECKOUT = "actions/checkout@"
COMMIT = re.compile(r"[0-9a-f]{40}")
EACH_RUN = frozenset({"run_id", "run_number", "run_attempt"})
"""What no two runs have in common."""
EVERYTHING = ""
UNCOUNTED = frozenset({"token"})
UNSAID = frozenset({"line", "name", "cache", "needs"})
"""What a job says of itself that changes nothing of its work."""


@dataclass(frozen=True)
class KeyFacts:
    """Everything that a job's work depends on."""

    job: Job
    workflow_env: Mapping[str, str] = field(default_factory=dict)
    workflow_defaults: Defaults = field(default_factory=Defaults)
    matrix: Mapping[str, Value] | None = None
    inputs: Mapping[str, Value] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """The declared inputs: each path with its mode and the hash that git has for it."""
    actions: Mapping[str, str] = field(default_factory=dict)
    """Each `uses` with the commit it stands for, as far as that is known."""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, int] = field(default_factory=dict)
    """Each secret with its version, never its value."""
    labels: Sequence[str] = ()
    github: Mapping[str, Value] = field(default_factory=dict)
    """What its steps ask of the context `github`, each with its value."""
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each job that it needs: the keys of its work, or digests of what it gave."""


def job_key(facts: KeyFacts) -> str:
    """The key, as letters that fit into an address."""
    told = [
        FORMAT,
        said(msgspec.to_builtins(facts.job)),
        dict(facts.workflow_env),
        msgspec.to_builtins(facts.workflow_defaults),
        facts.matrix,
        dict(facts.inputs),
        dict(facts.files),
        dict(facts.actions),
        dict(facts.variables),
        dict(facts.secrets),
        sorted(facts.labels),
        dict(facts.github),
        {name: sorted(keys) for name, keys in facts.needs.items()},
    ]
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def said(value: Any) -> Any:
    """A record without the places in its file."""
    if isinstance(value, dict):
        return {key: said(inner) for key, inner in value.items() if key not in UNSAID}
    if isinstance(value, list | tuple):
        return [said(inner) for inner in value]
    # A record that was kept as JSON has 360.0 where the file says 360.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def gave(counted: str, outputs: Mapping[str, str], artifacts: Iterable[tuple[str, str]]) -> str:
    """What stands for a job without a key in the keys of those that need it: a digest of what it gave."""
    told = [counted, dict(outputs), sorted([name, digest] for name, digest in artifacts)]
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def not_reusable(job: Job, rights: Mapping[str, Level]) -> Text | None:
    """Why the work of a job is always done. None: it may be taken over from another run."""
    if job.cache is None:
        return say("It has no `x-cache`.")
    if job.uses is not None:
        return say("It calls a workflow. Say `x-cache` of the jobs in there.")
    if job.environment is not None:
        return say("It has an environment, and what is deployed is never taken over.")
    if "write" in rights.values():
        return say("It may write, and what it wrote cannot be taken over.")
    if any(brings_other_files(step) for outer in job.steps for step in (outer, *outer.parallel)):
        return say("It checks out a branch or another repository, and nobody knows what lies there today.")
    return None


def brings_other_files(step: Step) -> bool:
    """A checkout of something else than the commit that the run is about, unless it is one commit for good."""
    if not (step.uses or "").strip().lower().startswith(CHECKOUT):
        return False
    said = {name.strip().lower(): str(value).strip() for name, value in step.with_.items()}
    return bool(said.get("ref") or said.get("repository")) and COMMIT.fullmatch(said.get("ref", "")) is None


def actions_of(job: Job) -> dict[str, str]:
    """What its steps use of other repositories, each with `owner/repo@ref`. What lies in the workspace is files."""
    steps = [inner for step in job.steps for inner in (step, *step.parallel)]
    found = {step.uses for step in steps if step.uses and not step.uses.startswith(("./", "docker://"))}
    return {uses: in_whole(uses) for uses in found}


def in_whole(uses: str) -> str:
    name, _, ref = uses.strip().partition("@")
    return f"{'/'.join(name.lower().split('/')[:2])}@{ref}"


def cache_globs(job: Job, contexts: Contexts) -> tuple[str, ...]:
    """The patterns of its inputs, with their expressions worked out."""
    patterns = () if job.cache is None else job.cache.inputs
    return tuple(line for words in patterns for line in interpolate(words, contexts).split("\n") if line.strip())


def chosen_files(globs: Sequence[str], files: Mapping[str, str], ordered: Sequence[str]) -> dict[str, str]:
    """Those files that a list of patterns chooses. `ordered` are their paths in order, which spares looking at most."""
    starts = [SPECIAL.split(glob, maxsplit=1)[0] for glob in globs if not glob.startswith("!")]
    near = {path for start in starts for path in beginning_with(start, ordered)}
    return {path: files[path] for path in near if chosen(globs, path)}


def beginning_with(start: str, ordered: Sequence[str]) -> Sequence[str]:
    return ordered[bisect_left(ordered, start) : bisect_left(ordered, start + "\U0010ffff")]


def variables_named(job: Job, workflow: Workflow) -> frozenset[str] | None:
    """The variables that stand in its expressions, in capital letters; None: all there are."""
    words = msgspec.json.encode((job, workflow.env)).decode()
    found: set[str] = set()
    for name in NAMED.finditer(words):
        if name[1] is None and name[2] is None:
            return None
        found.add((name[1] or name[2]).upper())
    return frozenset(found)


def github_named(job: Job, workflow: Workflow, github: Mapping[str, Value]) -> dict[str, Value]:
    """What the steps ask of the context `github`, in expressions or as variables of scripts, each with its value.

    Whether the job runs at all is asked before, so its own condition does not count.
    """
    parts = (job.steps, job.env, job.outputs, job.defaults, job.container, job.services, workflow.env)
    words = msgspec.json.encode((*parts, workflow.defaults)).decode()
    conditions = [each.condition or "" for step in job.steps for each in (step, *step.parallel)]
    asked = {path for text in (*EXPRESSION.findall(words), *conditions) for path in paths_in(text)}
    asked |= {"event" if name == "EVENT_PATH" else name.lower() for name in VARIABLE.findall(words)}
    names = {name.lower() for name in github}
    wanted = {path for path in asked if path == EVERYTHING or path.partition(".")[0] in names - UNCOUNTED}
    return {path: value_at(github, path) for path in wanted}


def paths_in(expression: str) -> list[str]:
    """Each `github.a.b` as `a.b`. What is not known before, such as `github[x]`, is all from there on."""
    return [".".join(PART.findall(path.lower())) for path in OF_GITHUB.findall(expression)]


def value_at(github: Mapping[str, Value], path: str) -> Value:
    value: Value = {name: each for name, each in github.items() if name not in UNCOUNTED}
    for part in path.split(".") if path else ():
        inner = {name.lower(): each for name, each in value.items()} if isinstance(value, dict) else {}
        value = inner.get(part)
    return value


def is_of_one_run(named: Mapping[str, Value]) -> bool:
    """Whether it asks for what no two runs have in common."""
    return EVERYTHING in named or not EACH_RUN.isdisjoint(named)
