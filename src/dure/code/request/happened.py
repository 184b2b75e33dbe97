"""What happens to merge requests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dure.kit import Text, say
from dure.ledger import Event

Action = Literal["opened", "synchronize", "reopened"]
Ending = Literal["merged", "invalidated", "dequeued"]


@dataclass(frozen=True, kw_only=True)
class MergeRequestOpened(Event, kind="code.request_opened"):
    """Somebody asked for a branch to be merged."""

    project: int
    request: int
    number: int
    title: str
    source: str
    target: str

    def sentence(self) -> Text:
        return say(
            "opened !{number} {title}: {source} into {target}",
            number=self.number,
            title=self.title,
            source=self.source,
            target=self.target,
        )


@dataclass(frozen=True, kw_only=True)
class MergeRequestEdited(Event, kind="code.request_edited"):
    """A merge request got another title, other words or another target."""

    project: int
    request: int
    number: int
    title: str

    def sentence(self) -> Text:
        return say("edited !{number} {title}", number=self.number, title=self.title)


@dataclass(frozen=True, kw_only=True)
class MergeRequestSynchronized(Event, kind="code.request_synchronized"):
    """Something was pushed to the branch of a merge request."""

    project: int
    request: int
    number: int
    before: str
    after: str

    def sentence(self) -> Text:
        return say("pushed {sha} to !{number}", sha=self.after[:10], number=self.number)


@dataclass(frozen=True, kw_only=True)
class MergeRequestTried(Event, kind="code.request_tried"):
    """It is known what the two branches of a merge request come to. This is what workflows wait for."""

    project: int
    request: int
    number: int
    action: Action
    source: str
    target: str
    head: str
    base: str
    before: str
    merge: str
    """The commit of both; empty when they conflict."""
    conflicts: tuple[str, ...] = ()

    def sentence(self) -> Text:
        if self.conflicts:
            return say("found that !{number} conflicts with {target}", number=self.number, target=self.target)
        return say("found that !{number} can be merged into {target}", number=self.number, target=self.target)


@dataclass(frozen=True, kw_only=True)
class MergeRequestClosed(Event, kind="code.request_closed"):
    """A merge request was closed without a merge."""

    project: int
    request: int
    number: int
    title: str

    def sentence(self) -> Text:
        return say("closed !{number} {title}", number=self.number, title=self.title)


@dataclass(frozen=True, kw_only=True)
class MergeRequestReopened(Event, kind="code.request_reopened"):
    """A closed merge request was opened again."""

    project: int
    request: int
    number: int
    title: str

    def sentence(self) -> Text:
        return say("reopened !{number} {title}", number=self.number, title=self.title)


@dataclass(frozen=True, kw_only=True)
class MergeRequestMerged(Event, kind="code.request_merged"):
    """The branch of a merge request is in its target."""

    project: int
    request: int
    number: int
    title: str
    source: str
    target: str
    head: str
    merged: str

    def sentence(self) -> Text:
        return say("merged !{number} {title} into {target}", number=self.number, title=self.title, target=self.target)


@dataclass(frozen=True, kw_only=True)
class MergeRequestQueued(Event, kind="code.request_queued"):
    """Somebody put a merge request into the queue of its target."""

    project: int
    request: int
    number: int
    title: str
    target: str

    def sentence(self) -> Text:
        return say(
            "put !{number} {title} into the queue of {target}", number=self.number, title=self.title, target=self.target
        )


@dataclass(frozen=True, kw_only=True)
class MergeRequestUnqueued(Event, kind="code.request_unqueued"):
    """A merge request left the queue of its target without being merged."""

    project: int
    request: int
    number: int
    target: str
    why: Text

    def sentence(self) -> Text:
        return say(
            "took !{number} out of the queue of {target}: {why}", number=self.number, target=self.target, why=self.why
        )


@dataclass(frozen=True, kw_only=True)
class MergeGroupMade(Event, kind="code.group_made"):
    """It is known what a branch comes to with one more of its queue, and its checks are asked for."""

    project: int
    request: int
    number: int
    target: str
    ref: str
    head: str
    base: str
    tree: str
    message: str
    author: str
    email: str
    authored_at: datetime

    def sentence(self) -> Text:
        return say("asked for the checks of !{number} on top of {sha}", number=self.number, sha=self.base[:10])


@dataclass(frozen=True, kw_only=True)
class MergeGroupEnded(Event, kind="code.group_ended"):
    """What a queue has tested is no longer asked for: it was merged, or it stands on something that did not come."""

    project: int
    request: int
    number: int
    target: str
    ref: str
    head: str
    base: str
    reason: Ending

    def sentence(self) -> Text:
        return say("asked no more for the checks of !{number} at {sha}", number=self.number, sha=self.head[:10])
