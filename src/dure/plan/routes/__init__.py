"""The addresses of plan. Only the house's own assembly comes in here."""

from dure.kit import say
from dure.plan.routes import api_issues, api_projects, api_sorting, issues, projects, sorting
from dure.plan.routes.projects import stages
from dure.shell import Place, Viewer

__all__ = ["handlers", "places", "stages"]


def is_known(viewer: Viewer) -> bool:
    return viewer.signed_in


handlers = [
    *projects.handlers,
    *issues.handlers,
    *sorting.handlers,
    *api_projects.handlers,
    *api_issues.handlers,
    *api_sorting.handlers,
]

places = [
    Place("mine", say("My issues"), "/search?q=is:open+assignee:me", key="y", shown=is_known),
    Place("loop", say("Loop"), "/{project}", key="p", within="project"),
    Place("issues", say("Issues"), "/{project}/issues", key="i", within="project"),
    Place("milestones", say("Milestones"), "/{project}/milestones", key="s", within="more"),
    Place("labels", say("Labels"), "/{project}/labels", key="l", within="more"),
    Place("members", say("Members"), "/{project}/members", key="e", within="more"),
    Place("settings", say("Settings"), "/{project}/settings", key="c", within="more"),
]
