"""Work that was done already: taken over from a house by its key, and ours brought there, for jobs with `x-cache`.

The house is that of the git remote `dure`. A job is shared only where everything that goes into its key is known to be
the same there; of whatever may be another, the work is done here.
"""

import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from dure.cli import Client, Nothing, client_here, part
from dure.kit import Missing, NotRunning, Refused, Text, say
from dure.local.asking import Asked
from dure.local.course import Part, Task
from dure.local.doing.leaving import Artifacts, digest_of
from dure.local.ground import CHANGED, Ground, Sources, hashes_of
from dure.wire import STAND_INS, KeptResult, NewKeptResult
from dure.workflow import (
    Job,
    KeyFacts,
    Permissions,
    actions_of,
    cache_globs,
    chosen_files,
    gave,
    github_named,
    granted_by,
    is_of_one_run,
    job_key,
    not_reusable,
    runner_labels,
    variables_named,
)

SECRET = re.compile(r"\bsecrets\s*(?:\[|\)|\.\s*(?!GITHUB_TOKEN\b))", re.IGNORECASE)
CHECKOUT = "actions/checkout@"
ARM = ("aarch64", "arm64")
ELSEWHERE = ("windows", "macos")


@dataclass
class Sharing:
    ground: Ground
    asked: Asked
    sources: Sources
    artifacts: Artifacts
    note: Callable[[Text], None]
    """Tells the person why nothing is shared."""
    is_heard: bool = True
    """Whether the house answers, and jobs see here no more than they would there."""
    is_trusted: bool = True
    """Whether it takes what we bring."""
    files: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def house(self) -> tuple[Client, str] | None:
        """None: there is none to share with, or jobs get variables here that they would not get there."""
        if self.ground.git is None or self.asked.offline or self.asked.env:
            return None
        found = client_here(self.ground.root)
        return found if found is not None and self.look() else None

    def look(self) -> bool:
        """At the files as they lie. Where that cannot be done, nothing is shared any more: the run does not need it."""
        try:
            self.files = hashes_of(self.ground)
        except (Refused, OSError, ValueError, subprocess.SubprocessError) as error:
            self.is_heard = self.is_trusted = False
            why = error.text if isinstance(error, Refused) else str(error)
            self.note(say("Results are not shared with the house: {why}", why=why))
            return False
        return True

    def key(self, task: Task) -> str:
        """Empty: what it comes to is not shared."""
        if not self.is_heard or not may_be_shared(task) or self.house is None:
            return ""
        definition, workflow = task.definition, task.part.workflow
        github = github_named(definition, workflow, task.contexts["github"])
        actions, labels = self.actions(definition), labels_of(task)
        if is_of_one_run(github) or actions is None or not is_like_here(labels):
            return ""
        files = chosen_files(cache_globs(definition, task.contexts), self.files, sorted(self.files))
        if not all(is_same_there(path, known) for path, known in files.items()):
            return ""
        named = variables_named(definition, workflow)
        known = task.contexts["vars"].items()
        return job_key(
            KeyFacts(
                job=definition,
                workflow_env=workflow.env,
                workflow_defaults=workflow.defaults,
                matrix=None if task.instance is None else task.instance.matrix,
                inputs=task.contexts["inputs"],
                files=files,
                actions=actions,
                variables={name: value for name, value in known if named is None or name.upper() in named},
                labels=labels,
                github=github,
                needs={need: self.given_by(task.part, need) for need in definition.needs},
            )
        )

    def actions(self, job: Job) -> dict[str, str] | None:
        """What a house makes of the same words. None: it may be another action there."""
        found = {}
        for uses, whole in actions_of(job).items():
            repository, _, ref = whole.partition("@")
            try:
                is_here = self.sources.named(repository, ref) is not None
                found[uses] = whole if repository in STAND_INS else self.sources.find(repository, ref).sha
            except Refused:
                return None
            if is_here:
                return None
        return found

    def given_by(self, part: Part, need: str) -> list[str]:
        tasks = [task for task in part.tasks if task.definition.id == need]
        return [task.key or gave(task.counted, task.outputs, self.left_by(task).items()) for task in tasks]

    def left_by(self, task: Task) -> dict[str, str]:
        return {card.name: card.digest for card in self.artifacts.of_job(task.number)}

    def take_over(self, task: Task) -> tuple[dict[str, str], Text] | None:
        """Its outputs, and who did the work; what it left is there."""
        task.key = self.key(task)
        if not task.key or self.house is None:
            return None
        client, project = self.house
        address = f"{project}/job-results/{task.key}"
        try:
            found = client.get(address, KeptResult)
            self.fetch(client, address, found, task.number)
        except Missing:
            return None
        except (Refused, OSError) as error:
            self.give_up(error)
            return None
        return found.outputs, done_before(client, found)

    def fetch(self, client: Client, address: str, found: KeptResult, job: int) -> None:
        """All of its artifacts or none: else they would be taken for those of the job that is done after all."""
        with tempfile.TemporaryDirectory(dir=self.artifacts.cards.parent) as folder:
            files = {name: Path(folder, str(number)) for number, name in enumerate(found.artifacts)}
            for name, file in files.items():
                client.get_file(f"{address}/artifacts/{part(name)}", file)
                if digest_of(file) != found.artifacts[name]:
                    raise Missing(say("There is no artifact {name} in this run.", name=name))
            try:
                for name, file in files.items():
                    self.artifacts.keep(name, found.kinds.get(name, ""), file, job)
            except BaseException:
                for card in self.artifacts.of_job(job):
                    self.artifacts.drop(card.name)
                raise

    def offer(self, task: Task) -> None:
        """What was done here, unless the files have changed meanwhile."""
        if not (task.key and task.result == "success" and self.house and self.is_trusted):
            return
        if not self.look() or self.key(task) != task.key:
            return
        client, project = self.house
        address, left = f"{project}/job-results/{task.key}", self.artifacts.of_job(task.number)
        try:
            for card in left:
                words = urlencode({"kind": card.kind, "digest": card.digest})
                target = f"{address}/artifacts/{part(card.name)}?{words}"
                client.put_file(target, self.artifacts.place(card), Nothing)
            told = NewKeptResult(outputs=task.outputs, artifacts={card.name: card.digest for card in left})
            client.put(address, told, KeptResult)
        except (Refused, Missing, OSError) as error:
            self.give_up(error)

    def give_up(self, error: Refused | Missing | OSError) -> None:
        """Said once; the jobs are done here then, as if there were no house."""
        self.is_heard = self.is_heard and not isinstance(error, NotRunning)
        self.is_trusted = False
        why = str(error) if isinstance(error, OSError) else error.text
        self.note(say("The house does not share results with us: {why}", why=why))


def may_be_shared(task: Task) -> bool:
    """Secrets have versions that only a house knows, and without a checkout a job has other files than those whose
    hashes are known."""
    definition = task.definition
    if definition.cache is None or not_reusable(definition, granted_by(permissions_said(task))) is not None:
        return False
    words = msgspec.json.encode((definition, task.part.workflow.env)).decode()
    steps = [inner for step in definition.steps for inner in (step, *step.parallel)]
    has_files = any((step.uses or "").strip().lower().startswith(CHECKOUT) for step in steps)
    return has_files and SECRET.search(words) is None


def is_same_there(path: str, known: str) -> bool:
    """Whether a house can have the same file under the same name; those that are no UTF-8 it calls otherwise."""
    return not known.endswith(CHANGED) and path.encode(errors="ignore").decode() == path


def permissions_said(task: Task) -> list[Permissions | None]:
    outer = [] if task.part.above is None else permissions_said(task.part.above)
    return [*outer, task.definition.permissions or task.part.workflow.permissions]


def labels_of(task: Task) -> list[str]:
    return sorted({label.strip().lower() for label in runner_labels(task.definition, task.contexts)})


def is_like_here(labels: list[str]) -> bool:
    """Whether a runner with these labels is a machine of the same kind."""
    wants_arm = any("arm" in label or label in ARM for label in labels)
    is_other = any(label.startswith(ELSEWHERE) for label in labels)
    return sys.platform == "linux" and not is_other and wants_arm == (platform.machine().lower() in ARM)


def done_before(client: Client, found: KeptResult) -> Text:
    if found.run:
        return say("Reused from run {number}: {url}", number=found.run, url=client.url + found.url)
    return say("It was done elsewhere, by {name}.", name=found.by)
