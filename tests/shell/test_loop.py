"""The figure: eight stages, evenly on one line, where the style sheet thinks they are."""

import re
from itertools import pairwise
from math import hypot
from pathlib import Path

import httpx
import pytest

from dure.kit import say
from dure.shell.loop import LYING, NAMES, STANDING, STATES, Eight, Stage, figure, whole_loop

STYLE = Path(__file__).parents[2] / "web" / "src" / "loop.css"


def test_all_eight_are_there_whoever_spoke() -> None:
    stages = whole_loop([Stage("deploy", say("Deploy"), "/d", 3, "busy"), Stage("plan", say("Plan"), "/p", 1, "idle")])
    assert tuple(stage.name for stage in stages) == NAMES
    assert [stage.state for stage in stages] == ["idle", *["quiet"] * 4, "busy", "quiet", "quiet"]


@pytest.mark.parametrize(("eight", "part"), [(LYING, 0), (STANDING, 1)])
def test_the_style_sheet_puts_the_stages_on_the_line(eight: Eight, part: int) -> None:
    style = STYLE.read_text().split("@container")[part]
    for name, (x, y) in zip(NAMES, figure(eight).spots, strict=True):
        found = re.search(rf"\.at-{name} {{ left: ([\d.]+)%; top: ([\d.]+)%", style)
        assert found is not None, name
        assert float(found[1]) == pytest.approx(100 * x / eight.width, abs=0.01)
        assert float(found[2]) == pytest.approx(100 * y / eight.height, abs=0.01)


@pytest.mark.parametrize("eight", [LYING, STANDING])
def test_the_arcs_join_and_are_of_one_length(eight: Eight) -> None:
    points = [
        [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)(?=C|$)", arc)]
        for arc in figure(eight).arcs
    ]
    for arc, following in pairwise([*points, points[0]]):
        assert arc[-1] == following[0]
    lengths = [sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(arc)) for arc in points]
    assert max(lengths) / min(lengths) < 1.02


def test_every_state_has_a_colour_of_its_own() -> None:
    style = STYLE.read_text()
    assert all(f".stage.{state}" in style or state == "idle" for state in STATES)


def test_it_is_a_list_of_links_with_names(http: httpx.Client) -> None:
    text = http.get("/").text
    figure_ = text.split('class="the-loop"')[1].split("</nav>")[0]
    assert figure_.count("<li ") == 8
    assert figure_.count("<a href=") == 5
    assert figure_.count("not yet") == 3
    assert re.search(r'<a href="/ada/shop/issues">\s*<span class="ring">12</span>', figure_)
