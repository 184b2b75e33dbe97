"""Finding issues: words in both scripts, the filter language, and what people type who mean no good."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure import plan
from dure.kit import Invalid
from dure.ledger import Work
from dure.plan import Filter, parse_filter
from dure.plan.search import terms_of, tokens
from tests.plan.conftest import Village

HOSTILE = [
    "' OR 1=1 --",
    '"',
    '""""',
    '" AND NEAR(x y) OR *',
    "a:b:c ^x {words}: -",
    "& | ! ( ) <-> :* '",
    "\\' \\ \\\\",
    "\x00\x01\u202e",
    "§1",
    "☃ ___ ...",
    "*",
    "é" * 200,
    "서" * 200,
    "𠀀𠀁",
    "NOT",
]


def test_two_syllables_are_found_wherever_they_stand(village: Village) -> None:
    village.open("결제서버가 자꾸 죽어요", body="데이터베이스연결 문제")
    village.open("다른 이야기")
    for query in ("결제", "서버", "서버가", "제서", "데이터베이스", "베이스연", "문제", "죽어요 결제"):
        assert village.found(query) == [1], query
    assert village.found("서버 없는말") == []
    assert village.found("결서") == []


def test_one_syllable_finds_what_begins_with_it_and_what_ends_in_it(village: Village) -> None:
    village.open("서버")
    assert village.found("서") == [1]
    assert village.found("버") == [1]
    assert village.found("사") == []


def test_composed_and_decomposed_letters_are_the_same(village: Village) -> None:
    village.open("\u1112\u1161\u11ab\u1100\u1173\u11af cafe\u0301 ＷＩＤＥ")
    for query in ("한글", "\u1112\u1161\u11ab글", "café", "wide"):
        assert village.found(query) == [1], query


def test_words_are_found_in_titles_bodies_and_comments_and_the_last_may_go_on(village: Village) -> None:
    issue = village.open("Checkout fails", body="The Timeout is 30 s")

    def say_something(work: Work) -> None:
        shop = plan.find_project(work, "ada/shop")
        plan.comment(work, shop, plan.find_issue(work, shop, issue.number), "Restarted the proxy")

    village.house.write_now(village.bob, say_something)
    for query in ("checkout", "TIMEOUT", "fails restarted", "prox", '"the proxy"', '"timeout is 30"', "1"):
        assert village.found(query) == [1], query
    for query in ("heckout", "timeou fails", '"proxy the"'):
        assert village.found(query) == [], query


def test_what_is_no_longer_said_is_no_longer_found(village: Village) -> None:
    village.open("old words")

    def change(work: Work) -> None:
        shop = plan.find_project(work, "ada/shop")
        plan.edit_issue(work, shop, plan.find_issue(work, shop, 1, to_change=True), title="new words")

    village.house.write_now(village.ada, change)
    assert village.found("old") == []
    assert village.found("new") == [1]


@pytest.mark.parametrize("query", HOSTILE)
def test_nothing_that_is_typed_breaks_the_search(village: Village, query: str) -> None:
    village.open("A plain title")
    village.found(query)
    village.house.read_now(village.ada, lambda work: plan.search_issues(work, parse_filter(query)))


def test_the_filters(village: Village) -> None:
    def prepare(work: Work) -> None:
        shop = plan.find_project(work, "ada/shop")
        for name in ("Bug", "good first"):
            plan.make_label(work, shop, name=name)
        plan.make_milestone(work, shop, title="1.0")
        plan.open_issue(work, shop, title="One", labels=["bug"], assignees=["bob"])
        plan.open_issue(work, shop, title="Two", labels=["bug", "GOOD FIRST"], milestone="1.0", body="@bob")
        three = plan.open_issue(work, shop, title="Three", assignees=["ada", "bob"])
        plan.close_issue(work, shop, three)

    village.house.write_now(village.ada, prepare)
    expected = {
        "": [3, 2, 1],
        "is:open": [2, 1],
        "is:closed": [3],
        "label:bug": [2, 1],
        'label:"good first"': [2],
        "label:bug -label:bug": [],
        "-label:bug": [3],
        "no:label": [3],
        "assignee:bob": [3, 1],
        "assignee:@bob is:open": [1],
        "assignee:me": [3],
        "assignee:none": [2],
        "no:assignee": [2],
        "assignee:nobody-of-that-name": [],
        "author:ada": [3, 2, 1],
        "author:bob": [],
        "author:me label:bug is:open": [2, 1],
        "milestone:1.0": [2],
        "no:milestone": [3, 1],
        "milestone:unknown": [],
        "mentions:bob": [2],
        "mentions:me": [],
        "sort:oldest": [1, 2, 3],
        "sort:updated": [3, 2, 1],
        "sort:updated label:bug": [2, 1],
        "sort:updated tw": [2],
        "label:unknown": [],
    }
    assert {query: village.found(query) for query in expected} == expected


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("is:opne", "is:open, is:closed"),
        ("sort:best", "sort:newest, sort:oldest, sort:updated"),
        ("no:body", "no:label, no:assignee, no:milestone"),
        ("lable:bug", "Did you mean “label:”?"),
        ('label:""', "What should stand after “label:”?"),
        ("-is:open", "Only labels can be left out"),
        ("x" * 301, "At most 300 characters"),
    ],
)
def test_a_filter_that_cannot_be_meant_says_what_is_possible(query: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_filter(query)
    assert told in str(refused.value.fields["q"])


@pytest.mark.parametrize("query", ["http://example.com", "12:30", "std::move", "note: this", "a:b"])
def test_a_word_with_a_colon_is_only_a_word(query: str) -> None:
    assert parse_filter(query).words == query


NAMES = st.text("abc가나 ", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(
    st.builds(
        Filter,
        state=st.sampled_from([None, "open", "closed"]),
        labels=st.lists(NAMES, max_size=3, unique=True).map(tuple),
        without_labels=st.lists(NAMES, max_size=3, unique=True).map(tuple),
        lacks=st.lists(st.sampled_from(["label", "assignee"]), max_size=2, unique=True).map(tuple),
        assignee=st.sampled_from([None, "me", "none", "ada"]),
        milestone=st.none() | NAMES,
        sort=st.sampled_from(["newest", "oldest", "updated"]),
        words=st.sampled_from(["", "one", "one two", "서버 배포"]),
    )
)
def test_a_filter_written_down_is_read_as_the_same(sought: Filter) -> None:
    def tidy(words: str | None) -> str | None:
        return " ".join(words.split()) if words else words

    same = sought.but(
        labels=tuple(dict.fromkeys(" ".join(name.split()) for name in sought.labels)),
        without_labels=tuple(dict.fromkeys(" ".join(name.split()) for name in sought.without_labels)),
        milestone=tidy(sought.milestone),
    )
    assert parse_filter(str(same)) == same


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_a_text_is_found_by_each_of_its_own_tokens(text: str) -> None:
    kept = list(tokens(text))
    assert all(token == token.strip() and " " not in token and "'" not in token for token in kept)
    for term in terms_of(text):
        wanted = list(term.tokens)
        starts = range(len(kept) - len(wanted) + 1)
        assert any(
            kept[i : i + len(wanted) - 1] == wanted[:-1] and kept[i + len(wanted) - 1].startswith(wanted[-1])
            for i in starts
        )
