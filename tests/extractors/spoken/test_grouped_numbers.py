import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.spoken.grouped_numbers import grouped_numbers, said_over_rows
from extractors.spoken.numbers import say_cardinal
from extractors.spoken.transcript import spoken_words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("about 10 000 people", [(1, 3)]),
        ("$1 234 567. Then", [(0, 3)]),
        ("call 555 123 4567 now", []),
        ("in 2005 100 000 people", [(2, 4)]),
        ("5 20 100 000", []),
        ("0 000", []),
        ("10 000. 20 000", [(0, 2), (2, 4)]),
    ],
)
def test_only_whole_groups_of_three_digits_are_one_number(text: str, found: list[tuple[int, int]]) -> None:
    assert list(grouped_numbers(text.split())) == found


@given(st.integers(1, 999), st.lists(st.integers(0, 999), min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_the_rows_together_say_the_whole_number_once(first: int, groups: list[int]) -> None:
    words = [str(first), *(f"{group:03}" for group in groups)]
    rows = said_over_rows(words, say_cardinal)
    assert len(rows) == len(words)
    assert [word for row in rows for word in row] == say_cardinal("".join(words))
    assert rows[0]


def test_a_list_of_threes_is_no_number() -> None:
    assert list(grouped_numbers(["123"] * 5)) == [(0, 5)]
    assert not list(grouped_numbers(["123"] * 6))
    assert spoken_words(["123"] * 3000, "en", lambda _: True)[-1][0] == "one"
