"""What a person sees of a run: clips, rate, hours of video and failures, in one bar."""

from flows.outcome import Outcome
from flows.progress import _bar, clip_progress, clock, watched


def outcomes():
    yield Outcome("a", "a.mp4", "computed", duration_s=3700.0)
    yield Outcome("b", "b.mp4", "failed", "read", "clip 'b': [red] is no markup; leave it out")


def test_the_bar_counts_clips_hours_rate_and_failures(capfd):
    with _bar(3) as observe:
        for outcome in outcomes():
            observe(outcome)
    shown = capfd.readouterr().err
    assert "2/3" in shown and "/min" in shown and "1:01:40 of video" in shown and "1 failed" in shown
    assert "failed: clip 'b': [red] is no markup" in shown


def test_without_a_terminal_only_failures_are_said_and_when_quiet_nothing(capfd):
    from flows.progress import OBSERVER

    with clip_progress(2):
        for outcome in outcomes():
            OBSERVER.get()(outcome)
    assert capfd.readouterr().err == "failed: clip 'b': [red] is no markup; leave it out\n"
    with clip_progress(2, quiet=True):
        assert OBSERVER.get() is None


def test_who_watches_is_known_inside_only():
    from flows.progress import OBSERVER

    with watched(print):
        assert OBSERVER.get() is print
    assert OBSERVER.get() is None


def test_hours_are_shown_as_hours():
    assert clock(3 * 3600 + 61.9) == "3:01:01"
