"""Words and phones where a search put them, in frames."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlacedPhone:
    """A phone where the search put it: frames ``[start_frame, end_frame)``."""

    name: str
    start_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A spoken word where the search put it."""

    phones: tuple[PlacedPhone, ...]

    @property
    def start_frame(self) -> int:
        """First frame."""
        return self.phones[0].start_frame

    @property
    def end_frame(self) -> int:
        """Frame after the last."""
        return self.phones[-1].end_frame
