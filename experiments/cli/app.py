"""The commands in order. They import what they need when they are called, so that `lastmile --help` answers at once."""

from __future__ import annotations

import typer

from experiments.cli.commands import asking, branching, forecasting, listing, market, past, sweeping, upkeep

app = typer.Typer(
    help="An open agent-based market model of parcel delivery in the United States: if this, then what changes, "
    "for whom, by how much.",
    epilog="Start with `lastmile run withdraw` or `lastmile compare renew withdraw`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# In the order of `lastmile --help`.
COMMANDS = (
    market.run,
    forecasting.forecast,
    market.compare,
    market.show,
    asking.target,
    asking.matrix,
    asking.questions,
    branching.branch,
    market.places,
    market.usps_loss,
    market.uso_cost,
    market.firms,
    market.negotiate,
    market.auction,
    past.calibration,
    past.hindcast,
    past.external,
    past.calibrate,
    listing.scenarios,
    listing.levers,
    listing.parameters,
    listing.phases,
    listing.outcomes,
    sweeping.sweep,
    sweeping.status,
    sweeping.merge,
    sweeping.sensitivity,
    upkeep.rerun,
    sweeping.report,
    upkeep.baseline,
    upkeep.benchmark,
    upkeep.serve,
)
for command in COMMANDS:
    app.command()(command)
