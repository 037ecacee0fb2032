"""What a target found, in sentences."""

from __future__ import annotations

from experiments.targets.crossing import Crossings, Region
from experiments.targets.reach import Reach
from experiments.targets.varied import Varied

SHAPES = {
    "rises": "Over the range it rises, as far as paired seeds can tell.",
    "falls": "Over the range it falls, as far as paired seeds can tell.",
    "not monotone": "It is not monotone: over the range it rises in one part and falls in another.",
    "flat": "No rise or fall over the range can be told from luck.",
}


def answer(varied: Varied, reach: Reach, found: Crossings) -> str:
    """Where the figure is reached with its interval, or what is reached instead, and how the curve runs."""
    crossed = [region for region in found.regions if region.direction != "touches"]
    touched = [region for region in found.regions if region.direction == "touches"]
    if found.curve.empty:
        return f"No two runs have a figure of {reach.outcome}."
    told = [_reached(varied, reach, crossed) if crossed else _never(varied, reach, found)]
    told += [
        f"For {varied.name} {_span(varied, region)} it may be {reach.told(reach.figure)}, but no crossing can be told."
        for region in touched
    ]
    told.append(SHAPES[found.shape])
    return " ".join(told)


def _reached(varied: Varied, reach: Reach, regions: list[Region]) -> str:
    what, goal = _capital(reach.words), reach.told(reach.figure)
    if len(regions) == 1:
        one = regions[0]
        return (
            f"{what} {one.direction} to {goal} at {varied.name} = {varied.with_unit(varied.told(one.value))} "
            f"(95 % interval {interval(varied, one)})."
        )
    places = "; ".join(
        f"{one.direction} at {varied.told(one.value)} (95 % interval {interval(varied, one)})" for one in regions
    )
    return f"{what} crosses {goal} {len(regions)} times as {varied.name} grows: {places}{_unit(varied)}."


def interval(varied: Varied, region: Region) -> str:
    """The interval of a crossing; it says where it goes on beyond the range."""
    low = f"{'below ' if region.open_low else ''}{varied.told(region.low)}"
    return f"{low} to {'beyond ' if region.open_high else ''}{varied.told(region.high)}"


def _span(varied: Varied, region: Region) -> str:
    if region.low == region.high:
        return f"= {varied.told(region.low)}"
    return f"from {varied.told(region.low)} to {varied.told(region.high)}"


def _never(varied: Varied, reach: Reach, found: Crossings) -> str:
    ordered = found.curve.sort_values(by="mean")[["value", "mean"]]
    least, most = ordered.iloc[0], ordered.iloc[-1]
    span = f"{varied.with_unit(f'{varied.told(varied.low)} to {varied.told(varied.high)}')}"
    if least["mean"] == most["mean"]:
        reached = f"it is {reach.told(float(least['mean']))} everywhere"
    else:
        reached = (
            f"it reaches from {reach.told(float(least['mean']))} (at {varied.told(float(least['value']))}) to "
            f"{reach.told(float(most['mean']))} (at {varied.told(float(most['value']))})"
        )
    side = "above" if float(least["mean"]) >= reach.figure else "below"
    return (
        f"{_capital(reach.words)} never gets to {reach.told(reach.figure)} for {varied.name} from {span}: {reached}, "
        f"always {side}."
    )


def _unit(varied: Varied) -> str:
    unit = varied.with_unit("")
    return f",{unit}" if unit else ""


def _capital(text: str) -> str:
    """A sentence may begin with the name of an outcome, which stays as it is written."""
    return f"{text[0].upper()}{text[1:]}" if text.startswith("the ") else text
