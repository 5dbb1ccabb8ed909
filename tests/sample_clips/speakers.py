"""The people of the sample clips: none of them exists."""

from dataclasses import dataclass

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


@dataclass(frozen=True)
class Speaker:
    """A drawn person and the synthetic voice that goes with it."""

    name: str
    voice: str
    """espeak-ng voice, variant included."""
    pitch: int
    """espeak-ng pitch, 0 to 99."""
    skin: Colour
    hair: Colour
    eyes: Colour
    lips: Colour
    clothes: Colour
    wall: Colour
    long_hair: bool = False
    fringe: bool = True
    beard: bool = False
    width: float = 1.0
    """Width of the face over that of the drawing."""
    length: float = 1.0
    nose: float = 1.0
    """Size of the nose."""


ANNA = Speaker(
    "anna", "en-us+f2", 62,
    (226, 184, 158), (92, 58, 34), (84, 118, 92), (190, 92, 92),
    (70, 90, 140), (204, 214, 224), long_hair=True,
)  # fmt: skip
BRUNO = Speaker(
    "bruno", "en-gb+m3", 38,
    (196, 148, 116), (34, 28, 26), (74, 52, 36), (164, 92, 82),
    (58, 62, 66), (222, 214, 198), fringe=False, beard=True, width=1.06, nose=1.12,
)  # fmt: skip
CHLOE = Speaker(
    "chloe", "en-gb-scotland+f4", 70,
    (240, 206, 186), (176, 88, 44), (92, 132, 168), (204, 104, 104),
    (60, 118, 92), (214, 206, 222), long_hair=True, fringe=False, width=0.95, nose=0.92,
)  # fmt: skip
DMITRI = Speaker(
    "dmitri", "en-us+m7", 30,
    (214, 168, 140), (120, 120, 122), (96, 116, 128), (170, 96, 92),
    (126, 60, 58), (196, 210, 200), fringe=False, width=1.02, length=1.05, nose=1.08,
)  # fmt: skip
EMMA = Speaker(
    "emma", "en-029+f3", 58,
    (150, 104, 76), (26, 20, 20), (58, 38, 28), (140, 66, 66),
    (206, 160, 60), (188, 204, 214), width=0.98, length=0.97,
)  # fmt: skip
NARRATOR = Speaker(
    "narrator", "en-us+m1", 45,
    (200, 160, 130), (60, 50, 40), (60, 60, 60), (160, 90, 90),
    (60, 60, 60), (200, 200, 200),
)  # fmt: skip
