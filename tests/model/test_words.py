"""One name for every party, and one way to write a number of parcels."""

import pytest

from model.carriers import NATIONAL
from model.words import group_names, parcels_in_words, party_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("usps", "USPS"),
        ("amazon", "Amazon"),
        ("ontrac", "OnTrac"),
        ("speedx", "SpeedX"),
        ("spee_dee", "Spee-Dee"),
        ("better_trucks", "Better Trucks"),
        ("uniuni", "UniUni"),
        ("regional", "Regional carriers"),
        ("regional_9", "Regional carrier 9"),
        ("enterprise_7", "enterprise shipper 7"),
        ("consolidator_2", "consolidator 2"),
        ("capital_market", "capital market"),
    ],
)
def test_every_party_has_one_name(key, name):
    assert party_name(key) == name


def test_the_market_calls_its_carriers_by_these_names(market):
    carriers = market("baseline", n_regional_carriers=10).carriers
    assert carriers.names == tuple(party_name(key) for key in carriers.keys)
    assert tuple(group_names()) == (*NATIONAL, "regional")


@pytest.mark.parametrize(
    ("parcels", "words"),
    [
        (1_228_000_000.0, "1,228 million parcels"),
        (10_400_000.0, "10 million parcels"),
        (1_940_000.0, "1.9 million parcels"),
        (4_000_000.0, "4 million parcels"),
        (412_345.0, "410,000 parcels"),
        (999.0, "fewer than 1,000 parcels"),
        (0.0, "no parcels"),
    ],
)
def test_parcels_are_written_with_the_digits_that_matter(parcels, words):
    assert parcels_in_words(parcels) == words
