"""A small application that shows every part of the shell: what tests look at, and what `tools/shots.py` photographs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec
from litestar import Litestar, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from litestar.types import ASGIApp, Receive, Scope, Send
from markupsafe import Markup, escape

from dure.kit import Forbidden, Invalid, Missing, Refused, Text, TooMany, Unauthenticated, now, say
from dure.ledger import Actor, Entry, Event
from dure.shell import (
    COLOURS,
    Assets,
    Frame,
    Guard,
    Link,
    Panels,
    Place,
    Stage,
    code_block,
    go,
    live,
    markdown,
    page,
    problems,
    read_form,
    resume_after,
    routes,
)
from dure.shell.viewer import Asked

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Visitor(Actor):
    """Somebody signed in, as the room of people would say it."""

    language: str | None = None
    theme: str | None = None
    signed_in: bool = True
    is_admin: bool = True


@dataclass(frozen=True)
class Project:
    path: str = "ada/shop"


@dataclass(frozen=True)
class Row:
    number: int
    title: str
    author: str
    colours: tuple[str, ...]
    state: str
    comments: int


@dataclass(frozen=True, kw_only=True)
class Poked(Event, kind="shell.poked"):
    words: str

    def sentence(self) -> Text:
        return say("{words}", words=self.words)


@dataclass
class Bench:
    """What happened in the gallery, and who listens."""

    entries: list[Entry] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    listening: int = 0

    async def poke(self, words: str) -> None:
        async with self.news:
            entry = Entry(
                at=now(),
                kind="shell.poked",
                actor="person:1",
                actor_name="ada",
                within="house",
                facts=msgspec.json.encode({"words": words}).decode(),
                about='["bench:1"]',
            )
            entry.id = len(self.entries) + 1
            self.entries.append(entry)
            self.news.notify_all()

    async def follow(self, after: int | None) -> AsyncIterator[Entry]:
        seen = len(self.entries) if after is None else after
        self.listening += 1
        try:
            while True:
                async with self.news:
                    while len(self.entries) <= seen:
                        await self.news.wait()
                for entry in self.entries[seen:]:
                    yield entry
                seen = len(self.entries)
        finally:
            self.listening -= 1


TITLES = [
    "Checkout counts the voucher twice when the cart is edited",
    "장바구니를 두 번 고치면 할인이 중복 적용됩니다",
    "Search finds nothing for names with an apostrophe",
    "Slow first answer after a deploy",
    "배송지 입력란이 좁은 화면에서 잘려요",
    "Rename “Basket” to “Cart” everywhere",
]
PEOPLE = ["ada", "김하늘", "grace.hopper", "이준", "linus"]


def rows(count: int) -> list[Row]:
    return [
        Row(
            count - place,
            TITLES[place % len(TITLES)],
            PEOPLE[place % len(PEOPLE)],
            (COLOURS[place % 12], COLOURS[(place * 5 + 3) % 12])[: place % 3],
            "closed" if place % 4 == 3 else "open",
            place * 7 % 5,
        )
        for place in range(count)
    ]


STAGES = [
    Stage("plan", say("Plan"), "/ada/shop/issues", 12, "idle", say("{count} open", count=12)),
    Stage("code", say("Code"), "/ada/shop/code", 3, "waiting", say("{count} to review", count=3)),
    Stage("build", say("Build"), "/ada/shop/build", 2, "busy", say("{count} running", count=2)),
    Stage("test", say("Test"), "/ada/shop/test", 1, "bad", say("{count} broken", count=1)),
    Stage("release", say("Release"), "/ada/shop/release", 48, "good", say("latest {name}", name="1.48.0")),
]

WRITTEN = """## What happens
The voucher is taken off **twice** when the cart is edited *after* it was entered; ~~three times~~
see #12 and ada/shop#7.
Thanks @ada, see https://dure.example/voucher?a=1&b=2.

- [x] found by a customer
- [ ] test that catches it
  1. put a lamp in the cart
  2. enter `SPRING`

| voucher | off | left |
|---|:-:|--:|
| SPRING | 10 % | 1,204 |
| 가을 | 15 % | 88 |

> It was fine on Friday.

```python
@dataclass(frozen=True)
class Voucher:
    code: str = "SPRING"
    off: float = 0.10  # a tenth

    def taken_off(self, price: int) -> int:
        return round(price * (1 - self.off))
```
"""

KNOWN = {
    "@ada": Link("/people/ada", "Ada"),
    "#12": Link("/ada/shop/issues/12", "Voucher taken twice"),
    "ada/shop#7": Link("/ada/shop/issues/7"),
}


@get("/", include_in_schema=False, sync_to_thread=False)
def home(request: Asked) -> Response[str]:
    return page(request, "gallery/home.html", title="Shop", project=Project(), here="loop", stages=STAGES, rows=rows(4))


@get("/parts", include_in_schema=False, sync_to_thread=False)
def parts(request: Asked) -> Response[str]:
    at = now()
    moments = [at, at - timedelta(minutes=5), at - timedelta(hours=3), at - timedelta(days=40), at + timedelta(hours=2)]
    return page(
        request, "gallery/parts.html", title="Parts", here="parts", colours=COLOURS, moments=moments, people=PEOPLE
    )


@get("/ada/shop/issues", include_in_schema=False, sync_to_thread=False)
def listing(request: Asked) -> Response[str]:
    at = now() - timedelta(hours=3)
    return page(
        request,
        "gallery/list.html",
        title="Issues",
        project=Project(),
        here="issues",
        rows=rows(50),
        at=at,
        query="is:open label:bug",
    )


@get("/ada/shop/issues/{number:int}", include_in_schema=False, sync_to_thread=False)
def thing(request: Asked, number: FromPath[int]) -> Response[str]:
    bench: Bench = request.app.state["bench"]
    return page(
        request,
        "gallery/thing.html",
        title=TITLES[0],
        project=Project(),
        here="issues",
        number=number,
        body=markdown(WRITTEN, KNOWN.get),
        at=now() - timedelta(hours=3),
        entries=bench.entries,
    )


@get("/thread", include_in_schema=False, sync_to_thread=False)
def thread(request: Asked) -> Response[str]:
    bench: Bench = request.app.state["bench"]
    return page(request, "gallery/thread.html", entries=bench.entries)


@get("/empty", include_in_schema=False, sync_to_thread=False)
def empty(request: Asked) -> Response[str]:
    return page(request, "gallery/empty.html", title="Issues", here="parts", code=code_block("SELECT 1;", "sql"))


class Wish(msgspec.Struct):
    title: Annotated[str, msgspec.Meta(min_length=3, max_length=40)]
    amount: int
    body: str = ""
    colours: list[str] = []
    urgent: bool = False
    mood: Literal["calm", "cross"] = "calm"


@get("/form", include_in_schema=False, sync_to_thread=False)
def form(request: Asked) -> Response[str]:
    return page(request, "gallery/form.html", title="New wish", here="parts")


@post("/form", include_in_schema=False)
async def send(request: Asked) -> Response[str]:
    wish = await read_form(request, Wish)
    return go(request, "/parts", say("Kept {title}", title=wish.title))


@post("/poke", include_in_schema=False)
async def poke(request: Asked) -> Response[str]:
    words = (await request.form()).get("words", "poked")
    await request.app.state["bench"].poke(str(words))
    return go(request, "/ada/shop/issues/12")


@get("/live", include_in_schema=False, sync_to_thread=False)
def listen(request: Asked) -> Stream:
    bench: Bench = request.app.state["bench"]
    return live(request, bench.follow(resume_after(request)), heartbeat_seconds=0.2)


@get("/listening", include_in_schema=False, sync_to_thread=False)
def listening(request: Asked) -> Response[str]:
    bench: Bench = request.app.state["bench"]
    return Response(str(bench.listening), media_type="text/plain")


class Told(msgspec.Struct):
    number: int
    title: Annotated[str, msgspec.Meta(max_length=10)]


@post("/api/v1/told")
async def told(data: JSONBody[Told]) -> Told:
    return data


class NotKept(Refused):
    """The disk is full."""


REFUSALS: dict[str, Exception] = {
    "refused": Refused(say("The issue is closed already.")),
    "invalid": Invalid({"title": say("Please fill this in."), "amount": say("A number is needed here.")}),
    "unauthenticated": Unauthenticated(say("Please sign in first.")),
    "forbidden": Forbidden(say("This is not for you to do.")),
    "too_many": TooMany(say("Too many requests. Please wait a little."), 12.5),
    "missing": Missing(),
    "storage_full": NotKept(say("The disk is full.")),
    "broken": RuntimeError("a secret of ours: hunter2"),
}


@get("/refuse/{kind:str}", include_in_schema=False, sync_to_thread=False)
def refuse(kind: FromPath[str]) -> Response[str]:
    raise REFUSALS[kind]


@get("/api/v1/refuse/{kind:str}", sync_to_thread=False)
def refuse_program(kind: FromPath[str]) -> Told:
    raise REFUSALS[kind]


@post("/refuse/{kind:str}", include_in_schema=False)
async def refuse_form(kind: FromPath[str]) -> Response[str]:
    raise REFUSALS[kind]


class SignedIn:
    """Stands for the middleware of people: the cookie says who it is."""

    wishes: ClassVar[dict[str, str]] = {}

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
        if "as=" in cookies:
            scope["user"] = Visitor(
                "person:1", "ada", language=self.wishes.get("language"), theme=self.wishes.get("theme")
            )
        await self.app(scope, receive, send)


def greet(request: Asked, **context: object) -> Markup:
    return Markup("<p>{}</p>").format(escape(f"A panel for {context['number']} at {request.url.path}"))


def gallery() -> Guard:
    panels = Panels()
    panels.hang("gallery/thing", greet)
    frame = Frame(
        pages={"gallery": HERE / "pages"},
        assets=Assets.load(),
        places=[
            Place("projects", say("Projects"), "/", key="p"),
            Place("parts", say("Parts"), "/parts", key="q"),
            Place("loop", say("Loop"), "/{project}", key="l", within="project"),
            Place("issues", say("Issues"), "/{project}/issues", key="i", within="project"),
            Place("settings", say("Settings"), "/me", key="s", within="me"),
            Place("house", say("The house"), "/admin", key="a", within="admin", shown=lambda viewer: viewer.is_admin),
        ],
        panels=panels,
    )
    shown = [home, parts, listing, thing, thread, empty, form, send, poke, listen, listening]
    app = Litestar(
        route_handlers=[*routes.handlers, *shown, told, refuse, refuse_program, refuse_form],
        middleware=[SignedIn],
        exception_handlers=problems({NotKept: 507}),
        state=State({"frame": frame, "bench": Bench()}),
        request_max_body_size=100_000,
        logging_config=None,
    )
    return Guard(app, public_url="https://dure.example")
