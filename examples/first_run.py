"""A first look at the market in three steps: run it, compare two scenarios, change one figure.

python examples/first_run.py            # to December 2026, two seeds: about a minute
python examples/first_run.py 2030-12    # the whole horizon
"""

import sys

from experiments import compare, run


def main(until: str = "2026-12") -> None:
    """Print what each step shows."""
    result = run("withdraw", until=until)
    print(f"{result.scenario.title}: what Amazon still hands to USPS, million parcels a month")
    print((result.monthly["amazon_via_usps_parcels"] / 1e6).round(1).iloc[::6].to_string(), end="\n\n")

    for event in result.events.query("kind == 'sourcing'").itertuples():
        print(f"{event.month}: {event.text}")

    comparison = compare(["renew", "withdraw"], until=until, replications=2)
    last_year = until[:4]
    loss = comparison.difference(f"usps_net_income_usd_{last_year}", "withdraw")
    print(f"\nAgainst an early renewal USPS loses ${-loss / 1e9:.2f} billion in {last_year}.")

    slower = run("withdraw", set={"build_limit": 0.3}, until=until)
    for name, one in (("usual build limit", result), ("a lower build limit", slower)):
        late = one.outcomes["amazon_short_parcels"] / 1e6
        print(f"With {name}, {late:,.0f} million parcels cannot be delivered by Amazon as planned.")


# The comparison starts other processes, which read this file again: they must not start runs of their own.
if __name__ == "__main__":
    main(*sys.argv[1:2])
