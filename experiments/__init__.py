"""Experiments with the parcel market: run it, compare scenarios, look at one mechanism at a time.

The verbs of the command line, as functions that return small frozen objects with pandas tables:

    from experiments import compare, run

    print(run("withdraw").monthly["usps_cash_usd"])
    print(compare(["renew", "withdraw"], replications=10).table)
"""

import lazy_loader

from lastmile_packages import check_packages

check_packages("agents", "model")
# `__init__.pyi` lists the names. Each is loaded when it is first asked for: `lastmile --help` must not wait for pandas.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
