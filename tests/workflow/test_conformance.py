"""The public cases of GitHub's own expression and workflow libraries, where they are at hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance import expressions, reader, schema
from tests.conformance.score import Score

CASES = Path(__file__).parents[3] / "shared" / "conformance" / "workflow"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"the public cases are not at {CASES}")


@pytest.mark.parametrize(
    ("run", "folder", "at_least"),
    [(expressions.run, "expressions", 1_020), (reader.run, "reader", 87), (schema.run, "schema", 29)],
    ids=["expressions", "reader", "schema"],
)
def test_the_public_cases_hold(run: Callable[[Path], Score], folder: str, at_least: int) -> None:
    score = run(CASES / folder)

    assert score.failures == []
    assert score.passed >= at_least
