"""Percentiles from counts under edges, against the answers themselves."""

import random

import pytest

from dure.monitor.latency import EDGES_MS, added, percentile, under_edges


def edge_of(value: float) -> float:
    return next(edge for edge in EDGES_MS if value <= edge)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_a_percentile_lies_in_the_bucket_of_the_true_one(seed: int, share: float) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    answers = sorted(min(chance.lognormvariate(4, 1.2), 39_000) for _ in range(997))
    true = answers[max(int(share * len(answers) + 0.999999) - 1, 0)]

    found = percentile(under_edges((edge_of(answer), 1) for answer in answers), share)

    assert found is not None
    assert edge_of(max(found, 0.001)) == edge_of(true)


def test_answers_that_lie_evenly_give_the_exact_percentile() -> None:
    counts = under_edges([(1, 10), (2, 10), (3, 10), (5, 20)])

    assert [percentile(counts, share) for share in (0.2, 0.5, 0.6, 0.8, 1.0)] == [1.0, 2.5, 3.0, 4.0, 5.0]


def test_edges_that_are_not_ours_go_to_the_next_wider_one() -> None:
    assert under_edges([(4, 3), (5, 1)]) == under_edges([(5, 4)])
    assert percentile(under_edges([(9e9, 5)]), 0.5) == 40_000


def test_nothing_has_no_percentile_and_adds_nothing() -> None:
    assert percentile([], 0.5) is None
    assert percentile([0, 0], 0.95) is None
    assert under_edges([]) == []
    assert added([], [1, 2]) == added([1, 2], []) == [1, 2]
    assert added([1], [1, 2, 3]) == [2, 2, 3]
