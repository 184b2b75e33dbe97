"""`dure where` and `dure dora`: where a change is, and how the team delivers."""

import click

from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import Missing, Text, paint, plain, say, told
from dure.wire import ChangeInfo, ChangeList, DoraInfo

SHADES = {"good": "good", "bad": "bad", "busy": "busy", "waiting": "busy"}


@click.command(
    help=told(
        say(
            "Says where a change is and what it waits for. WHAT is a commit, an issue (#12) or a release (1.4.0); "
            "without it, every change in flight."
        )
    )
)
@click.argument("what", required=False)
@project_option
@house_option
@json_option
def where(what: str | None, project: str | None, house: str | None, as_json: bool) -> None:
    client = client_for(house)
    base = path_of(project)
    found = client.get(f"{base}/where", ChangeList, what=what) if what else client.get(f"{base}/changes", ChangeList)
    if as_json:
        print_json(found)
        return
    if what and not found.changes:
        raise Missing(say("No commit speaks of {what} yet.", what=what))
    if not found.changes:
        print(told(say("Nothing is on its way.")))
    for change in found.changes:
        print(line(change))


def line(change: ChangeInfo) -> str:
    stage = paint(f"{change.stage:<8}", SHADES.get(change.state, "quiet"))
    issues = "".join(f" #{number}" for number in change.issues)
    return f"{change.sha[:10]}  {stage} {plain(change.title)}{issues}\n            {plain(change.words)}"


@click.command(help=told(say("Shows the five metrics of delivery (DORA), computed from what happened.")))
@click.option("--days", type=click.IntRange(1, 730), default=30, show_default=True, help=told(say("Over how long.")))
@project_option
@house_option
@json_option
def dora(days: int, project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/dora", DoraInfo, days=days)
    if as_json:
        print_json(found)
        return
    rows = [
        [told(say("Change lead time")), span(found.lead_time.median_seconds), str(found.lead_time.count)],
        [
            told(say("Deployment frequency")),
            told(say("{count} a day", count=round(found.deployments_per_day, 2))),
            str(sum(one.live_at is not None for one in found.deployments)),
        ],
        [told(say("Failed deployment recovery time")), span(found.recovery.median_seconds), str(found.recovery.count)],
        [told(say("Change fail rate")), share(found.change_fail.ratio), str(found.change_fail.whole)],
        [told(say("Deployment rework rate")), share(found.rework.ratio), str(found.rework.whole)],
    ]
    none: Text = say("Nothing was deployed to production in this time.")
    print_table([say("Metric"), say("Value"), say("From")], rows, none)
    print(paint(told(say("Since {day}.", day=minute(found.since))), "quiet"))


def span(seconds: float | None) -> str:
    if seconds is None:
        return told(say("none yet"))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def share(ratio: float | None) -> str:
    return told(say("none yet")) if ratio is None else f"{ratio * 100:.1f} %"
