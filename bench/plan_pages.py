"""How fast the pages of plan are drawn in a project with 100,000 issues and a ledger with 1,000,000 entries.

    python -m bench.plan_pages [--database sqlite|postgresql] [--issues N] [--rounds N]

It fills a fresh database, draws each page many times through the whole application, and prints one JSON line: the
milliseconds from the request to the last byte of the answer (p50, p95), those of work in this process (cpu), and what
a first visit transfers.
"""

import argparse
import asyncio
import gzip
import json
import math
import re
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar.types import ASGIApp, Scope

from bench.ground import database
from bench.plan_seed import Seeded, seed
from dure import people
from dure.app import put_together
from dure.ledger import House, Table, Work, open_database
from dure.settings import Settings

WARM_UP = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        database(given.database, Path(folder)) as url,
        closing(House(open_database(url))) as house,
    ):
        Table.metadata.create_all(house.database.engine)
        print("filling the database ...", file=sys.stderr)
        began = time.perf_counter()
        seeded = seed(house, given.issues)
        print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        program = put_together(Settings(data=Path(folder)), house)
        told = asyncio.run(measure(program.asgi, cookie_of(house, seeded), seeded, given.rounds))
    print(json.dumps({"bench": "plan_pages", "database": given.database, **told}))


def cookie_of(house: House, seeded: Seeded) -> str:
    def begin(work: Work) -> str:
        assert seeded.ada.person_id is not None
        return people.begin_session(work, seeded.ada.person_id, device="bench", address="127.0.0.1").secret

    return f"{people.DURE_SESSION}={house.write_now(seeded.ada, begin)}"


def pages(issues: int) -> dict[str, str]:
    def found(words: str) -> str:
        return f"/ada/shop/issues?q={quote(words)}"

    return {
        "front": "/",
        "project": "/ada/shop",
        "list": "/ada/shop/issues",
        "list, middle": f"{found('is:open')}&cursor={issues // 2}",
        "list, all": found("sort:oldest"),
        "list, lately changed": found("is:open sort:updated"),
        "label": found("is:open label:bug"),
        "rare label": found("is:open label:rare"),
        "two labels and a person": found("is:open label:bug label:idea assignee:ada"),
        "no label, nobody": found("is:open no:label assignee:none"),
        "words": found("is:open server timeout"),
        "rare word": found("needle77"),
        "Korean": found("is:open 결제 오류"),
        "words and a label": found("is:open label:urgent payment 서버"),
        "words, lately changed": found("sort:updated payment"),
        "exact words": found('"server timeout"'),
        "search everywhere": f"/search?q={quote('결제 timeout')}",
        "issue": f"/ada/shop/issues/{issues // 3}",
        "new issue": "/ada/shop/issues/new",
    }


async def measure(app: ASGIApp, cookie: str, seeded: Seeded, rounds: int) -> dict[str, object]:
    times: dict[str, dict[str, float]] = {}
    for name, path in pages(seeded.issues).items():
        for _ in range(WARM_UP):
            await ask(app, path, cookie)
        taken = [await timed(app, path, cookie) for _ in range(rounds)]
        walls, cpus = sorted(wall for wall, _ in taken), [cpu for _, cpu in taken]
        times[name] = {
            "p50_ms": round(statistics.median(walls), 1),
            "p95_ms": round(walls[math.ceil(rounds * 0.95) - 1], 1),
            "cpu_ms": round(statistics.median(cpus), 1),
        }
    return {
        "issues": seeded.issues,
        "entries": seeded.entries,
        "worst_p95_ms": max(figures["p95_ms"] for figures in times.values()),
        "first_page_bytes": await first_visit(app, cookie),
        "pages": times,
    }


async def timed(app: ASGIApp, path: str, cookie: str) -> tuple[float, float]:
    """Milliseconds by the clock, and of work in this process: on a busy machine the two differ."""
    began, worked = time.perf_counter(), time.process_time()
    await ask(app, path, cookie)
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


async def first_visit(app: ASGIApp, cookie: str) -> int:
    """The project's page and everything it asks for, as they travel: packed."""
    body = await ask(app, "/ada/shop", cookie)
    page = gzip.decompress(body).decode() if body[:2] == b"\x1f\x8b" else body.decode()
    wanted = set(re.findall(r'(?:href|src)="(/(?:assets/|favicon)[^"]+)"', page))
    return len(body) + sum([len(await ask(app, path, cookie)) for path in wanted])


async def ask(app: ASGIApp, address: str, cookie: str) -> bytes:
    """One request straight into the application, headers and packing and all."""
    path, _, query = address.partition("?")
    headers = [
        (b"host", b"dure"),
        (b"cookie", cookie.encode()),
        (b"accept-encoding", b"gzip"),
        (b"accept", b"text/html"),
    ]
    scope: Scope = {  # type: ignore[assignment]
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8400),
        "state": {},
        "extensions": {},
    }
    parts: list[bytes] = []
    status = 0

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        if message["type"] == "http.response.body":
            parts.append(message["body"])

    await app(scope, receive, send)
    if status != 200:
        raise RuntimeError(f"{address} answered {status}")
    return b"".join(parts)


if __name__ == "__main__":
    main()
