"""actions/checkout: the project's files at the commit of the run, by git over HTTP.

Where an order names no repository, the runner has the files itself and hands them over: `dure run` does that with the
working copy, as it lies.
"""

import base64
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from dure.kit import say
from dure.runner.job.desk import Desk, StepFailed
from dure.runner.place import Want

SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
REF = re.compile(r"(?!-)[\w./@+=-]{1,255}")
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_ADVICE": "0"}


def checkout(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    order = desk.scope.order
    if not order.repository_url:
        return handed_over(desk, inputs, environment)
    directory = within(desk.scope.workspace, inputs.get("path", ""))
    wanted = inputs.get("ref") or order.sha
    if not REF.fullmatch(wanted):
        raise StepFailed(say("ref {ref} is no name that git knows.", ref=wanted))
    depth = number(inputs.get("fetch-depth", "1"))
    sign_in = credentials(order.repository_url, order.job_token)
    here = {**environment, **QUIET, **sign_in}

    def git(*words: str) -> None:
        desk.log.tell(f"[command]git {' '.join(words)}")
        if desk.run(["git", "-C", directory, *words], here, desk.scope.room) != 0:
            raise StepFailed(say("git {word} failed; what it said stands above.", word=words[0]))

    desk.run(["mkdir", "-p", directory], here, desk.scope.room)
    git("init", "--quiet", "--initial-branch=main", ".")
    git("config", "remote.origin.url", order.repository_url)
    git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    tags = "--tags" if inputs.get("fetch-tags") == "true" else "--no-tags"
    fetching = ("fetch", "--quiet", "--no-recurse-submodules", "--force")
    if depth == 0:
        git(*fetching, "--tags", "origin")
        git(*fetching, "--no-tags", "origin", wanted)
    else:
        git(*fetching, tags, f"--depth={depth}", "origin", wanted)
    if inputs.get("clean", "true") != "false":
        git("clean", "-ffdxq")
    branch = order.ref.removeprefix("refs/heads/") if order.ref.startswith("refs/heads/") else ""
    if branch and wanted in (order.sha, branch, order.ref) and REF.fullmatch(branch):
        git("checkout", "--quiet", "--force", "-B", branch, "FETCH_HEAD")
    else:
        git("checkout", "--quiet", "--force", "--detach", "FETCH_HEAD")
    git("log", "-1", "--format=%H %s")
    if inputs.get("persist-credentials", "true") != "false":
        # Only by variables, so that no file of the workspace, and no artifact made of it, holds the token.
        desk.environment.update(sign_in)
    return {"ref": order.ref if wanted == order.sha else wanted, "commit": wanted if SHA.fullmatch(wanted) else ""}


def handed_over(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """From the runner, moved into place inside."""
    order = desk.scope.order
    directory = within(desk.scope.workspace, inputs.get("path", ""))
    wanted, repository = inputs.get("ref", ""), inputs.get("repository", "")
    if wanted in (order.sha, order.ref, order.ref.removeprefix("refs/heads/")):
        wanted = ""
    if repository.lower() == order.project.lower():
        repository = ""
    folder = f"files_{desk.step}_{desk.tally.next('wanted')}"
    name = f"{repository}@{wanted}" if repository or wanted else ""
    desk.answered(Want(what="fetch_files", name=name, file=folder))
    desk.handed.put_in(desk.shelf / folder, folder)
    manner = "beside" if inputs.get("clean", "true") == "false" else "instead"
    argv = desk.script("settle", f"{desk.scope.room}/handed/{folder}", directory, manner)
    if desk.run(argv, environment, desk.scope.room) != 0:
        raise StepFailed(say("The files could not be put into the workspace; the reason stands above."))
    return {"ref": wanted or order.ref, "commit": "" if name else order.sha}


def credentials(url: str, token: str) -> dict[str, str]:
    """Variables by which git shows the job's token to the house, and to nobody else."""
    parts = urlsplit(url)
    words = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {words}",
    }


def within(workspace: str, path: str) -> str:
    """A place in the workspace. What the job does there, it does as itself, so this only guards against mistakes."""
    if path.startswith("/") or ".." in path.split("/"):
        raise StepFailed(say("path {path} leads out of the workspace.", path=path))
    return f"{workspace}/{path}".rstrip("/")


def number(said: str) -> int:
    if not said.isascii() or not said.isdigit() or len(said) > 9:
        raise StepFailed(say("fetch-depth {depth} is not a number.", depth=said))
    return int(said)
