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
    assert rest["forbidden"] == 403
    opened = shop.api(f"/issues/{rest['issue']['number']}")
    assert opened["title"] == "From a job"


def test_what_the_permissions_do_not_say_is_refused(shop: Shop) -> None:
    shop.push(REST.replace("issues: write", "issues: read"))
    shop.ended("failure")
    assert "Resource not accessible by integration" in shop.logs["test"]


PULLS = CI.replace("on: push", "on: {push: {branches: [main]}}").replace(
    "{contents: read, id-token: write}",
    "{contents: write, pull-requests: write, checks: write, actions: write, deployments: read}",
) + ("          parts: pulls\n")
BY_HAND = """
on:
  workflow_dispatch: {inputs: {who: {required: true}}}
  repository_dispatch: {types: [shipped]}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ inputs.who }}${{ github.event.client_payload.to }}"
"""


def test_merge_requests_checks_and_dispatches(shop: Shop) -> None:
    """A change is opened, looked at and merged by octokit in a job, which then begins two more runs and no others."""
    shop.push("on: workflow_dispatch\njobs: {x: {runs-on: x, steps: [{run: x}]}}", app="the app\n")
    shop.push("on: workflow_dispatch\njobs: {x: {runs-on: x, steps: [{run: x}]}}", "topic", app="another\n", more="x")
    shop.git("checkout", "-q", "main")
    told = shop.run(PULLS, **{".github/workflows/hand.yml": BY_HAND})["pulls"]
    assert (told["number"], told["title"], told["head"]) == (1, "From a job", "topic")
    assert told["again"] == 422
    assert told["listed"] == ["Said by octokit."]
    assert told["files"] == ["modified app", "added more"]
    assert told["commits"] == ["feat: change"]
    assert told["reviews"] == told["deployments"] == []
    assert told["compared"] == ["diverged", 1, 2]
    assert told["checks"] == ["success"]
    assert (told["merged"]["merged"], told["isMerged"]) == (True, 204)
    assert told["nothing"][0] == 404
    assert told["invalid"][0] == 422
    assert "Validation Failed" in told["invalid"][1]
    assert shop.api("/merge-requests/1")["merged"] == told["merged"]["sha"]
    said = set()
    for _ in range(2):
        shop.ended()
        said |= {shop.logs["test"].splitlines()[-1].split("Z ")[1]}
    assert said == {"Ada", "Seoul"}
    runs = [shop.api(f"/runs/{number}") for number in range(1, shop.runs + 1)]
    assert sorted(run["event"] for run in runs) == ["push", "repository_dispatch", "workflow_dispatch"]
    assert not shop.api("/runs?limit=10")["runs"][3:], "the merge, which pushed to main, began nothing"


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
