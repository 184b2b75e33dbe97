"""Finding issues: the words of a text, the index that holds them, and the language people filter in.

In: texts of issues, and what people type into a search box. Out: conditions for a query. It knows no issue.
"""

from dure.plan.search.filter import SORTS, Filter, parse_filter
from dure.plan.search.index import index_text, make_search_index, matching
from dure.plan.search.tokens import Term, terms_of, tokens

__all__ = [
    "SORTS",
    "Filter",
    "Term",
    "index_text",
    "make_search_index",
    "matching",
    "parse_filter",
    "terms_of",
    "tokens",
]
