"""The stored forecast of the usual market as pictures: median and bands by year, and what the bands hold."""

from __future__ import annotations

from experiments.figures import scale_of
from experiments.stored_forecast import StoredForecast
from server import plots
from server.charts import CARRIERS
from server.plots import Plot

SHOWN = {
    "usps_net_income_usd": ("Net income of USPS", 0),
    "usps_volume_parcels": ("Parcels of USPS", 0),
    "amazon_volume_parcels": ("Parcels that Amazon delivers", 1),
    "ups_volume_parcels": ("Parcels of UPS", 2),
    "fedex_volume_parcels": ("Parcels of FedEx", 3),
    "amazon_own_share": ("Share of its parcels that Amazon delivers itself", 1),
    "usps_revenue_per_parcel_usd": ("Revenue of USPS for a parcel", 0),
}


def lead(stored: StoredForecast) -> str:
    """What is shown, in a few sentences."""
    draws = f"parameter draws {stored.draws}" if stored.draws else "the parameters as they are"
    form = f"residuals of the past up to {stored.residuals_to}" if stored.residuals_to else "no residuals of the past"
    return (
        f"{stored.title}: {stored.replications} runs with {draws}. A band holds luck, parameters with the growth of "
        f"the market, and what the form of the model gets wrong ({form}), where the back-test has the figure."
    )


def pictures(stored: StoredForecast) -> list[Plot]:
    """One picture of each headline that the forecast has."""
    return [_picture(stored, stem) for stem in SHOWN if not stored.years(stem).empty]


def _picture(stored: StoredForecast, stem: str) -> Plot:
    title, number = SHOWN[stem]
    rows = stored.years(stem)
    scale, unit = scale_of(stem)
    values = {name: rows[name].to_numpy(dtype=float) / scale for name in rows.columns if name not in ("n", "holds")}
    carrier = CARRIERS[number]
    median = {
        "name": "Median",
        "type": "line",
        "color": "$0",
        "symbol": "none",
        "lineStyle": {"width": 2.2},
        "data": plots.numbers(values["median"]),
    }
    told = "; ".join(
        f"{year}: {middle:,.3g}, {low:,.3g} to {high:,.3g}"
        for year, middle, low, high in zip(rows.index, values["median"], values["low90"], values["high90"], strict=True)
    )
    return Plot(
        title=title,
        unit=unit,
        note=f"Line: median; bands: 50 % and 90 %. They hold {rows['holds'].iloc[-1]}.",
        summary=f"{title}, {unit}: median and 90 % band. {told}.",
        option={
            "xAxis": {"type": "category", "data": [str(year) for year in rows.index]},
            "yAxis": {"type": "value", "scale": True},
            "series": [
                *plots.tinted("90", values["low90"], values["high90"], "$0/0.16"),
                *plots.tinted("50", values["low50"], values["high50"], "$0/0.28"),
                median,
            ],
            "limits": {"Median": {"low": plots.numbers(values["low90"]), "high": plots.numbers(values["high90"])}},
        },
        legend=(
            {"name": "Median", "light": carrier["light"], "dark": carrier["dark"], "symbol": "none", "forced": False},
        ),
        height=230,
    )
