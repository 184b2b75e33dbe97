"""A project with a workflow, and jobs of it that speak to the REST API with their tokens."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from dure.wire import JobOrder
from tests.build.agent import Agent
from tests.build.conftest import agent, site, yard  # noqa: F401 - what these tests ask for
from tests.build.wired import Yard
from tests.plan.visitor import Answer, Visitor

CI = """
on: {{push: {{branches: [main]}}}}
permissions: {permissions}
jobs: {{test: {{runs-on: ubuntu-latest, steps: [{{run: echo}}]}}}}
"""
HERE = "/api/v3/repos/ada/shop"


@dataclass
class Client:
    """Whoever shows this token. Addresses without a beginning are those of the project."""

    url: str
    token: str
    order: JobOrder

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        where = path if path.startswith("/api/") else HERE + path
        return Visitor(self.url).ask(method, where, sent, Authorization=f"token {self.token}", **headers)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)


Job = Callable[..., Client]


@pytest.fixture
def job(yard: Yard, agent: Agent) -> Job:  # noqa: F811
    """A job whose token is good for this."""

    def begin(permissions: str = "{}", **files: str) -> Client:
        yard.push({".github/workflows/ci.yml": CI.format(permissions=permissions), **files})
        order = agent.take()
        return Client(agent.url, order.job_token, order)

    return begin
