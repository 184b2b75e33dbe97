"""A big project for the benches: issues with labels, assignees, comments and their ledger, put in by the fast way.

The rows are those that the verbs would write, in the tables that the house makes; only the way in is a shorter one.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Engine, text

from dure import people, plan
from dure.ledger import HOUSE, House, Work
from dure.people import Caller, Role
from dure.plan.search.index import TOKENS_MAX, project_token, vector
from dure.plan.search.tokens import tokens

ENTRIES_PER_ISSUE = 10
COMMENTS_PER_ISSUE = 2
PEOPLE = 20
LABELS = (("bug", 0.3), ("idea", 0.25), ("checkout", 0.1), ("docs", 0.05), ("urgent", 0.01), ("rare", 0.0005))
OPEN_SHARE = 0.2
START = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=12)
ENTRIES_PER_SEAL = 2000
ENGLISH = """
server timeout payment button checkout cart price login session cache queue worker deploy rollback metric alert disk
memory socket proxy header cookie token upload image search filter page list menu export report
"""
KOREAN = "결제 오류 서버 배포 로그인 화면 버튼 장바구니 가격 검색 알림 메일 권한 설정 데이터베이스 연결 느려요 안돼요"
ENDINGS = ("", "가", "를", "에서", "이", "도")


@dataclass(frozen=True)
class Seeded:
    ada: Caller
    project_id: int
    issues: int
    entries: int


def seed(house: House, issues: int) -> Seeded:
    dice = random.Random(20261121)  # noqa: S311 - a bench wants the same dice each time
    ada, shop, labels = settle(house)
    rows = Rows(dice, shop, ada, labels, issues)
    engine = house.database.engine
    fill(engine, "issue", ISSUE, rows.issues())
    fill(engine, "issue_label", ("issue_id", "label_id", "is_open"), rows.labelled)
    fill(engine, "issue_assignee", ("issue_id", "person_id", "is_open"), rows.assigned)
    fill(engine, "comment", ("issue_id", "author", "author_name", "at", "body"), rows.comments())
    first = last_entry(engine) + 1
    fill(engine, "ledger_entry", ENTRY, rows.entries(first))
    fill(engine, "ledger_ref", ("ref", "entry_id"), rows.refs(first))
    fill_search(engine, rows)
    finish(engine, shop, issues, rows)
    return Seeded(ada, shop, issues, issues * ENTRIES_PER_ISSUE)


def settle(house: House) -> tuple[Caller, int, list[int]]:
    def do(work: Work) -> tuple[Caller, int, list[int]]:
        accounts = [people.make_account(work, handle=f"person{n}", name=f"Person {n}") for n in range(1, PEOPLE)]
        ada = people.make_account(work, handle="ada", name="Ada")
        shop = plan.make_project(
            Work(work.session, people.caller_for(ada), work.owed), owner="ada", name="shop", title="Shop"
        )
        for account in accounts:
            people.grant(work, shop.scope, account.id, Role.DEVELOPER)
        labels = [plan.make_label(work, shop, name=name, colour="red").id for name, _ in LABELS]
        return people.caller_for(ada), shop.id, labels

    return house.write_now(HOUSE, do)


ISSUE = (
    "id", "project_id", "number", "title", "author", "author_name", "opened_at", "updated_at", "is_open", "closed_at",
    "closed_by", "closed_by_name", "reason", "comments", "body",
)  # fmt: skip
ENTRY = ("id", "at", "kind", "actor", "actor_name", "within", "facts", "about", "seal")


class Rows:
    def __init__(self, dice: random.Random, shop: int, ada: Caller, labels: Sequence[int], issues: int) -> None:
        self.dice, self.shop, self.ada, self.label_ids, self.count = dice, shop, ada, labels, issues
        self.texts: list[tuple[str, str]] = []
        self.open: list[bool] = []
        self.labelled: list[tuple[Any, ...]] = []
        self.assigned: list[tuple[Any, ...]] = []
        self.said: list[list[str]] = []

    def sentence(self, length: int) -> str:
        korean, english = KOREAN.split(), ENGLISH.split()
        words = [
            self.dice.choice(korean) + self.dice.choice(ENDINGS)
            if self.dice.random() < 0.4
            else self.dice.choice(english)
            for _ in range(length)
        ]
        return " ".join(words)

    def issues(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.count + 1):
            is_open = self.dice.random() < OPEN_SHARE
            title, body = self.sentence(6), self.sentence(40) + f" needle{number % 1000}"
            self.texts.append((title, body))
            self.open.append(is_open)
            self.said.append([self.sentence(15) for _ in range(COMMENTS_PER_ISSUE)])
            chosen = [i for i, (_, share) in enumerate(LABELS) if self.dice.random() < share]
            self.labelled += [(number, self.label_ids[i], is_open) for i in chosen]
            persons = {self.dice.randint(1, PEOPLE) for _ in range(self.dice.choice((0, 1, 1, 2)))}
            self.assigned += [(number, person, is_open) for person in sorted(persons)]
            at = START + STEP * number
            author = self.dice.randint(1, PEOPLE)
            closed = (None, None, None, None) if is_open else (at + STEP, "person:1", "person1", "done")
            yield (
                number,
                self.shop,
                number,
                title,
                f"person:{author}",
                name_of(author),
                at,
                at,
                is_open,
                *closed,
                2,
                body,
            )

    def comments(self) -> Iterator[tuple[Any, ...]]:
        for number, said in enumerate(self.said, start=1):
            for body in said:
                yield (number, "person:2", "person2", START + STEP * number, body)

    def entries(self, first: int) -> Iterator[tuple[Any, ...]]:
        ids = count(first)
        for number, (title, _) in enumerate(self.texts, start=1):
            facts = {"issue": number, "number": number, "title": title}
            about = json.dumps([f"issue:{number}", f"project:{self.shop}"])
            for step in range(ENTRIES_PER_ISSUE):
                kind, more = KINDS[step]
                told = json.dumps({**facts, **more, **comment_facts(kind, number, step)}, ensure_ascii=False)
                entry = next(ids)
                at = START + STEP * number
                seal = 1_000_000 + entry // ENTRIES_PER_SEAL
                yield (entry, at, kind, "person:2", "person2", f"project:{self.shop}", told, about, seal)

    def refs(self, first: int) -> Iterator[tuple[Any, ...]]:
        ids = count(first)
        for number in range(1, self.count + 1):
            for _ in range(ENTRIES_PER_ISSUE):
                entry = next(ids)
                yield (f"issue:{number}", entry)
                yield (f"project:{self.shop}", entry)


KINDS: list[tuple[str, dict[str, Any]]] = [
    ("plan.issue_opened", {}),
    ("plan.labels_changed", {"added": ["bug"], "removed": []}),
    ("plan.assigned", {"added": ["ada"], "removed": []}),
    ("plan.commented", {}),
    ("plan.commented", {}),
    ("plan.assigned", {"added": ["person2"], "removed": ["ada"]}),
    ("plan.issue_edited", {"before": "another title"}),
    ("plan.planned", {"before": None, "milestone": "1.0"}),
    ("plan.issue_reopened", {}),
    ("plan.issue_closed", {"reason": "done"}),
]


def comment_facts(kind: str, number: int, step: int) -> dict[str, int]:
    if kind != "plan.commented":
        return {}
    return {"comment": (number - 1) * COMMENTS_PER_ISSUE + step - 2}


def name_of(person: int) -> str:
    return "ada" if person == PEOPLE else f"person{person}"


def fill(engine: Engine, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite."""
    with engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":
            places = ", ".join("?" * len(columns))
            driver.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608
                ([plain(value) for value in row] for row in rows),
            )
        else:
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def plain(value: Any) -> Any:
    """A moment as SQLAlchemy writes it into SQLite."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def fill_search(engine: Engine, rows: Rows) -> None:
    def words() -> Iterator[tuple[int, str]]:
        for number, ((title, body), said) in enumerate(zip(rows.texts, rows.said, strict=True), start=1):
            found = [project_token(rows.shop), *tokens("\n".join([title, str(number), body, *said]))][:TOKENS_MAX]
            yield number, " ".join(found) if engine.dialect.name == "sqlite" else vector(found)

    key = "rowid" if engine.dialect.name == "sqlite" else "issue_id"
    fill(engine, "issue_search", (key, "words"), words())


def last_entry(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT coalesce(max(id), 0) FROM ledger_entry")).scalar_one())


def finish(engine: Engine, shop: int, issues: int, rows: Rows) -> None:
    """The counters that the verbs would have kept, and what the database does by itself on a quiet night."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE project SET issues_numbered = :all, open_issues = :open WHERE id = :id"),
            {"all": issues, "open": sum(rows.open), "id": shop},
        )
        if engine.dialect.name == "postgresql":
            for table, column in (("issue", "id"), ("comment", "id"), ("ledger_entry", "id")):
                connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"  # noqa: S608
                    )
                )
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
