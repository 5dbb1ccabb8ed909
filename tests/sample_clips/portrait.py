"""Portraits: a speaker drawn from the front, in parts that move apart."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.sample_clips.speakers import Colour, Speaker

SIZE = 512
CENTRE = SIZE / 2
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Portrait:
    """A drawn person in layers, from back to front; RGBA but for the wall and the face, [SIZE, SIZE] each."""

    wall: Image
    back: Image
    """Hair behind the neck; moves with the head."""
    body: Image
    """Neck and shoulders."""
    head: Image
    """Skull and ears; moves with the head."""
    face: Image
    """RGB, without hair: what is stretched over the mesh."""
    front: Image
    """Hair before the face; moves with the head."""


def draw(speaker: Speaker, eyes: bool = False) -> Portrait:
    """Return the layers of a portrait; with shut lids unless ``eyes``, because open eyes are rendered each time."""
    below, above = (_wall(speaker), _back(speaker), _body(speaker), _head(speaker)), _front(speaker)
    return Portrait(*below, _face(speaker, eyes), above)


def _face(speaker: Speaker, eyes: bool) -> Image:
    """Return the face on a ground of skin, with painted light, seen from the front."""
    image = np.full((SIZE, SIZE, 3), speaker.skin, np.uint8)
    _shade(image, [((sx * 104, 270), (34, 130), 0.9) for sx in (-1, 1)], 0.32)
    _shade(image, [((sx * 46, 238), (34, 20), 0.9) for sx in (-1, 1)], 0.28)
    _shade(image, [((sx * 15, 285), (5, 42), 0.8) for sx in (-1, 1)], 0.3)
    _shade(image, [((0, 322), (26, 8), 1.0), ((0, 378), (30, 8), 0.8)], 0.35)
    _glow(image, [((sx * 62, 300), (26, 20)) for sx in (-1, 1)], speaker.lips, 0.25)
    _glow(image, [((0, 290), (6, 34)), ((0, 190), (50, 18))], (255, 245, 235), 0.25)
    for side in (-1, 1):
        cv2.ellipse(image, _at((side * 46, 224)), (31, 12), 0, 195, 345, _dark(speaker.hair, 0.15), 7, cv2.LINE_AA)
        if eyes:
            _eye(image, speaker, side)
        _oval(image, (side * 13, 314), (6, 4), _dark(speaker.skin, 0.5))
    _oval(image, (0, 311), (12, 10), _light(speaker.skin, 0.08))
    if speaker.beard:
        _glow(image, [((0, 390), (78, 44)), ((0, 333), (40, 6))], speaker.hair, 0.75)
    _lips(image, speaker)
    return cv2.GaussianBlur(image, (0, 0), 1.1)


def _wall(speaker: Speaker) -> Image:
    rows = np.linspace(1.06, 0.88, SIZE)[:, None, None]
    return np.clip(np.array(speaker.wall) * np.ones((SIZE, SIZE, 1)) * rows, 0, 255).astype(np.uint8)


def _back(speaker: Speaker) -> Image:
    colour, alpha = _layer()
    if speaker.long_hair:
        for target, hair in ((colour, _dark(speaker.hair, 0.2)), (alpha, 255)):
            _oval(target, (0, 300), (146, 190), hair)
    return _rgba(colour, alpha)


def _body(speaker: Speaker) -> Image:
    colour, alpha = _layer()
    for target, skin, clothes in ((colour, _dark(speaker.skin, 0.14), speaker.clothes), (alpha, 255, 255)):
        cv2.rectangle(target, (int(CENTRE) - 52, 340), (int(CENTRE) + 52, 500), skin, -1)
        _oval(target, (0, 545), (200, 110), clothes)
    _shade(colour, [((0, 405), (70, 26), 1.0), ((-150, 560), (60, 90), 0.8), ((150, 560), (60, 90), 0.8)], 0.4)
    return _rgba(colour, alpha)


def _head(speaker: Speaker) -> Image:
    colour, alpha = _layer()
    for target, skin in ((colour, _dark(speaker.skin, 0.05)), (alpha, 255)):
        for side in (-1, 1):
            _oval(target, (side * 112, 262), (13, 26), skin)
        _oval(target, (0, 262), (105, 145), skin)
    return _rgba(colour, alpha)


def _front(speaker: Speaker) -> Image:
    """Hair: a cap with an opening for the face, and for long hair a strand on each side."""
    colour, alpha = _layer()
    _oval(colour, (0, 256), (256, 256), speaker.hair)
    _glow(colour, [((-30, 110), (50, 14))], (255, 255, 255), 0.12)
    _oval(alpha, (0, 215), (124, 150), 255)
    if speaker.long_hair:
        _oval(alpha, (0, 280), (142, 150), 255)
    _oval(alpha, (0, 300), (106, 132) if speaker.fringe else (104, 158), 0)
    cv2.rectangle(alpha, (0, 400 if speaker.long_hair else 265), (SIZE, SIZE), 0, -1)
    return _rgba(colour, alpha)


def _layer() -> tuple[Image, Image]:
    return np.zeros((SIZE, SIZE, 3), np.uint8), np.zeros((SIZE, SIZE), np.uint8)


def _rgba(colour: Image, alpha: Image) -> Image:
    return np.dstack([cv2.GaussianBlur(colour, (0, 0), 1.1), cv2.GaussianBlur(alpha, (0, 0), 1.1)])


def _eye(image: Image, speaker: Speaker, side: int) -> None:
    x = side * 46
    _oval(image, (x, 242), (25, 12), (243, 240, 236))
    _oval(image, (x, 241), (10, 10), speaker.eyes)
    _oval(image, (x, 241), (5, 5), (14, 12, 12))
    cv2.ellipse(image, _at((x, 242)), (25, 12), 0, 180, 360, _dark(speaker.hair, 0.3), 4, cv2.LINE_AA)
    cv2.ellipse(image, _at((x, 242)), (25, 12), 0, 0, 180, _dark(speaker.skin, 0.3), 2, cv2.LINE_AA)


def _lips(image: Image, speaker: Speaker) -> None:
    upper = [(-37, 350), (-13, 341), (0, 345), (13, 341), (37, 350), (0, 353)]
    lower = [(-37, 350), (0, 352), (37, 350), (15, 365), (-15, 365)]
    for shape, colour in ((upper, _dark(speaker.lips, 0.1)), (lower, _light(speaker.lips, 0.06))):
        cv2.fillPoly(image, [np.array([_at(point) for point in shape])], colour, cv2.LINE_AA)
    cv2.line(image, _at((-37, 350)), _at((37, 350)), _dark(speaker.lips, 0.4), 2, cv2.LINE_AA)


def _shade(image: Image, ovals: list, strength: float) -> None:
    """Darken soft ovals: ((x, y), (rx, ry), weight) each."""
    mask = np.zeros((SIZE, SIZE), np.float32)
    for centre, radii, weight in ovals:
        cv2.ellipse(mask, _at(centre), radii, 0, 0, 360, weight, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 9)[..., None]
    image[:] = np.clip(image * (1 - strength * mask), 0, 255)


def _glow(image: Image, ovals: list, colour: Colour, strength: float) -> None:
    """Blend soft ovals of a colour in: ((x, y), (rx, ry)) each."""
    mask = np.zeros((SIZE, SIZE), np.float32)
    for centre, radii in ovals:
        cv2.ellipse(mask, _at(centre), radii, 0, 0, 360, 1.0, -1)
    mask = strength * cv2.GaussianBlur(mask, (0, 0), 8)[..., None]
    image[:] = np.clip(image * (1 - mask) + np.array(colour) * mask, 0, 255)


def _oval(image: Image, centre: tuple, radii: tuple, colour: Colour | int) -> None:
    cv2.ellipse(image, _at(centre), radii, 0, 0, 360, colour, -1, cv2.LINE_AA)


def _at(point: tuple) -> tuple[int, int]:
    """Place counted from the middle line of the face."""
    return round(CENTRE + point[0]), round(point[1])


def _dark(colour: Colour, share: float) -> Colour:
    return tuple(round(value * (1 - share)) for value in colour)


def _light(colour: Colour, share: float) -> Colour:
    return tuple(round(value + (255 - value) * share) for value in colour)
