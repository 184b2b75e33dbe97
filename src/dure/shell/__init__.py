"""The web frame: what every page stands in, and what every answer carries.

In: templates, places and panels of the rooms, and whoever looks.
Out: pages in the reader's language, safe Markdown, answers to every refusal, streams of what happens, the Loop.
Asks: nobody. It knows the viewer only by name, language and theme.

Routes of rooms enter here; nouns never do, since this room speaks HTTP.
"""

# tidy: one module for each thing that a page or an answer is made of
from dure.shell.asked import After, By, Limit, Name, Number, Slug, house_of, number_in, read, refusals, write
from dure.shell.assets import Assets, NotBuilt
from dure.shell.form import read_form
from dure.shell.frame import Frame, asked_by_htmx, frame_of, go, page
from dure.shell.guard import Guard
from dure.shell.loop import NAMES, STATES, Stage, labels
from dure.shell.pieces import COLOURS
from dure.shell.place import Draw, Panels, Place
from dure.shell.problem import Problem, Way, problems
from dure.shell.stream import live, resume_after
from dure.shell.viewer import ANONYMOUS, LANGUAGE_COOKIE, THEME_COOKIE, Anonymous, Viewer, language_of, viewer_of
from dure.shell.writing import Link, ago, code_block, markdown

__all__ = [
    "ANONYMOUS",
    "COLOURS",
    "LANGUAGE_COOKIE",
    "NAMES",
    "STATES",
    "THEME_COOKIE",
    "After",
    "Anonymous",
    "Assets",
    "By",
    "Draw",
    "Frame",
    "Guard",
    "Limit",
    "Link",
    "Name",
    "NotBuilt",
    "Number",
    "Panels",
    "Place",
    "Problem",
    "Slug",
    "Stage",
    "Viewer",
    "Way",
    "ago",
    "asked_by_htmx",
    "code_block",
    "frame_of",
    "go",
    "house_of",
    "labels",
    "language_of",
    "live",
    "markdown",
    "number_in",
    "page",
    "problems",
    "read",
    "read_form",
    "refusals",
    "resume_after",
    "viewer_of",
    "write",
]
