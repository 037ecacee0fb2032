"""The checks of the month find what does not balance."""

import numpy as np
import pytest

from model.checks import BalanceError, check_month


@pytest.fixture
def played(market):
    built = market(n_shippers=300, end="2025-03")
    built.step()
    built.month = built.settings.start
    check_month(built)
    return built


def test_a_cent_too_much_is_found(played):
    played.ledger.balance[0] += 1
    with pytest.raises(BalanceError, match=r"money does not balance, gap \$0\.01"):
        check_month(played)


def test_an_invoice_that_no_parcel_explains_is_found(played):
    played.ledger.pay("parcels", "enterprise", "ups", 1.0)
    with pytest.raises(BalanceError, match=r"gap \$1\.00"):
        check_month(played)


def test_a_lost_parcel_is_found(played):
    accepted = played.state.flows.allocation.accepted
    accepted[0] *= 1.0 - 1e-6
    with pytest.raises(BalanceError, match="parcels do not balance"):
        check_month(played)
    assert played.balances()["parcels"] > 1e-9


def test_a_negative_volume_is_found(played):
    tender = played.state.flows.tender.volume
    tender[0, 0, 0, 0] -= 1e6
    tender[0, 0, 0, 1] += 1e6
    with pytest.raises(BalanceError, match="parcels"):
        check_month(played)


@pytest.mark.parametrize("limit", ["capacity", "sorting"])
def test_use_above_capacity_is_found(played, limit):
    values = getattr(played.state.network, limit)
    values[np.isfinite(values)] *= 0.5
    if limit == "sorting":
        values[0] = 1e6
    with pytest.raises(BalanceError, match="more parcels than capacity"):
        check_month(played)
