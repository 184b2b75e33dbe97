"""App files: compose.yaml or a Procfile, read strictly. What cannot be run is refused by name and place."""

from dure.deploy.appfile.appfile import (
    DEFAULT_ENVIRONMENTS,
    AppFile,
    EnvironmentRule,
    Readiness,
    RolloutRule,
    ServiceFile,
)
from dure.deploy.appfile.compose import parse_compose
from dure.deploy.appfile.mistakes import AppFileBroken
from dure.deploy.appfile.procfile import parse_procfile

__all__ = [
    "DEFAULT_ENVIRONMENTS",
    "AppFile",
    "AppFileBroken",
    "EnvironmentRule",
    "Readiness",
    "RolloutRule",
    "ServiceFile",
    "parse_compose",
    "parse_procfile",
    "read_app_file",
]


def read_app_file(source: str, name: str = "compose.yaml") -> AppFile:
    """The app file of a release, by the name that it has in the repository."""
    return parse_procfile(source, name) if name.endswith("Procfile") else parse_compose(source, name)
