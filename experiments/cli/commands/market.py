"""Commands that run the market: one scenario, several side by side, and its single mechanisms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.console import (
    console,
    keep_tables,
    print_json,
    progress_bar,
    reports_errors,
    table_problems,
    tell_folder,
)
from experiments.cli.options import (
    DrawsOption,
    FirstSeedOption,
    FromOption,
    JsonOption,
    OutcomeOption,
    OutOption,
    RosterOption,
    SeedOption,
    SetOption,
    ShockOption,
    StopOption,
    TableOption,
    UntilOption,
    VariantsArgument,
    WorkersOption,
)


@reports_errors
def run(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Name of a scenario (see `lastmile scenarios`) or a .toml file.")
    ],
    set: SetOption = None,
    shock: ShockOption = None,
    seed: SeedOption = 1,
    from_: FromOption = None,
    until: UntilOption = None,
    stop_when: StopOption = None,
    draws: DrawsOption = None,
    roster: RosterOption = None,
    outcome: OutcomeOption = None,
    out: OutOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Run one scenario to its end and show its outcomes.

    For example: lastmile run withdraw --set build_limit=0.5 --until 2027-12 --out results/withdraw
    """
    from experiments import runs
    from experiments.cli.tables import show_run
    from experiments.designs.columns import check_outcomes
    from experiments.parties import read_roster
    from experiments.settings import gather, read_settings
    from experiments.spreadsheets.outcomes import run_tables
    from experiments.storage import check_folder

    problems = table_problems(table)
    changes, parties = read_settings(set or (), problems, shock, stop_when), read_roster(roster or (), problems)
    prepared, _ = gather(
        lambda: runs.prepare_run(scenario, changes, seed, from_, until, draws, parties),
        lambda: None if out is None else check_folder(out),
        known=problems,
    )
    check_outcomes(prepared, outcome or ())
    with progress_bar(prepared.name, "months", quiet=json) as progress:
        result = runs.run(scenario, changes, seed, from_, until, progress, draws, parties)
    if out is not None:
        result.save(out)
    if json:
        print_json(result.summary())
    else:
        show_run(console(), result, outcome or ())
        tell_folder(out)
    keep_tables(table, lambda: run_tables(result, outcome or ()), quiet=json)


@reports_errors
def compare(
    scenarios: VariantsArgument,
    set: SetOption = None,
    shock: ShockOption = None,
    seed: FirstSeedOption = 1,
    from_: FromOption = None,
    until: UntilOption = None,
    stop_when: StopOption = None,
    replications: Annotated[int, typer.Option(metavar="N", help="Seeds per scenario.")] = 10,
    workers: WorkersOption = None,
    width: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Warn where an interval is wider than ± this share of the difference."),
    ] = 0.25,
    draws: DrawsOption = None,
    roster: RosterOption = None,
    outcome: OutcomeOption = None,
    out: OutOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Run scenarios with the same seeds and show paired differences with 95 % intervals.

    For example: lastmile compare renew withdraw withdraw:build_limit=0.5 --replications 10
    """
    from experiments import comparison
    from experiments.cli.gains import show_gains
    from experiments.cli.tables import show_comparison
    from experiments.designs.columns import check_outcomes
    from experiments.parties import read_roster
    from experiments.settings import gather, read_settings
    from experiments.spreadsheets.outcomes import comparison_tables
    from experiments.storage import check_folder

    problems = table_problems(table)
    changes, parties = read_settings(set or (), problems, shock, stop_when), read_roster(roster or (), problems)
    (prepared, _), _ = gather(
        lambda: comparison.check_comparison(
            scenarios, changes, seed, until, replications, workers, width, draws, parties, from_=from_
        ),
        lambda: None if out is None else check_folder(out),
        known=problems,
    )
    check_outcomes(prepared[0], outcome or ())
    with progress_bar(" / ".join(scenario.name for scenario in prepared), "runs", quiet=json) as progress:
        result = comparison.compare(
            prepared,
            seed=seed,
            replications=replications,
            workers=workers,
            width=width,
            progress=progress,
            draws=draws,
        )
    if out is not None:
        result.save(out)
    if json:
        print_json(result.summary())
    else:
        show_comparison(console(), result, outcome or ())
        if not outcome:
            show_gains(console(), result)
        tell_folder(out)
    keep_tables(table, lambda: comparison_tables(result, outcome or ()), quiet=json)


@reports_errors
def show(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that `run`, `branch`, `compare` or `target` wrote with --out.")
    ],
    outcome: OutcomeOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show a saved run, branch, comparison or target again, with any of its outcomes; nothing is run.

    For example: lastmile show results/first --outcome 'ups_*'
    """
    from experiments.cli.saved import show_saved, tables_of
    from experiments.reopening import open_result
    from experiments.settings import gather

    (result,) = gather(lambda: open_result(folder), known=table_problems(table))
    show_saved(console(), result, outcome or (), quiet=json)
    if json:
        print_json(result.summary())
    keep_tables(table, lambda: tables_of(result, outcome or ()), quiet=json)


@reports_errors
def places(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="A [B ...]", help="Scenarios; differences are to the first.", show_default=False),
    ] = None,
    by: Annotated[str, typer.Option(metavar="KIND", help="Kind of place: county or zone.")] = "county",
    set: SetOption = None,
    shock: ShockOption = None,
    seed: FirstSeedOption = 1,
    until: UntilOption = None,
    place: Annotated[
        list[str] | None,
        typer.Option(
            "--place",
            metavar="NAME",
            help="Tell this place by itself, by name or code; repeat it for several, and for all of them together.",
            show_default=False,
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Month to look at; the last one unless told.", show_default=False),
    ] = None,
    replications: Annotated[
        int | None, typer.Option(metavar="N", help="Seeds per scenario; 10, for --write 6.", show_default=False)
    ] = None,
    workers: WorkersOption = None,
    draws: DrawsOption = None,
    roster: RosterOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File for all places, .csv, .parquet or .xlsx; it is replaced.",
            show_default=False,
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", help="Instead write the page of who is harmed where.", show_default=False
        ),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show who delivers, at what price and how well, county by county or zone by zone, and which places lose most.

    For example: lastmile places baseline withdraw --by county --out results/counties.csv
    """
    from experiments.cli.places import run_places, write_harm
    from experiments.parties import read_roster
    from experiments.settings import read_settings

    problems = table_problems(table)
    if write is not None:
        given = {
            "--set": set,
            "--shock": shock,
            "--month": month,
            "--place": place,
            "--draws": draws,
            "--roster": roster,
            "--out": out,
            "--table": table,
            "--json": json or None,
        }
        given["--by"] = by if by != "county" else None
        write_harm(write, scenarios or (), seed, until, replications, workers, [k for k, one in given.items() if one])
        return
    changes, parties = read_settings(set or (), problems, shock), read_roster(roster or (), problems)
    asked = {
        "by": by, "set": changes, "seed": seed, "until": until, "month": month, "replications": replications,
        "workers": workers, "roster": parties, "draws": draws, "place": place or (),
    }  # fmt: skip
    run_places(scenarios or [], asked, problems, out, table, json)


@reports_errors
def usps_loss(
    share: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of Amazon's USPS parcels that is lost, up to 1.", show_default=False),
    ] = None,
    static: Annotated[
        bool, typer.Option("--static", help="Also lose it at once, in a market without growth, luck or inflation.")
    ] = False,
    distress_ladder: Annotated[
        bool, typer.Option("--distress-ladder", help="Let USPS take its distress measures while parcels leave.")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Instead write the page about four shares.", show_default=False),
    ] = None,
    set: SetOption = None,
    seed: FirstSeedOption = 1,
    replications: Annotated[int, typer.Option(metavar="N", help="Seeds; from 2 on with 95 % intervals.")] = 1,
    workers: WorkersOption = None,
    draws: DrawsOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show what losing Amazon's parcels does to the net income of USPS, year by year.

    For example: lastmile usps-loss --share 1 --replications 8 --set build_limit=0.5
    """
    from experiments.cli.policy import write_usps_page
    from experiments.cli.tables import show_loss
    from experiments.postal.volume_loss import check_loss, usps_loss
    from experiments.settings import gather, read_settings
    from experiments.spreadsheets.mechanisms import loss_tables

    problems = table_problems(table)
    changes = read_settings(set or (), problems)

    if write is not None:
        asked = share is not None or static or distress_ladder or draws is not None or json or set
        if asked or replications != 1 or workers is not None or table is not None:
            problems.append("usps-loss: --write makes a page about four shares; leave the other options but --seed out")
        write_usps_page(write, seed, problems)
        return
    if share is None:
        problems.append("share: it is missing; say --share 0.5, or --write FILE for a page about four shares")
    checked = 1.0 if share is None else share
    gather(
        lambda: check_loss(checked, static, seed, distress_ladder, draws, changes, replications, workers),
        known=problems,
    )
    with progress_bar("usps-loss", "runs", quiet=json) as progress:
        result = usps_loss(checked, static, seed, progress, distress_ladder, draws, changes, replications, workers)
    if json:
        print_json(result.summary())
    else:
        show_loss(console(), result)
    keep_tables(table, lambda: loss_tables(result), quiet=json)


@reports_errors
def uso_cost(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help="Name of a scenario or a .toml file.")
    ] = "baseline",
    set: SetOption = None,
    shock: ShockOption = None,
    seed: SeedOption = 1,
    until: UntilOption = None,
    draws: DrawsOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show what universal service costs USPS: shadow runs in which it may give up places, days or both."""
    from experiments.cli.policy import run_uso_cost
    from experiments.settings import read_settings

    problems = table_problems(table)
    run_uso_cost(scenario, read_settings(set or (), problems, shock), problems, seed, until, draws, table, json)


@reports_errors
def firms(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Name of a scenario (see `lastmile scenarios`) or a .toml file.")
    ] = "baseline",
    seeds: Annotated[int, typer.Option(metavar="N", min=1, help="Seeds, from 1 on.")] = 5,
    shippers: Annotated[int, typer.Option(metavar="N", help="Shippers of each run.")] = 600,
    workers: WorkersOption = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Also write the page, its figures beside it.", show_default=False),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show by carrier and year what is sold, asked, earned and handed over, and whether carriers act like firms.

    For example: lastmile firms --seeds 2 --write results/firms.md
    """
    from experiments.cli.policy import run_firms

    if not run_firms(scenario, seeds, shippers, workers, write, table, json):
        raise typer.Exit(1)


@reports_errors
def negotiate(
    replications: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seeds; 20 unless told, with --curve 4 for each point.", show_default=False),
    ] = None,
    set: SetOption = None,
    shock: ShockOption = None,
    seed: FirstSeedOption = 1,
    buyer: Annotated[str, typer.Option(metavar="NAME", help="Who hands over parcels.")] = "amazon",
    seller: Annotated[str, typer.Option(metavar="NAME", help="Who would deliver them.")] = "usps",
    roster: RosterOption = None,
    curve: Annotated[
        bool,
        typer.Option("--curve", help="Sweep Amazon's own cost instead: what USPS keeps under three price structures."),
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="With --curve: write it as Markdown, too.", show_default=False),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Let two parties negotiate: how often they agree, when, at what price, and on how many parcels.

    For example: lastmile negotiate --replications 10 --set price_structure=by_zone_type
    """
    from experiments.cli.negotiation import run_negotiate
    from experiments.parties import read_roster
    from experiments.settings import read_settings

    problems = table_problems(table)
    changes, parties = read_settings(set or (), problems, shock), read_roster(roster or (), problems)
    run_negotiate(replications, changes, problems, seed, curve, write, json, buyer, seller, parties, table)


@reports_errors
def auction(
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="In force: pay_as_bid, uniform_price or vcg.")
    ] = "pay_as_bid",
    set: SetOption = None,
    shock: ShockOption = None,
    seed: SeedOption = 1,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show the auction of last-mile access: lots, bids, awards, revenue, efficiency of each format against VCG.

    For example: lastmile auction --format vcg --set auction_excludes_amazon=true
    """
    from experiments.cli.auction import run_auction
    from experiments.settings import read_settings

    problems = table_problems(table)
    run_auction(format, read_settings(set or (), problems, shock), problems, seed, table, json)
