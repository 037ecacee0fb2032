"""A scenario of one's own: write it as a short TOML file, run it beside one of the library under the same luck.

python examples/own_scenario.py            # to December 2026
python examples/own_scenario.py 2030-12    # the whole horizon
"""

import sys
import tempfile
from pathlib import Path

from experiments import compare

SLOW_EXIT = """
title = "A slow exit"
description = "Amazon takes its parcels from USPS as in withdraw, but over four years."

[levers]
usps_amazon_volume = "withdrawn"
exit_end = "2028-12"
"""


def main(until: str = "2026-12") -> None:
    """Print what the time of a slower exit is worth to USPS and to Amazon."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "slow_exit.toml"
        file.write_text(SLOW_EXIT)
        result = compare(["withdraw", file], until=until, replications=2)
    year = until[:4]
    for outcome, what in (
        (f"usps_net_income_usd_{year}", "net income of USPS, bn $"),
        (f"amazon_short_parcels_{year}", "parcels that Amazon cannot deliver as planned, bn"),
    ):
        row = result.table.loc[(outcome, "slow_exit")]
        print(f"{what} in {year}: {row['mean'] / 1e9:,.2f}, {row['difference'] / 1e9:+,.2f} against withdraw")


if __name__ == "__main__":
    main(*sys.argv[1:2])
