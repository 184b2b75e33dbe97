"""Beginning a workflow by hand: what is on offer at a branch or tag, with which questions, and the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dure import code, policy
from dure.build.planning.beginning import begin_runs
from dure.build.planning.calling import Shelf, with_calls
from dure.build.planning.happened import Happened, payload_of
from dure.build.planning.reading import Reading, read_workflows
from dure.build.planning.starting import Cause
from dure.build.run import Run
from dure.code import Repositories
from dure.kit import Invalid, Missing, Refused, say
from dure.ledger import Work
from dure.plan import Project
from dure.workflow import DispatchTrigger, dispatch_inputs, text_of

VALUE_LIMIT_CHARACTERS = 65_536
REF_LIMIT_CHARACTERS = 200


class CannotBegin(Refused):
    """This workflow is not begun by hand."""


@dataclass(frozen=True)
class Place:
    """Where a project's workflows are to be found."""

    project: str
    """owner/name"""
    repository_id: int
    default_branch: str
    refs: Mapping[str, str]
    """Every branch and tag with its commit."""

    def ref_named(self, word: str) -> tuple[str, str]:
        """The whole name and the commit of a branch or tag, the default branch if none is named."""
        word = word or self.default_branch
        for name in (word, f"refs/heads/{word}", f"refs/tags/{word}"):
            if name in self.refs:
                return name, self.refs[name]
        raise Missing(say("There is no branch or tag {name} here.", name=word[:REF_LIMIT_CHARACTERS]))


@dataclass(frozen=True)
class Offer:
    """A workflow that may be begun by hand, and its questions."""

    reading: Reading
    trigger: DispatchTrigger
    ref: str
    sha: str
    title: str

    @property
    def path(self) -> str:
        return self.reading.path

    @property
    def file(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def name(self) -> str:
        return self.reading.name


def place_of(work: Work, project: Project) -> Place:
    """For those who may start runs."""
    policy.require(work, "build.start", project.scope)
    repository = code.repository_of(work, project)
    if repository is None:
        raise Missing(say("This project has no code yet."))
    return Place(project.path, repository.id, repository.default_branch, code.refs_of(work, project))


def offers_at(repositories: Repositories, place: Place, word: str = "") -> list[Offer]:
    """What may be begun by hand at a branch or tag. Git is asked, so not inside a Work."""
    ref, sha = place.ref_named(word)
    commit = repositories.commit(place.repository_id, sha)
    title = commit.title if commit is not None else ""
    return [
        Offer(reading, reading.workflow.triggers.dispatch, ref, sha, title)
        for reading in read_workflows(repositories, place.repository_id, sha)
        if reading.workflow is not None and reading.workflow.triggers.dispatch is not None
    ]


def environments_in(offers: Sequence[Offer]) -> list[str]:
    """The environments that jobs of these workflows name, for whoever is asked for one."""
    jobs = [job for offer in offers if offer.reading.workflow for job in offer.reading.workflow.jobs.values()]
    return sorted({job.environment.name for job in jobs if job.environment and "${{" not in job.environment.name})


def offer_named(offers: Sequence[Offer], word: str) -> Offer:
    """The one with this path, file name or name."""
    for offer in offers:
        if word in (offer.path, offer.file, offer.file.rpartition(".")[0], offer.name):
            return offer
    names = ", ".join(offer.file for offer in offers)
    if not names:
        raise CannotBegin(say("No workflow here may be begun by hand: none says `on: workflow_dispatch`."))
    raise CannotBegin(say("{name} is not begun by hand here. These are: {names}", name=word[:100], names=names))


def ready_to_begin(shelf: Shelf, place: Place, offer: Offer) -> Offer:
    """The offer with everything that its workflow calls. Git is asked, so not inside a Work."""
    return replace(offer, reading=with_calls(shelf, offer.reading, place.project, offer.sha, offer.ref))


def begin_by_hand(
    work: Work, project: Project, offer: Offer, given: Mapping[str, str], server_url: str, artifact_days: int
) -> Run:
    """A run of this workflow, with these answers to its questions."""
    policy.require(work, "build.start", project.scope)
    too_long = {name: say("This is too long.") for name, value in given.items() if len(value) > VALUE_LIMIT_CHARACTERS}
    if too_long:
        raise Invalid(too_long)
    inputs = dispatch_inputs(offer.trigger, {name: value.replace("\0", "") for name, value in given.items()})
    repository = code.repository_of(work, project)
    branch = repository.default_branch if repository is not None else ""
    asked = {"inputs": {name: text_of(value) for name, value in inputs.items()}, "ref": offer.ref}
    happened = Happened(name="workflow_dispatch", key="", payload={**asked, "workflow": offer.path})
    cause = Cause(
        event="workflow_dispatch",
        sha=offer.sha,
        ref=offer.ref,
        actor=work.actor.ref,
        actor_name=work.actor.name,
        title=offer.title,
        server_url=server_url,
        artifact_days=artifact_days,
        payload=payload_of(happened, project, branch, work.actor, server_url),
        inputs=inputs,
    )
    return begin_runs(work, project, cause, [offer.reading])[0]
