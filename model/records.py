"""What a run remembers: preallocated columns by month, declared once with unit and meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.calendar import Month
from agents.geography import SEGMENTS, ZONE_TYPES
from model.measuring.places import RANKS

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """One recorded quantity.

    Attributes:
        name: Name; the unit is its end.
        axes: Axes besides time: any of "carrier" (twice: from and to), "zone", "segment", "zone_type", "rank" (at least
            1, 2, ... carriers), "shipper" (big shippers that the scenario names).
        unit: Unit for people.
        meaning: One line.
    """

    name: str
    axes: tuple[str, ...]
    unit: str
    meaning: str

    @property
    def column(self) -> str:
        """Its columns in the monthly table, braces for every carrier, segment or zone type; empty where it has none."""
        if self.axes in (("carrier",), ("segment",), ("zone_type",), ("shipper",)):
            return f"{{{self.axes[0]}}}_{self.name}"
        summed = self.axes == ("zone",) and self.name.startswith("amazon_")
        return self.name if summed or self.axes == () else ""


SERIES = (
    Series("delivered_parcels", ("carrier", "zone"), "parcels", "Parcels brought to the door"),
    Series("volume_parcels", ("carrier",), "parcels", "Parcels brought to the door"),
    Series("bought_parcels", ("carrier",), "parcels", "Parcels of its customers that USPS brings to the door for it"),
    Series("access_usd", ("carrier",), "$", "What it pays USPS for them"),
    Series("revenue_usd", ("carrier",), "$", "Parcel revenue; Amazon's with the imputed value of its own deliveries"),
    Series("cost_usd", ("carrier",), "$", "What the carrier pays for work, access, carriage, capital and interest"),
    Series("profit_usd", ("carrier",), "$", "What it receives less that; USPS: net income; Amazon: less its bill"),
    Series("wages_usd", ("carrier",), "$", "Wages on routes and in stations; of USPS all but vehicles"),
    Series("operations_usd", ("carrier",), "$", "Paid for vehicles, line-haul, hubs and overhead"),
    Series("capital_charge_usd", ("carrier",), "$", "Depreciation and return of capital added since the start"),
    Series("capital_paid_usd", ("carrier",), "$", "Cash paid for capital goods, when they are ordered"),
    Series("on_time_share", ("carrier",), "share", "Parcels that arrive on time"),
    Series("utilisation_share", ("carrier",), "share", "Volume over capacity"),
    Series("capacity_parcels", ("carrier",), "parcels", "Capacity of the month"),
    Series("annual_capacity_parcels", ("carrier",), "parcels a year", "Capacity of the last mile; of USPS for sorting"),
    Series("ordered_capacity_parcels", ("carrier",), "parcels a year", "Capacity that is ordered and not yet in use"),
    Series("expected_parcels", ("carrier",), "parcels a year", "What UPS and FedEx expect to deliver in a year"),
    Series("backlog_parcels", ("carrier",), "parcels", "Parcels that wait for the next month"),
    Series("unserved_parcels", ("carrier",), "parcels", "Parcels given up"),
    Series("overflow_parcels", ("carrier",), "parcels", "Parcels delivered after another carrier refused them"),
    Series("on_time_by_zone_share", ("zone",), "share", "Parcels that arrive on time"),
    Series("price_per_parcel_usd", ("segment",), "$", "Mean price paid by shippers other than Amazon"),
    Series("shipped_parcels", ("segment",), "parcels", "Parcels shipped by others than Amazon"),
    Series("amazon_parcels", ("zone",), "parcels", "Parcels shipped by Amazon: orders that it takes"),
    Series("amazon_own_parcels", ("zone",), "parcels", "Of these, delivered by Amazon itself"),
    Series("amazon_via_usps_parcels", ("zone",), "parcels", "Of these, delivered by USPS"),
    Series("amazon_via_ups_parcels", ("zone",), "parcels", "Of these, delivered by UPS"),
    Series("amazon_via_fedex_parcels", ("zone",), "parcels", "Of these, delivered by FedEx"),
    Series(
        "amazon_refused_parcels", ("zone",), "parcels", "Orders that Amazon does not take and nobody delivers for it"
    ),
    Series(
        "amazon_later_parcels", ("zone",), "parcels", "Parcels that Amazon delivers itself on fewer days of the week"
    ),
    Series("amazon_short_parcels", (), "parcels", "Parcels that Amazon meant to deliver itself but could not"),
    Series("amazon_delivery_bill_usd", (), "$", "What delivery costs Amazon: work, capital, others, less its sales"),
    Series("amazon_sales_usd", (), "$", "What others pay Amazon for carriage"),
    Series("amazon_paid_usps_usd", (), "$", "What Amazon pays USPS, missed commitments included"),
    Series("amazon_paid_ups_usd", (), "$", "What Amazon pays UPS"),
    Series("amazon_paid_fedex_usd", (), "$", "What Amazon pays FedEx"),
    Series("amazon_delivered_cost_usd", (), "$ per parcel", "Amazon's cost of a delivered parcel, all channels"),
    Series("amazon_usps_price_usd", (), "$ per parcel", "What Amazon pays USPS under the contract"),
    Series("amazon_usps_revenue_usd", (), "$", "What Amazon pays USPS for parcels that it delivers"),
    Series("amazon_usps_expected_usd", (), "$ per parcel", "What Amazon expects to pay USPS later"),
    Series("usps_access_published_usd", (), "$ per parcel", "Price of last-mile access that USPS publishes"),
    Series("usps_mail_revenue_usd", (), "$", "Revenue from mail and other services"),
    Series("usps_parcel_revenue_usd", (), "$", "Revenue from parcels"),
    Series("usps_parcel_contribution_usd", (), "$", "Parcel revenue less attributable cost as staffed"),
    Series("usps_expense_usd", (), "$", "All operating expense"),
    Series("usps_interest_earned_usd", (), "$", "Interest on the cash of USPS"),
    Series("usps_interest_paid_usd", (), "$", "Interest on its debt"),
    Series("usps_net_income_usd", (), "$", "Net income"),
    Series("usps_controllable_income_usd", (), "$", "Net income without retirement cost set by others"),
    Series("usps_cash_usd", (), "$", "Cash at the end of the month"),
    Series("usps_cash_expected_usd", (), "$", "Cash that USPS expects twelve months later"),
    Series("usps_debt_usd", (), "$", "Debt at the end of the month"),
    Series("usps_arrears_usd", (), "$", "Payments that USPS could not make, so far"),
    Series("usps_deferred_usd", (), "$", "Retirement contributions that USPS has put off, so far"),
    Series("usps_put_off_usd", (), "$", "Payments that USPS puts off or cannot make this month"),
    Series("usps_distress_rung", (), "rung", "Highest rung of the distress ladder in force or decided, 0 to 6"),
    Series("usps_violations_count", (), "count", "Statutory rules that are broken"),
    Series("usps_institutional_usd", (), "$", "Cost of USPS that no product causes"),
    Series("amazon_usps_attributable_usd", (), "$", "What Amazon's parcels at USPS cost it"),
    Series("delivered_by_segment_parcels", ("segment", "zone"), "parcels", "Parcels brought to the door"),
    Series("hhi_delivered_index", ("segment", "zone"), "index", "Concentration of those who bring parcels to the door"),
    Series("hhi_sold_index", ("segment", "zone"), "index", "Concentration of those who have the customers"),
    Series("leading_carrier", ("segment", "zone"), "carrier", "Carrier that brings most parcels to the door"),
    Series("rural_households_served_share", ("rank",), "share", "Rural households with at least 1, 2, 3, 4 carriers"),
    Series("rural_parcels_served_share", ("rank",), "share", "Rural parcels offered by at least 1, 2, 3, 4 carriers"),
    Series("mean_transit_days", ("zone_type",), "days", "Mean transit"),
    Series("p90_transit_days", ("zone_type",), "days", "90th percentile of transit"),
    Series("quoted_parcels", ("zone",), "parcels", "Parcels of others than Amazon"),
    Series("quoted_paid_usd", ("zone",), "$", "What others than Amazon pay, surcharges included"),
    Series("enterprise_shippers_paid_usd", (), "$", "What enterprise shippers pay for their parcels"),
    Series("small_shippers_paid_usd", (), "$", "What small shippers pay for their parcels"),
    Series("mail_users_paid_usd", (), "$", "What mail users pay"),
    Series("consolidators_result_usd", (), "$", "What consolidators receive less what they pay"),
    Series("staff_result_usd", (), "$", "Wages that carriers pay"),
    Series("suppliers_result_usd", (), "$", "What suppliers are paid for work, and USPS's capital that is used up"),
    Series("lenders_result_usd", (), "$", "What owners and lenders get for capital in use"),
    Series("retirement_funds_result_usd", (), "$", "Retirement cost of USPS that uses no cash"),
    Series("treasury_result_usd", (), "$", "Interest that USPS pays the Treasury less what it gets"),
    Series("enterprise_shippers_gain_usd", (), "$", "Gain of enterprise shippers and their customers since the start"),
    Series("small_shippers_gain_usd", (), "$", "Gain of small shippers and their customers since the start"),
    Series("mail_users_gain_usd", (), "$", "Gain of mail users against prices that follow inflation"),
    Series("amazon_members_gain_usd", (), "$", "Gain of the members of Amazon by earlier parcels"),
    Series("amazon_idle_capacity_parcels", ("zone",), "parcels", "Yearly capacity of Amazon beyond its deliveries"),
    Series("amazon_idle_capital_usd", (), "$", "Capital in it"),
    Series("carbon_kg", ("carrier",), "kg", "Emissions of delivery vans; USPS 0, its routes pass anyway"),
    Series("usps_contract_paid_usd", ("carrier",), "$", "What carriers pay USPS under contracts, by buyer"),
    Series("usps_contract_cost_usd", ("carrier",), "$", "What their parcels cost USPS, by buyer"),
    Series("usps_mail_index", (), "index", "Mail pieces relative to the start"),
    Series("sent_parcels", ("shipper",), "parcels", "Parcels of a big shipper that somebody delivers"),
    Series("sent_by_carrier_parcels", ("shipper", "carrier"), "parcels", "The same by who sells the delivery"),
    Series("own_network_parcels", ("shipper",), "parcels", "Of these, delivered by its own network"),
    Series("delivery_bill_usd", ("shipper",), "$", "What delivery costs it: carriers, and work and capital of its own"),
    Series("paid_carriers_usd", ("shipper",), "$", "Of this, paid to carriers"),
    Series("list_price_usd", ("carrier", "segment"), "$", "List price before discounts, 0 where it is not offered"),
    Series("small_shippers_parcels", ("carrier",), "parcels", "Parcels of small shippers by who sells the delivery"),
    Series("enterprise_shippers_parcels", ("carrier",), "parcels", "The same of enterprise and big shippers"),
    Series("switched_count", ("carrier", "carrier"), "count", "Small shippers who change a service, from and to"),
    Series("season_factor", (), "factor", "Parcels of the month over those of a mean month, by the calendar alone"),
)


class Records:
    """Columns of a run.

    Args:
        months: Number of months that the run can have.
        carriers: Keys of the carriers.
        n_zones: Number of zones.
        start: First month.
        shippers: Keys of the big shippers that the scenario names.
    """

    def __init__(
        self, months: int, carriers: tuple[str, ...], n_zones: int, start: Month, shippers: tuple[str, ...] = ()
    ) -> None:
        sizes = {
            "carrier": len(carriers),
            "zone": n_zones,
            "segment": len(SEGMENTS),
            "zone_type": len(ZONE_TYPES),
            "rank": RANKS,
            "shipper": len(shippers),
        }
        self._columns = {s.name: np.zeros((months, *(sizes[axis] for axis in s.axes))) for s in SERIES}
        self._national = national_columns(carriers, shippers)
        self._carriers, self._shippers = carriers, shippers
        self._start = start
        self._coverage: dict[int, Floats] = {}
        self.n = 0

    @property
    def months(self) -> list[Month]:
        """The recorded months."""
        return [self._start + i for i in range(self.n)]

    def __getitem__(self, name: str) -> Floats:
        """Return a column, time first: a view of what has been recorded.

        Raises:
            KeyError: No such series.
        """
        return self._columns[name][: self.n]

    @property
    def coverage(self) -> dict[int, Floats]:
        """Share of households that each carrier's own routes reach in December, by year, (K, Z) each."""
        return dict(self._coverage)

    def keep_coverage(self, year: int, coverage: Floats) -> None:
        """Record who reaches whom in a December: it changes slowly, and by month it would be most of what is kept."""
        self._coverage[year] = coverage.copy()

    def extend(self, months: int) -> None:
        """Make room for a run of so many months, where it has not enough."""
        for name, column in self._columns.items():
            if months > len(column):
                self._columns[name] = np.concatenate([column, np.zeros((months - len(column), *column.shape[1:]))])

    def latest(self, column: str) -> float:
        """Figure of the last recorded month, by its column of `frame`.

        Raises:
            KeyError: No such column.
        """
        name, position = self._national[column]
        value = self._columns[name][self.n - 1]
        return float(value.sum() if position is None else value[position])

    def append(self, values: dict[str, Floats | float]) -> None:
        """Record one month; every series must be given."""
        missing = self._columns.keys() ^ values.keys()
        if missing:
            raise ValueError(f"series that are not declared or not given: {', '.join(sorted(missing))}")
        for name, value in values.items():
            self._columns[name][self.n] = value
        self.n += 1

    def frame(self) -> pd.DataFrame:
        """Return one row a month and one column a national series, named `<actor>_<quantity>_<unit>`."""
        columns: dict[str, Floats] = {}
        for column, (name, position) in self._national.items():
            data = self[name]
            if position is not None:
                columns[column] = data[:, position]
            else:
                columns[column] = data.sum(axis=1) if data.ndim > 1 else data
        return pd.DataFrame(columns, index=pd.Index([str(month) for month in self.months], name="month"))


def national_columns(carriers: Sequence[str], shippers: Sequence[str] = ()) -> dict[str, tuple[str, int | None]]:
    """Columns of the monthly table, with their series and position on its axis; None for all of it.

    Args:
        carriers: Keys of the carriers.
        shippers: Keys of the big shippers that the scenario names.
    """
    names = {"carrier": carriers, "segment": SEGMENTS, "zone_type": ZONE_TYPES, "shipper": shippers}
    columns: dict[str, tuple[str, int | None]] = {}
    for series in SERIES:
        column = series.column
        if series.axes and series.axes[0] in names and column:
            axis = series.axes[0]
            columns |= {column.replace(f"{{{axis}}}", key): (series.name, i) for i, key in enumerate(names[axis])}
        elif column:
            columns[column] = (series.name, None)
    return columns


def by_zone_type(values: Floats, zone_type: NDArray[np.int8]) -> Floats:
    """Sum the last axis over zones of each type: (..., Z) to (..., 3)."""
    return np.stack([values[..., zone_type == kind].sum(axis=-1) for kind in range(len(ZONE_TYPES))], axis=-1)
