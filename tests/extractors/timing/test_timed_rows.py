from extractors.alignment.aligner import Saying
from extractors.timing.timed_rows import TimedRow, less_sure
from pipeline.timegrid import Interval


def test_words_that_made_room_for_others_are_not_trusted() -> None:
    found = (Interval(0.2, 0.5), Interval(0.6, 0.9), None)
    rows = [TimedRow(place, 0.9, "strict", Saying(3, 0.3)) for place in found]
    put = [Interval(0.25, 0.5), Interval(0.85, 0.95), Interval(0.95, 1.0)]
    assert [row.confidence for row in less_sure(rows, put)] == [0.9, 0.3, 0.9]


def test_what_a_file_gives_stays_as_sure_as_it_says() -> None:
    given = TimedRow(Interval(0.6, 0.9), 1.0, "given", Saying())
    assert less_sure([given], [Interval(0.0, 0.1)]) == [given]
