"""How likely the values of a factor are where not all are equally likely, by SciPy's inverse distribution functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Name = Literal["normal", "lognormal", "triangular", "beta"]

# What each of them must be told, and what it may be told besides, with what it is then.
NUMBERS: dict[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sigma"),
    "triangular": ("low", "mode", "high"),
    "beta": ("a", "b"),
}
OPTIONAL: dict[str, dict[str, float]] = {"beta": {"low": 0.0, "high": 1.0}}
WORDS = {
    "mean": "mean",
    "sd": "standard deviation",
    "median": "median",
    "sigma": "standard deviation of the logarithm",
    "low": "from",
    "mode": "most likely",
    "high": "to",
    "a": "a",
    "b": "b",
}
#: Of a distribution at least so much must lie where values are allowed.
LEAST_KEPT = 0.01
_NEAR = 2.0**-53  # no share is nearer to 0 or 1: there a distribution without ends has no value


@dataclass(frozen=True)
class Distribution:
    """A distribution that is cut off at the ends of a factor.

    Attributes:
        name: Which.
        numbers: What it was told, by name, in units of the factor: `NUMBERS` and `OPTIONAL`.
    """

    name: Name
    numbers: tuple[tuple[str, float], ...]

    def value(self, share: float, low: float, high: float) -> float:
        """Value below which a share of the distribution between two ends lies, 0 to 1."""
        below, above, kept = _ends(self, low, high)
        share, frozen = min(max(share, _NEAR), 1.0 - _NEAR), _frozen(self)
        # In the upper half from above, where the distribution function has no digits left.
        lower = below + share * kept < 0.5
        found = frozen.ppf(below + share * kept) if lower else frozen.isf(above + (1.0 - share) * kept)
        return float(min(max(float(found), low), high))

    def kept(self, low: float, high: float) -> float:
        """Share of the distribution between two ends."""
        return _ends(self, low, high)[2]

    def describe(self) -> dict[str, Any]:
        """The distribution as plain values."""
        return {"name": self.name, **dict(self.numbers)}

    def in_words(self) -> str:
        """Such as "normal, mean 1.2, standard deviation 0.1"."""
        return ", ".join([self.name, *(f"{WORDS[name]} {value:g}" for name, value in self.numbers)])


@lru_cache(maxsize=1000)
def _ends(one: Distribution, low: float, high: float) -> tuple[float, float, float]:
    """Shares of a distribution below one end, above another, and between them."""
    frozen = _frozen(one)
    below, above = float(frozen.cdf(low)), float(frozen.sf(high))
    kept = frozen.cdf(high) - below if below < 0.5 else frozen.sf(low) - above
    return below, above, float(kept)


@lru_cache(maxsize=1000)
def _frozen(one: Distribution) -> Any:
    """SciPy's distribution."""
    from scipy import stats

    numbers = dict(one.numbers)
    match one.name:
        case "normal":
            return stats.norm(numbers["mean"], numbers["sd"])
        case "lognormal":
            return stats.lognorm(numbers["sigma"], scale=numbers["median"])
        case "triangular":
            width = numbers["high"] - numbers["low"]
            return stats.triang((numbers["mode"] - numbers["low"]) / width, numbers["low"], width)
        case "beta":
            return stats.beta(numbers["a"], numbers["b"], numbers["low"], numbers["high"] - numbers["low"])


def read_distribution(spec: Mapping[str, Any], where: str, problems: list[str]) -> Distribution | None:
    """Read a distribution from what a design says of a factor.

    Args:
        spec: With `distribution` and its numbers; what else it holds is of the factor.
        where: What the factor is called in messages.
        problems: Gets a line for everything that is wrong.
    """
    name: Any = spec["distribution"]
    if not isinstance(name, str) or name not in NUMBERS:
        problems.append(
            f"{where}.distribution: {name!r} is not allowed; it must be one of {', '.join(NUMBERS)}; "
            "for listed values write values and weights, for equally likely ones low and high alone"
        )
        return None
    before, numbers = len(problems), {}
    optional = OPTIONAL.get(name, {})
    for key in (*NUMBERS[name], *optional):
        value = spec.get(key, optional.get(key))
        if value is None:
            problems.append(f"{where}.{key}: missing; {name} needs {', '.join(NUMBERS[name])}")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            problems.append(f"{where}.{key}: {value!r} is not allowed; it must be a number")
        else:
            numbers[key] = float(value)
    if len(problems) > before:
        return None
    for key in ("sd", "sigma", "median", "a", "b"):
        if key in numbers and not numbers[key] > 0.0:
            problems.append(f"{where}.{key}: {numbers[key]:g} is not allowed; it must be above 0")
    if "low" in numbers and not numbers["low"] < numbers["high"]:
        problems.append(f"{where}: high {numbers['high']:g} must be above low {numbers['low']:g}")
    elif "mode" in numbers and not numbers["low"] <= numbers["mode"] <= numbers["high"]:
        problems.append(f"{where}.mode: {numbers['mode']:g} must lie from low to high")
    return described_distribution({"name": name, **numbers}) if len(problems) == before else None


def described_distribution(told: Mapping[str, Any]) -> Distribution:
    """The distribution that `Distribution.describe` told of."""
    return Distribution(told["name"], tuple((key, float(value)) for key, value in told.items() if key != "name"))


def read_weights(weights: object, count: int, where: str, problems: list[str]) -> tuple[float, ...]:
    """Read how likely listed values are; they are divided by their sum.

    Args:
        weights: One number a value.
        count: How many values there are.
        where: What the factor is called in messages.
        problems: Gets a line for what is wrong.
    """
    wanted = f"it must be a list of {count} numbers above 0, one for each value"
    numbers = list(weights) if isinstance(weights, list | tuple) else []
    good = [one for one in numbers if isinstance(one, int | float) and not isinstance(one, bool) and 0 < one < math.inf]
    if len(good) != count or len(numbers) != count:
        problems.append(f"{where}.weights: {weights!r} is not allowed; {wanted}")
        return ()
    return tuple(float(one) / math.fsum(good) for one in good)


def cut_note(name: str, told: Mapping[str, Any]) -> str:
    """What the ends of a factor cut off its distribution, in a sentence; empty where nothing is.

    Args:
        name: Name of the factor.
        told: What a design says of it.
    """
    if "distribution" not in told:
        return ""
    found = described_distribution(told["distribution"])
    half = 0.5 if told["kind"] == "whole" else 0.0
    cut = 1.0 - found.kept(told["low"] - half, told["high"] + half)
    if cut < 1e-6:
        return ""
    share = f"{cut:.1%}" if cut >= 0.001 else "less than 0.1%"
    return (
        f"{name}: {share} of its distribution ({found.in_words()}) lies outside {told['low']:g} to {told['high']:g} "
        "and is cut off; the rest is scaled up"
    )
