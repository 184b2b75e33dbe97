"""Where an action is to be taken from, decided in one look at the database."""

from dataclasses import dataclass
from datetime import timedelta

from dure import people
from dure.build.actions.kept import mirror_of
from dure.build.actions.packing import Tree
from dure.build.actions.uses import UsesWords
from dure.code import repository_of
from dure.kit import Invalid, Missing, now, say
from dure.ledger import HOUSE, Work
from dure.plan import Project, find_project
from dure.wire import ActionSource

SHARED = "actions"
FRESH = timedelta(minutes=10)
"""So long a branch or a tag of upstream is taken to be where it was."""


@dataclass(frozen=True)
class ActionRules:
    """What the settings say about actions."""

    owners: tuple[str, ...] = (SHARED,)
    """Whose projects every job may use as actions."""
    only_pinned: bool = False
    """Whether a tag or a branch is refused: others can move those."""


@dataclass(frozen=True)
class Place:
    """What there is to be done: a tree that the house has, a repository of ours to pack, or neither."""

    words: UsesWords
    source: ActionSource = "upstream"
    tree: Tree | None = None
    repository_id: int | None = None
    before: Tree | None = None
    """What came from upstream under these words some time ago."""


# open: it asks itself what this project may use.
def look_for(work: Work, project: Project, words: UsesWords, rules: ActionRules) -> Place:
    """First a project of this house, then a mirror. Neither: it has to come from upstream."""
    own = words.owner == project.owner
    if rules.only_pinned and not words.is_sha and not own:
        raise Invalid(
            {"uses": say("This house takes actions of others only by the whole sha of a commit: {uses}.", uses=words)}
        )
    theirs = project_at(work, words)
    usable = theirs is not None and (is_within(work, theirs, project) if own else is_shared(work, words.owner, rules))
    repository = repository_of(work, theirs) if theirs is not None and usable else None
    if repository is not None:
        return Place(words, "house", repository_id=repository.id)
    kept = mirror_of(work, words, "kept")
    if kept is not None:
        return Place(words, "kept", kept.tree)
    if theirs is not None and not usable:
        # Not from upstream: it would be somebody else's who happens to be called so there.
        raise private(words)
    fetched = mirror_of(work, words, "upstream")
    if fetched is None:
        return Place(words)
    is_good = words.is_sha or now() - fetched.kept_at < FRESH
    return Place(words, tree=fetched.tree if is_good else None, before=fetched.tree)


# open: what the house does in its own name; the answer says no more than that a project can be used.
def project_at(work: Work, words: UsesWords) -> Project | None:
    assert work.actor == HOUSE
    try:
        return find_project(work, words.name)
    except Missing:
        return None


def is_within(work: Work, theirs: Project, project: Project) -> bool:
    """Of one owner; but not all who work in one project may read the other."""
    return theirs.id == project.id or people.lies_open_to(work, theirs.scope, project.scope)


def is_shared(work: Work, owner: str, rules: ActionRules) -> bool:
    """A person who happens to be called so does not get to decide what all jobs run."""
    return owner in rules.owners and not people.people_by_handle(work, [owner])


def private(words: UsesWords) -> Invalid:
    return Invalid(
        {
            "uses": say(
                "The project {name} is private to its owner. To use it from others, let everyone read it or those who "
                "may push here, or let its owner be one that the setting `actions_owners` names.",
                name=words.name,
            )
        }
    )
