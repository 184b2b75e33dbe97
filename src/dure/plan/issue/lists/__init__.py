"""Lists of issues: from what somebody asks for to one page of rows.

In: a filter and a place to go on from. Out: the rows of one page, with the labels and people they show.
"""

from dure.plan.issue.lists.listing import (
    Listing,
    Row,
    assignees_on,
    labels_on,
    list_issues,
    rows_of,
    search_issues,
)

__all__ = ["Listing", "Row", "assignees_on", "labels_on", "list_issues", "rows_of", "search_issues"]
