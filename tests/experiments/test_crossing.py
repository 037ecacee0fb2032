"""The root finder on curves with a known crossing: its interval holds it; it says where there is none or more."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from experiments.intervals import chance_interval
from experiments.targets.crossing import Crossings, Search, find_crossings, shape_of

LOW, HIGH = 2.0, 5.0
CURVES: dict[str, tuple[Callable[[float], float], float, float]] = {
    "line": (lambda x: 1.0 - 0.3 * (x - 2.0), 0.7, 3.0),
    "bent": (lambda x: math.exp(2.0 - x), 0.3, 2.0 - math.log(0.3)),
    "steep": (lambda x: 1.0 / (1.0 + math.exp(6.0 * (x - 3.1))), 0.8, 3.1 + math.log(0.25) / 6.0),
    "kinked": (lambda x: max(0.2, 1.0 - 1.5 * max(0.0, x - 2.7)), 0.8, 2.7 + 0.2 / 1.5),
}


class Noisy:
    """A curve with the luck of seeds: each lifts and tilts it as a whole, and every value has a part of its own."""

    def __init__(self, curve: Callable[[float], float], trial: int, shared: float = 0.1, own: float = 0.05) -> None:
        draw = np.random.default_rng(trial)
        self.curve, self.trial, self.own = curve, trial, own
        self.lift, self.tilt = draw.normal(0.0, shared, (2, 1000))
        self.asked: list[tuple[float, int]] = []

    def __call__(self, requests: Sequence[tuple[float, int]]) -> list[float]:
        self.asked += requests
        return [self._value(place, seed) for place, seed in requests]

    def _value(self, place: float, seed: int) -> float:
        # crc32 rather than a generator for each value: the same luck for the same value and seed, in little time.
        uniform = (zlib.crc32(f"{self.trial} {seed} {place:.9f}".encode()) + 0.5) / 2.0**32
        own = self.own * float(ndtri(uniform))
        return self.curve(place) + self.lift[seed] + self.tilt[seed] * (place - LOW) / (HIGH - LOW) + own


def search(figure: float, seeds: int = 20, **more: object) -> Search:
    return Search(LOW, HIGH, figure, seeds, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("seeds", [5, 20])
@pytest.mark.parametrize("name", list(CURVES))
def test_the_known_root_lies_in_its_interval_in_90_of_100_trials(name: str, seeds: int) -> None:
    curve, figure, root = CURVES[name]
    held, widths = 0, []
    for trial in range(100):
        found = find_crossings(Noisy(curve, trial), search(figure, seeds))
        crossed = [one for one in found.regions if one.direction != "touches"]
        held += any(one.low <= root <= one.high for one in crossed)
        widths += [one.high - one.low for one in crossed]
    assert held >= 90
    assert np.median(widths) < (HIGH - LOW) / 2.0  # an interval of everything would hold the root too


def test_more_seeds_make_the_interval_narrower_and_wide_of_the_figure_few_are_enough() -> None:
    curve, figure, root = CURVES["steep"]
    few, many = (find_crossings(Noisy(curve, 7), search(figure, seeds)) for seeds in (6, 100))
    assert many.regions[0].high - many.regions[0].low < few.regions[0].high - few.regions[0].low
    assert abs(many.regions[0].value - root) < 0.1
    assert many.curve["seeds"].iloc[0] < 100
    near = many.curve[(many.curve["value"] - root).abs() < 0.05]
    assert (near["seeds"] == 100).all()


def test_no_value_is_asked_for_twice() -> None:
    noisy = Noisy(CURVES["line"][0], 3)
    find_crossings(noisy, search(0.7))
    assert len(set(noisy.asked)) == len(noisy.asked)


def test_all_crossings_of_a_curve_that_is_not_monotone_are_told() -> None:
    found = find_crossings(Noisy(lambda x: math.sin(2.0 * x), 1, 0.02, 0.02), search(0.0, points=13))
    assert [one.direction for one in found.regions] == ["rises", "falls"]
    for one, root in zip(found.regions, (math.pi, 1.5 * math.pi), strict=True):
        assert one.low <= root <= one.high
        assert one.high - one.low < 0.2
    assert found.shape == "not monotone"


def test_a_hump_that_crosses_once_is_still_seen_to_be_no_monotone_curve() -> None:
    found = find_crossings(Noisy(lambda x: 1.0 - (x - 3.0) ** 2, 1, 0.02, 0.02), search(-1.0))
    assert [one.direction for one in found.regions] == ["falls"]
    assert found.shape == "not monotone"


@pytest.mark.parametrize(("figure", "end"), [(2.0, "high"), (-2.0, "low")])
def test_a_figure_that_is_never_reached_has_no_root(figure: float, end: str) -> None:
    noisy = Noisy(CURVES["line"][0], 2)
    found = find_crossings(noisy, search(figure))
    assert found.regions == ()
    assert not found.reaches
    assert found.shape == "falls"
    assert len(noisy.asked) == 7 * 5  # nothing is spent on what is clear
    assert ((found.curve["mean"] < figure) == (end == "high")).all()


def test_an_interval_that_leaves_the_range_is_open() -> None:
    found = find_crossings(Noisy(lambda x: 0.02 * x, 5), search(0.041))
    assert any(one.open_low or one.open_high for one in found.regions)
    assert find_crossings(Noisy(lambda x: 0.0, 5, 0.0), search(1.0)).shape == "flat"


def test_a_curve_that_only_touches_the_figure_is_no_crossing_for_sure() -> None:
    directions = [
        one.direction
        for trial in range(10)
        for one in find_crossings(Noisy(lambda x: (x - 3.5) ** 2, trial, 0.05, 0.0), search(0.0)).regions
    ]
    assert "touches" in directions


def test_without_luck_the_root_is_exact_and_the_interval_a_point() -> None:
    found = find_crossings(Noisy(CURVES["bent"][0], 1, 0.0, 0.0), search(0.3, rounds=12))
    (one,) = found.regions
    assert one.value == pytest.approx(CURVES["bent"][2], abs=0.003)
    assert one.high - one.low < 1e-6


def test_whole_numbers_have_nothing_in_between() -> None:
    found = find_crossings(
        Noisy(lambda x: float(x >= 37.0), 1, 0.01, 0.01), Search(0.0, 100.0, 0.4, 10, whole=True, rounds=12)
    )
    (one,) = found.regions
    assert (one.value, one.direction) == (36.0, "rises")  # 0 is closer to 0.4 than 1 is
    assert all(place == round(place) for place in found.samples)
    assert {36.0, 37.0} <= set(found.curve["value"])


def chance(threshold: Callable[[int], float]) -> Callable[[Sequence[tuple[float, int]]], list[float]]:
    return lambda requests: [float(place >= threshold(seed)) for place, seed in requests]


def test_the_value_with_a_chance_is_the_quantile_of_the_thresholds_of_seeds() -> None:
    held = 0
    for trial in range(100):
        limits = np.random.default_rng(trial).uniform(2.0, 5.0, 40)
        found = find_crossings(
            chance(lambda seed, limits=limits: limits[seed]), search(0.7, 40, interval=chance_interval)
        )
        held += any(one.low <= 2.0 + 0.7 * 3.0 <= one.high for one in found.regions)
    assert held >= 90


def test_a_chance_is_known_as_well_as_its_number_of_runs_allows() -> None:
    assert chance_interval(np.zeros(10))[1:] == (0.0, pytest.approx(0.2775, abs=1e-4))
    share, low, high = chance_interval(np.repeat([0.0, 1.0], [2, 8]))
    assert (share, low, high) == (0.8, pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


def test_places_without_figures_are_left_out_and_told() -> None:
    noisy = Noisy(CURVES["line"][0], 1)

    def holey(requests: Sequence[tuple[float, int]]) -> list[float]:
        return [
            math.nan if place == LOW else value for (place, _), value in zip(requests, noisy(requests), strict=True)
        ]

    found = find_crossings(holey, search(0.7))
    assert found.without == (LOW,)
    assert LOW not in set(found.curve["value"])
    assert any(one.low <= 3.0 <= one.high for one in found.regions)


def test_a_curve_without_any_figure_ends_at_once() -> None:
    found: Crossings = find_crossings(lambda requests: [math.nan] * len(requests), search(0.7))
    assert found.curve.empty
    assert found.regions == ()


def test_steps_of_pairs_tell_rise_and_fall() -> None:
    up, down = np.arange(8.0) / 8.0 + 1.0, np.arange(8.0) / 8.0 - 1.0
    middle = np.arange(8.0) / 8.0
    assert shape_of([down, middle, up]) == "rises"
    assert shape_of([up, middle]) == "falls"
    assert shape_of([down, up, middle]) == "not monotone"
    assert shape_of([middle, middle[::-1]]) == "flat"


@given(
    st.lists(st.floats(-10.0, 10.0), min_size=7, max_size=7),
    st.floats(-10.0, 10.0),
    st.integers(2, 8),
    st.booleans(),
)
def test_whatever_the_curve_regions_are_in_order_and_inside_the_range(
    heights: list[float], figure: float, seeds: int, whole: bool
) -> None:
    corners = np.linspace(0.0, 12.0, 7)

    def curve(requests: Sequence[tuple[float, int]]) -> list[float]:
        return [float(np.interp(place, corners, heights)) + 0.1 * math.sin(7.0 * seed) for place, seed in requests]

    found = find_crossings(curve, Search(0.0, 12.0, figure, seeds, whole=whole))
    last = -math.inf
    for one in found.regions:
        assert 0.0 <= one.low <= one.high <= 12.0
        assert one.low >= last
        last = one.high
        if one.direction != "touches":
            assert one.low <= one.value <= one.high
    assert (found.curve["seeds"] <= seeds).all()
