"""Names for the face landmarks that are measured: indices into MediaPipe's 478 points.

Left and right are the subject's own. Points 0-467 are the face mesh, 468-472 the subject's right iris (468 its
centre), 473-477 the left one (473).
"""

LANDMARKS = 478

# --- points that expression hardly moves, as mirror pairs (subject's right, subject's left)
RIGID_PAIRS: tuple[tuple[int, int], ...] = (
    (33, 263),  # outer eye corners
    (133, 362),  # inner eye corners
    (127, 356),  # temples
    (162, 389),
    (21, 251),  # sides of the forehead
    (54, 284),
    (234, 454),  # in front of the ears
    (93, 323),
    (132, 361),
    (116, 345),  # cheek bones
    (117, 346),
)
HAIRLINE = (10, 151)
"""Middle of the hairline and of the forehead: the upper end of the face's vertical."""
NOSE_BASE = 2
"""Where the nose meets the lip: the lower end of the face's vertical."""
BRIDGE = (168, 6)
"""Bridge of the nose between the eyes: moved least by a broad smile (0.015 face sizes; the nose wings 0.08)."""

# --- eyes
EYE_OUTER = {"right": 33, "left": 263}
EYE_INNER = {"right": 133, "left": 362}
UPPER_LID = {"right": (160, 159, 158), "left": (387, 386, 385)}
LOWER_LID = {"right": (144, 145, 153), "left": (373, 374, 380)}
IRIS = {"right": 468, "left": 473}

# --- brows: upper and lower edge
BROW_INNER = {"right": (107, 55), "left": (336, 285)}
BROW_OUTER = {"right": (70, 46), "left": (300, 276)}

# --- nose, cheeks, chin
NOSE_WING = {"right": 129, "left": 358}
CHEEK = {"right": 50, "left": 280}
CHIN = 152
JAW = (18, 200)
"""Fold under the lower lip and pad of the chin: follow the jaw (r with the official bundle's jawOpen 0.90; the
chin's outline 0.74) and not a smile, which pulls the lips."""

# --- lips: outer and inner edge
MOUTH_CORNER = {"right": 61, "left": 291}
UPPER_LIP_TOP = (37, 0, 267)
UPPER_LIP_INNER = (82, 13, 312)
LOWER_LIP_INNER = (87, 14, 317)
LOWER_LIP_BOTTOM = (84, 17, 314)

OUTLINE = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176,
           149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
"""The face's outline, once around."""
