"""Writing on pages: people's Markdown made safe, code in colours, moments in words.

In: text as people or programs wrote it. Out: markup that can do no harm, in the reader's language. Asks: nobody.
"""

from dure.shell.writing.code import code_block
from dure.shell.writing.markdown import Link, markdown
from dure.shell.writing.moment import ago, date, iso

__all__ = ["Link", "ago", "code_block", "date", "iso", "markdown"]
