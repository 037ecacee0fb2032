"""What the Inspect page shows, on the real market."""

from __future__ import annotations

import numpy as np
import pytest

from agents.geography import SEGMENTS
from model.carriers import AMAZON, USPS
from model.market import ParcelMarket
from model.scenario import Scenario
from server import inspecting
from server.headline import month_name
from server.inspecting import small_shipper
from server.inspecting.contracts import contract_versions
from server.inspecting.statement import statement_group
from server.pages.inspect.page import EVENTS, chart_values, rows_of
from server.snapshot import describe
from server.talks import negotiations
from server.words import state_names


def small(name: str, rng: int) -> ParcelMarket:
    return ParcelMarket(Scenario.load(name).with_changes({"n_shippers": 150}), rng=rng)


@pytest.fixture(scope="module")
def market() -> ParcelMarket:
    market = small("baseline", rng=1)
    for _ in range(30):
        market.step()
    return market


def facts(report, title: str) -> dict[str, str]:
    (group,) = [group for group in report.groups if group.title == title]
    return {fact.term: fact.value for fact in group.facts}


def exact(report, title: str, term: str) -> float:
    (group,) = [group for group in report.groups if group.title == title]
    (fact,) = [fact for fact in group.facts if fact.term == term]
    return float(fact.exact.replace(",", "").replace("\N{MINUS SIGN}", "-"))


def binding(report) -> set[str]:
    return {fact.term for group in report.groups for fact in group.facts if fact.binds}


@pytest.mark.thorough("30")
@pytest.mark.parametrize("months", [0, 1, 30])
def test_everything_in_the_list_can_be_looked_at(months):
    market = small("baseline", rng=2)
    for _ in range(months):
        market.step()
    found = inspecting.things(market)
    assert len({thing.key for thing in found}) == len(found)
    kinds = {thing.key.partition(":")[0] for thing in found}
    assert kinds == {"carrier", "regulator", "contract", "zone", "shippers", "shipper", "small"}
    run = describe(market, 2)
    for thing in found:
        report = inspecting.report(market, thing.key)
        assert report.key == thing.key
        titles = [part.title for part in (*report.groups, *report.charts)] + [EVENTS]
        assert len(set(titles)) == len(titles), "two cards of one name"
        for group in report.groups:
            rows = rows_of(group)
            assert rows or group.empty
            assert len({row["term"] for row in rows}) == len(rows)
            assert not any("nan" in row["value"] for row in rows)
        for chart in report.charts:
            values = chart_values(chart, run)
            assert len(values["packed"]) == 4 * months * len(values["series"])
            assert len({series["name"] for series in values["series"]}) == len(values["series"])


def test_a_carrier_is_told_as_the_records_have_it(market):
    usps = inspecting.report(market, "carrier:usps")
    assert exact(usps, "State now", "Parcels in the last month") == pytest.approx(
        market.records["volume_parcels"][-1][USPS]
    )
    assert exact(usps, "Money and mail", "Cash") == pytest.approx(market.records["usps_cash_usd"][-1])
    charts = {chart.title: chart for chart in usps.charts}
    np.testing.assert_allclose(charts["Cash and debt"].values[:, 0] * 1e9, market.records["usps_cash_usd"])
    amazon = inspecting.report(market, "carrier:amazon")
    shares = [float(value.rstrip(" %")) for term, value in facts(amazon, "As a shipper").items() if "Delivered" in term]
    assert sum(shares) == pytest.approx(100.0, abs=0.3)
    assert exact(amazon, "What it expects", "Price that it expects to pay USPS") == pytest.approx(
        market.amazon.memory.price_belief
    )
    talking = small("baseline", rng=1)
    for _ in range(12):
        talking.step()
    assert any("open talks" in text for _, text, _ in inspecting.report(talking, "carrier:usps").events)


def test_what_binds_is_marked_as_binding(market):
    assert "Debt ceiling" in binding(inspecting.report(market, "carrier:usps"))
    free = small("debt_cap_raised", rng=1)
    for _ in range(4):
        free.step()
    assert "Debt ceiling" not in binding(inspecting.report(free, "carrier:usps"))
    full = np.flatnonzero(market.state.network.utilisation[AMAZON] >= 0.999)
    names = binding(inspecting.report(market, "carrier:amazon"))
    assert ("Capacity of the last mile" in names) == bool(full.size)
    peak = small("baseline", rng=1)
    for _ in range(12):
        peak.step()
    used = peak.state.network.utilisation
    used[AMAZON, 5] = 1.0
    zone = f"zone:{peak.zones.state[5]}-{('urban', 'suburban', 'rural')[peak.zones.zone_type[5]]}"
    assert "Capacity of Amazon" in binding(inspecting.report(peak, zone))


def test_a_contract_is_told_with_terms_performance_and_events(market):
    key = "usps-amazon-2026-10"
    report = inspecting.report(market, f"contract:{key}")
    contract = contract_versions(market)[key]
    assert exact(report, "Terms", "Committed") == pytest.approx(sum(contract.commitment))
    assert exact(report, "Performance", "Delivered in this contract year") == pytest.approx(
        sum(market.book.delivered("usps", "amazon"))
    )
    assert facts(report, "Terms")["State"] == "active"
    assert any("comes into force" in text for _, text, _ in report.events)
    price = report.charts[0].values[:, 0]
    before = market.book.history[0].price_at(market.settings.start)
    after = np.average(contract.price, weights=contract.commitment)
    assert price[0] == pytest.approx(before)
    assert price[-1] == pytest.approx(after)


def test_a_replaced_contract_says_so_and_its_events_are_its_own(market):
    old, new = (inspecting.report(market, f"contract:usps-amazon-{begin}") for begin in ("2022-10", "2026-10"))
    assert facts(old, "Terms")["State"].startswith("replaced")
    assert old.events[0][1] == "The contract of Amazon with USPS is replaced by a new one"
    assert not any("comes into force" in text for _, text, _ in old.events)
    assert not any("is replaced" in text for _, text, _ in new.events)
    assert any("agree on $" in text for _, text, _ in new.events)
    assert not any("agree on $" in text for _, text, _ in old.events)


def test_every_event_leads_to_what_it_tells_about_or_nowhere(market):
    """Also where several contracts of the same two parties follow each other."""
    for what in ("carrier:usps", "carrier:fedex", "contract:usps-amazon-2026-10", "regulator", "shipper:9"):
        report = inspecting.report(market, what)
        for _, text, link in report.events:
            assert link != f"/inspect?what={what}"
            if link.startswith("/inspect"):
                assert inspecting.extract(market, link.partition("=")[2]).unknown == ""
            elif link:
                key = link.partition("=")[2]
                assert negotiations.extract(market, key).table.entry.key == key
            assert link or "contract of" not in text or what.startswith(("contract", "regulator"))
    usps = inspecting.report(market, "carrier:usps")
    told = "The contract of Amazon with USPS "
    ended = {link for _, text, link in usps.events if text.startswith(f"{told}is replaced")}
    begun = {link for _, text, link in usps.events if text.startswith(f"{told}comes into force")}
    assert ended == {"/inspect?what=contract:usps-amazon-2022-10"}
    assert begun == {"/inspect?what=contract:usps-amazon-2026-10"}


def test_a_zone_adds_up_to_what_was_delivered_there(market):
    report = inspecting.report(market, "zone:TX-rural")
    assert report.name == "Texas, rural"
    index = int(np.flatnonzero((market.zones.state == "TX") & (market.zones.zone_type == 2))[0])
    total = market.records["delivered_parcels"][-1][:, index].sum()
    assert report.charts[0].values[-1].sum() * 1e6 == pytest.approx(total)


def test_shippers_and_their_agreements_are_told(market):
    report = inspecting.report(market, "shipper:9")
    held = [one for one in market.book.in_force() if one.buyer == "enterprise_9"]
    assert len(facts(report, "Rate agreements in force")) == len(held) > 0
    small = inspecting.report(market, "shippers:small")
    assert exact(small, "State now", "Shippers") == pytest.approx(
        market.shippers.weight[market.shippers.small].sum(), rel=1e-6
    )
    np.testing.assert_allclose(small.charts[0].values[:, 0] * 1e6, market.records["small_shippers_gain_usd"])
    # What happens to one enterprise shipper happens to their class; a state that is entered tells so itself.
    large = inspecting.report(market, "shippers:enterprise")
    signed = [event for event in market.events if event.kind == "enterprise_contract" and event.text]
    assert large.n_events >= len(signed) > 0


def test_the_network_adds_up_to_what_was_shipped_and_names_its_contracts(market):
    found = inspecting.extract(market, "carrier:usps").network
    ribbons = {(one.start, one.end): one for one in found.ribbons}
    for key, name in (("small", "small_shippers_parcels"), ("large", "enterprise_shippers_parcels")):
        sent = sum(one.parcels for one in found.ribbons if one.start == key)
        assert sent == pytest.approx(float(market.records[name][-1].sum()) / 1e6)
    amazon = sum(one.parcels for one in found.ribbons if one.start == "amazon_ships")
    assert amazon == pytest.approx(float(market.records["amazon_parcels"][-1].sum()) / 1e6, rel=1e-6)
    handed = sum(one.parcels for one in found.ribbons if one.hand_over)
    others = np.delete(market.records["bought_parcels"][-1], USPS)
    assert handed == pytest.approx(float(others.sum()) / 1e6)
    own = ribbons["amazon_ships", "amazon"]
    assert not own.contract
    assert "of its own to the door" in own.words
    via = ribbons["amazon_ships", "usps"]
    held = {(one.buyer, one.seller) for one in market.book.in_force()}
    assert via.contract == (("amazon", "usps") in held)
    assert ("under a contract at $" in via.words) == via.contract
    brought = {node.key: node.parcels for node in found.nodes}
    assert brought["usps"] == pytest.approx(float(market.records["volume_parcels"][-1, USPS]) / 1e6)
    assert inspecting.extract(market, "zone:TX-rural").network is None
    assert inspecting.extract(small("baseline", rng=1), "carrier:usps").network.ribbons == ()


def test_a_small_shipper_is_told_with_what_it_ships_and_why_it_changed(market):
    population, table = market.population, market.shippers
    moved = [
        (row, s)
        for row in range(table.n_enterprise, len(table))
        for s in range(3)
        if population.moves.last(row, s) is not None and table.annual_volume[row, s] > 0.0
    ]
    assert table.switches[table.small].sum() >= len(moved) > 10
    row, segment = moved[0]
    number = row - table.n_enterprise + 1
    report = inspecting.report(market, f"small:{number}")
    places = facts(report, "Where its parcels go")
    of_types = [float(places[kind].split()[0]) for kind in ("Urban", "Suburban", "Rural")]
    assert sum(of_types) == pytest.approx(100.0, abs=0.2)
    carried = facts(report, f"{SEGMENTS[segment].capitalize()}: who carries it")
    primary = market.carriers.names[table.primary[row, segment]]
    shares = [float(value.split()[0]) for value in carried.values() if value.endswith("%")]
    assert next(iter(carried)) == primary
    assert sum(shares) == pytest.approx(100.0, abs=0.2)
    lowest = [float(value.split()[0]) for term, value in carried.items() if term.startswith("Lowest quote")]
    assert all(price <= float(carried[f"Quote of {primary}"].split()[0]) for price in lowest)
    last = population.moves.last(row, segment)
    told = facts(report, "Its last change of carrier")[f"{SEGMENTS[segment].capitalize()}, {month_name(last.month)}"]
    assert told.startswith(f"{market.carriers.names[last.before]} to {primary}")
    still = next(row for row in range(table.n_enterprise, len(table)) if not table.switches[row])
    kept = inspecting.report(market, f"small:{still - table.n_enterprise + 1}")
    assert all(population.moves.last(still, s) is None for s in range(3))
    assert facts(kept, "Its last change of carrier") == {}


def test_the_month_is_told_and_numbers_beyond_the_last_are_refused(market):
    found = inspecting.extract(market, f"small:{small_shipper.count(market)}")
    assert (found.unknown, found.month) == ("", market.records.months[-1])
    for wrong in (f"small:{small_shipper.count(market) + 1}", "small:0", "small:-1", "small:x", "small:" + "9" * 400):
        assert inspecting.extract(market, wrong).unknown == wrong


def test_a_zone_tells_every_carrier_that_enters_its_state(market):
    entries = [event for event in market.events if event.kind == "entry"]
    entered = {state for event in entries for state in event.text.split(" goes to ")[1].split(" with ")[0].split(", ")}
    assert entered
    for state in entered:
        name = state_names()[state]
        assert any(name in text for _, text, _ in inspecting.report(market, f"zone:{state}-urban").events)


@pytest.mark.parametrize(
    "what", ["carrier:nobody", "zone:XX-rural", "shipper:0", "contract:", "../etc/passwd", "x" * 500]
)
def test_what_does_not_exist_is_said_and_usps_is_shown(market, what):
    found = inspecting.extract(market, what)
    assert found.unknown == what
    assert found.report.key == "carrier:usps"


def test_looking_changes_nothing(market):
    one, two = (small("baseline", rng=3) for _ in range(2))
    for _ in range(6):
        one.step()
        two.step()
        for thing in inspecting.things(one):
            inspecting.report(one, thing.key)
    for name in ("volume_parcels", "usps_cash_usd", "delivered_parcels"):
        np.testing.assert_array_equal(one.records[name], two.records[name])


def test_a_statement_names_its_months_or_none():
    """Before the first month there is nothing to sum up, and one month is no "1 month"."""
    fresh = ParcelMarket(Scenario.load("baseline").with_changes({"n_shippers": 120}), rng=1)
    assert statement_group(fresh, AMAZON).title == "Statement"
    fresh.step()
    assert statement_group(fresh, AMAZON).title == "Statement of the last month"
    fresh.step()
    assert statement_group(fresh, AMAZON).title == "Statement of the last 2 months"


def test_the_statement_of_a_carrier_adds_up_to_its_result(market):
    """Lines of the last twelve months, as they are shown, against the records."""
    for index in range(market.carriers.n_carriers):
        group = statement_group(market, index)
        lines = {one.term: float(one.exact.replace(",", "").replace("\N{MINUS SIGN}", "-")) for one in group.facts}
        result = lines.pop("Result")
        paid = lines.pop("Cash paid for capital goods")
        assert result == pytest.approx(market.records["profit_usd"][-12:, index].sum(), rel=1e-6, abs=1.0)
        assert sum(lines.values()) == pytest.approx(result, rel=1e-5, abs=1e4)  # eight digits of a line are shown
        assert paid == pytest.approx(market.records["capital_paid_usd"][-12:, index].sum(), rel=1e-6)
    amazon = statement_group(market, AMAZON)
    assert any(one.term == "Paid for carriage to USPS" for one in amazon.facts)


def test_a_big_shipper_is_told_with_its_network_and_its_contracts():
    settings = Scenario.load("walmart_builds_too").with_changes({"n_shippers": 150, "n_enterprise_shippers": 15})
    market = ParcelMarket(settings, rng=1)
    for _ in range(13):
        market.step()
    found = inspecting.things(market)
    titles = {thing.name for thing in found}
    assert any(title.startswith("Walmart with FedEx") for title in titles)
    assert "Enterprise shipper 15" in titles
    assert "Enterprise shipper 16" not in titles  # it is no enterprise shipper without a name
    report = inspecting.report(market, "carrier:walmart")
    assert report.what == "Walmart, a big shipper and the network that it builds for itself"
    assert any("orders capacity" in text for _, text, _ in report.events)
