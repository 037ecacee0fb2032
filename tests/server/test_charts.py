from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from server import charts
from server.plots import PALETTE

# Linear RGB as seen without one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
SEEN_WITH = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ_OF_RGB.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    x, y, z = np.cbrt(np.clip(XYZ_OF_RGB @ np.clip(rgb, 0, 1) / WHITE, 1e-6, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN_WITH)
@pytest.mark.parametrize("series", [charts.CARRIERS, charts.DENSITY_SERIES, charts.MONEY_SERIES, charts.SERVICE_SERIES])
def test_colours_differ_for_every_pair_of_eyes(series, eyes, theme):
    seen = {entry["name"]: lab(SEEN_WITH[eyes] @ linear(entry[theme])) for entry in series}
    distances = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in combinations(seen, 2)}
    assert min(distances.values()) > 15, distances


@pytest.mark.parametrize(("theme", "paper"), [("light", "#ffffff"), ("dark", "#1b2029")])
def test_lines_stand_out_from_the_paper(theme, paper):
    for entry in (*charts.CARRIERS, *charts.DENSITY_SERIES, *charts.MONEY_SERIES, *charts.SERVICE_SERIES, *PALETTE):
        bright, dim = sorted(((0.2126, 0.7152, 0.0722) @ linear(c) + 0.05 for c in (entry[theme], paper)), reverse=True)
        assert bright / dim >= 2.8, entry


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_colour_stands_for_two_things(theme):
    """Cash and income of USPS are blue since USPS is; all else has a colour of its own."""
    usps = charts.CARRIERS[0]
    assert all(entry[theme] == usps[theme] for entry in (charts.MONEY_SERIES[0], *charts.INCOME_SERIES))
    series = [*charts.CARRIERS, *charts.DENSITY_SERIES, *charts.SERVICE_SERIES, charts.MONEY_SERIES[1], *PALETTE]
    colours = [entry[theme] for entry in (*series, charts.PLAIN_SERIES)]
    assert len(set(colours)) == len(colours)
    # Scenarios and the like are in no colour that could be taken for a carrier's.
    near = {
        (one[theme], carrier["name"]): float(np.linalg.norm(lab(linear(one[theme])) - lab(linear(carrier[theme]))))
        for one in PALETTE
        for carrier in charts.CARRIERS
    }
    assert min(near.values()) > 15, near


def test_the_carriers_colours_stand_in_one_place():
    colours = {entry[theme] for entry in charts.CARRIERS for theme in ("light", "dark")}
    where = [
        (path.name, colour)
        for path in sorted(Path(charts.__file__).parent.rglob("*"))
        if path.suffix in {".py", ".vue", ".js", ".css"} and "cdn" not in path.parts
        for colour in colours
        if colour in path.read_text(encoding="utf-8").lower()
    ]
    assert {name for name, _ in where} == {"custom.css"}


def test_amber_says_that_an_outcome_is_imposed_and_nothing_else():
    folder = Path(charts.__file__).parent
    rules = " ".join((folder / "assets" / name).read_text(encoding="utf-8") for name in ("custom.css", "story.css"))
    amber = re.findall(r"([^{}]*)\{[^{}]*var\(--chip\)", rules)
    assert amber
    assert all("imposed" in selector or ".chip.forced" in selector for selector in amber), amber
    chips = [
        chip
        for path in folder.rglob("*.vue")
        for chip in re.findall(
            r'class="(?:lm-chip imposed|chip forced)"[^>]*>([^<]*)', path.read_text(encoding="utf-8")
        )
    ]
    assert chips
    assert all("imposed" in chip for chip in chips), chips


def test_every_carrier_has_its_own_marker():
    assert len({entry["symbol"] for entry in charts.CARRIERS}) == len(charts.CARRIERS)


def test_numbers_travel_as_float32_in_row_order():
    packed = charts.pack(np.array([[1.0, 2.5], [np.nan, -4.0]]))
    np.testing.assert_array_equal(np.frombuffer(packed, "<f4"), np.array([1, 2.5, np.nan, -4], dtype="f4"))
