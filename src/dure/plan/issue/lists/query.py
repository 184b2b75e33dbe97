"""From a filter to a query that walks one index in the order of the page and stops when the page is full.

Whatever is most particular (words, somebody's name, a label) leads: its own index is in the order of issue ids, and
each further wish is checked row by row. Words give way to what only few issues have. PostgreSQL chooses for itself
from its statistics; SQLite does as told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, literal, not_, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlalchemy.sql import FromClause

from dure import people
from dure.ledger import Work
from dure.people import Caller
from dure.plan.issue.issue import Issue
from dure.plan.issue.label import IssueLabel, Label, key_of
from dure.plan.issue.mention import Mention
from dure.plan.issue.milestone import Milestone
from dure.plan.issue.triage import IssueAssignee
from dure.plan.search import Filter, matching, terms_of
from dure.plan.search.cursor import Cursor

GATHERED_MAX = 5000
"""With words and the order of changes, the newest this many that have the words are put in order."""

FEW = 250
"""To ask the index of words about this many issues one by one takes as long as to walk along common words."""

Condition = ColumnElement[bool]
ConditionsOn = Callable[[Any], list[Condition]]
"""Conditions on a row of some table that stands beside issues."""


@dataclass
class Lead:
    """What the walk goes along: a table whose rows name issues in the order of their ids."""

    source: FromClause
    issue_id: ColumnElement[int]
    conditions: list[Condition] = field(default_factory=list)
    is_words: bool = False
    """A common word leads past very many issues: the others are gathered once then, not asked about one by one."""
    beside: list[Condition] = field(default_factory=list)
    """The conditions where another leads. None can where a word may go on: SQLite gathers its endings each time."""


@dataclass
class Wishes:
    """The conditions of one filter: one that leads, and the others."""

    lead: Lead | None = None
    words: Lead | None = None
    """The index of words, where something else leads."""
    conditions: list[Condition] = field(default_factory=list)

    def take(self, work: Work, table: Any, conditions_on: ConditionsOn) -> None:
        """The first that could lead does; of the others a row must stand beside the issue."""
        if self.lead is None:
            self.lead = Lead(table.__table__, table.issue_id.expression, conditions_on(table))
        elif self.lead.beside and are_few(work, table, conditions_on):
            self.words = self.lead
            self.lead = Lead(table.__table__, table.issue_id.expression, conditions_on(table))
        elif self.lead.is_words:
            row = aliased(table)
            fitting = select(row.issue_id).where(*conditions_on(row))
            self.conditions.append((literal(0) + self.lead.issue_id).in_(fitting))
        else:
            self.conditions.append(beside(table, conditions_on))


def are_few(work: Work, table: Any, conditions_on: ConditionsOn) -> bool:
    rows = select(table.issue_id).where(*conditions_on(table)).limit(FEW + 1)
    return len(work.session.scalars(rows).all()) <= FEW


@dataclass(frozen=True)
class Within:
    """Where is looked: in one project, in several, or in all (None)."""

    project_ids: Sequence[int] | None

    @property
    def only(self) -> int | None:
        return self.project_ids[0] if self.project_ids is not None and len(self.project_ids) == 1 else None

    def condition(self, column: Any) -> list[Condition]:
        if self.project_ids is None:
            return []
        return [column == self.only] if self.only is not None else [column.in_(self.project_ids)]


def wishes_of(work: Work, within: Within, sought: Filter) -> Wishes:
    """The filter as conditions. The caller has asked the policy which projects may be looked into."""
    found = Wishes(conditions=within.condition(Issue.project_id))
    if sought.state is not None:
        found.conditions.append(Issue.is_open.is_(sought.state == "open"))
    with_words(work, within, sought, found)
    with_people(work, sought, found)
    with_labels(work, within, sought, found)
    if sought.milestone is not None:
        titled = select(Milestone.id).where(
            Milestone.title == sought.milestone, *within.condition(Milestone.project_id)
        )
        found.conditions.append(Issue.milestone_id.in_(work.session.scalars(titled.limit(100)).all()))
    if "milestone" in sought.lacks:
        found.conditions.append(Issue.milestone_id.is_(None))
    return found


def with_words(work: Work, within: Within, sought: Filter, found: Wishes) -> None:
    terms = terms_of(sought.words, sought.phrases)
    if terms:
        dialect = work.session.get_bind().dialect.name
        source, issue_id, matches = matching(dialect, terms, within.only)
        found.lead = Lead(source, issue_id, [matches], is_words=True)
        if not any(term.prefix for term in terms):
            # What leads instead has found the project already; its token would be looked for at each issue anew.
            found.lead.beside.append(matching(dialect, terms, None)[2])


def with_people(work: Work, sought: Filter, found: Wishes) -> None:
    handles = {sought.assignee, sought.author, sought.mentions} - {None, "me", "none"}
    persons = people.people_by_handle(work, [handle for handle in handles if handle])
    ids = {handle: person.id for handle, person in persons.items()} | {"me": my_id(work)}
    if sought.assignee == "none" or "assignee" in sought.lacks:
        found.conditions.append(not_(beside(IssueAssignee)))
    if sought.assignee not in (None, "none"):
        person_id = ids.get(sought.assignee or "", 0)
        found.take(work, IssueAssignee, lambda row: [row.person_id == person_id, *state_of(row.is_open, sought)])
    if sought.mentions is not None:
        mentioned_id = ids.get(sought.mentions, 0)
        found.take(work, Mention, lambda row: [row.person_id == mentioned_id])
    if sought.author is not None:
        ref = work.actor.ref if sought.author == "me" else f"person:{ids.get(sought.author, 0)}"
        found.conditions.append(Issue.author == ref)


def my_id(work: Work) -> int:
    actor = work.actor
    return actor.person_id or 0 if isinstance(actor, Caller) else 0


def with_labels(work: Work, within: Within, sought: Filter, found: Wishes) -> None:
    keys = {key_of(name) for name in (*sought.labels, *sought.without_labels)}
    ids: dict[str, list[int]] = {}
    if keys:
        named = select(Label.key, Label.id).where(Label.key.in_(keys), *within.condition(Label.project_id))
        for key, label_id in work.session.execute(named.limit(1000)):
            ids.setdefault(key, []).append(label_id)
    for name in sought.labels:
        wanted = ids.get(key_of(name), [])
        if not wanted:
            found.conditions.append(false())
        elif len(wanted) == 1:
            found.take(work, IssueLabel, partial(bearing, wanted, sought))
        else:
            found.conditions.append(beside(IssueLabel, partial(bearing, wanted, sought)))
    for name in sought.without_labels:
        unwanted = ids.get(key_of(name), [])
        if unwanted:
            found.conditions.append(not_(beside(IssueLabel, partial(bearing, unwanted, sought))))
    if "label" in sought.lacks:
        found.conditions.append(not_(beside(IssueLabel)))


def bearing(label_ids: list[int], sought: Filter, row: Any) -> list[Condition]:
    return [one_of(row.label_id, label_ids), *state_of(row.is_open, sought)]


def beside(table: Any, conditions_on: ConditionsOn = lambda _: []) -> Condition:
    """That such a row stands beside the issue."""
    row = aliased(table)
    return exists().where(row.issue_id == Issue.id, *conditions_on(row))


def one_of(column: Any, values: list[int]) -> Condition:
    condition: Condition = column == values[0] if len(values) == 1 else column.in_(values)
    return condition


def state_of(column: Any, sought: Filter) -> list[Condition]:
    """The state beside the issue. When any state is meant both are named, so that the index can still be walked."""
    return [column.is_(sought.state == "open")] if sought.state else [or_(column.is_(True), column.is_(False))]


def walk(wishes: Wishes, sort: str, cursor: Cursor | None, limit: int, *, as_told: bool) -> Select[Any]:
    """The ids of a page, in its order. A page before a cursor comes backwards.

    `as_told` is for SQLite: it goes along the lead and looks each issue up, and is not left to find another way.
    """
    lead, key = wishes.lead, Issue.id.expression
    query = select(key)
    if lead is not None:
        key = lead.issue_id
        query = along(lead, wishes)
        query = query.join(Issue, Issue.id == (literal(0) + key if as_told else key))
    query = query.where(*wishes.conditions)
    back = cursor is not None and cursor.back
    if sort == "updated":
        query = query if lead is None else gathered(lead, wishes)
        order = (Issue.updated_at.expression, Issue.id.expression)
        if cursor is not None:
            place = (cursor.at, cursor.issue_id)
            query = query.where(tuple_(*order) > place if back else tuple_(*order) < place)
        return query.order_by(*(column.asc() if back else column.desc() for column in order)).limit(limit)
    upward = (sort == "oldest") != back
    if cursor is not None:
        query = query.where(key > cursor.issue_id if upward else key < cursor.issue_id)
    return query.order_by(key.asc() if upward else key.desc()).limit(limit)


def along(lead: Lead, wishes: Wishes) -> Select[Any]:
    """The ids that the lead names, and where the words do not lead themselves, those that have them."""
    query = select(lead.issue_id.label("issue_id")).select_from(lead.source).where(*lead.conditions)
    if (words := wishes.words) is not None:
        query = query.join(words.source, words.issue_id == literal(0) + lead.issue_id).where(*words.beside)
    return query


def gathered(lead: Lead, wishes: Wishes) -> Select[Any]:
    """The order of changes is not the order of what leads, so its newest are gathered first."""
    ids = along(lead, wishes).order_by(lead.issue_id.desc()).limit(GATHERED_MAX).subquery()
    return select(Issue.id).where(Issue.id.in_(select(ids.c.issue_id)), *wishes.conditions)
