"""Where UPS and FedEx go at their own cost: the rule by itself."""

import numpy as np
import pytest

from agents.rules.places import PlaceCase, extra_surcharge, missing, moved_routes, wanted_routes

COST = np.array([[4.0, 8.0, 12.0, 30.0]])


def case(**changes) -> PlaceCase:
    """One zone in four slices, a third of the parcels in each segment."""
    usual = {
        "paid": np.array([4.0, 9.0, 14.0]),
        "parcels": np.ones((3, 1)),
        "surcharge": np.array([[0.0, 0.0, 2.0, 3.0]]),
        "extra": np.zeros((1, 4)),
        "cost": COST,
        "access": np.array([5.0]),
        "routes": np.ones(1),
        "promised": np.zeros(1),
    }
    return PlaceCase(**{**usual, **changes})


def test_what_is_missing_by_hand() -> None:
    # Economy brings 4, 4, 5 and 5: no more than the access that routes spare; the others their price and surcharge.
    assert missing(case()) == pytest.approx(np.array([[4 - 27 / 3, 8 - 27 / 3, 12 - 32 / 3, 30 - 34 / 3]]))
    assert missing(case(parcels=np.zeros((3, 1)))).tolist() == [[0.0] * 4]


def test_it_asks_more_first_and_leaves_only_what_could_not_pay() -> None:
    lacks = missing(case())
    assert wanted_routes(case(), lacks, 5.0, 0.1) == pytest.approx([0.75])
    assert wanted_routes(case(), lacks, 20.0, 0.1) == pytest.approx([1.0])
    extra = extra_surcharge(lacks, np.zeros((1, 4)), 1.0, 5.0)
    assert extra[0] == pytest.approx([0.0, 0.0, 1.0, 1.0])
    extra = extra_surcharge(lacks, extra, 1.0, 5.0)
    assert extra[0] == pytest.approx([0.0, 0.0, 12 - 32 / 3, 2.0])
    assert extra_surcharge(-lacks, extra, 1.0, 5.0)[0, 3] == pytest.approx(1.0)  # it falls again where it pays


def test_no_place_is_left_that_a_contract_promises() -> None:
    promised = case(promised=np.array([0.9]))
    assert wanted_routes(promised, missing(promised), 0.0, 0.0) == pytest.approx([0.9])


def test_a_place_must_fail_by_more_than_the_hysteresis_and_pay_by_as_much_to_come_back() -> None:
    lacks = np.array([[-9.0, -9.0, -9.0, 1.0]])
    assert wanted_routes(case(), lacks, 0.0, 0.05) == pytest.approx([1.0])  # 1 $ of 30 is within 5 %
    gone = case(routes=np.array([0.75]))
    assert wanted_routes(gone, lacks, 0.0, 0.05) == pytest.approx([0.75])
    assert wanted_routes(gone, -lacks, 0.0, 0.02) == pytest.approx([1.0])  # by 1 $ of 30


def test_routes_shrink_a_year_after_the_announcement_and_a_part_of_the_gap_a_year() -> None:
    now, wanted, everywhere = np.ones(1), np.array([0.6]), np.ones(1)
    assert moved_routes(now, wanted, everywhere, 0.5, 0.02) == pytest.approx([1.0])  # not announced yet
    first = moved_routes(now, wanted, wanted, 0.5, 0.02)
    assert first == pytest.approx([0.8])
    assert moved_routes(first, wanted, wanted, 0.5, 0.25) == pytest.approx([0.6])  # the rest is less than a slice
    assert moved_routes(first, everywhere, wanted, 0.5, 0.02) == pytest.approx([0.9])  # back without waiting


def test_it_never_grows_when_less_is_wanted_than_was_announced() -> None:
    assert moved_routes(np.array([0.7]), np.array([0.5]), np.array([0.9]), 0.5, 0.02) == pytest.approx([0.7])
