"""The root error and its children: each message says what, where, and what to do about it."""


class PipelineError(Exception):
    """Root of every error this project raises on purpose; the command line prints it as one line.

    Attributes
    ----------
    exit_code : int
        What a command exits with when this error ends it: 1 the run failed, 2 wrong usage or wrong input.
    longest : int or None
        Characters of the message; what is quoted in it comes from strangers. None: as long as it is.
    """

    exit_code = 1
    longest: int | None = 1800

    def __str__(self) -> str:
        return bounded(super().__str__(), self.longest)


def bounded(text: str, longest: int | None = 1800) -> str:
    """Return a text, its middle left out if it is too long: what is wrong stands in front, the remedy at the end."""
    if longest is None or len(text) <= longest:
        return text
    return f"{text[: longest // 2]} [...] {text[len(text) - longest // 2 + 7 :]}"


class UsageError(PipelineError):
    """The request itself cannot be met: no such folder, a manifest with a missing column, an unknown option."""

    exit_code = 2


class MediaError(PipelineError):
    """One clip cannot be read: unreadable, truncated before the first sample, no usable stream."""


class TranscriptError(PipelineError):
    """A transcript file cannot be parsed, or a transcript cannot be placed in its audio."""


class EmptyClipError(PipelineError):
    """No modality remains of a clip: nothing seen, nothing heard, nothing said."""


class ModelMissingError(PipelineError):
    """A model file is not installed, or is not the file it claims to be (sha256)."""

    exit_code = 2


class StoreError(PipelineError):
    """A feature store is damaged, locked by another run, of another version, or out of disk."""


class DamagedClipError(StoreError):
    """One clip's file in a store cannot be read; extracting makes it anew."""


class ServerLostError(PipelineError):
    """The server that keeps the books of a run ended while it was needed."""


class SplitError(UsageError):
    """A split does not exist, or a group or a file content stands on two sides of it."""


class FeatureMismatchError(UsageError):
    """Features do not fit the model: the message lists the names that differ."""

    longest = None
