"""The commands. Each imports what it needs when it is called, so that `lastmile --help` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.console import FAILED, complain, console, print_json, progress_bar, reports_errors
from experiments.cli.listings import list_outcomes, list_parameters, list_phases, list_scenarios

app = typer.Typer(
    help="An open agent-based market model of parcel delivery in the United States: if this, then what changes, "
    "for whom, by how much.",
    epilog="Start with `lastmile run withdraw` or `lastmile compare renew withdraw`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a lever or parameter; repeat it for more."),
]
SeedOption = Annotated[int, typer.Option(metavar="N", help="Seed of the luck; scenarios with one seed share it.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM", help="Last month.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for all results; an earlier result is replaced.")
]
DrawsOption = Annotated[
    str | None,
    typer.Option(
        "--draws",
        metavar="NAME",
        help="Parameter draws, stored or a .parquet file: seed s takes draw s.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a sweep.")]
OutcomeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--outcome", metavar="PATTERN", help="Show outcomes whose names fit, '*' for all; repeat it for more."
    ),
]


@app.command()
@reports_errors
def run(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Name of a scenario (see `lastmile scenarios`) or a .toml file.")
    ],
    set: SetOption = None,
    seed: SeedOption = 1,
    from_: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="First month.")] = None,
    until: UntilOption = None,
    draws: DrawsOption = None,
    outcome: OutcomeOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Run one scenario to its end and show its outcomes.

    For example: lastmile run withdraw --set build_limit=0.5 --until 2027-12 --out results/withdraw
    """
    from experiments import runs
    from experiments.cli.tables import show_run
    from experiments.settings import gather, read_settings
    from experiments.storage import check_folder

    problems: list[str] = []
    changes = read_settings(set or (), problems)
    prepared, _ = gather(
        lambda: runs.prepare_run(scenario, changes, seed, from_, until, draws),
        lambda: None if out is None else check_folder(out),
        known=problems,
    )
    with progress_bar(prepared.name, "months", quiet=json) as progress:
        result = runs.run(prepared, seed=seed, progress=progress)
    if out is not None:
        result.save(out)
    if json:
        print_json(result.summary())
    else:
        show_run(console(), result, outcome or ())
        _tell_folder(out)


@app.command()
@reports_errors
def compare(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="A B ...", help="Scenarios; differences are to the first one.")
    ],
    set: SetOption = None,
    seed: Annotated[int, typer.Option(metavar="N", help="First seed; the others follow it.")] = 1,
    until: UntilOption = None,
    replications: Annotated[int, typer.Option(metavar="N", help="Seeds per scenario.")] = 10,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; one per processor unless told.", show_default=False)
    ] = None,
    width: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Warn where an interval is wider than ± this share of the difference."),
    ] = 0.25,
    draws: DrawsOption = None,
    outcome: OutcomeOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Run scenarios with the same seeds and show paired differences with 95 % intervals.

    For example: lastmile compare renew withdraw --replications 10
    """
    from experiments import comparison
    from experiments.cli.tables import show_comparison
    from experiments.settings import gather, read_settings
    from experiments.storage import check_folder

    problems: list[str] = []
    changes = read_settings(set or (), problems)
    (prepared, _), _ = gather(
        lambda: comparison.check_comparison(scenarios, changes, seed, until, replications, workers, width, draws),
        lambda: None if out is None else check_folder(out),
        known=problems,
    )
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
        _tell_folder(out)


@app.command("usps-loss")
@reports_errors
def usps_loss(
    share: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of Amazon's USPS parcels that is lost, up to 1.", show_default=False),
    ] = None,
    static: Annotated[
        bool, typer.Option("--static", help="Also lose it at once, in a market without growth, luck or inflation.")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Instead write the page about four shares.", show_default=False),
    ] = None,
    seed: SeedOption = 1,
    json: JsonOption = False,
) -> None:
    """Show what losing Amazon's parcels does to the net income of USPS, year by year."""
    from experiments import usps_loss as lose_volume
    from experiments.cli.policy import write_usps_page
    from experiments.cli.tables import show_loss
    from experiments.errors import InputError

    if write is not None:
        problems = ["usps-loss: --write makes a page about four shares; leave --share, --static and --json out"]
        write_usps_page(write, seed, problems if share is not None or static or json else [])
        return
    if share is None:
        raise InputError("share: it is missing; say --share 0.5, or --write FILE for a page about four shares")
    with progress_bar("usps-loss", "months", quiet=json) as progress:
        result = lose_volume(share, static=static, seed=seed, progress=progress)
    if json:
        print_json(result.summary())
    else:
        show_loss(console(), result)


@app.command("uso-cost")
@reports_errors
def uso_cost(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help="Name of a scenario or a .toml file.")
    ] = "baseline",
    set: SetOption = None,
    seed: SeedOption = 1,
    until: UntilOption = None,
    json: JsonOption = False,
) -> None:
    """Show what universal service costs USPS: shadow runs in which it may give up places, days or both."""
    from experiments.cli.policy import run_uso_cost
    from experiments.settings import read_settings

    problems: list[str] = []
    run_uso_cost(scenario, read_settings(set or (), problems), problems, seed, until, json)


@app.command()
@reports_errors
def negotiate(
    draws: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seeds; 20 unless told, with --curve 4 for each point.", show_default=False),
    ] = None,
    set: SetOption = None,
    seed: Annotated[int, typer.Option(metavar="N", help="First seed; the others follow it.")] = 1,
    buyer: Annotated[str, typer.Option(metavar="NAME", help="Who hands over parcels.")] = "amazon",
    seller: Annotated[str, typer.Option(metavar="NAME", help="Who would deliver them.")] = "usps",
    curve: Annotated[
        bool,
        typer.Option("--curve", help="Sweep Amazon's own cost instead: what USPS keeps under three price structures."),
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="With --curve: write it as Markdown, too.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Let two parties negotiate: how often they agree, when, at what price, and on how many parcels.

    For example: lastmile negotiate --draws 10 --set price_structure=by_zone_type
    """
    from experiments.cli.negotiation import run_negotiate
    from experiments.settings import read_settings

    problems: list[str] = []
    run_negotiate(draws, read_settings(set or (), problems), problems, seed, curve, write, json, buyer, seller)


@app.command()
@reports_errors
def auction(
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="In force: pay_as_bid, uniform_price or vcg.")
    ] = "pay_as_bid",
    set: SetOption = None,
    seed: SeedOption = 1,
    json: JsonOption = False,
) -> None:
    """Show the auction of last-mile access: lots, bids, awards, revenue, efficiency of each format against VCG.

    For example: lastmile auction --format vcg --set auction_excludes_amazon=true
    """
    from experiments.cli.auction import run_auction
    from experiments.settings import read_settings

    problems: list[str] = []
    run_auction(format, read_settings(set or (), problems), problems, seed, json)


@app.command()
@reports_errors
def calibration(
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Also write the table as Markdown.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show how well the start of the model fits the published figures of 2024."""
    from experiments import calibration as calibrate_start
    from experiments.cli.tables import show_calibration
    from experiments.storage import check_file

    if write is not None:
        check_file(write)
    with progress_bar("standing_still", "months", quiet=json) as progress:
        result = calibrate_start(progress=progress)
    if write is not None:
        result.write(write)
    if json:
        print_json(result.summary())
    else:
        show_calibration(console(), result)


@app.command()
@reports_errors
def hindcast(
    from_: Annotated[str, typer.Option("--from", metavar="YYYY-MM", help="First month, from 2016-01 on.")] = "2019-01",
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="Last month.")] = "2024-12",
    mode: Annotated[
        str,
        typer.Option(metavar="forced|free", help="Impose dated contracts and prices, or only demand and inflation."),
    ] = "free",
    replications: Annotated[
        int | None,
        typer.Option(metavar="N", help="Runs; 20 unless told, or 16 of each span with --write.", show_default=False),
    ] = None,
    set: SetOption = None,
    draws: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Stored parameter draws, or a .parquet file.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="First seed; the others follow it.")] = 1,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; one per processor unless told.", show_default=False)
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also draw figures as PNG there.", show_default=False)
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write",
            metavar="FILE",
            help="Instead: run all spans of the documentation, write their page and what the browser shows.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run the past and show it beside what was observed and beside naive forecasts.

    For example: lastmile hindcast --from 2022-01 --mode forced
    """
    from experiments.cli.backtest import run_hindcast, run_page
    from experiments.settings import read_settings

    problems: list[str] = []
    changes = read_settings(set or (), problems)
    if write is not None:
        given = {"set": set, "draws": draws, "figures": figures, "json": json}
        run_page(write, replications, workers, [name for name, value in given.items() if value], problems)
        return
    run_hindcast(from_, to, mode, replications, changes, problems, draws, seed, workers, figures, json)


@app.command()
@reports_errors
def calibrate(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the runs; a second call goes on there.")
    ],
    last_year: Annotated[int, typer.Option(metavar="YEAR", help="Last year whose data is used, 2021 or 2024.")] = 2021,
    runs: Annotated[int, typer.Option(metavar="N", help="Runs over the prior; half as many follow within it.")] = 400,
    seed: SeedOption = 1,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; one per processor unless told.", show_default=False)
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Also write the tables as Markdown.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Estimate the free parameters on the past, after showing which of them the method finds again.

    For example: lastmile calibrate --out results/frozen-2021
    """
    from experiments.cli.estimation import run_calibrate

    run_calibrate(out, last_year, runs, seed, workers, write, json)


@app.command()
@reports_errors
def scenarios(
    levers: Annotated[bool, typer.Option("--levers", help="List what a scenario can choose, by owner.")] = False,
    json: JsonOption = False,
) -> None:
    """List the scenarios, or with --levers what each actor can choose."""
    list_scenarios(levers, json)


@app.command()
@reports_errors
def levers(
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME ...]", help="With --check: only these scenarios and levers.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Run every pair and see whether outcomes move as economics says.")
    ] = False,
    seed: SeedOption = 1,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="With --check: also write it as Markdown.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List what each actor can choose, or with --check whether each lever does what it should (else exit code 1)."""
    from experiments.cli.policy import run_levers

    if not run_levers(check, subjects or [], seed, write, json):
        raise typer.Exit(FAILED)


@app.command()
@reports_errors
def parameters(
    filter: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="Show rows with this text in symbol, name or source.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the parameters with values, ranges, units and sources."""
    list_parameters(filter, json)


@app.command()
@reports_errors
def phases(json: JsonOption = False) -> None:
    """List the phases of a month in order."""
    list_phases(json)


@app.command()
@reports_errors
def outcomes(json: JsonOption = False) -> None:
    """List the outcomes with units and meanings."""
    list_outcomes(json)


@app.command()
@reports_errors
def sweep(
    design: Annotated[Path, typer.Argument(metavar="DESIGN.toml", help="What to vary, and how.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the sweep; a second call goes on in it.")
    ],
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; one per processor unless told.", show_default=False)
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Use the workers of this dask scheduler instead.")
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed runs again.")] = False,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Longest time of one run.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run what is missing of a design; whatever stops it, the same command goes on.

    For example: lastmile sweep examples/rural_build.toml --out results/rural_build
    """
    from experiments.cli.sweeps import run_sweep

    run_sweep(design, out, workers, dask, retry_failed, timeout, json)


@app.command()
@reports_errors
def status(folder: FolderArgument, json: JsonOption = False) -> None:
    """Show how far a sweep is: done, failed, left, rate, errors by kind."""
    from experiments.cli.sweeps import show_status

    show_status(folder, json)


@app.command()
@reports_errors
def sensitivity(
    folder: FolderArgument,
    outcome: OutcomeOption = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Scenario of the sweep; its first unless told.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show Sobol or Morris indices with 95 % intervals, for a sweep of that kind that lacks nothing."""
    from experiments.cli.sweeps import show_sensitivity

    show_sensitivity(folder, outcome, scenario, json)


@app.command()
@reports_errors
def rerun(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Folder of `run --out`, its summary.json, what --json printed, or a sweep."
        ),
    ],
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="Run of a sweep; its first unless told.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Repeat a stored run from its provenance and compare: identical, or what differs (then exit code 1).

    For example: lastmile rerun results/withdraw
    """
    from experiments.cli.reproduction import run_rerun

    if not run_rerun(file, run, json):
        raise typer.Exit(FAILED)


@app.command()
@reports_errors
def report(
    folder: FolderArgument,
    outcome: OutcomeOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="File to write; report.html in DIR unless told.", show_default=False
        ),
    ] = None,
) -> None:
    """Write one HTML page about a sweep, with figures, tables and provenance, to send to a colleague."""
    from experiments.reports.report import report as write_report

    console().print(f"The report is in {write_report(folder, outcome or None, out)}")


@app.command()
@reports_errors
def baseline(
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Accept today's results: write the reference runs anew.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show whether a few reference runs still give what they gave (else exit code 1)."""
    from experiments.cli.speed import run_baseline

    run_baseline(refresh, json)


@app.command()
@reports_errors
def benchmark(
    profile: Annotated[bool, typer.Option("--profile", help="Only where the time of a default run goes.")] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Also write it into a Markdown page.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Time a month beside other ways to write it, and cost against size, start-up and memory (some minutes)."""
    from experiments.cli.speed import run_benchmark

    run_benchmark(profile, write, json)


@app.command()
@reports_errors
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; the default only answers this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="TCP port, 0 for any free one.")] = 8765,
    open_: Annotated[
        Path | None, typer.Option("--open", metavar="DIR", help="Folder of sweeps to show, or of a single one.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open-browser", help="Open the page in the browser.")] = False,
    processes: Annotated[
        int | None,
        typer.Option(min=0, max=64, metavar="N", help="Processes that simulate months; one for each processor."),
    ] = None,
) -> None:
    """Serve the browser app until interrupted."""
    # By name and only here: the app stands on the floor above this one, which must work without it.
    from importlib import import_module

    app_server = import_module("server.serve")
    try:
        app_server.serve(host, port, open_browser, open_, processes)
    except KeyboardInterrupt:
        return  # the usual way to end it
    except app_server.ServeError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from error


def _tell_folder(out: Path | None) -> None:
    if out is not None:
        console().print(f"Results are in {out}")
