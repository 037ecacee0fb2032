"""A sweep over two uncertainties and its heat map: who keeps the rural parcels?

python examples/sweep_heat_map.py [folder]    # run it again with the same folder: nothing is run twice
"""

import sys
import tempfile
from pathlib import Path

from experiments import drivers, heat_map, report, sweep

DESIGN = {
    "kind": "grid",
    "scenario": "baseline",
    "until": "2025-12",
    "replications": 1,
    "set": {"n_shippers": 300, "n_enterprise_shippers": 20},  # fast and coarse; leave it out for results that count
    "outcomes": ["amazon_own_share_rural", "usps_net_income_usd"],
    "uncertainties": {
        "amazon_own_cost_multiplier": [0.8, 1.2, 1.6],
        "amazon_via_usps": {"low": 1.2, "high": 1.8, "steps": 2},
    },
}


def main(folder: Path) -> None:
    """Run what is missing, print the heat map, write the report."""
    result = sweep(DESIGN, folder, progress=lambda done, failed, total: print(f"{done} of {total} runs"))
    outcome = "amazon_own_share_rural_2025"
    shares = heat_map(result, outcome, across="amazon_via_usps", down="amazon_own_cost_multiplier")
    print("Share of its rural parcels that Amazon delivers itself in 2025")
    print(shares.round(2).to_string(), end="\n\n")
    print(drivers(result, outcome)[["share", "change", "lowest_at", "highest_at"]].round(3).to_string())
    print(f"The report is in {report(result)}")


# A sweep starts other processes, which read this file again: they must not start sweeps of their own.
if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(Path(place) / "rural")
