"""What a database looks like: a few pictures of what the figures are about, each a query drawn as inline SVG."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

import numpy as np

from datagen import likeness

PICTURE = re.compile(r"-- picture: (.+) \| (.+) \| (.+) \| (lines|dots)( log)?\n")
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 520, 300, 48, 34, 24
INKS = ("#0b6e8a", "#c2571a", "#4b7f2c", "#7a4b9a")
MOST_DOTS = 1500
"""Of a series: more are not seen apart."""

NOTHING = '<svg class="picture" viewBox="0 0 520 40"><text x="8" y="24">Nothing of it is in this database</text></svg>'

Points = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Picture:
    """What is drawn: its axes, as lines or dots, and whether y is of logarithms."""

    title: str
    across: str
    up: str
    lines: bool
    log: bool
    query: str


@cache
def pictures() -> tuple[Picture, ...]:
    """All of them, in order."""
    parts = PICTURE.split(files(__package__).joinpath("pictures.sql").read_text("utf-8"))[1:]
    return tuple(
        Picture(title, across, up, kind == "lines", bool(log), query.strip())
        for title, across, up, kind, log, query in zip(*[iter(parts)] * 6, strict=True)
    )


def look(dsn: str) -> tuple[list["likeness.Measured"], list[tuple[str, str]]]:
    """Every figure, and every picture as its title and SVG, of one state of the database."""
    with likeness.on_ground(dsn) as connection:
        measured = [likeness.measured(connection, figure) for figure in likeness.figures()]
        drawn = []
        for picture in pictures():
            points: Points = defaultdict(list)
            for series, x, y in connection.execute(picture.query.encode()):
                points[series].append((float(x), float(y)))
            drawn.append((picture.title, drawing(picture, points)))
    return measured, drawn


def drawing(picture: Picture, points: Points) -> str:
    """A chart as SVG; of no points, one that says so."""
    shown = {name: each[:: len(each) // MOST_DOTS + 1] for name, each in points.items()}
    every = np.array([point for each in shown.values() for point in each])
    if not len(every):
        return NOTHING
    across = _Axis(every[:, 0], LEFT, WIDTH - 12, False)
    up = _Axis(every[:, 1], HEIGHT - BOTTOM, TOP, picture.log)
    parts = [f'<svg class="picture" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(picture.title)}">']
    for at, text in up.ticks():
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - 12}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{at + 4:.1f}" class="y">{text}</text>')
    for at, text in across.ticks():
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 15}" class="x">{text}</text>')
    parts.append(f'<text x="{WIDTH - 12}" y="{HEIGHT - 4}" class="y">{escape(picture.across)}</text>')
    parts.append(f'<text x="4" y="12">{escape(picture.up)}</text>')
    for number, (name, each) in enumerate(shown.items()):
        ink = INKS[number % len(INKS)]
        places = [(across.place(x), up.place(y)) for x, y in each]
        parts.append(f'<text x="{LEFT + 110 + 130 * number}" y="12" fill="{ink}">{escape(name)}</text>')
        # A series that lies on the axis is of moments, not of a course.
        if picture.lines and any(y for _, y in each):
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="1.6"/>')
        else:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8" fill="{ink}" fill-opacity="0.5"/>' for x, y in places]
    return "".join((*parts, "</svg>"))


class _Axis:
    """From values to places on the paper."""

    def __init__(self, values: "np.ndarray[tuple[int], np.dtype[np.float64]]", begin: float, end: float, log: bool):
        self.log, self.begin, self.end = log, begin, end
        self.low, self.high = float(values.min()), float(values.max())
        if log:
            self.low, self.high = float(np.log10(self.low)), float(np.log10(self.high))
        elif self.low > 0 and self.low < 0.5 * self.high:
            self.low = 0.0
        if self.high <= self.low:
            self.low, self.high = self.low - 1.0, self.high + 1.0

    def place(self, value: float) -> float:
        share = ((float(np.log10(value)) if self.log else value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> list[tuple[float, str]]:
        """Round values, about five, with their places."""
        if self.log:
            values = [10.0**power for power in range(int(np.ceil(self.low)), int(np.floor(self.high)) + 1)]
        else:
            rough = (self.high - self.low) / 5.0
            unit = 10.0 ** np.floor(np.log10(rough))
            step = unit * min((1, 2, 5, 10), key=lambda times: abs(times * unit - rough))
            values = [step * n for n in range(int(np.ceil(self.low / step)), int(np.floor(self.high / step)) + 1)]
        return [(self.place(value), f"{value:g}") for value in values]
