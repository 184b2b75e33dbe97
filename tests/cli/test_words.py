"""The words of everybody, said to a real house, from signing in to closing an issue."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.parts.house import PASSWORD, Ended, RunningHouse, dure, running_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """One house for all tests of this file, with ada in it."""
    with running_house(tmp_path_factory.mktemp("words") / "data") as house:
        house.settle()
        yield house


@pytest.fixture
def home(tmp_path: Path, house: RunningHouse) -> dict[str, str]:
    """An environment in which ada is signed in."""
    environment = {"DURE_CONFIG": str(tmp_path / "config.toml")}
    done = dure("login", house.url, "--token", house.token(), environment=environment)
    assert done.code == 0, done.err
    return environment


def well(*words: str, home: dict[str, str]) -> Ended:
    done = dure(*words, environment=home)
    assert done.code == 0, done.err
    return done


def test_sign_in_by_password_and_out_again(house: RunningHouse, tmp_path: Path) -> None:
    environment = {"DURE_CONFIG": str(tmp_path / "config.toml")}
    wrong = dure("login", house.url, "--handle", "ada", environment=environment, typed="wrong wrong wrong\n")
    assert wrong.code == 4
    assert wrong.err.strip()
    right = dure("login", house.url, "--handle", "ada", environment=environment, typed=f"{PASSWORD}\n")
    assert right.code == 0, right.err
    assert f"Signed in to {house.url} as ada." in right.out

    told = json.loads(well("whoami", "--json", home=environment).out)
    assert (told["handle"], told["url"]) == ("ada", house.url)
    assert PASSWORD not in Path(environment["DURE_CONFIG"]).read_text()

    assert well("logout", home=environment).out == f"Signed out of {house.url}.\n"
    again = dure("whoami", environment=environment)
    assert again.code == 4
    assert "dure login" in again.err


def test_an_issue_from_beginning_to_end(home: dict[str, str]) -> None:
    well("project", "new", "shop", "--title", "가게", home=home)
    well("project", "choose", "ada/shop", home=home)
    assert "가게" in well("project", "list", home=home).out

    opened = well("issue", "new", "결제가 안 돼요", "--body", "It says **no**.", home=home)
    assert opened.out == "Opened ada/shop#1: 결제가 안 돼요\n"
    well("issue", "comment", "1", "Seen here too.", home=home)
    listed = well("issue", "list", home=home).out
    assert "#1" in listed
    assert "결제가 안 돼요" in listed
    found = json.loads(well("issue", "list", "결제", "--json", home=home).out)
    assert [each["number"] for each in found["issues"]] == [1]

    shown = well("issue", "show", "1", home=home).out
    assert "It says **no**." in shown
    assert "Seen here too." in shown
    assert well("issue", "close", "1", "--comment", "done", home=home).out.startswith("Closed ada/shop#1")
    assert well("issue", "list", home=home).out == "No issues found.\n"
    assert "#1" in well("issue", "list", "is:closed", home=home).out
    assert json.loads(well("issue", "reopen", "1", "--json", home=home).out)["state"] == "open"
    assert "1 open issues" in well("project", "show", "ada/shop", home=home).out


def test_tokens(home: dict[str, str]) -> None:
    made = json.loads(well("token", "new", "deploy bot", "--scope", "read", "--days", "2", "--json", home=home).out)
    assert made["token"].startswith("dure_pat_")
    assert "deploy bot" in well("token", "list", home=home).out
    well("token", "revoke", str(made["id"]), home=home)
    assert "deploy bot" not in well("token", "list", home=home).out
    refused = dure("whoami", environment={**home, "DURE_TOKEN": made["token"]})
    assert refused.code == 4


def test_what_is_not_there_and_what_cannot_be(home: dict[str, str]) -> None:
    missing = dure("issue", "show", "7", "-p", "ada/nothing", environment=home)
    assert (missing.code, missing.out) == (5, "")
    unsaid = dure("issue", "list", environment=home)
    assert unsaid.code == 1
    assert "Which project?" in unsaid.err
    nonsense = dure("issue", "list", "-p", "nonsense", environment=home)
    assert nonsense.code == 1
    assert "ada/shop" in nonsense.err
    assert dure("issue", "show", "seven", "-p", "ada/shop", environment=home).code == 2


def test_a_refusal_is_told_by_the_field_and_in_the_language_asked_for(home: dict[str, str]) -> None:
    long = dure("project", "new", "x" * 80, environment=home)
    assert long.code == 1
    assert long.err.startswith("name: ")
    korean = dure("issue", "show", "7", "-p", "ada/nothing", environment={**home, "DURE_LANGUAGE": "ko"})
    assert any("가" <= sign <= "힣" for sign in korean.err)


def test_a_house_that_is_not_there(home: dict[str, str]) -> None:
    done = dure("login", "http://127.0.0.1:1", "--token", "x", environment=home)
    assert done.code == 3
    assert "No Dure answers at http://127.0.0.1:1" in done.err
    assert dure("login", "gopher://x", "--token", "x", environment=home).code == 1
    assert dure("login", "http://127.0.0.1:99999", "--token", "x", environment=home).code == 1


class Stranger(BaseHTTPRequestHandler):
    """Some other web server, as they are met behind a wrong address."""

    def do_GET(self) -> None:
        self.send_response(200 if "fine" in self.headers["Authorization"] else 502)
        self.end_headers()
        self.wfile.write(b"<html>welcome</html>")

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def stranger() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_of_somebody_else_is_a_sentence(home: dict[str, str]) -> None:
    with stranger() as url:
        done = dure("login", url, "--token", "fine", environment=home)
        assert done.code == 1
        assert "not as a Dure" in done.err
        done = dure("login", url, "--token", "bad", environment=home)
        assert done.code == 1
        assert "502" in done.err
