from __future__ import annotations

import pytest

from agents.calendar import Month
from server.address import View, read_query, write_query
from server.choice import Choice, ChoiceError, make_choice


@pytest.mark.parametrize(
    ("scenario", "seed", "overrides"),
    [
        ("baseline", 1, {}),
        ("withdraw", 12, {"build_limit": 0.5, "exit_at_once": True}),
        ("baseline", 0, {"exit_end": "2027-06", "bargaining": "nash", "negotiation": False}),
    ],
)
def test_an_address_brings_back_what_was_written_into_it(scenario, seed, overrides):
    choice = make_choice(scenario, seed, overrides)
    assert read_query(write_query(choice, Month(2026, 5))) == View(choice, 17)
    assert read_query(write_query(choice, None)) == View(choice, 0)


def test_the_usual_run_needs_no_words():
    assert write_query(Choice(), None) == ""
    assert read_query(None) == read_query("") == View(Choice())


def test_what_says_what_the_scenario_says_anyway_is_left_out():
    assert make_choice("withdraw", 1, {"usps_amazon_volume": "withdrawn"}).overrides == ()
    assert make_choice("baseline", 1, {"usps_amazon_volume": "withdrawn"}).overrides == (
        ("usps_amazon_volume", "withdrawn"),
    )


def test_names_of_pages_stay_out_of_it():
    assert read_query("what=contract:usps-amazon-2025-01&talks=x&seed=3") == View(Choice(seed=3))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("scenario=../../secret.toml", "scenario must be one of baseline"),
        ("scenario=/etc/passwd", "scenario must be one of baseline"),
        ("seed=many", "seed must be a whole number, not 'many'"),
        ("seed=--5", "seed must be a whole number, not '--5'"),
        ("seed=-1", "seed must be between 0 and"),
        ("seed=" + "9" * 29, "seed must be between 0 and"),
        ("month=2050-01", "month must be from 2025-01 to 2030-12, not 2050-01"),
        ("month=soon", "month must be a month such as 2025-01, not 'soon'"),
        ("set.build_limit=99999", "build_limit = 99999.0: it must be a number from"),
        ("set.build_limit=nan", "build_limit = nan: it must be"),
        ("set.build_limit=lots", "build_limit = 'lots': a str; it must be"),
        ("set.build_limt=1", "did you mean build_limit"),
        ("set.bargaining=shouting", "bargaining: Input should be 'alternating'"),
        ("set.exit_at_once=perhaps", "exit_at_once: Input should be a valid boolean"),
        ("set.end=2100-01", "months are too many for the server"),
        ("set.n_shippers=1000000", "n_shippers = 1,000,000 is too many for the server"),
        ("set.name=x", "name: cannot be changed here"),
        ("seed=1&seed=2", "seed is given twice"),
        ("a=1&" * 400, "the address has too many parts"),
        ("x" * 9000, "the address is longer than"),
        ("seed=%00%ff", "seed must be a whole number"),
    ],
)
def test_a_bad_address_is_told_in_words(query, message):
    with pytest.raises(ChoiceError) as refused:
        read_query(query)
    assert message in str(refused.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ChoiceError) as refused:
        read_query("scenario=nonsense&seed=x&set.build_limit=-4&set.price_rule=free")
    text = str(refused.value)
    assert all(name in text for name in ("scenario must", "seed must", "build_limit", "price_rule"))
