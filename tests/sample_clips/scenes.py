"""Pictures without a face: slides of a talk, and a harbour in a storm."""

import cv2
import numpy as np

from tests.sample_clips.portrait import Image

PAPER, INK, BLUE, GREEN = (250, 249, 246), (40, 44, 52), (52, 98, 160), (74, 150, 98)


def slide(width: int, height: int, time_s: float, duration_s: float) -> Image:
    """A bar chart that grows, and on a second slide a line that rises."""
    image = np.full((height, width, 3), PAPER, np.uint8)
    cv2.rectangle(image, (0, 0), (width, height // 7), BLUE, -1)
    second = time_s > duration_s / 2
    _write(image, "Sales by year" if not second else "Outlook", (12, height // 10), 0.6, PAPER)
    left, bottom = width // 8, height - height // 8
    cv2.line(image, (left, height // 5), (left, bottom), INK, 2)
    cv2.line(image, (left, bottom), (width - left, bottom), INK, 2)
    shown = min(1.0, (time_s % (duration_s / 2)) / (0.35 * duration_s))
    step = (width - 2 * left) // 5
    if not second:
        for index, share in enumerate((0.35, 0.42, 0.5, 0.66, 0.88)):
            top = bottom - round(share * shown * (bottom - height // 4))
            cv2.rectangle(
                image, (left + index * step + 6, top), (left + (index + 1) * step - 6, bottom - 2), GREEN, -1
            )
            _write(image, str(2021 + index), (left + index * step + 8, bottom + 16), 0.38, INK)
        return image
    places = [
        (left + round(x * 5 * step), bottom - round((0.2 + 0.6 * x**1.5) * (bottom - height // 4)))
        for x in np.linspace(0, shown, 40)
    ]
    cv2.polylines(image, [np.array(places)], False, GREEN, 3, cv2.LINE_AA)
    return image


def storm(width: int, height: int, time_s: float) -> Image:
    """Dark clouds that move, waves that roll, rain, a pier."""
    rng = np.random.default_rng(7)
    sky = np.linspace((70, 78, 92), (128, 134, 142), height)[:, None, :] * np.ones((1, width, 1))
    image = sky.astype(np.uint8)
    for _ in range(26):
        x, y, size = rng.uniform(-0.2, 1.2), rng.uniform(0, 0.4), rng.uniform(0.08, 0.2)
        shade = int(rng.uniform(60, 110))
        place = (round(((x + 0.03 * time_s) % 1.4 - 0.2) * width), round(y * height))
        cv2.ellipse(
            image,
            place,
            (round(size * width), round(size * width * 0.4)),
            0,
            0,
            360,
            (shade, shade + 4, shade + 12),
            -1,
        )
    image = cv2.GaussianBlur(image, (0, 0), 7)
    columns = np.arange(width)
    for row in range(6):
        crest = 0.6 + 0.07 * row + 0.015 * np.sin(columns / (14 + 3 * row) + time_s * (2.2 - 0.2 * row) + row)
        outline = np.column_stack([columns, crest * height]).round().astype(np.int32)
        water = (52 + 6 * row, 78 + 5 * row, 92 + 4 * row)
        cv2.fillPoly(image, [np.concatenate([outline, [[width, height], [0, height]]])], water, cv2.LINE_AA)
    for x in range(width // 2, width, width // 8):
        cv2.rectangle(image, (x, round(height * 0.6)), (x + 8, height), (58, 46, 38), -1)
    cv2.rectangle(image, (width // 2 - 10, round(height * 0.57)), (width, round(height * 0.61)), (74, 58, 46), -1)
    for _ in range(90):
        x, y = rng.uniform(0, 1.2) * width, ((rng.uniform() + 1.9 * time_s) % 1) * height
        cv2.line(image, (round(x), round(y)), (round(x - 4), round(y + 12)), (170, 176, 182), 1, cv2.LINE_AA)
    return image


def _write(image: Image, text: str, place: tuple[int, int], size: float, colour: tuple[int, int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
