"""The API keeps to its own description, whatever it is sent: no fault, and no answer that is not written down."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.code.worktree import Home
from tests.parts.house import running_house
from tests.parts.sample import PROJECT, Sample, fill

Operation = APIOperation[Any, Any, Any, Any]
Asked = Case[Any]
EXAMPLES = 6
"""Of each kind for each address: enough to meet its edges, few enough to run each time. They are always the same."""
SECONDS_MAX = 30
PARTS = 4
"""The addresses are dealt out, so that several processes can share the work."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
THERE: dict[str, object] = {
    "owner": PROJECT.partition("/")[0],
    "name": PROJECT.partition("/")[2],
    "number": 12,
    "handle": "sora",
    "label_id": 2,
    "milestone_id": 1,
    "comment_id": 3,
    "secret": "TOKEN",
    "version": "0.1.0",
    "file": "source.tar",
    "environment": "production",
    "service": "web",
    "what": "requests",
    "metric": "lead_time",
}
"""Invented names lead nowhere, so half of the requests go to what is there."""
THERE_IN = {"/runs/": {"number": 1, "job": 1}}
WORKFLOW = "on: [push, workflow_dispatch]\njobs:\n  test:\n    runs-on: linux\n    steps:\n      - run: 'true'\n"
SPENT = "/api/v1/me/tokens/"
"""Requests here end tokens; they come with one that nobody else uses."""

steady = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """A house of its own: what is sent here would be in the way of other tests."""
    with running_house(tmp_path_factory.mktemp("described") / "data") as house, closing(fill(house)) as sample:
        sample.api("PUT", f"/projects/{PROJECT}/secrets/TOKEN", {"value": "hush hush"})
        yield sample
        assert "failed, reference" not in house.words


@pytest.fixture(scope="module")
def there(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What leads somewhere: in the project lies a commit, a release of it, and a run of the next."""
    tree = Home(tmp_path_factory.mktemp("home"), sample.house.url, sample.tokens["ada"]).worktree(PROJECT)
    sha = tree.commit("First", {"README.md": "hello"})
    tree.push()
    sample.api("POST", f"/projects/{PROJECT}/releases", {"sha": sha})
    until_there(sample, f"/projects/{PROJECT}/releases/0.1.0")
    tree.commit("Second", {".github/workflows/ci.yml": WORKFLOW})
    tree.push()
    until_there(sample, f"/projects/{PROJECT}/runs/1")
    return {**THERE, "sha": sha}


def until_there(sample: Sample, path: str) -> None:
    give_up_at = time.monotonic() + SECONDS_MAX
    while "error" in sample.house.api("GET", path, token=sample.tokens["ada"]):
        assert time.monotonic() < give_up_at, f"{path} never came"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def operations(sample: Sample) -> list[Operation]:
    schema = schemathesis.openapi.from_url(f"{sample.house.url}/api/openapi.json")
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("known", [True, False], ids=["with a token", "without"])
def test_every_answer_is_one_that_is_described(
    known: bool, part: int, sample: Sample, operations: list[Operation], there: dict[str, object]
) -> None:
    chosen = operations[part::PARTS]
    assert chosen
    for operation in chosen:
        strategy = requests_to(operation, there)

        @steady
        @given(strategy)
        def ask(case: Asked) -> None:
            headers = {"Authorization": f"Bearer {token_for(case, sample)}"} if known else None
            answer = case.call(headers=headers, timeout=30)
            case.validate_response(answer, checks=CHECKS, headers=headers)
            if not known and case.path != "/api/v1/tokens":
                assert answer.status_code in {401, 404}  # A name with a slash in it is another address.

        ask()


def requests_to(operation: Operation, known: dict[str, object]) -> st.SearchStrategy[Asked]:
    """Good words and bad ones, to what is there and to what is not."""
    for place, more in THERE_IN.items():
        if place in operation.path:
            known = {**known, **more}
    there = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    if not there:
        return right | wrong
    return right | wrong | right.map(lambda case: sent_to(case, there)) | wrong.map(lambda case: sent_to(case, there))


def sent_to(case: Asked, there: dict[str, object]) -> Asked:
    case.path_parameters = {**(case.path_parameters or {}), **there}
    return case


def token_for(case: Asked, sample: Sample) -> str:
    if case.method.upper() == "DELETE" and case.path.startswith(SPENT):
        made = sample.api("POST", "/me/tokens", {"name": "to be spent", "scopes": ["admin"]}, by="sora")
        return str(made["token"])
    return sample.tokens["ada"]
