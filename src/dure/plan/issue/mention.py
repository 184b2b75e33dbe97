"""Mentions and references: "@ada", "#12" and "owner/name#12" in what people write."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ForeignKey, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, people, policy
from dure.kit import say
from dure.ledger import Event, Table, Work
from dure.people import Person
from dure.plan.issue.issue import Issue, note
from dure.plan.project import SLUG, Project

MARK = re.compile(
    r"(?<![\w@/.#&-])(?:@(?P<handle>[A-Za-z0-9][A-Za-z0-9-]{0,38})"
    r"|(?P<path>[\w.-]{1,40}/[\w.-]{1,40})?#(?P<number>[0-9]{1,9})\b)"
)
CODE = re.compile(r"^(?:```|~~~).*?(?:^(?:```|~~~)|\Z)|`[^`\n]*`", re.MULTILINE | re.DOTALL)
MARKS_MAX = 50
"""Of one text. Whoever writes more than that is making a list, not calling people."""
MARKS_ON_PAGE_MAX = 300


class Mention(Table):
    """That somebody is named in an issue."""

    __tablename__ = "mention"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True, index=True)


class Reference(Table):
    """That one issue speaks of another."""

    __tablename__ = "issue_reference"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    to_issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True, index=True)


@dataclass(frozen=True, kw_only=True)
class Mentioned(Event, kind="plan.mentioned"):
    """Somebody was mentioned for the first time in an issue."""

    issue: int
    number: int
    title: str
    person: int
    handle: str

    def sentence(self) -> kit.Text:
        return say("mentioned {handle} in #{number} {title}", handle=self.handle, number=self.number, title=self.title)


@dataclass(frozen=True, kw_only=True)
class Referenced(Event, kind="plan.referenced"):
    """An issue spoke of another one. The threads of both show it, to those who may read the one that speaks."""

    issue: int
    path: str
    number: int
    title: str
    to: int
    to_path: str
    to_number: int

    def sentence(self) -> kit.Text:
        return say(
            "mentioned {to_path}#{to_number} in {path}#{number} {title}",
            to_path=self.to_path,
            to_number=self.to_number,
            path=self.path,
            number=self.number,
            title=self.title,
        )


@dataclass(frozen=True)
class Known:
    """Where a word of a text leads."""

    url: str
    title: str


@dataclass(frozen=True)
class Marks:
    """What a text names."""

    handles: frozenset[str]
    issues: frozenset[tuple[str, int]]
    """Path and number; the path is empty for an issue of the same project."""


def marks_in(texts: Iterable[str], most: int = MARKS_MAX) -> Marks:
    """Everything named in the texts, except inside code."""
    handles: set[str] = set()
    issues: set[tuple[str, int]] = set()
    for text in texts:
        for found in MARK.finditer(CODE.sub(" ", text)):
            if len(handles) + len(issues) >= most:
                break
            if found["handle"]:
                handles.add(found["handle"].lower().rstrip("-"))
            else:
                issues.add(((found["path"] or "").lower(), int(found["number"])))
    return Marks(frozenset(handles), frozenset(issues))


def take_notice(work: Work, project: Project, issue: Issue, text: str) -> None:
    """Write down who and what a text names, once for each issue. The caller has asked the policy."""
    marks = marks_in([text])
    for person in people.people_by_handle(work, marks.handles).values():
        if work.session.get(Mention, (person.id, issue.id)) is None and may_read(work, project, person):
            work.add(Mention(person_id=person.id, issue_id=issue.id))
            mentioned = Mentioned(
                issue=issue.id, number=issue.number, title=issue.title, person=person.id, handle=person.handle
            )
            note(work, project, issue, mentioned, [person.ref])
    for other, theirs in issues_named(work, project, marks).values():
        known = work.session.get(Reference, (issue.id, other.id))
        if other.id != issue.id and known is None:
            work.add(Reference(issue_id=issue.id, to_issue_id=other.id))
            referenced = Referenced(
                issue=issue.id,
                path=project.path,
                number=issue.number,
                title=issue.title,
                to=other.id,
                to_path=theirs.path,
                to_number=other.number,
            )
            note(work, project, issue, referenced, [other.ref])


def may_read(work: Work, project: Project, person: Person) -> bool:
    return people.role_of(work, project.scope, people.caller_for(person)) is not None


def issues_named(work: Work, project: Project, marks: Marks) -> dict[str, tuple[Issue, Project]]:
    """The issues that are named and that the actor may read, by the word that names them. Two queries."""
    paths = {path for path, _ in marks.issues if SLUG.fullmatch(path.partition("/")[0])}
    projects = {"": project} | readable_projects(work, paths)
    wanted = [
        and_(Issue.project_id == projects[path].id, Issue.number == number)
        for path, number in marks.issues
        if path in projects and 0 < number < 2**31
    ]
    if not wanted:
        return {}
    found = {
        (issue.project_id, issue.number): issue for issue in work.session.scalars(select(Issue).where(or_(*wanted)))
    }
    named: dict[str, tuple[Issue, Project]] = {}
    for path, number in marks.issues:
        theirs = projects.get(path)
        issue = found.get((theirs.id, number)) if theirs else None
        if theirs and issue:
            named[f"{path}#{number}"] = (issue, theirs)
    return named


def readable_projects(work: Work, paths: Iterable[str]) -> dict[str, Project]:
    conditions = [
        and_(Project.owner == owner, Project.name == name) for owner, _, name in (path.partition("/") for path in paths)
    ]
    if not conditions:
        return {}
    found = work.session.scalars(select(Project).where(or_(*conditions)))
    readable = policy.readable(work)
    return {project.path: project for project in found if readable(project.scope)}


def words_known(work: Work, project: Project, texts: Iterable[str]) -> dict[str, Known]:
    """For a page that shows these texts: where each word leads, for whoever reads."""
    policy.require(work, "project.read", project.scope)
    marks = marks_in(texts, MARKS_ON_PAGE_MAX)
    known = {
        f"@{person.handle}": Known(f"/search?q=assignee:{person.handle}", person.name)
        for person in people.people_by_handle(work, marks.handles).values()
    }
    for word, (issue, theirs) in issues_named(work, project, marks).items():
        known[word] = Known(f"/{theirs.path}/issues/{issue.number}", issue.title)
    return known
