"""Lists of issues: what a filter finds, page by page, with all that a row shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from dure import people, policy
from dure.ledger import Work
from dure.plan.issue.issue import Issue
from dure.plan.issue.label import IssueLabel, Label
from dure.plan.issue.lists.query import Wishes, Within, walk, wishes_of
from dure.plan.issue.milestone import Milestone
from dure.plan.issue.triage import IssueAssignee
from dure.plan.project import Project, readable_ids
from dure.plan.search import Filter
from dure.plan.search.cursor import Cursor, parse_cursor

PAGE_ISSUES = 50
COUNTED_MAX = 1000

COLUMNS = (
    Issue.id,
    Issue.project_id,
    Issue.number,
    Issue.title,
    Issue.author,
    Issue.author_name,
    Issue.opened_at,
    Issue.updated_at,
    Issue.is_open,
    Issue.closed_at,
    Issue.closed_by_name,
    Issue.reason,
    Issue.milestone_id,
    Issue.comments,
)


@dataclass(frozen=True)
class Row:
    """An issue as lists show it."""

    id: int
    path: str
    number: int
    title: str
    author_name: str
    opened_at: datetime
    updated_at: datetime
    is_open: bool
    closed_at: datetime | None
    closed_by_name: str | None
    reason: str | None
    comments: int
    milestone: str | None
    labels: tuple[Label, ...]
    assignees: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"/{self.path}/issues/{self.number}"


@dataclass(frozen=True)
class Listing:
    """One page of a list, and where the pages beside it begin."""

    rows: tuple[Row, ...] = ()
    newer: str | None = None
    older: str | None = None
    count: int | None = 0
    """How many there are; beyond a thousand nobody counts on. None on later pages of what a filter finds."""

    @property
    def shown_count(self) -> str | None:
        if self.count is None:
            return None
        return f"{self.count:,}" if self.count <= COUNTED_MAX else f"{COUNTED_MAX:,}+"


def list_issues(
    work: Work, project: Project, sought: Filter, *, cursor: str = "", skip: int = 0, limit: int = PAGE_ISSUES
) -> Listing:
    """A page of the issues of one project: from a cursor on, or after so many."""
    policy.require(work, "project.read", project.scope)
    within = Within([project.id])
    wishes = wishes_of(work, within, sought)
    count = None if sought.narrows else counted(project, sought.state)
    return listed(work, wishes, sought, cursor, limit, count, {project.id: project.path}, skip)


def search_issues(work: Work, sought: Filter, *, cursor: str = "", limit: int = PAGE_ISSUES) -> Listing:
    """A page of the issues of all projects that the actor may read."""
    ids = readable_ids(work)
    if ids is not None and not ids:
        return Listing()
    return listed(work, wishes_of(work, Within(ids), sought), sought, cursor, limit, None, {})


def counted(project: Project, state: str | None) -> int:
    return {"open": project.open_issues, "closed": project.closed_issues}.get(state or "", project.issues_numbered)


def listed(
    work: Work,
    wishes: Wishes,
    sought: Filter,
    word: str,
    limit: int,
    count: int | None,
    paths: dict[int, str],
    skip: int = 0,
) -> Listing:
    """One walk finds the page and, where it is the first and nobody has counted yet, how many there are."""
    cursor = parse_cursor(word, by_moment=sought.sort == "updated")
    counts = count is None and cursor is None and not skip
    as_told = work.session.get_bind().dialect.name == "sqlite"
    query = walk(wishes, sought.sort, cursor, COUNTED_MAX + 1 if counts else limit + 1, as_told=as_told)
    ids = work.session.scalars(query.offset(skip) if skip else query).all()
    page, more = list(ids[:limit]), len(ids) > limit
    back = cursor is not None and cursor.back
    if back:
        page.reverse()
    rows = rows_of(work, found_by(work, page), paths)
    has_newer, has_older = (more, True) if back else (cursor is not None, more)
    return Listing(
        rows=rows,
        newer=str(place(rows[0], sought.sort, back=True)) if rows and has_newer else None,
        older=str(place(rows[-1], sought.sort)) if rows and has_older else None,
        count=len(ids) if counts else count,
    )


def found_by(work: Work, ids: Sequence[int]) -> list[Any]:
    """The rows in the order of their ids on the page."""
    if not ids:
        return []
    found = {row.id: row for row in work.session.execute(select(*COLUMNS).where(Issue.id.in_(ids)))}
    return [found[issue_id] for issue_id in ids if issue_id in found]


def place(row: Row, sort: str, *, back: bool = False) -> Cursor:
    return Cursor(row.id, row.updated_at if sort == "updated" else None, back)


def rows_of(work: Work, found: Sequence[Any], paths: dict[int, str]) -> tuple[Row, ...]:
    """What belongs to the rows comes in one query each, however many rows there are."""
    ids = [row.id for row in found]
    labels, assignees = labels_on(work, ids), assignees_on(work, ids)
    milestones = titles_of(work, {row.milestone_id for row in found if row.milestone_id})
    paths = paths or paths_of(work, {row.project_id for row in found})
    return tuple(
        Row(
            id=row.id,
            path=paths[row.project_id],
            number=row.number,
            title=row.title,
            author_name=row.author_name,
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            is_open=row.is_open,
            closed_at=row.closed_at,
            closed_by_name=row.closed_by_name,
            reason=row.reason,
            comments=row.comments,
            milestone=milestones.get(row.milestone_id),
            labels=labels.get(row.id, ()),
            assignees=assignees.get(row.id, ()),
        )
        for row in found
    )


# open: only with issues in hand that were asked for under their policy.
def labels_on(work: Work, issue_ids: Sequence[int]) -> dict[int, tuple[Label, ...]]:
    if not issue_ids:
        return {}
    query = select(IssueLabel.issue_id, Label).join(Label, Label.id == IssueLabel.label_id)
    found: dict[int, tuple[Label, ...]] = {}
    for issue_id, label in work.session.execute(query.where(IssueLabel.issue_id.in_(issue_ids)).order_by(Label.key)):
        found[issue_id] = (*found.get(issue_id, ()), label)
    return found


def assignees_on(work: Work, issue_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    if not issue_ids:
        return {}
    query = select(IssueAssignee.issue_id, IssueAssignee.person_id).where(IssueAssignee.issue_id.in_(issue_ids))
    pairs = work.session.execute(query).all()
    persons = people.people_by_id(work, {person_id for _, person_id in pairs}) if pairs else {}
    found: dict[int, tuple[str, ...]] = {}
    for issue_id, person_id in pairs:
        if person_id in persons:
            found[issue_id] = tuple(sorted((*found.get(issue_id, ()), persons[person_id].handle)))
    return found


def titles_of(work: Work, milestone_ids: Iterable[int]) -> dict[int, str]:
    ids = list(milestone_ids)
    if not ids:
        return {}
    query = select(Milestone.id, Milestone.title).where(Milestone.id.in_(ids))
    return dict(work.session.execute(query).all())


def paths_of(work: Work, project_ids: Iterable[int]) -> dict[int, str]:
    ids = list(project_ids)
    if not ids:
        return {}
    return {project.id: project.path for project in work.session.scalars(select(Project).where(Project.id.in_(ids)))}
