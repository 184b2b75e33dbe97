"""Photographs pages in light and dark, wide and narrow, English and Korean, so that somebody looks at them.

python -m tools.shots FOLDER                         the gallery of the shell
python -m tools.shots FOLDER --sample                a house of its own with a sample project in it
python -m tools.shots FOLDER --pictures              the pictures in the README: the sample, and a demo at its end
python -m tools.shots FOLDER ADDRESS PATH ...        any other; DURE_SHOTS_COOKIE ("name=value") says who looks
"""

import itertools
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext

from dure.demo import DemoHouse, Story, free_address, house_for
from dure.demo.house import HANDLE
from tests.parts.browser import chromium
from tests.parts.house import running_house
from tests.parts.sample import PAGES, PROJECT, Sample, fill
from tests.parts.served import served
from tests.shell.gallery import gallery

WIDTHS = {"wide": 1280, "narrow": 375}
THEMES = ("light", "dark")
LANGUAGES = ("en", "ko")
GALLERY = ("/", "/parts", "/ada/shop/issues", "/ada/shop/issues/12", "/form", "/empty", "/refuse/invalid", "/nowhere")
PICTURES = (("issue", f"/{PROJECT}/issues/12", "light", 1000),)
LOOP_PICTURES = (
    ("loop", f"/{PROJECT}", "light", 900),
    ("loop-dark", f"/{PROJECT}", "dark", 900),
    ("run", f"/{PROJECT}/runs/2", "light", 900),
    ("rollback", f"/{PROJECT}/deployments/6", "light", 1000),
    ("incident", f"/{PROJECT}/incidents/1", "light", 1000),
    ("insight", f"/{PROJECT}/insight", "light", 1000),
    ("service", f"/{PROJECT}/services/production/web", "dark", 1000),
)
SETTLE_SECONDS = 2.5
"""Charts and lazy parts come a moment after the page."""


def main(words: list[str]) -> None:
    if not words:
        raise SystemExit(__doc__)
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        match words[1:]:
            case []:
                with served(gallery()) as address:
                    photograph(browser, folder, address, GALLERY, cookie=("as", "ada"))
            case ["--sample", *paths]:
                with sample_house() as sample:
                    there = sample.house.url
                    who = ("dure_session", sample.cookie())
                    photograph(browser, folder, there, paths or PAGES, cookie=who)
                    photograph(browser, folder, there, ["/sign-in"], cookie=None)
            case ["--pictures"]:
                with sample_house() as sample:
                    take_pictures(browser, folder, sample.house.url, sample.cookie(), PICTURES)
                with demo_at_its_end() as house:
                    take_pictures(browser, folder, house.url, cookie_of(house), LOOP_PICTURES)
            case [address, *paths]:
                name, _, value = os.environ.get("DURE_SHOTS_COOKIE", "as=ada").partition("=")
                photograph(browser, folder, address, paths or ["/"], cookie=(name, value))


def photograph(
    browser: Browser, folder: Path, address: str, paths: Sequence[str], *, cookie: tuple[str, str] | None
) -> None:
    for (width_name, width), theme, language in itertools.product(WIDTHS.items(), THEMES, LANGUAGES):
        with looking(browser, address, theme, language, (width, 900), cookie) as context:
            page = context.new_page()
            page.on("console", lambda line: print(f"  console: {line.text}") if line.type == "error" else None)
            for path in paths:
                page.goto(address + path, wait_until="load")
                name = "".join(sign if sign.isalnum() else "-" for sign in path.strip("/")) or "home"
                wide = page.evaluate("document.documentElement.scrollWidth")
                page.screenshot(path=folder / f"{name}.{width_name}.{theme}.{language}.png", full_page=True)
                if isinstance(wide, int) and wide > width:
                    print(f"{path} is {wide} px wide on a screen of {width} px")


def take_pictures(
    browser: Browser, folder: Path, url: str, cookie: str, pictures: Sequence[tuple[str, str, str, int]]
) -> None:
    for name, path, theme, height in pictures:
        with looking(browser, url, theme, "en", (1280, height), ("dure_session", cookie)) as context:
            page = context.new_page()
            page.goto(url + path, wait_until="load")
            time.sleep(SETTLE_SECONDS)
            page.screenshot(path=folder / f"{name}.png")


@contextmanager
def demo_at_its_end() -> Iterator[DemoHouse]:
    """A house that has been once round the loop, while its visitors go on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        with house_for(folder / "data", free_address(), free_address()) as house:
            story = Story(house, folder / "shop", lambda words, url: print(f"  {words}  {url}"))
            story.open_the_shop()
            with story.visitors as visitors:
                story.improve_it()
                story.break_it(visitors)
                yield house


def cookie_of(house: DemoHouse) -> str:
    """What a browser shows to be let in."""
    answer = httpx.post(
        f"{house.url}/sign-in",
        data={"handle": HANDLE, "password": house.password},
        headers={"Origin": house.url},
    )
    return answer.cookies["dure_session"]


@contextmanager
def looking(
    browser: Browser, address: str, theme: str, language: str, size: tuple[int, int], cookie: tuple[str, str] | None
) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        locale=language,
        reduced_motion="reduce",
    )
    if cookie is not None:
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": address}])
    with context:
        yield context


@contextmanager
def sample_house() -> Iterator[Sample]:
    """A real house with the sample in it, whose past is spread over a few weeks."""
    with tempfile.TemporaryDirectory() as folder, running_house(Path(folder) / "data") as house:
        sample = fill(house)
        spread(house.data / "dure.db")
        try:
            yield sample
        finally:
            sample.close()


def spread(database: Path) -> None:
    """Everything in the sample was made in the last second. A picture should look like weeks of work instead."""
    with closing(sqlite3.connect(database)) as connection, connection:
        (last,) = connection.execute("SELECT max(id) FROM ledger_entry").fetchone()
        for (entry,) in connection.execute("SELECT id FROM ledger_entry").fetchall():
            # The square root makes the past dense and yesterday roomy, as a project that begins well.
            moment = datetime.now(UTC) - timedelta(days=23 * (1 - (entry / last) ** 0.5), minutes=7)
            written = moment.strftime("%Y-%m-%d %H:%M:%S.%f")
            connection.execute("UPDATE ledger_entry SET at = ? WHERE id = ?", (written, entry))
        connection.executescript(FOLLOW)


FOLLOW = """
CREATE TEMP TABLE told AS
    SELECT entry.kind, entry.at, entry.id, CAST(substr(ref.ref, 7) AS INTEGER) AS issue
    FROM ledger_entry AS entry JOIN ledger_ref AS ref ON ref.entry_id = entry.id WHERE ref.ref LIKE 'issue:%';
UPDATE issue SET
    opened_at = (SELECT min(at) FROM told WHERE told.issue = issue.id),
    updated_at = (SELECT max(at) FROM told WHERE told.issue = issue.id),
    closed_at = (SELECT max(at) FROM told WHERE told.issue = issue.id AND told.kind LIKE '%closed');
UPDATE comment SET at = told.at FROM
    (SELECT issue, at, row_number() OVER (PARTITION BY issue ORDER BY id) AS place FROM told
        WHERE kind LIKE '%comment%') AS told,
    (SELECT id, row_number() OVER (PARTITION BY issue_id ORDER BY id) AS place FROM comment) AS said
    WHERE said.id = comment.id AND told.issue = comment.issue_id AND told.place = said.place;
"""
"""The rows say the same moments as the ledger does."""


if __name__ == "__main__":
    main(sys.argv[1:])
