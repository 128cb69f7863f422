"""A small chart as SVG: tasks above, waiting below, over the hours of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tools.scaling.simulate import Run

WIDTH, LEFT, RIGHT = 760, 46, 12
TASKS_TOP, TASKS_HIGH, WAIT_TOP, WAIT_HIGH, BOTTOM = 44, 170, 244, 80, 34
HEIGHT = WAIT_TOP + WAIT_HIGH + BOTTOM
#: Seen by those who see no red or no green, too; on white, whatever the page has.
COLOURS = ("#0b5fa5", "#c2570c")
GREY, INK = "#8a8f98", "#22262c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One of the two plots: minutes across, *most* at the top."""

    top: int
    high: int
    most: float
    first: int
    last: int

    def x(self, minute: float) -> float:
        """Where *minute* is."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (minute - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        """Where *value* is."""
        return self.top + self.high * (1 - min(value, self.most) / self.most)

    def line(self, values: Sequence[float], colour: str, *, steps: bool, dashed: bool = False, width: float = 1.8) -> str:
        """*values*, one a minute; where nothing changes there are no points."""
        points: list[tuple[float, float]] = []
        for minute in range(self.first, self.last):
            here = (self.x(minute), self.y(values[minute]))
            if steps and points and here[1] != points[-1][1]:
                points.append((here[0], points[-1][1]))
            if len(points) > 1 and points[-1][1] == points[-2][1] == here[1]:
                points.pop()
            points.append(here)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        return f'<polyline fill="none" stroke="{colour}" stroke-width="{width}"{dash} points="{path}"/>'

    def frame(self, label: str, ticks: Sequence[float]) -> list[str]:
        """Lines and numbers at the side."""
        lines = [_text(LEFT - 38, self.top - 8, label, weight="600")]
        for tick in ticks:
            y = self.y(tick)
            lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e5e8"/>')
            lines.append(_text(LEFT - 6, y + 4, f"{tick:g}", anchor="end"))
        return lines


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "400", colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}">{escape(text)}</text>'


def _ticks(most: float) -> list[float]:
    step = next(size for size in (0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_200, 3_600) if most / size <= 5)
    return [step * number for number in range(int(most / step) + 1)]


def chart(title: str, runs: Sequence[tuple[str, Run]], *, hours: tuple[int, int], needed: str) -> str:
    """Tasks and waits of *runs* between two hours; *needed* says what the grey line is."""
    first, last = hours[0] * 60, hours[1] * 60
    most = max(max(*run.tasks[first:last], *run.needed[first:last]) for _, run in runs)
    longest = max(1.0, *(max(run.waits[first:last]) for _, run in runs))
    tasks = Panel(top=TASKS_TOP, high=TASKS_HIGH, most=most * 1.05, first=first, last=last)
    waits = Panel(top=WAIT_TOP, high=WAIT_HIGH, most=longest * 1.05, first=first, last=last)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="11" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT - 38, 16, title, weight="600"),
        *tasks.frame("tasks", _ticks(most)),
        *waits.frame("seconds of waiting", _ticks(longest)),
    ]
    # Five minutes together: the flutter of single minutes would only be ink.
    smooth = [sum(part := runs[0][1].needed[max(0, at - 4) : at + 1]) / len(part) for at in range(last)]
    parts.append(tasks.line(smooth, GREY, steps=False, width=1.2))
    legend = [(needed, GREY), *((label, COLOURS[number]) for number, (label, _) in enumerate(runs))]
    # What is stated is drawn last, above the other.
    for number, (_, run) in reversed(list(enumerate(runs))):
        parts.append(tasks.line(run.tasks, COLOURS[number], steps=True, dashed=number > 0))
        parts.append(waits.line(run.waits, COLOURS[number], steps=False, dashed=number > 0))
    x = WIDTH - RIGHT
    for label, colour in reversed(legend):
        parts.append(_text(x, 32, label, anchor="end", colour=colour))
        x -= 7 * len(label) + 16
    every = 1 if hours[1] - hours[0] <= 8 else 3
    parts += [
        _text(waits.x(hour * 60), HEIGHT - 14, f"{hour:02d}:00", anchor="middle" if hour < hours[1] else "end")
        for hour in range(hours[0], hours[1] + 1, every)
    ]
    return "\n".join([*parts, "</svg>", ""])
