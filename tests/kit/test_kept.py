"""Sentences go into a row and come back the same, in every language."""

from datetime import timedelta

from dure.kit import keep, kept, say, say_count


def test_what_is_kept_comes_back() -> None:
    inner = say_count("{count} step", "{count} steps", 2)
    text = say("Skipped: {why}, {share} {name}", why=say("after {what}", what=inner), share=0.5, name="a {b} 나")
    found = kept(keep(text))
    assert found == text
    assert str(found) == str(text)
    assert keep(None) == ""
    assert kept("") is None


def test_a_value_that_is_no_sentence_stays_one() -> None:
    found = kept(keep(say("It took {time}; {given}", time=timedelta(seconds=90), given={"pattern": "x"})))
    assert found is not None
    assert found.values["given"] == {"pattern": "x"}
