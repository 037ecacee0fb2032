"""What may stand where a seed does, and what is made of it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import InputError, compare, read_design, run
from model.market import ParcelMarket
from model.seeds import MAX_SEED, SeedError, make_seed, seed_made
from tests.small import SMALL

SHORT = {**SMALL, "end": "2025-01"}
#: What Mesa and NumPy take, each made anew for every question: some of them go on when they are asked.
TAKEN = {
    "whole number": lambda: 7,
    "of numpy": lambda: np.uint8(7),
    "array without axes": lambda: np.array(7),
    "larger": lambda: 2**40,
    "list": lambda: [1, 2],
    "range": lambda: range(3),
    "array": lambda: np.arange(3),
    "column": lambda: pd.Series([1, 2]),
    "sequence of seeds": lambda: np.random.SeedSequence(1),
    "its child": lambda: np.random.SeedSequence(1).spawn(2)[1],
    "generator": lambda: np.random.default_rng(1),
    "bit generator": lambda: np.random.Philox(1),
    "older generator": lambda: np.random.RandomState(1),
}
REFUSED = [True, np.True_, -1, 1.0, np.float64(2.0), "7", b"7", [1.5], [-1], [True], [], {}, object()]


@given(st.integers(0, MAX_SEED))
def test_a_usual_number_is_the_seed_itself(number):
    assert make_seed(number) == make_seed(np.int64(number)) == number


@pytest.mark.parametrize("kind", TAKEN)
def test_what_numpy_takes_makes_one_seed_and_the_same_every_time(kind):
    seed = make_seed(TAKEN[kind]())
    assert seed == make_seed(TAKEN[kind]())
    assert 0 <= seed <= MAX_SEED
    assert make_seed(seed) == seed


def test_different_sources_make_different_seeds():
    made = [
        make_seed(TAKEN[kind]()) for kind in TAKEN if kind not in ("of numpy", "array without axes", "array", "column")
    ]
    assert len({*made}) == len(made)
    generator = np.random.default_rng(1)
    assert make_seed(generator) != make_seed(generator)  # the next one that it draws
    assert make_seed(None) != make_seed(None)


@pytest.mark.parametrize(
    "wrong",
    REFUSED,
    ids=lambda wrong: f"{type(wrong).__name__} {repr(wrong) if isinstance(wrong, int | float | str | list) else ''}",
)
def test_what_is_no_seed_is_refused_in_one_sentence(wrong):
    with pytest.raises(SeedError, match=r"^rng: .* is not allowed; a seed is a whole number of at least 0, [^\n]*$"):
        ParcelMarket(rng=wrong, **SHORT)
    with pytest.raises(InputError, match=r"^seed: .* is not allowed; it must be a whole number from 0 to \d+$"):
        run("baseline", seed=wrong)


def test_a_market_keeps_the_seed_that_was_made_and_it_repeats_the_run():
    market = ParcelMarket(rng=np.random.SeedSequence(1), **SHORT).run()
    again = ParcelMarket(rng=market.seed_number, **SHORT).run()
    np.testing.assert_array_equal(market.records["volume_parcels"], again.records["volume_parcels"])


def test_verbs_tell_the_seed_that_was_made():
    made = make_seed([3, 4])
    result = run("baseline", set=SMALL, until="2025-01", seed=[3, 4])
    assert result.seed == result.summary()["seed"] == made
    compared = compare(
        ["renew", "withdraw"], set=SMALL, until="2025-01", seed=np.random.SeedSequence(5), replications=2, workers=1
    )
    first = make_seed(np.random.SeedSequence(5))
    assert compared.seed == first
    assert [*compared.runs.index.get_level_values("seed").unique()] == [first, first + 1]
    design = read_design({"kind": "grid", "uncertainties": {"build_limit": [0.5]}, "seed": np.random.default_rng(1)})
    assert design.describe()["seed"] == make_seed(np.random.default_rng(1))


def test_a_number_that_a_person_typed_is_theirs_to_mend():
    assert seed_made(2**40) == 2**40
    with pytest.raises(InputError, match="seed: 1099511627776 is not allowed"):
        run("baseline", seed=2**40)


def test_another_seed_for_a_market_that_has_begun_is_refused():
    market = ParcelMarket(rng=7, **SHORT)
    for again in (lambda: market.reset_rng(8), lambda: market.reset_randomizer(8)):
        with pytest.raises(SeedError, match=r"here with seed 7; for another seed make another market"):
            again()
    before = market.rng.random()
    market.reset_rng()
    assert market.rng.random() == before
