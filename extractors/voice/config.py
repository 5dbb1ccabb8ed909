"""AudioConfig: the time grid, the shared spectrogram and the choice of audio columns."""

from pydantic import BaseModel, ConfigDict, Field

RATE_HZ = 16_000
"""Every clip is resampled to this rate first: columns taken at a file's own rate measure its codec."""
HOP_S = 0.01
"""Seconds between frames."""
HOP_SAMPLES = 160
"""Samples between frames."""


class AudioConfig(BaseModel):
    """How voice features are computed.

    The window is one compromise for all columns: a 50 ms Hann window is as short in time as a 25 ms
    rectangle (its half-power width), yet holds three periods of a 60 Hz voice, so pitch, harmonicity, formants and
    spectral shape are read from one spectrogram.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: float = Field(default=0.05, ge=0.03, le=0.1)
    """Length of the Hann window, seconds."""
    pitch_low_hz: float = Field(default=60.0, ge=40.0, le=150.0)
    """Lowest voice searched for; three of its periods must fit the window."""
    pitch_high_hz: float = Field(default=700.0, ge=200.0, le=1000.0)
    """Highest voice searched for: a child's or an excited woman's cry."""
    mfcc_count: int = Field(default=13, ge=0, le=20)
    """How many mel cepstral coefficients, from the first on (the zeroth is level, and not among them)."""
    mfcc_deltas: bool = True
    """Whether each coefficient comes with its rate of change."""
    include_unstable: bool = False
    """Whether columns with the verdict `unstable` are computed too."""
    block_s: float = Field(default=30.0, ge=1.0, le=600.0)
    """Longer audio is worked through in blocks of this length; results do not depend on it."""

    @property
    def window_samples(self) -> int:
        """Samples in a window at 16 kHz: 800."""
        return round(self.window_s * RATE_HZ)

    @property
    def fft_samples(self) -> int:
        """Transform length: the window and the longest lag must fit without wrapping, in a multiple of 256."""
        longest_lag = round(RATE_HZ / self.pitch_low_hz)
        return -(-(self.window_samples + longest_lag) // 256) * 256

    @property
    def block_frames(self) -> int:
        """Frames in a block."""
        return max(16, round(self.block_s / HOP_S))
