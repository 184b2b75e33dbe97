"""Where a change is: from its push, through every stage, to the people it was made for, and what it waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dure import build, code, deploy, kit, plan, policy, release
from dure.insight.measured import DAYS
from dure.kit import Missing, now, say
from dure.ledger import Work
from dure.plan import Project

PUSHES_MAX = 30
SETTLED = timedelta(minutes=10)
"""A change that is live stays in sight for this long."""
STALE = timedelta(days=DAYS)


@dataclass(frozen=True)
class Change:
    """What was pushed together, and where it is now."""

    sha: str
    title: str
    author: str
    branch: str
    issues: Sequence[int]
    stage: str
    """One of the eight: code, build, release, deploy, operate and so on."""
    state: str
    """busy, waiting, good, bad or quiet, as pages colour it."""
    words: kit.Text
    """Where it is and what it waits for."""
    since: datetime
    url: str
    version: str | None = None
    is_live: bool = False


def changes_in_flight(work: Work, project: Project) -> list[Change]:
    """The newest push of each branch and every push of the default branch that is not settled yet, newest first."""
    policy.require(work, "insight.read", project.scope)
    time = now()
    seen: set[str] = set()
    found = []
    for push in code.pushes_of(work, project, limit=PUSHES_MAX):
        if push.after in seen or (push.ref in seen and not push.is_default) or not push.ref.startswith("refs/heads/"):
            continue
        seen |= {push.after, push.ref}
        change = change_of(work, project, push.after, push.ref.removeprefix("refs/heads/"), is_default=push.is_default)
        if change is None or time - change.since > (SETTLED if change.is_live else STALE):
            continue
        found.append(change)
    return found


def where(work: Work, project: Project, what: str) -> list[Change]:
    """Where a commit, an issue (`#12`) or a release (`1.4.0`) is; several when several commits speak of it."""
    policy.require(work, "insight.read", project.scope)
    what = what.strip()
    repository = code.repository_of(work, project)
    branch = repository.default_branch if repository else ""
    if what.startswith("#") or (what.isascii() and what.isdigit() and len(what) < 7):
        number = what.removeprefix("#")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise Missing(say("There is no issue {what} here.", what=what[:40]))
        plan.find_issue(work, project, int(number))
        shas = [commit.sha for commit in code.fixing_commits(work, project, int(number))]
    elif "." in what:
        shas = [release.release_of(work, project, what).sha]
    else:
        commit = code.commit_of(work, project, what)
        if commit is None:
            raise Missing(say("There is no commit, issue or release {what} here.", what=what[:40]))
        shas = [commit.sha]
    found = [change_of(work, project, sha, branch, is_default=True) for sha in shas]
    return [change for change in found if change is not None]


def change_of(work: Work, project: Project, sha: str, branch: str, *, is_default: bool) -> Change | None:
    """The story of one commit, told from its end: the furthest stage that it has reached."""
    commit = code.commit_of(work, project, sha)
    if commit is None:
        return None
    place = furthest(work, project, commit, is_default=is_default)
    return Change(
        sha=sha,
        title=commit.title,
        author=commit.author_name,
        branch=branch,
        issues=sorted({fix.number for fix in code.fixes_of(work, project, [sha])}),
        stage=place.stage,
        state=place.state,
        words=place.words,
        since=place.since,
        url=place.url,
        version=place.version,
        is_live=place.is_live,
    )


@dataclass(frozen=True)
class Reached:
    stage: str
    state: str
    words: kit.Text
    since: datetime
    url: str
    version: str | None = None
    is_live: bool = False


def furthest(work: Work, project: Project, commit: code.Commit, *, is_default: bool) -> Reached:
    made = release.releases_with(work, project, commit.sha)
    done = [one for one in made if one.is_released]
    if done:
        return deployed(work, project, done[0])
    if made and made[0].trouble:
        words = say("It cannot be released: {why}", why=made[0].trouble)
        return Reached("release", "bad", words, made[0].made_at, f"/{project.path}/releases")
    if made or release.of_commit(work, project, commit.sha) is not None:
        return Reached("release", "busy", say("being released"), commit.received_at, f"/{project.path}/releases")
    return checked(work, project, commit, is_default=is_default)


def checked(work: Work, project: Project, commit: code.Commit, *, is_default: bool) -> Reached:
    page = f"/{project.path}/code/commit/{commit.sha}"
    checks = code.checks_of(work, project, commit.sha)
    state = code.overall(checks)
    if state is None:
        words = say("No workflow checks it, so it is not released by itself.")
        return Reached("code", "quiet", words, commit.received_at, page)
    since = max(check.set_at for check in checks)
    runs = build.runs_of(work, project, sha=commit.sha, limit=1)
    url = f"/{project.path}/runs/{runs[0].number}" if runs else page
    if state == "success":
        words = say("green; about to be released") if is_default else say("green; not on the default branch yet")
        return Reached("test", "busy" if is_default else "good", words, since, url)
    wrong = ", ".join(sorted(check.name for check in checks if check.state in ("failure", "cancelled")))
    if wrong:
        return Reached("build", "bad", say("{checks} did not go well", checks=wrong), since, url)
    return Reached("build", "busy", say("being built and tested"), since, url)


def deployed(work: Work, project: Project, made: release.Release) -> Reached:
    """The deployment of it that went furthest: in the last environment that it has come to."""
    url = f"/{project.path}/releases/{made.version}"
    since = made.released_at or made.made_at
    if made.app_file is None:
        words = say("released as {version}; it has no file that says how to run", version=made.version)
        return Reached("release", "good", words, since, url, made.version, is_live=True)
    places = {place.id: place for place in deploy.environments_of(work, project)}
    found = [one for one in deploy.deployments_of(work, project, release_id=made.id) if one.environment_id in places]
    if not found:
        words = say("released as {version}; waits to be deployed", version=made.version)
        return Reached("release", "waiting", words, since, url, made.version)
    last = max(found, key=lambda one: (places[one.environment_id].position, one.number))
    place = places[last.environment_id]
    page = f"/{project.path}/deployments/{last.number}"
    moment = last.ended_at or last.live_at or last.traffic_at or last.started_at or last.made_at
    if last.phase in ("live", "replaced"):
        words = say("{version} is live in {environment}", version=made.version, environment=place.name)
        if last.phase == "replaced":
            words = say("{version} was live in {environment}", version=made.version, environment=place.name)
        stage = "operate" if place.is_production else "deploy"
        return Reached(stage, "good", words, moment, page, made.version, is_live=place.is_production)
    words = say(
        "{version} in {environment}: {phase}", version=made.version, environment=place.name, phase=last.phase_words
    )
    if last.why is not None:
        words = say("{where}. {why}", where=words, why=last.why)
    return Reached("deploy", last.colour, words, moment, page, made.version, is_live=not last.is_under_way)
