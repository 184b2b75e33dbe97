"""ClickHouse, over its HTTP interface: a server somewhere, or the embedded engine, which speaks the same."""

import base64
import http.client
import re
import threading
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlencode, urlsplit

import msgspec

from dure.kit import Refused, say
from dure.monitor.engines import statements
from dure.monitor.store import Away, Counted, CountsAsked, LinesAsked, LogRow, MetricRow, Refusing, StoreState

ASK_SECONDS_MAX = 15.0
INSERT_SECONDS_MAX = 30.0
ANSWER_BYTES_MAX = 64 * 1024 * 1024
CODE = re.compile(rb"Code: (\d+)")
NO_TIME, NO_MEMORY = 159, 241
PASSING = {NO_TIME, NO_MEMORY, 209, 210, 243, 252, 425, 999}
"""Codes of what passes: no time, memory, room or network just now, or too many parts to merge."""

encoder = msgspec.json.Encoder()
counted, logged = msgspec.json.Decoder(Counted), msgspec.json.Decoder(LogRow)


class TooMuch(Refused):
    """The question would take longer, or more memory, than one may have."""


class ClickHouse:
    """A store behind the address of a ClickHouse server: http://user:password@host:8123."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(say("The address of a ClickHouse looks like http://user:password@host:8123."))
        self.host, self.port, self.is_safe = parts.hostname, parts.port, parts.scheme == "https"
        self.headers: dict[str, str] = {}
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self.lock = threading.Lock()
        self.prepared = False
        self.seen = StoreState(word="asleep")

    def start(self) -> None:
        """The tables are made at the first question, so that a server that is away delays nobody."""

    def stop(self) -> None:
        """The server stays."""

    def state(self) -> StoreState:
        return self.seen

    def connection(self, timeout_seconds: float) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.is_safe else http.client.HTTPConnection
        return kind(self.host, self.port, timeout=timeout_seconds)

    def insert_metrics(self, rows: Sequence[MetricRow], token: str) -> None:
        self.insert("metrics", encoder.encode_lines(rows), token)

    def insert_logs(self, rows: Sequence[LogRow], token: str) -> None:
        self.insert("logs", encoder.encode_lines(rows), token)

    def counts(self, asked: CountsAsked) -> list[Counted]:
        sql, values = statements.counts(asked)
        return counted.decode_lines(self.select(sql, values, "JSONCompactEachRow"))

    def lines(self, asked: LinesAsked) -> list[LogRow]:
        sql, values = statements.lines(asked)
        return logged.decode_lines(self.select(sql, values, "JSONEachRow"))

    def insert(self, table: str, body: bytes, token: str) -> None:
        self.prepare()
        status, answer = self.send({"query": statements.insert_into(table, token)}, body, INSERT_SECONDS_MAX)
        if status == 200:
            return
        code = CODE.search(answer)
        if status in (503, 504) or (code and int(code[1]) in PASSING):
            raise Away(told_by(answer))
        raise Refusing(told_by(answer))

    def select(self, sql: str, values: Mapping[str, str], form: str) -> bytes:
        self.prepare()
        asked = {"query": sql, "default_format": form, **values}
        status, answer = self.send(asked, b"", ASK_SECONDS_MAX)
        if status == 200:
            return answer
        code = CODE.search(answer)
        if status == 504 or (code and int(code[1]) in (NO_TIME, NO_MEMORY)):
            raise TooMuch(say("That is more than can be read at once. Ask for a shorter time, or for rarer words."))
        if status == 503:
            raise Away(told_by(answer))
        raise Refusing(told_by(answer))

    def prepare(self) -> None:
        """Make the tables, once for each engine that we meet."""
        if self.prepared:
            return
        with self.lock:
            for statement in () if self.prepared else statements.TABLES:
                status, answer = self.send({}, statement.encode(), INSERT_SECONDS_MAX)
                if status != 200:
                    raise Away(told_by(answer))
            self.prepared = True

    def send(self, asked: Mapping[str, str], body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        line = self.connection(timeout_seconds)
        try:
            line.request("POST", f"/?{urlencode(asked)}", body, self.headers)
            answer = line.getresponse()
            found = answer.status, answer.read(ANSWER_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            self.lost(error)
            raise Away(str(error) or type(error).__name__) from error
        finally:
            line.close()
        self.seen = msgspec.structs.replace(self.seen, word="here", why="")
        return found

    def lost(self, error: Exception) -> None:
        self.seen = StoreState(word="away", why=str(error))


def told_by(answer: bytes) -> str:
    return answer.decode(errors="replace")[:500]
