from extractors.alignment.aligner import Saying
from extractors.timing.timed_rows import TimedRow, less_sure, unjudged_under_others
from pipeline.timegrid import Interval


def test_words_that_made_room_for_others_are_not_trusted() -> None:
    found = (Interval(0.2, 0.5), Interval(0.6, 0.9), None)
    rows = [TimedRow(place, 0.9, "strict", Saying(3, 0.3)) for place in found]
    put = [Interval(0.25, 0.5), Interval(0.85, 0.95), Interval(0.95, 1.0)]
    assert [row.confidence for row in less_sure(rows, put)] == [0.9, 0.3, 0.9]


def test_what_a_file_gives_stays_as_sure_as_it_says() -> None:
    given = TimedRow(Interval(0.6, 0.9), 1.0, "given", Saying())
    assert less_sure([given], [Interval(0.0, 0.1)]) == [given]


def test_words_over_which_somebody_else_speaks_are_not_judged() -> None:
    saying = Saying(3, 0.3)
    times = ((0.0, 0.4), (0.42, 0.9), (0.8, 1.2), (1.5, 1.8), (2.0, 2.2))
    rows = [TimedRow(Interval(*each), 0.9, "strict", saying, -4.0, -4.0, 90.0) for each in times]
    found = unjudged_under_others(rows, [0, 1, 3, 4], [Interval(1.7, 1.9)])
    assert [row.judged for row in found] == [True, False, False, True]
    assert [row.fit for row in found] == [-4.0, None, None, -4.0]
    assert found[1].place == rows[1].place and found[1].order_gain is None


def test_without_others_every_word_is_judged() -> None:
    rows = [TimedRow(Interval(0.0, 0.4), 0.9, "strict", Saying(3, 0.3), -4.0)]
    assert unjudged_under_others(rows, [0]) == rows
