"""Actions written in JavaScript: their scripts, run by node."""

from collections.abc import Mapping

from dure.kit import say
from dure.runner.job.actions.finding import Found
from dure.runner.job.actions.inputs import as_variables
from dure.runner.job.desk import Desk, Done, Later
from dure.runner.job.given import environment
from dure.runner.job.saying import heard
from dure.runner.programs import CANNOT, NODE_OLDEST, NoNode, fetch_node, kept_node, system_node
from dure.wire import StepOrder


def use_javascript(
    desk: Desk, step: StepOrder, env: Mapping[str, str], found: Found, inputs: Mapping[str, str], name: str
) -> Done:
    if found.manifest.post and not is_later(desk):
        put_later(desk, step, env, found, inputs, name)
    return run_script(desk, step, env, found, inputs, found.manifest.main)


def is_later(desk: Desk) -> bool:
    return any(later.trail == desk.trail for later in desk.later)


def put_later(
    desk: Desk, step: StepOrder, env: Mapping[str, str], found: Found, inputs: Mapping[str, str], name: str
) -> None:
    """Its clearing away is done even when its main script fails."""
    scope, trail = desk.scope, desk.trail

    def clear_away(desk: Desk) -> Done:
        with desk.inside(scope), desk.on_trail(trail):
            post = found.manifest.post
            return heard(desk, dict(env), lambda: run_script(desk, step, env, found, inputs, post))

    desk.later.append(Later(f"Post {name}", found.manifest.post_if, dict(env), clear_away, trail))


def run_script(
    desk: Desk, step: StepOrder, env: Mapping[str, str], found: Found, inputs: Mapping[str, str], script: str
) -> Done:
    state = {f"STATE_{name}": value for name, value in desk.states.get(desk.trail, {}).items()}
    scope = desk.scope
    standing = found.standing
    with desk.inside_action(standing):
        here = environment(desk, step, {**env, **state, **as_variables(inputs)}) | desk.services()
    code = desk.run([node_of(desk), f"{standing.path}/{script}"], here, scope.workspace)
    if code == 0:
        return Done("success", code)
    desk.log.tell(f"##[error]{found.label} ended with exit code {code}.")
    return Done("failure", code, say("{action} ended with exit code {code}.", action=found.label, code=code))


def node_of(desk: Desk) -> str:
    """Where the job finds node."""
    if not desk.node:
        desk.node = found_node(desk)
    return desk.node


def found_node(desk: Desk) -> str:
    """The machine's own, else one that is fetched once and kept."""
    view = desk.cell.view
    own = system_node(view.programs)
    if own is not None and own[1][0] >= NODE_OLDEST:
        return str(own[0])
    programs = view.programs
    if programs is None:
        raise NoNode(CANNOT)
    if (kept := kept_node(programs)) is None:
        desk.log.tell("Fetching node, which this machine does not have.")
        desk.meanwhile(lambda: fetch_node(programs))
        kept = kept_node(programs)
    if kept is None:
        raise NoNode(CANNOT)
    return f"{desk.cell.programs}/{kept[0]}/node"
