"""Every parameter that a user can set is read by the market: a figure without effect would be a prop."""

from model.market import ParcelMarket
from model.parameters import Parameters
from model.scenario import Scenario

SHORT = {"end": "2026-02", "n_shippers": 60}
LONG = {"end": "2026-10"}  # the first auction, shocks of 2026, all rungs of distress
# One run cannot reach every mechanism: what each of these reaches that the others do not.
CASES = [
    ("withdraw", {}),
    ("withdraw_refuses", {"exit_at_once": True, "amazon_order_margin": 1.0}),
    ("partial", {}),
    ("baseline", {"universal_service": False}),
    ("baseline", {"earliest_signature": "2025-01"}),
    ("baseline", {"bargaining": "nash", "auction_displacement_belief": 0.5}),
    ("baseline", {"bargaining": "take_it_or_leave_it"}),
    ("baseline", {"access_quality": 1.0}),
    ("baseline", {"reopeners": True, "term_strategic": 24, "rural_plan": "as_announced"}),
    ("baseline", {"announced_plans": False, "initial_peak_utilisation": 1.0, "demand_shock_sd": 0.03}),
    ("baseline", {"start": "2016-01", "end": "2016-10"}),
    ("baseline", {"start": "2022-03", "end": "2022-05"}),
    ("baseline", {"start": "2024-06", "end": "2024-08"}),
    ("auction_pay_as_bid", LONG),
    ("baseline", {"fuel_shock": True, "wage_shock": "all", "interest_shock": True, "labour_dispute": "ups", **LONG}),
    ("baseline", {"shocks": ["duty_free=-50%@2025-02"]}),
    ("baseline", {"regional_exit_cash_months": 1, "regional_runway": 0, "operating_margin_regional": -0.1}),
    ("baseline", {"usps_debt_start": 13.0, "usps_cash_start": 3.0, "mail_trend": "fast", "demand_shock": True}),
    (
        "withdraw",
        {"usps_cash_start": 4.0, "five_day_delivery": "in_distress", "debt_cap": "raised", "usps_debt_cap_raised": 15}
        | LONG,
    ),
]


def test_every_settable_parameter_is_read_by_some_run():
    read: set[str] = set()
    for name, changes in CASES:
        market = ParcelMarket(Scenario.load(name).with_changes({**SHORT, **changes})).run()
        market.outcomes()
        read |= market.figures.used
    settable = {row.symbol for row in Parameters.default().rows() if row.settable}
    assert settable - read == set()
