"""Tests in a browser and for programs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.app import put_together
from dure.settings import Settings
from dure.shell.place import Panels
from dure.test import routes
from tests.parts.served import served
from tests.plan.visitor import Visitor
from tests.test.conftest import Shop

GOOD, BAD = "passed", "failed"


@pytest.fixture
def site(shop: Shop, tmp_path: Path) -> Iterator[str]:
    with served(put_together(Settings(data=tmp_path, telemetry=False, local_runner=False), shop.house).asgi) as url:
        yield url


@pytest.fixture
def ada(shop: Shop, site: str) -> Iterator[Visitor]:
    with Visitor.signed_in(site, shop.house, shop.ada) as visitor:
        yield visitor


@pytest.fixture
def carl(shop: Shop, site: str) -> Iterator[Visitor]:
    with Visitor.signed_in(site, shop.house, shop.carl) as visitor:
        yield visitor


def test_without_reports_the_page_says_how_they_come(ada: Visitor) -> None:
    answer = ada.get("/ada/shop/tests")

    assert answer.status == 200
    assert "JUnit XML" in answer.text
    assert ada.get("/ada/shop/tests/of-run/1").text.strip() == ""


def test_failing_tests_stand_first_and_have_a_history(shop: Shop, ada: Visitor) -> None:
    shop.reported(("adds", GOOD), ("pays", GOOD), run=1, sha="1" * 40)
    shop.reported(("adds", GOOD), ("pays", BAD), run=2, sha="2" * 40)

    listed = ada.get("/ada/shop/tests").text
    assert "pays" in listed
    assert ">adds<" not in listed
    assert ">adds<" in ada.get("/ada/shop/tests?kind=all").text
    case = ada.api("GET", "/projects/ada/shop/tests?kind=failing").json["tests"][0]
    story = ada.get(case["url"])
    assert story.status == 200
    assert "Failed 50 % of the last 2 times." in story.text
    assert "it is wrong" in story.text
    fragment = ada.get("/ada/shop/tests/of-run/2").text
    assert "1 new failure" in fragment
    assert fragment == ada.get(f"/ada/shop/tests/of-commit/{'2' * 40}").text


def test_names_from_reports_are_only_words(shop: Shop, ada: Visitor) -> None:
    shop.reported(("&lt;script&gt;alert(1)&lt;/script&gt;", BAD))

    for path in ("/ada/shop/tests", "/ada/shop/tests/of-run/1", "/ada/shop/tests/1"):
        assert "<script>alert" not in ada.get(path).text


def test_a_report_that_cannot_be_read_is_shown_with_its_reason(shop: Shop, ada: Visitor) -> None:
    shop.report(b"<html/>", name="page.html")
    shop.read_all()

    assert "It is not JUnit XML: it begins with &lt;html&gt;" in ada.get("/ada/shop/tests/of-run/1").text


def test_programs_read_the_same(shop: Shop, ada: Visitor) -> None:
    shop.reported(("adds", GOOD), ("pays", BAD))

    found = ada.api("GET", f"/projects/ada/shop/commits/{'a' * 40}/tests").json
    assert (found["passed"], found["failed"], found["new_failures"], found["is_whole"]) == (1, 1, 1, True)
    assert found["failures"][0]["name"] == "pays"
    case = ada.api("GET", f"/projects/ada/shop/tests/{found['failures'][0]['id']}").json
    assert (case["state"], case["times"][0]["run"], case["times"][0]["job"]) == ("failed", 1, "test")
    assert ada.api("GET", "/projects/ada/shop/tests?kind=nonsense").status in (400, 422)
    assert ada.api("GET", "/projects/ada/shop/tests/999").status == 404


def test_strangers_find_nothing(shop: Shop, carl: Visitor) -> None:
    shop.reported(("adds", GOOD))

    for path in (
        "/ada/shop/tests",
        "/ada/shop/tests/1",
        "/ada/shop/tests/of-run/1",
        f"/ada/shop/tests/of-commit/{'a' * 40}",
    ):
        assert carl.get(path).status == 404
    assert carl.api("GET", "/projects/ada/shop/tests").status == 404


@pytest.mark.parametrize("query", ["kind=nothing", "at=x", "at=99999999999999999999", "q=%00", "kind=all&at=10001"])
def test_strange_questions_do_no_harm(shop: Shop, ada: Visitor, query: str) -> None:
    shop.reported(("adds", GOOD))

    assert ada.get(f"/ada/shop/tests?{query}").status in (200, 400, 422)
    assert ada.get("/ada/shop/tests/of-commit/a%00b").status == 200


def test_panels_fetch_themselves(shop: Shop) -> None:
    panels = Panels()
    for hook, draw in routes.panels:
        panels.hang(hook, draw)

    drawn = panels.draw("code/commit", None, project=shop.project, sha="a" * 40)  # type: ignore[arg-type]
    assert f'fragment="/ada/shop/tests/of-commit/{"a" * 40}"' in drawn
