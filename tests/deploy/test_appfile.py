"""App files: what is understood, and that everything else is refused by name and place."""

import msgspec
import pytest

from dure.deploy import AppFile, AppFileBroken, read_app_file
from dure.deploy.appfile import EnvironmentRule, parse_compose, parse_procfile

WHOLE = """
services:
  web:
    command: gunicorn -b 127.0.0.1:${PORT} 'my app:app' --name "$NAME"
    working_dir: web
    env_file: [.env, more.env]
    environment:
      NAME: shop
      GREETING: "Hello from ${NAME}, ${COLOUR:-blue} and $$5"
      DEBUG: 0
    depends_on:
      api: {condition: service_healthy}
    healthcheck:
      test: [CMD, curl, -f, "http://localhost:8000/up?deep=1"]
      interval: 500ms
      timeout: 2s
      retries: 10
      start_period: 1m30s
    deploy: {replicas: 3}
    stop_grace_period: 20s
    secrets: [TOKEN]
    x-dure:
      port: PORT
      rollout: {strategy: canary, steps: [5, 25, 100], step_seconds: 30, alpha: 0.05, tolerance: 2, bake_seconds: 10}
    x-mine: is mine
  api:
    command: [python, api.py, ""]
    environment: [A=1, B=two words, EMPTY=]
    x-dure: {readiness: {http: /ready}}
  worker:
    command: python work.py
secrets:
  TOKEN: {external: true}
x-dure:
  environments:
    - {name: test}
    - {name: production, after: test, deploy: approval}
x-other: {anything: goes}
"""


def broken(source: str, name: str = "compose.yaml") -> list[tuple[int, int, str]]:
    with pytest.raises(AppFileBroken) as refused:
        read_app_file(source, name)
    return [(each.line, each.column, str(each.text)) for each in refused.value.mistakes]


def said(source: str) -> str:
    return "\n".join(words for _, _, words in broken(source))


def test_the_whole_of_it() -> None:
    app = parse_compose(WHOLE)
    api, worker, web = app.services
    assert (api.name, worker.name, web.name) == ("api", "worker", "web"), "what is needed comes first"
    assert web.command == ("gunicorn", "-b", "127.0.0.1:${PORT}", "my app:app", "--name", "shop")
    assert web.variables == {"NAME": "shop", "GREETING": "Hello from shop, blue and $5", "DEBUG": "0"}
    assert (web.env_files, web.secrets, web.working_dir) == ((".env", "more.env"), ("TOKEN",), "web")
    assert (web.replicas, web.grace_seconds, web.needs, web.port) == (3, 20, ("api",), True)
    assert web.readiness.http == "/up?deep=1"
    assert web.readiness.patience_seconds == 90 + 10 * 0.5
    assert (web.rollout.steps, web.rollout.alpha, web.rollout.tolerance) == ((5, 25, 100), 0.05, 2.0)
    assert api.command == ("python", "api.py", "")
    assert api.variables == {"A": "1", "B": "two words", "EMPTY": ""}
    assert api.port, "what is asked over HTTP takes requests"
    assert not worker.port
    assert app.environments == (
        EnvironmentRule("test"),
        EnvironmentRule("production", "approval", after="test", production=True),
    )
    assert (app.rollout.strategy, app.rollout.steps, app.rollout.step_seconds) == ("canary", (5, 25, 100), 30)
    assert msgspec.json.decode(msgspec.json.encode(app), type=AppFile) == app


def test_two_environments_when_none_are_named() -> None:
    app = parse_compose("services: {web: {command: run}}")
    assert [(each.name, each.deploy, each.production) for each in app.environments] == [
        ("staging", "automatic", False),
        ("production", "automatic", True),
    ]


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("image: nginx", "Say the `command` to run instead"),
        ("build: .", "Say the `command` to run instead"),
        ('ports: ["80:80"]', "`port: PORT` under `x-dure`"),
        ("volumes: [a:/b]", "Remove them"),
        ("restart: always", "Remove it"),
        ("cap_add: [ALL]", "`cap_add` is not supported in services.web. Remove it"),
        ("comand: x", "Did you mean `command`?"),
        ("deploy: {resources: {}}", "`deploy.resources` is not supported"),
        ("x-dure: {readyness: {}}", "Did you mean `readiness`?"),
        ("x-dure: {rollout: {step: [10]}}", "Did you mean `steps`?"),
    ],
)
def test_a_key_that_is_not_supported_is_refused_by_name(key: str, remedy: str) -> None:
    source = f"services:\n  web:\n    command: run\n    {key}\n"
    [(line, column, words)] = broken(source)
    assert remedy in words
    named = words.partition("`")[2].partition("`")[0].rpartition(".")[2]
    assert source.splitlines()[line - 1][column - 1 :].startswith(named), "it points at the key"


def test_every_mistake_is_told_at_once_and_in_the_order_of_the_file() -> None:
    source = "version: '3'\nservices:\n  web:\n    image: nginx\n    stop_grace_period: 10\nvolumes: {}\n"
    mistakes = broken(source)
    assert [(line, column) for line, column, _ in mistakes] == [(1, 1), (4, 5), (4, 5), (5, 24), (6, 1)]
    with pytest.raises(AppFileBroken, match=r"compose.yaml, line 1, column 1: `version` has no meaning.*more\)"):
        parse_compose(source)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("command: a && b", "No shell reads"),
        ("command: echo $(date)", "No shell reads"),
        ("command: 'say \"hi'", "not closed"),
        ("command: ''", "is empty"),
        ("command: []", "is empty"),
        ("command: {a: b}", "takes a word"),
        ("command: run ${MISSING}", "MISSING is not in this service's `environment`"),
        ("command: run ${A?no}", "is not supported. Use ${NAME}"),
        ("command: run $", "Write $$"),
        ("command: run $TOKEN\n    secrets: [TOKEN]", "is a secret and never stands in a command"),
        ("command: run\n    environment: {A: $B, B: $A}", "stand for each other"),
        ("command: run\n    environment: {HOME}", "has no value"),
        ("command: run\n    environment: [HOME]", "has no value"),
        ("command: run\n    environment: {PORT: 80}", "PORT is chosen by Dure"),
        ("command: run\n    environment: {BIND: '0.0.0.0:${PORT}'}", "known only when the service starts"),
        ("command: run\n    environment: {a-b: 1}", "name of a variable"),
        ("command: run\n    working_dir: /etc", "within the repository"),
        ("command: run\n    working_dir: a/../../b", "within the repository"),
        ("command: run\n    env_file: ../.env", "within the repository"),
        ("command: run\n    depends_on: [db]", "There is no service db"),
        ("command: run\n    depends_on: [web]", "wait for each other"),
        ("command: run\n    depends_on: {web: {condition: service_completed_successfully}}", "is one of"),
        ("command: run\n    deploy: {replicas: 0}", "from 1 to 50"),
        ("command: run\n    deploy: {replicas: true}", "from 1 to 50"),
        ("command: run\n    stop_grace_period: soon", "duration such as 10s"),
        ("command: run\n    stop_grace_period: 99h", "at most 24h"),
        ("command: run\n    healthcheck: {test: [CMD, ./check.sh]}", "runs no program"),
        ("command: run\n    x-dure: {port: 8000}", "`port` is PORT"),
        ("command: run\n    x-dure: {readiness: {http: 'http://x/up'}}", "is a path such as /up"),
        ("command: run\n    x-dure: {rollout: {steps: [50, 10, 100]}}", "percents that grow"),
        ("command: run\n    x-dure: {rollout: {steps: [10, 50]}}", "percents that grow"),
        ("command: run\n    x-dure: {rollout: {strategy: blue}}", "is one of"),
        ("command: run\n    x-dure: {rollout: {alpha: .nan}}", "is a number from"),
        ("command: run\n    secrets: [a b]", "name of a secret"),
        ("environment: {}", "needs a `command`"),
    ],
)
def test_values_that_mean_nothing_are_refused(value: str, words: str) -> None:
    assert words in said(f"services:\n  web:\n    {value}\n")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "no service"),
        ("[]", "takes keys and values"),
        ("services: []", "takes keys and values"),
        ("services: {}", "no service"),
        ("services: {Web: {command: x}}", "cannot be a name"),
        ("services: {web: null}", "needs a `command`"),
        ("services: {web: {command: x}}\nx-dure: {environments: []}", "no environment"),
        ("services: {web: {command: x}}\nx-dure: {environments: [{deploy: automatic}]}", "needs a `name`"),
        ("services: {web: {command: x}}\nx-dure: {environments: [{name: a}, {name: a}]}", "already"),
        ("services: {web: {command: x}}\nx-dure: {environments: [{name: a, after: b}]}", "stands above it"),
        ("services: {web: {command: x}}\nx-dure: {environments: [{name: a, deploy: maybe}]}", "is one of"),
        ("services: {web: {command: x, secrets: [B]}}\nsecrets: {A: {external: true}}", "not among the `secrets`"),
        ("services: {web: {command: x}}\nsecrets: {A: {file: a.txt}}", "`file` is not supported"),
        ("services:\n  web:\n command: x", "not YAML"),
        ("services: {web: &a {command: x, y: *a}}", "Nothing before this is marked"),
    ],
)
def test_files_that_mean_nothing_are_refused(source: str, words: str) -> None:
    assert words in said(source)


def test_a_procfile_alone_is_enough() -> None:
    app = parse_procfile("# the shop\nweb: gunicorn -b :$PORT 'my app'\n\nworker: python work.py --fast\n")
    web, worker = app.services
    assert (web.command, web.port) == (("gunicorn", "-b", ":${PORT}", "my app"), True)
    assert (worker.name, worker.command, worker.port) == ("worker", ("python", "work.py", "--fast"), False)
    assert read_app_file("web: run", "Procfile").services[0].command == ("run",)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("", 1, "1 to 200 lines"),
        ("web: a\nno colon here", 2, "a name, a colon and a command"),
        ("web: a\nweb: b", 2, "already"),
        ("release: migrate", 1, "`release` is not supported"),
        ("web: A=1 run", 1, "No shell reads"),
        ("web: a | b", 1, "No shell reads"),
        ("web: echo 'x", 1, "not closed"),
        ("web: run $HOME", 1, "HOME is not in"),
        ("web:", 1, "is empty"),
        ("We_b: run", 1, "cannot be a name"),
    ],
)
def test_a_procfile_that_means_nothing_is_refused(source: str, line: int, words: str) -> None:
    mistakes = broken(source, "Procfile")
    assert mistakes[0][0] == line
    assert words in mistakes[0][2]
