"""Where the lines of a chart go: numbers in, coordinates out. Templates draw them."""

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.figures import FINAL_AFTER, FINAL_GOAL, RECORDS_GOALS, STAGES, Funnel
from explorer.forecasting import CurveDay

WIDTH, HEIGHT = 480, 270
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 14, 40
SHORTEST, LONGEST = 21, 35  # days on the axis
BAR, GAP, LABEL, NUMBERS = 26, 10, 140, 92


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the grid or a goal: where it is and what it says."""

    at: float
    label: str
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class CurveChart:
    """SVG points as text. `band` is a closed shape, empty without a forecast."""

    seen: str
    middle: str
    band: str
    percents: list[Mark]
    days: list[Mark]
    goals: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    count: int
    percent: int
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class FunnelChart:
    bars: list[Bar]
    x: int = LABEL
    numbers: int = WIDTH - NUMBERS + 8
    width: int = WIDTH
    height: int = len(STAGES) * (BAR + GAP)
    bar: int = BAR


def curve_chart(curve: Sequence[CurveDay]) -> CurveChart:
    """A point stands at the end of its day; everything begins with nobody on day 0."""
    lived = sum(day.share is not None for day in curve)
    days = min(max(SHORTEST, lived + 7), LONGEST, max(len(curve), SHORTEST))
    shown = curve[:days]

    def x(day: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * day / days, 1)

    def y(percent: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * percent / 100, 1)

    def line(points) -> str:
        return " ".join(f"{x(day)},{y(percent)}" for day, percent in points)

    seen = [(0, 0.0), *((day.day + 1, day.share) for day in shown if day.share is not None)]
    low = [(0, 0.0), *((day.day + 1, day.low) for day in shown)]
    high = [(0, 0.0), *((day.day + 1, day.high) for day in shown)]
    goals = [*RECORDS_GOALS.items(), (FINAL_AFTER, FINAL_GOAL)]
    return CurveChart(
        seen=line(seen),
        middle=line([(0, 0.0), *((day.day + 1, day.mid) for day in shown)]),
        band=line([*low, *reversed(high)]) if shown else "",
        percents=[Mark(y(percent), f"{percent} %") for percent in range(0, 101, 20)],
        days=[Mark(x(day), str(day)) for day in range(0, days + 1, 7)],
        goals=[Mark(y(goal), f"{goal} %", x(min(day, days))) for day, goal in goals],
    )


def funnel_chart(funnel: Funnel) -> FunnelChart:
    """Bars in parts of the first stage."""
    whole, bars = max(funnel.eligible, 1), []
    for place, (stage, label) in enumerate(STAGES.items()):
        count = getattr(funnel, stage)
        width = (WIDTH - LABEL - NUMBERS) * count / whole
        bars.append(Bar(label, count, 100 * count // whole, place * (BAR + GAP), round(width, 1)))
    return FunnelChart(bars)
