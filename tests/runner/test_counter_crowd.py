"""Many at the counter of one job at the same moment."""

import socket
import threading
from contextlib import ExitStack
from urllib.parse import urlsplit

from tests.build.conftest import agent, site, yard  # noqa: F401 - what these tests ask for
from tests.runner.test_counter import Till, till, until  # noqa: F401


def test_many_connections_share_a_few_threads(till: Till) -> None:  # noqa: F811
    """Two hundred at once, each kept open as clients keep theirs: all are answered, thirty-two at a time."""
    address = urlsplit(till.told["ACTIONS_RESULTS_URL"])
    ask = f"GET /api/v3/rate_limit HTTP/1.1\r\nHost: x\r\nAuthorization: token {till.order.job_token}\r\n\r\n"
    with ExitStack() as open_lines:
        lines = [
            open_lines.enter_context(socket.create_connection((address.hostname, address.port), timeout=60))
            for _ in range(200)
        ]
        until(lambda: at_work() > 1)
        for line in lines:
            line.sendall(ask.encode())
        most, answers = 0, []
        for line in lines:
            most = max(most, at_work())
            answers.append(line.recv(12))
    assert set(answers) == {b"HTTP/1.1 200"}
    assert 1 < most <= 32
    until(lambda: at_work() == 0)


def test_a_machine_without_threads_for_a_while_takes_nothing_away_for_ever(till: Till) -> None:  # noqa: F811
    """So many fail that all the places were taken, were those counted that never began."""
    address = urlsplit(till.told["ACTIONS_RESULTS_URL"])
    before = threading.stack_size(1 << 46)
    try:
        for _ in range(40):
            with socket.create_connection((address.hostname, address.port), timeout=10) as line:
                assert line.recv(1) == b"", "whom nobody can serve is sent away, and may come again"
    finally:
        threading.stack_size(before)
    assert till.put("it", b"data")["ok"]


def at_work() -> int:
    return sum(thread.name == "counter at work" for thread in threading.enumerate())
