import pytest

from extractors.alignment.order_gain import said_twice


@pytest.mark.parametrize(
    ("order", "twice"),
    [
        ((0, 1, 2), (0, 1, 2)),
        ((3, 0, 1, 2, 4), (3, 0, 1, 2, 3, 4)),
        ((1, 2, 3, 0), (0, 1, 2, 3, 0)),
        ((14, 12, 13, 15), (14, 12, 13, 14, 15)),
    ],
)
def test_words_that_were_moved_stand_in_both_places(order: tuple[int, ...], twice: tuple[int, ...]) -> None:
    assert said_twice(order) == twice
