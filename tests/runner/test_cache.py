"""actions/cache and its two halves, where the house has no copy of the actions themselves."""

from typing import Any

import pytest

from tests.runner.stand import Stand

FILL = {"run": "mkdir -p ~/.cache/pip node_modules; echo $RANDOM$RANDOM > ~/.cache/pip/a; echo two > node_modules/b"}
PATHS = "~/.cache/pip\nnode_modules"


def cached(key: str, **more: Any) -> dict[str, Any]:
    return {"id": "cache", "uses": "actions/cache@v5", "with_": {"key": key, "path": PATHS, **more}}


def test_what_one_job_keeps_another_gets(shared: Stand) -> None:
    tell = {"run": "echo hit [${{ steps.cache.outputs.cache-hit }}] ${{ steps.cache.outputs.cache-matched-key }}"}
    first, log, steps = shared.did([cached("pip-1"), tell, FILL])
    assert first.conclusion == "success", log
    assert "Cache not found for input keys: pip-1" in log
    assert "\nhit []\n" in log
    assert steps[-1].name == "Post Run actions/cache@v5"
    assert "Cache saved with key: pip-1" in log

    second, log, steps = shared.did([cached("pip-1"), tell, {"run": "cat node_modules/b; ls ~/.cache/pip"}])
    assert second.conclusion == "success", log
    assert "\nhit [true] pip-1\n" in log
    assert "\ntwo\na\n" in log
    assert not [step for step in steps if step.name.startswith("Post")]

    third, log, _ = shared.did([cached("pip-2", **{"restore-keys": "pop-\npip-"}), tell, {"run": "cat node_modules/b"}])
    assert third.conclusion == "success", log
    assert "\nhit [false] pip-1\n" in log
    assert "Cache saved with key: pip-2" in log


def test_the_two_halves(shared: Stand) -> None:
    inputs = {"key": "halves", "path": PATHS}
    missing = {**inputs, "key": "lost", "fail-on-cache-miss": "true"}
    ended, log, steps = shared.did(
        [
            FILL,
            {"uses": "actions/cache/save@v5", "with_": inputs},
            {"uses": "actions/cache/save@v5", "with_": inputs},
            {"run": "rm -r ~/.cache node_modules"},
            {"uses": "actions/cache/restore@v5", "with_": {**inputs, "lookup-only": "true"}},
            {"run": "test ! -e node_modules"},
            {"uses": "actions/cache/restore@v5", "with_": inputs},
            {"run": "cat node_modules/b"},
            {"uses": "actions/cache/restore@v5", "with_": missing},
        ]
    )

    assert ended.conclusion == "failure"
    assert [step.conclusion for step in steps] == [*["success"] * 8, "failure"], log
    assert "Cache hit occurred on the primary key halves, not saving cache." in log
    assert steps[-1].why == "There is no cache for lost."


def test_a_cache_that_cannot_be_kept_fails_nothing(shared: Stand) -> None:
    ended, log, _ = shared.did([cached("nothing")])

    assert ended.conclusion == "success"
    assert "##[warning]There is nothing at ~/.cache/pip, node_modules to be kept." in log

    ended, log, steps = shared.did([cached("after-failure"), FILL, {"run": "exit 1"}])

    assert ended.conclusion == "failure"
    assert "Cache saved" not in log
    assert len(steps) == 3


@pytest.mark.parametrize(
    ("inputs", "words"),
    [({"key": "a,b", "path": "x"}, "no comma"), ({"path": "x"}, "has 1 to 512"), ({"key": "a"}, "path is missing")],
)
def test_inputs_that_cannot_be(shared: Stand, inputs: dict[str, str], words: str) -> None:
    ended, _, steps = shared.did([{"uses": "actions/cache@v5", "with_": inputs}])

    assert ended.conclusion == "failure"
    assert words in steps[0].why
