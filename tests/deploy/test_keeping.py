"""The round of keeping: what should run runs, whatever happened to the machine."""

from pathlib import Path
from typing import Any

import pytest

from dure.deploy.engines.pretend import PretendPlatform, PretendTraffic
from dure.deploy.instance import keep
from dure.deploy.platform import Instance
from dure.deploy.rollout import Rollouts
from dure.ledger import HOUSE, Phases, Work
from dure.release import artifacts_of, latest_release
from dure.vault import put_secret
from tests.deploy.test_rollout import go_live
from tests.deploy.yard import ONE_ENVIRONMENT, SHOP, Yard

DEMANDING = f"""
services:
  web:
    command: ./serve --port ${{PORT}}
    working_dir: app
    env_file: defaults.env
    environment: {{COLOUR: green}}
    secrets: [TOKEN]
    deploy: {{replicas: 2}}
    x-dure: {{port: PORT}}
{ONE_ENVIRONMENT}"""
FILES = {"app/serve": "#!/bin/sh\n", "defaults.env": "# usual\nCOLOUR=blue\nexport SIZE='big one'\n"}


def rounds_over(yard: Yard, platform: PretendPlatform, traffic: PretendTraffic) -> None:
    """Another house opens, over other engines."""
    rollouts = Rollouts(platform, traffic, yard.blobs, yard.keys)
    yard.platform, yard.traffic = platform, traffic
    machines: list[Phases[Any]] = [rollouts.phases(), rollouts.keeping()]
    yard.rounds[1:] = [machine.reconciler(yard.house, "reopened") for machine in machines]


def test_after_a_reboot_everything_comes_back(yard: Yard, tmp_path: Path) -> None:
    go_live(yard, "1.0.0")
    go_live(yard, "1.1.0")
    (tmp_path / "rebooted").mkdir()
    rounds_over(yard, PretendPlatform(tmp_path / "rebooted"), PretendTraffic())
    yard.until(lambda: yard.running() == ["d1-web-0", "d2-web-0"])
    assert yard.weights() == {"d1": 0, "d2": 100}
    route = yard.traffic.routes[0]
    assert route.upstreams["d2"], "and it is reached"
    assert yard.live() == "1.1.0"
    assert yard.told(yard.row(2).ref).count("deploy.went_live") == 1


def test_a_reboot_in_the_middle_of_a_rollout(yard: Yard, tmp_path: Path) -> None:
    slow = SHOP.replace("step_seconds: 0.1", "step_seconds: 1")
    go_live(yard, "1.0.0")
    yard.release("1.1.0", slow)
    yard.until(lambda: "canary" in yard.phases() and bool(yard.weights().get("d2")), yard.visit)
    (tmp_path / "rebooted").mkdir()
    rounds_over(yard, PretendPlatform(tmp_path / "rebooted"), PretendTraffic())
    yard.until_still(yard.visit)
    assert yard.live() == "1.1.0"


def test_what_nobody_wants_is_stopped(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    left = Instance(
        key="d99-web-0", project=1, environment="x", service="web", version="d99", command=("x",), directory=Path("/")
    )
    yard.platform.start(left)
    yard.house.write_now(HOUSE, keep)
    yard.until(lambda: yard.running() == ["d1-web-0"])


def test_an_instance_is_given_what_the_file_says(yard: Yard) -> None:
    def put(work: Work) -> None:
        put_secret(work, yard.keys, yard.project.scope, "TOKEN", "a-token-of-ours")

    yard.house.write_now(HOUSE, put)
    root = yard.platform.prepare("unused", [b"x"]).parent
    yard.release("1.0.0", DEMANDING, FILES)
    digest = yard.house.read_now(HOUSE, lambda work: digest_of(work, yard))
    folder = root / digest.removeprefix("sha256:")
    (folder / "app").mkdir(parents=True)
    (folder / "defaults.env").write_text(FILES["defaults.env"])
    yard.platform.prepared[digest.removeprefix("sha256:")] = b""
    yard.until_still()
    assert yard.running() == ["d1-web-0", "d1-web-1"]
    instance = yard.platform.instances["d1-web-1"]
    assert instance.command == ("./serve", "--port", "${PORT}")
    assert instance.directory == (folder / "app").resolve()
    assert instance.variables["COLOUR"] == "green"
    assert instance.variables["SIZE"] == "big one"
    assert (instance.variables["DURE_ENVIRONMENT"], instance.variables["DURE_RELEASE"]) == ("production", "1.0.0")
    assert instance.secrets == {"TOKEN": "a-token-of-ours"}
    assert "a-token-of-ours" not in repr(instance)
    assert len(yard.traffic.routes[0].upstreams["d1"]) == 2


def digest_of(work: Work, yard: Yard) -> str:
    newest = latest_release(work, yard.project)
    assert newest is not None
    return artifacts_of(work, newest)[0].digest


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (
            DEMANDING.replace("    env_file: defaults.env\n", "").replace("    working_dir: app\n", ""),
            "no secret TOKEN",
        ),
        (SHOP.replace("stop_grace_period: 2s", "working_dir: nowhere"), "There is no nowhere in the release."),
        (SHOP.replace("stop_grace_period: 2s", "env_file: none.env"), "There is no none.env in the release."),
    ],
)
def test_what_is_lacking_fails_with_the_reason(yard: Yard, app: str, words: str) -> None:
    yard.release("1.0.0", app)
    yard.until_still()
    assert yard.phases() == ["failed"]
    assert words in str(yard.row(1).why)
    assert yard.running() == []


def test_the_traffic_is_away_for_a_while(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0")
    yard.until(lambda: "canary" in yard.phases())
    yard.traffic.down = True
    for _ in range(20):
        yard.once()
    assert yard.row(2).phase in ("canary", "promoting")
    yard.traffic.down = False
    yard.until_still(yard.visit)
    assert yard.live() == "1.1.0"
