"""What `run:` says, done by its shell."""

from dure.runner.job.desk import Desk, Done
from dure.runner.job.given import environment, first_line, shell_of
from dure.wire import StepOrder


def run_lines(desk: Desk, step: StepOrder, env: dict[str, str]) -> Done:
    scope = desk.scope
    lines = scope.text(step.run or "", env)
    # What a job says for all its `run:` does not reach into the actions it uses.
    defaults = scope.order.defaults if scope.outer is None else None
    shell = shell_of(scope.text(step.shell or (defaults and defaults.shell) or "", env))
    where = scope.text(step.working_directory or (defaults and defaults.working_directory) or "", env)
    directory = where if where.startswith("/") else f"{scope.workspace}/{where}".rstrip("/")
    name = f"step_{desk.tally.next('scripts') - 1}{shell.ending}"
    desk.commands.put(name, lines.encode("utf-8", "surrogateescape") + b"\n")
    argv = shell.argv(f"{scope.room}/commands/{name}")
    opening = [f"##[group]Run {first_line(lines)}", lines.rstrip(), f"shell: {' '.join(shell.words)}"]
    if env:
        opening += ["env:", *(f"  {key}: {value}" for key, value in env.items())]
    desk.log.tell("\n".join([*opening, "##[endgroup]"]))
    try:
        code = desk.run_lines(argv, environment(desk, step, env), directory)
    finally:
        desk.commands.drop(name)
    if code == 0:
        return Done("success", code)
    desk.log.tell(f"##[error]Process completed with exit code {code}.")
    return Done("failure", code)
