"""The county map: its shapes, what it takes from a market, and differences that are more than luck."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from experiments.by_place import CLEAR, places
from model.market import ParcelMarket
from model.parameters import Parameters
from model.places import county_places, measure_places
from model.scenario import Scenario
from model.zones import build_zone_table
from server.counties import compared, watched
from server.counties.causes import asked, reached, turn_of
from server.counties.layers import BY_NAME, KEYS, LAYERS, LEADER, SHARES
from server.counties.table import JOINED, map_places, map_table
from server.county_map import read_asked, states
from server.studies.county_shapes import Shapes, area, homes, make_shapes, pack, unpack

ASSETS = Path(__file__).parents[2] / "server" / "assets"
SMALL = {"n_shippers": 60, "n_enterprise_shippers": 6}


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return unpack((ASSETS / "counties.bin").read_bytes())


@pytest.fixture(scope="module")
def table():
    return map_places(build_zone_table(Parameters.default()))


@pytest.fixture(scope="module")
def market():
    """A run in which Amazon leaves USPS, some months after the start."""
    found = ParcelMarket(Scenario.load("withdraw").with_changes({**SMALL, "end": "2027-03"}), rng=2)
    return found.run()


def test_shapes_are_small_and_carry_their_licence(shapes):
    content = (ASSETS / "counties.bin").read_bytes()
    assert len(content) <= 200_000
    assert len(gzip.compress(content)) < len(content)
    assert "Bostock" in (ASSETS / "counties.LICENSE.txt").read_text()
    assert pack(shapes) == content


def test_every_shape_is_a_place_and_every_place_has_a_shape(shapes, table):
    assert shapes.ids == table.ids
    assert [f"{name}, {state}" for name, state in zip(shapes.names, table.states, strict=True)] == list(table.names)
    sizes = [sum(area(shapes.points(ring)) for ring in outlines) for outlines in shapes.rings]
    # A town of two square miles that is a line in the atlas already: it is found by its name alone.
    assert [name for name, size in zip(shapes.names, sizes, strict=True) if size == 0.0] == ["Falls Church city"]
    for ring in (ring for outlines in shapes.rings for ring in outlines):
        points = shapes.points(ring)
        assert points[0] == points[-1]
    assert {code[:2] for code in shapes.ids} == states().keys()


def test_every_county_of_the_atlas_finds_a_place(shapes):
    atlas = {*shapes.ids, *shapes.joined}
    assert len(atlas) == 3142  # of 2017, Puerto Rico and other territories not among them
    assert set(shapes.joined.values()) <= set(shapes.ids)
    assert len(shapes.joined) == 20
    assert all(code.startswith("51") and home.startswith("51") for code, home in shapes.joined.items())
    assert shapes.joined["51540"] == "51003"  # Charlottesville lies in Albemarle County
    assert shapes.joined["51600"] == "51059"  # Fairfax in Fairfax County
    assert "02261" in shapes.ids
    assert not {"02063", "02066"} & atlas


def test_places_that_share_a_shape_keep_their_households(table):
    counties = county_places(build_zone_table(Parameters.default()))
    row = dict(zip(counties.ids, counties.households, strict=True))
    for code, (_, parts) in JOINED.items():
        assert table.households[table.ids.index(code)] == pytest.approx(sum(row[part] for part in parts))
    assert table.households.sum() == pytest.approx(counties.households.sum())
    assert map_table(build_zone_table(Parameters.default())).households[-1] == pytest.approx(table.households.sum())


def test_a_shape_without_a_place_joins_the_neighbour_with_the_longest_border():
    """Two squares side by side, and a small one in a corner that borders on the left one only."""
    atlas = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [
            [[4, 0], [0, 4]],  # between left and right
            [[4, 4], [-3, 0]],  # bottom of the left one, up to the small one
            [[1, 4], [0, -1], [-1, 0]],  # between the left and the small one
            [[0, 3], [0, -3], [4, 0]],  # left and top of the left one
            [[4, 0], [4, 0], [0, 4], [-4, 0]],  # the rest of the right one
            [[0, 3], [0, 1], [1, 0]],  # the rest of the small one
        ],
        "objects": {
            "counties": {
                "geometries": [
                    {"id": "01001", "type": "Polygon", "arcs": [[0, 1, 2, 3]]},
                    {"id": "01003", "type": "MultiPolygon", "arcs": [[[4, ~0]]]},
                    {"id": "01510", "type": "Polygon", "arcs": [[~2, ~5]]},
                ]
            }
        },
    }
    found = make_shapes(atlas, ("01001", "01003"), ("Left County", "Right"))
    assert found.joined == {"01510": "01001"}
    (outline,) = found.rings[0]
    assert area(found.points(outline)) == 16 * 100
    assert unpack(pack(found)) == found
    rings = {one["id"]: [(0, 1)] for one in atlas["objects"]["counties"]["geometries"]}
    assert homes(rings, found.arcs, {"01001", "01003"}) == {"01510": "01001"}


@pytest.mark.parametrize("layer", [layer.name for layer in LAYERS if layer.name != LEADER])
def test_the_map_shows_what_is_measured_in_the_market(market, layer):
    found = watched.extract(market, layer)
    assert (found.month, found.first) == ("March 2027", "January 2025")
    values = np.frombuffer(found.values, "<f4")
    counties = county_places(market.zones)
    wanted = dict(zip(counties.ids, measure_places(market, counties)[layer], strict=True))
    ids = map_table(market.zones).ids[:-1]
    kept = [i for i, code in enumerate(ids) if code not in JOINED]
    assert len(values) == len(ids) == len(kept) + 1
    np.testing.assert_allclose(values[kept], [wanted[ids[i]] for i in kept], rtol=1e-5, atol=1e-7)
    assert found.low < found.high


def test_changes_are_against_the_first_month_also_where_nobody_looked_then(market):
    again = ParcelMarket(market.settings, rng=2)
    again.step()
    first = measure_places(again, map_table(again.zones))
    now = measure_places(market, map_table(market.zones))
    found = watched.extract(market, "price_per_parcel_usd", change=True)
    wanted = (now["price_per_parcel_usd"] - first["price_per_parcel_usd"])[:-1]
    np.testing.assert_allclose(np.frombuffer(found.values, "<f4"), wanted, rtol=1e-4, atol=1e-5)
    assert found.low == -found.high


def test_a_county_tells_who_delivers_and_that_the_contract_and_coverage_are_why(market):
    table = map_table(market.zones)
    county = "31005"  # the Sandhills: USPS brought all of Amazon's parcels there
    card = watched.extract(market, county=county).card
    assert (card.name, card.id) == ("Arthur County, NE", county)
    assert sum(card.shares) == pytest.approx(1.0)
    told = [cause.text for cause in card.causes]
    assert "The contract of Amazon with USPS expires" in told
    (month,) = [event.month for event in market.events if event.text == "The contract of Amazon with USPS expires"]
    assert str(month) == "2026-10"
    row = table.ids.index(county)
    reach = reached(table, row, market.state.network.coverage)
    assert reach[market.carriers.keys.index("amazon")] == pytest.approx(
        measure_places(market, table)["amazon_reach_share"][row]
    )
    for cause in card.causes:
        assert cause.link.startswith(("/inspect", "/bargaining"))


def test_nothing_is_asked_why_where_nothing_has_changed(market):
    first = ParcelMarket(market.settings, rng=2)
    assert watched.extract(first).month == ""
    first.step()
    card = watched.extract(first, county="48453").card
    assert card.causes == ()
    assert {row.change for row in card.rows} == {""}
    assert asked(dict.fromkeys(BY_NAME, 0.0)) == set()


def test_who_leads_adds_up_to_all_counties(market):
    found = watched.extract(market)
    assert sum(counties for counties, _ in found.leads) == len(map_table(market.zones).ids) - 1
    assert sum(share for _, share in found.leads) == pytest.approx(1.0)
    assert len(found.leads) == len(KEYS) == len(SHARES)


def test_the_file_holds_every_county_with_its_changes(market):
    rows = list(csv.DictReader(io.StringIO(watched.file_of(market).decode())))
    assert len(rows) == len(map_table(market.zones).ids) - 1
    assert rows[0]["county_name"] == "Autauga County, AL"
    assert {"usps_delivered_share", "usps_delivered_share_change"} <= rows[0].keys()


@pytest.fixture(scope="module")
def runs():
    """Baseline, withdraw and placebo with the same two seeds, and what `lastmile places` makes of them."""
    changes = {**SMALL, "end": "2025-06"}
    scenarios = [Scenario.load(name).with_changes(changes) for name in ("baseline", "withdraw", "placebo")]
    found = [compared.look_at(ParcelMarket(one, rng=seed).run()) for one in scenarios for seed in (1, 2)]
    return compared.put_together(scenarios, 2, found), places(scenarios, replications=2, workers=1)


@pytest.mark.thorough
def test_differences_are_those_of_the_command_line(runs):
    found, told = runs
    assert str(found.month) == "2025-06"
    kept = [i for i, code in enumerate(found.table.ids[:-1]) if code not in JOINED]
    rows = told.table.loc["withdraw"].loc[[found.table.ids[i] for i in kept]]
    for i, name in enumerate(compared.NAMES):
        np.testing.assert_allclose(found.difference[1, i, kept], rows[f"{name}_difference"], rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(found.error[1, i, kept], rows[f"{name}_error"], rtol=1e-3, atol=1e-5)


def test_what_cannot_be_told_from_luck_is_grey(runs):
    found, _ = runs
    for layer in LAYERS[1:]:
        view = compared.view_of(found, 1, layer)
        values = np.frombuffer(view.values, "<f4")
        measure = compared.NAMES.index(layer.name)
        difference, error = found.difference[1, measure, :-1], found.error[1, measure, :-1]
        shown = np.isfinite(values)
        assert (np.abs(difference[shown]) > CLEAR * error[shown]).all()
        grey = ~shown & (np.abs(difference) >= layer.least)
        assert (np.abs(difference[grey]) <= CLEAR * error[grey]).all()
        assert view.less[0] + view.more[0] == shown.sum()


def test_a_placebo_is_grey_everywhere_and_has_no_causes(runs):
    found, _ = runs
    for layer in LAYERS[1:]:
        assert np.isnan(np.frombuffer(compared.view_of(found, 2, layer).values, "<f4")).all()
    card = compared.card_of(found, 2, "31005")
    assert card.causes == ()
    assert {row.verdict for row in card.rows} == {"the same"}


def test_one_pair_of_runs_tells_nothing_of_luck():
    changes = {**SMALL, "end": "2025-02"}
    scenarios = [Scenario.load(name).with_changes(changes) for name in ("baseline", "withdraw")]
    found = compared.put_together(scenarios, 1, [compared.look_at(ParcelMarket(one, rng=1).run()) for one in scenarios])
    for layer in LAYERS[1:]:
        assert np.isnan(np.frombuffer(compared.view_of(found, 1, layer).values, "<f4")).all()
    assert {row.verdict for row in compared.card_of(found, 1, "31005").rows} <= {"one pair", "the same"}


def test_papers_of_a_contract_and_letter_prices_are_no_turns(market):
    labels = {turn.label for event in market.events if (turn := turn_of(event)) is not None}
    assert "Amazon's contract parcels at USPS change by plan" in labels
    assert not any("table terms" in label or "letter prices" in label for label in labels)


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ("", (False, LEADER, 0, "")),
        ("map=counties", (True, LEADER, 0, "")),
        ("map=counties&layer=transit_days&mode=1&county=48453", (True, "transit_days", 1, "48453")),
        ("map=counties&layer=nonsense&mode=9&county=%3Cb%3E", (True, LEADER, 0, "")),
        ("map=x&county=4845%D9%A3", (False, LEADER, 0, "")),
    ],
)
def test_an_address_asks_for_what_exists_and_comes_back(search, wanted):
    found = read_asked(search, 2, leader=True)
    assert (found.open, found.layer, found.mode, found.county) == wanted
    again = read_asked(found.query, 2, leader=True)
    assert again == found or not found.open
