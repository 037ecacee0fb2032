from __future__ import annotations

import pytest

from server.words import event_words, factor_words, levers_in_words, names_in_words, outcome_words, without_keys


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "LSO goes to CA with capacity for 4 million parcels a year, from 2028-09",
            "LSO enters California with capacity for 4 million parcels a year, from September 2028",
        ),
        (
            "Veho goes to NY, OH, PA with capacity for 340,000 parcels a year, from 2028-12",
            "Veho enters New York, Ohio and Pennsylvania with capacity for 340,000 parcels a year, from December 2028",
        ),
        ("Amazon and USPS table terms for 48 months", "Amazon and USPS put forward terms for 48 months"),
        ("enterprise shipper 23 and UPS sign for 24 months", "Enterprise shipper 23 and UPS sign for 24 months"),
        ("UPS gives notice: a margin of -8.7 % on Spee-Dee", "UPS gives notice: a margin of −8.7 % on Spee-Dee"),
        ("SpeedX opens capacity for 10 million parcels", "SpeedX opens capacity for 10 million parcels"),
    ],
)
def test_events_are_told_with_months_and_states_by_their_names(text, shown):
    assert event_words(text) == shown


def test_factors_are_told_in_words():
    assert factor_words("amazon_own_cost_multiplier") == "Amazon own cost multiplier"
    assert factor_words("build_limit") == "build limit"
    assert factor_words("n_enterprise_shippers") == "number of enterprise shippers"


def test_levers_within_a_text_are_told_in_words_and_those_in_brackets_are_left_out():
    told = levers_in_words("build_limit = 9 lies outside its likely range 0.4 to 2.3 bn")
    assert told == "build limit = 9 lies outside its likely range 0.4 to 2.3 bn"
    assert (
        without_keys("What the law allows (usps_debt_cap) or more (usps_debt_cap_raised)")
        == "What the law allows or more"
    )
    assert without_keys("Mail falls (mail_trend_*) as before") == "Mail falls as before"
    assert without_keys("A price (in $ per parcel), by (a) or (b)") == "A price (in $ per parcel), by (a) or (b)"
    assert outcome_words("rural_on_time_share_2030") == "Rural on time share, 2030"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("ontrac_volume_parcels_2030", "OnTrac volume, 2030"),
        ("spee_dee_volume_share", "Spee-Dee volume share, whole run"),
        ("better_trucks_profit_usd_2027", "Better Trucks profit, 2027"),
        ("speedx_on_time_share_2026", "SpeedX on time share, 2026"),
        ("amazon_usps_retained_share_2028", "Amazon USPS retained share, 2028"),
        ("fedex_unit_cost_usd_2026", "FedEx unit cost, 2026"),
        ("amazon_hhi_index_2026", "Amazon HHI, 2026"),
    ],
)
def test_carriers_in_outcomes_have_the_names_of_the_table(outcome, words):
    assert outcome_words(outcome) == words


def test_notes_name_outcomes_in_words():
    told = names_in_words("3 are known less well; the widest, lso_carbon_tonnes_2025 in withdraw, would take 80.")
    assert told == "3 are known less well; the widest, LSO carbon tonnes, 2025 in withdraw, would take 80."
