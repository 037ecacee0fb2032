"""Labels that a reader of newspapers knows; the exact terms stay within reach."""

from __future__ import annotations

import pytest

from experiments.figures import HEADLINES
from server import plain as words
from server.glossary import TERMS, term_of
from server.pages.compare.cards import FIRST_SERIES, series_choices
from server.pages.compare.stored import stored_comparison
from server.plain import TOPICS, plain, plain_outcome, plain_series, plain_warning, topic_of


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("State now", "How it stands"),
        ("Statement of the last twelve months", "Money in and out, the last twelve months (statement)"),
        ("Received for carriage from enterprise shippers", "Received from large shippers for carrying parcels"),
        ("Paid for carriage to USPS", "Paid to USPS for carrying parcels"),
        ("List level, economy", "List price, economy parcels"),
        ("Enterprise shipper 12", "Large shipper 12"),
        ("Cash", "Cash"),
    ],
)
def test_a_label_is_told_in_plain_words(label, told):
    assert plain(label) == told


def test_a_term_that_the_glossary_explains_stays_in_brackets():
    """Who knows the term finds it, and who does not is not stopped by it."""
    for label, told in words._LABELS.items():
        if label.lower() in TERMS and "(" not in told:
            assert term_of(told) == label.lower() or told in ("What was agreed", "Large shippers"), label


def test_what_is_often_asked_for_has_no_word_of_accounting_outside_brackets():
    for name in (*FIRST_SERIES, *HEADLINES):
        told = plain_series(name).split(" (")[0]
        assert not {"net", "volume", "transit", "via", "retained", "contribution"} & set(told.lower().split()), told
    assert plain_outcome("usps_net_income_usd_2030") == "Profit or loss of USPS (net income), 2030"
    assert plain_outcome("rural_on_time_share") == "Rural parcels on time, whole run"


def test_every_series_of_the_menu_has_words_of_its_own_under_a_topic():
    series = stored_comparison().compared.series
    words = [plain_series(name) for name in series]
    assert len(set(words)) == len(words) > 300
    assert not [told for told in words if "_" in told or "{" in told]
    choices = series_choices(stored_comparison().compared)
    groups = list(dict.fromkeys(one["group"] for one in choices))
    assert groups == ["Often asked for", *(topic for topic in TOPICS if topic in groups)]
    assert {"USPS", "Amazon", "Regional carriers", "Who pays and who gains"} <= set(groups)
    # Each axis by an example: a carrier, a service, a kind of place, and what the market has one of.
    assert plain_series("ups_backlog_parcels") == "Parcels that wait at UPS for the next month (backlog)"
    assert topic_of("veho_revenue_usd") == "Regional carriers"
    assert plain_series("economy_price_per_parcel_usd") == "Price of an economy parcel"
    assert plain_series("suburban_mean_transit_days") == "Days that a suburban parcel takes"
    assert topic_of("mail_users_gain_usd") == "Who pays and who gains"
    assert topic_of("amazon_paid_ups_usd") == "Amazon"


def test_caveats_speak_of_pairs_of_runs_and_luck():
    told = plain_warning("857 of 1615 differences that vary cannot be told from zero with 20 replications.")
    assert told == "857 of 1615 differences that vary may be no more than luck with 20 pairs of runs."
    assert plain_warning("it would take about 1 replication.") == "it would take about 1 pair of runs."
