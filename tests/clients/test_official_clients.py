"""The clients that the official actions are made of, unchanged from npm, in real jobs of a real house."""

from tests.clients.shop import Shop
from tests.parts.identity import checked

CI = """
on: push
permissions: {contents: read, id-token: write}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./client
        with:
"""


def with_inputs(**inputs: str) -> str:
    return CI + "".join(f"          {name}: {value!r}\n" for name, value in inputs.items())


def test_artifacts(shop: Shop) -> None:
    told = shop.run(with_inputs(parts="artifacts"))
    artifact = told["artifact"]
    assert artifact["same"]
    assert not artifact["mismatch"]
    assert artifact["files"] == ["big.bin", "small.txt"]
    assert artifact["listed"] == ["whole thing"]
    assert artifact["sent"]["id"] == artifact["artifact"]["id"]
    assert artifact["artifact"]["digest"] == f"sha256:{artifact['sent']['digest']}"
    assert "already exists" in artifact["again"]
    assert told["raw"] == {"files": ["small.txt"], "words": "small\n"}
    assert told["deleted"]["left"] == ["whole thing"]
    assert told["missing"] == "ArtifactNotFoundError"
    [kept] = shop.api(f"/runs/{shop.runs}")["artifacts"]
    assert kept["digest"] == artifact["artifact"]["digest"]


def test_caches(shop: Shop) -> None:
    told = shop.run(with_inputs(parts="caches"))
    assert told["cache"] == {
        "miss": None,
        "saved": True,
        "twice": -1,
        "hit": "deps-1",
        "words": "kept\n",
        "prefix": "deps-1",
        "there": True,
    }


def test_identity(shop: Shop) -> None:
    """The token of `core.getIDToken`, checked as any cloud does: by discovery and published keys alone."""
    told = shop.run(with_inputs(parts="identity", audience="sts.example.org"))
    claims = checked(shop.workshop.house, bytes.fromhex(told["identity"]["token"]).decode())
    assert claims["aud"] == "sts.example.org"
    assert claims["sub"] == f"repo:{shop.path}:ref:refs/heads/main"
    assert claims["repository"] == shop.path
    assert claims["sha"] == shop.git("rev-parse", "HEAD")
    assert (claims["event_name"], claims["runner_environment"], claims["actor"]) == ("push", "self-hosted", "ada")
    assert claims["job_workflow_ref"] == f"{shop.path}/.github/workflows/ci.yml@refs/heads/main"
    assert 0 < claims["exp"] - claims["iat"] <= 600


def test_identity_is_a_permission(shop: Shop) -> None:
    words = with_inputs(parts="identity").replace("id-token: write", "id-token: none")
    shop.push(words)
    shop.ended("failure")
    assert "ACTIONS_ID_TOKEN_REQUEST_URL" in shop.logs["test"]


REST = (
    CI.replace("contents: read, id-token: write", "contents: read, issues: write, statuses: write, actions: read")
    + '          parts: artifacts rest\n          megabytes: "1"\n'
)


def test_the_rest_api(shop: Shop) -> None:
    """What github-script and the setup actions call, by octokit, with the token of the job."""
    shop.workshop.house.api("POST", f"/projects/{shop.path}/labels", {"name": "bug"}, token=shop.workshop.token)
    rest = shop.run(REST)["rest"]
    head = shop.git("rev-parse", "HEAD")
    assert (rest["repo"], rest["commit"], rest["branches"]) == (shop.path, head, ["main"])
    assert rest["content"] == "the app\n"
    assert rest["issue"]["comments"] == ["And a word more."]
    assert rest["labels"] == ["bug"]
    assert "octokit:success" in rest["statuses"]
    assert rest["artifacts"] == ["whole thing"]
    assert rest["across"] == ["big.bin", "small.txt"]
    assert rest["refused"][0] == 404
    assert rest["forbidden"] == 404
    opened = shop.api(f"/issues/{rest['issue']['number']}")
    assert opened["title"] == "From a job"


def test_what_the_permissions_do_not_say_is_refused(shop: Shop) -> None:
    shop.push(REST.replace("issues: write", "issues: read"))
    shop.ended("failure")
    assert "Resource not accessible by integration" in shop.logs["test"]


MIXED = """
on: push
jobs:
  make:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: mkdir -p out && echo hello > "out/a file"
      - uses: actions/upload-artifact@v4
        with: {name: ours, path: out, retention-days: 2}
      - uses: ./client
        with: {parts: artifacts raw, megabytes: "1"}
  take:
    needs: make
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
        with: {path: all}
      - run: cat "all/ours/a file" "all/whole thing/small.txt" all/left.txt/left.txt; ls all
"""


def test_what_clients_and_stand_ins_leave_for_each_other(shop: Shop) -> None:
    shop.push(MIXED)
    shop.ended()
    assert [line.split("Z ")[1] for line in shop.logs["take"].splitlines()][-6:] == [
        "hello",
        "small",
        "left",
        "left.txt",
        "ours",
        "whole thing",
    ]
