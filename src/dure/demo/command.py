"""`dure demo`: the whole promise, once round the loop with a sample shop, and then for as long as you like."""

import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from dure.demo.house import HANDLE, free_address, house_for
from dure.demo.story import Story
from dure.kit import Text, paint, say, told

LISTEN, TRAFFIC = 8400, 8480
WAIT_SECONDS = 3600.0


@click.command(
    help=told(
        say(
            "Starts a house with a sample shop and gentle visitors, and goes once round the loop: a good change is "
            "built, tested, released, tried on a share of the traffic and promoted; a bad one is caught, taken back "
            "and learned from. Then it goes on until Ctrl-C, and leaves nothing behind."
        )
    )
)
@click.option("--once", is_flag=True, help=told(say("Stop after the story.")))
@click.option("--json", "as_json", is_flag=True, help=told(say("Tell nothing but the measurements, in JSON.")))
def demo(once: bool, as_json: bool) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="dure-demo-"))
    # Jobs and services run as somebody else where the house is root, and have to come as far as this.
    folder.chmod(0o711)
    try:
        tell_all(folder, once=once, as_json=as_json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tell_all(folder: Path, *, once: bool, as_json: bool) -> None:
    begun = time.monotonic()

    def tell(words: Text, url: str) -> None:
        if not as_json:
            seconds = paint(f"{time.monotonic() - begun:5.1f} s", "quiet")
            print(f"{seconds}  {told(words)}\n         {paint(url, 'good')}", flush=True)

    with house_for(folder / "data", free_address(LISTEN), free_address(TRAFFIC)) as house:
        words = say(
            "The house stands. Sign in as {handle}, password {password}", handle=HANDLE, password=house.password
        )
        tell(words, house.url)
        story = Story(house, folder / "shop", tell)
        story.open_the_shop()
        with story.visitors as visitors:
            story.improve_it()
            story.break_it(visitors)
            if not once and not as_json:
                play_on(story, folder)
        measured = story.count(visitors)
        if as_json:
            found = msgspec.to_builtins(measured) | {"dora": msgspec.to_builtins(story.sight.dora())}
            print(msgspec.json.encode(found).decode(), flush=True)
        elif once:
            words = say(
                "{count} requests of visitors, {failed} of them without an answer.",
                count=measured.requests_total,
                failed=measured.requests_failed_by_platform,
            )
            print(told(words))


def play_on(story: Story, folder: Path) -> None:
    story.shop.hand_over()
    words = say("The shop is yours: change it in {folder}, commit, and `git push dure main`.", folder=folder / "shop")
    print(told(words))
    print(told(say("Ctrl-C ends it all.")), flush=True)
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(WAIT_SECONDS)
