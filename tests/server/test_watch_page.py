"""Levers and timeline: what the side panel offers and what the list of events says, without a browser."""

from __future__ import annotations

import pytest

from agents.calendar import Month
from experiments.likely import SCREENED
from model.events import Event
from model.scenario import levers, scenario_names
from server.links import link_of
from server.pages.watch.levers import OWNERS, lever_groups, parameter_rows, starting_values
from server.pages.watch.timeline import ACTORS, KINDS, MOST, entries


def test_every_lever_is_offered_once_with_all_that_a_person_needs():
    offered = [lever for group in lever_groups() for lever in group["levers"]]
    assert sorted(lever["key"] for lever in offered) == sorted(lever.key for lever in levers())
    assert all(lever["meaning"] and lever["allowed"] for lever in offered)
    assert {lever.owner for lever in levers()} <= set(OWNERS)


def test_what_matters_most_comes_first_and_is_what_the_screening_looked_at():
    assert [row["key"] for row in parameter_rows()[: len(SCREENED)]] == list(SCREENED)
    assert all(row["important"] for row in parameter_rows()[: len(SCREENED)])


def test_only_what_can_be_set_is_offered():
    keys = {row["key"] for row in parameter_rows()}
    assert "build_limit" in keys
    assert "volume_total_2024" not in keys  # a reference


@pytest.mark.parametrize("scenario", scenario_names())
def test_each_scenario_starts_from_its_own_values(scenario):
    values = starting_values(scenario)
    if scenario == "withdraw":
        assert values["usps_amazon_volume"] == "withdrawn"
    assert values["start"] == "2025-01"
    assert {type(value) for value in values.values()} <= {bool, float, str}


BEGIN = Month(2026, 4)
TALKS = ("talks:usps-amazon-2025-02",)
OLD, NEW = ("contract:usps-amazon-2022-04",), ("contract:usps-amazon-2026-04",)
BOTH = ("amazon", "usps")
EVENTS = (
    Event(Month(2025, 2), "talks", BOTH, "Amazon and USPS open talks on last-mile access", about=TALKS),
    Event(Month(2025, 3), "enterprise_contract", ("enterprise_9", "ups"), "The contract of enterprise shipper 9 ..."),
    Event(Month(2025, 3), "order", ("lso",), "LSO orders capacity"),
    Event(Month(2025, 4), "price", ("veho",), "Veho raises its list prices"),
    Event(Month(2025, 4), "price", ("ups",), "UPS raises its list prices"),
    Event(Month(2026, 3), "agreement", BOTH, "Amazon and USPS agree on $2.70", about=(*TALKS, *NEW)),
    Event(Month(2026, 3), "contract", BOTH, "Amazon and USPS sign for 36 months", about=NEW),
    Event(BEGIN, "contract", BOTH, "The contract of Amazon with USPS is replaced by a new one", about=OLD),
    Event(BEGIN, "contract", BOTH, "The contract of Amazon with USPS comes into force", about=NEW),
    Event(Month(2027, 1), "contract", BOTH, "The contract of Amazon with USPS is repriced", about=NEW),
    Event(Month(2027, 1), "merger", ("speedx", "veho"), "SpeedX takes over Veho"),
)
KIND = {label: place for place, (label, _) in enumerate(KINDS)}
ACTOR = {label: place for place, (label, _) in enumerate(ACTORS)}


LATE = Month(2030, 12)


def texts(month=LATE, kind="What matters most", actor="Everybody"):
    return [row["text"] for row in entries(EVENTS, month, KIND[kind], ACTOR[actor])[0]]


def test_the_newest_comes_first_and_nothing_is_told_before_it_happens():
    assert texts()[0] == "SpeedX takes over Veho"
    assert texts(Month(2025, 2)) == ["Amazon and USPS open talks on last-mile access"]
    assert entries(EVENTS, None, 0, 0) == ([], 0)


def test_small_things_are_told_on_request_only():
    assert "Veho raises its list prices" not in texts()
    assert "UPS raises its list prices" in texts()
    assert "Veho raises its list prices" in texts(kind="Prices")
    assert len(texts(kind="Everything")) == len(EVENTS)


def test_events_are_chosen_by_who_takes_part():
    assert texts(actor="UPS") == ["UPS raises its list prices"]
    assert texts(kind="Everything", actor="Regional carriers") == [
        "SpeedX takes over Veho",
        "Veho raises its list prices",
        "LSO orders capacity",
    ]


def test_an_entry_opens_what_it_tells_about():
    new = "/inspect?what=contract:usps-amazon-2026-04"
    links = [link_of(event) for event in EVENTS]
    assert links[0] == links[5] == "/bargaining?talks=usps-amazon-2025-02"
    assert links[6] == links[8] == links[9] == new
    assert links[7] == "/inspect?what=contract:usps-amazon-2022-04"
    assert links[1] == "/inspect?what=carrier:ups"
    assert links[10] == "/inspect?what=carrier:veho"
    rows, _ = entries(EVENTS, LATE, KIND["Contracts and talks"], ACTOR["USPS"])
    assert [row["link"] for row in rows] == [*links[9:5:-1], links[5], links[0]]


def test_a_long_list_says_how_much_is_left_off():
    many = tuple(Event(Month(2025, 1), "fact", ("usps",), f"Fact {i}") for i in range(MOST + 7))
    rows, more = entries(many, Month(2025, 1), 0, 0)
    assert (len(rows), more) == (MOST, 7)
    assert rows[0]["text"] == f"Fact {MOST + 6}"
