"""The input `cache` of the setup actions: what a manager of packages has fetched, there again for the next run.

It goes the same way as with actions/cache, under a key that names the machine and hashes the files that say what is
needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dure.kit import say
from dure.runner.job.actions.own.cache import cache, lines
from dure.runner.job.desk import Desk, StepFailed


@dataclass(frozen=True)
class Manager:
    variable: str
    """Names another place, where somebody has set it."""
    place: str
    files: tuple[tuple[str, ...], ...]
    """Those that say what is needed: the first of these groups that is there."""
    takes_older: bool
    """Whether what was fetched for other files is better than nothing."""


MANAGERS = {
    "pip": Manager("PIP_CACHE_DIR", "~/.cache/pip", (("**/requirements.txt",), ("**/pyproject.toml",)), True),
    "npm": Manager("npm_config_cache", "~/.npm", (("package-lock.json",), ("npm-shrinkwrap.json",)), False),
}


def keep_packages(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str], about: str) -> str:
    """Brings them, and sees to it that they are kept after the job. Whether just these were there: `cache-hit`."""
    name = inputs.get("cache", "").strip().lower()
    manager = MANAGERS.get(name)
    if manager is None:
        if name:
            known = ", ".join(MANAGERS)
            words = say("cache: {name} is not known here, only {known}. Use actions/cache.", name=name, known=known)
            desk.log.tell(f"##[warning]{words}")
        return "false"
    said = tuple(lines(inputs.get("cache-dependency-path", "")))
    groups = (said,) if said else manager.files
    digest = next((found for files in groups if (found := desk.hash_files(files))), "")
    if not digest:
        files = ", ".join(file for group in groups for file in group)
        raise StepFailed(say("There is none of {files}, so it is not known what to cache.", files=files))
    runner = desk.scope.runner()
    head = f"{about}-{runner['os']}-{runner['arch']}-{name}-"
    place = environment.get(manager.variable) or manager.place
    older = {"restore-keys": head} if manager.takes_older else {}
    return cache(desk, {"path": place, "key": head + digest, **older}, environment).get("cache-hit", "false")
