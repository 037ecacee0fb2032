"""A store is a folder of parquet files: DuckDB, polars and pandas read it in one line each.

python examples/duckdb_store.py [folder of a sweep]
"""

import sys
import tempfile
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

from experiments import sweep

DESIGN = {
    "kind": "lhs",
    "points": 4,
    "scenarios": ["renew", "withdraw"],
    "until": "2025-03",
    "set": {"n_shippers": 300},  # fast and coarse; leave it out for results that count
    "outcomes": ["usps_cash_usd", "amazon_via_usps_parcels"],
    "uncertainties": {"growth_amazon_demand": "declared"},
}


def main(folder: Path) -> None:
    """Read the runs of a sweep in three ways."""
    print(
        duckdb.sql(f"""
        select scenario, count(*) as runs, avg(usps_cash_usd) / 1e9 as cash, min(amazon_via_usps_parcels) / 1e6 as least
        from '{folder}/runs/*.parquet' where status = 'done' group by scenario order by scenario
    """)
    )
    print(pl.read_parquet(f"{folder}/runs/*.parquet").group_by("scenario").len().sort("scenario"))
    print(pd.read_parquet(folder / "runs").groupby("scenario")["usps_cash_usd"].describe()[["count", "mean"]])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            sweep(DESIGN, Path(place) / "store", workers=1)
            main(Path(place) / "store")
