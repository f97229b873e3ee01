"""The command line: parses, calls one function, prints, and ends with a documented exit code.

Nothing heavy is imported before a command needs it, so `tengesim --help` answers at once. People
get one line on standard error that says what, where, what was expected and what to do; machines
get one JSON object on standard output.
"""

import json
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from tengesim import errors
from tengesim.bench.command import bench
from tengesim.experiments.fit_command import fit_app
from tengesim.experiments.replicate_command import replicate_command
from tengesim.exports.command import export
from tengesim.progress import progress_of

if TYPE_CHECKING:
    from tengesim.scenario.model import Scenario
    from tengesim.store.read import StoredRun

__all__ = ["app", "main"]

DEFAULT_PLAY: Final = "school_meals"
DEFAULT_OUT: Final = Path("runs")

app = typer.Typer(
    name="tengesim",
    help="Simulator of programmable public money. `tengesim play` opens the dashboard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
runs_app = typer.Typer(help="List or remove stored runs.", no_args_is_help=True)
app.add_typer(runs_app, name="runs")
app.add_typer(fit_app, name="fit")
app.command()(bench)
app.command()(export)
app.command()(replicate_command(progress_of))


class Engine(StrEnum):
    """Engines that can run a scenario; both write the same log."""

    FAST = "fast"
    REFERENCE = "reference"


class Form(StrEnum):
    """Forms of a report."""

    FULL = "full"
    FISCAL_NOTE = "fiscal_note"


ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A file, or the name of a shipped scenario.")
]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Overrule a value; may be repeated."),
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder in which run folders are kept.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or its name.")]


@app.command("list")
def list_command() -> None:
    """List the shipped scenarios, one line each, name first."""
    from tengesim.scenario.load import load_scenario
    from tengesim.scenario.shipped import shipped_names

    names = shipped_names()
    width = max(map(len, names), default=0)
    for name in names:
        typer.echo(f"{name:<{width}}  {load_scenario(name).title}")


@app.command()
def check(
    scenario: ScenarioArgument, settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Report every finding about a scenario with its line; exit 0 or 1."""
    from tengesim.scenario.load import check_scenario

    findings = check_scenario(scenario, settings=settings or [])
    if as_json:
        fields = ("code", "message", "file", "line", "path", "expected", "do")
        listed = [{name: getattr(one, name) for name in fields} for one in findings]
        typer.echo(json.dumps({"scenario": scenario, "findings": listed}, ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(finding.render())
        if not findings:
            typer.echo(f"{scenario}: no findings")
    raise typer.Exit(errors.EXIT_FINDINGS if findings else errors.EXIT_OK)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a scenario; editors complete and check from it."""
    from tengesim.scenario.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="A finding, reason, metric, red flag or rule code.")],
) -> None:
    """Explain a finding, a reason of refusal, a metric, a red flag or a rule code."""
    from tengesim.report.explain import explanation

    typer.echo(explanation(code))


@app.command()
def run(  # noqa: PLR0917 - options of a command line are named
    scenario: ScenarioArgument,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Replaces the scenario's seed.")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="Which engine runs it.")] = Engine.FAST,
    settings: SettingsOption = None,
    out: OutOption = DEFAULT_OUT,
    as_json: JsonOption = False,
    progress_json: Annotated[
        bool, typer.Option("--progress-json", help="Report progress as JSON lines on stderr.")
    ] = False,
) -> None:
    """Run a scenario once and store the run; an equal run that is stored is verified and reused."""
    from tengesim.scenario.load import load_scenario

    loaded = load_scenario(scenario, settings=settings or [])
    from tengesim.engine.size import check_size

    # What does not fit is refused before more is loaded.
    check_size(loaded)
    from tengesim.report.text import kept_text, summary_text

    started = time.perf_counter()
    with progress_of(is_json=progress_json) as progress:
        stored, was_stored = _stored(loaded, seed, engine, out, progress=progress)
    wall_s = time.perf_counter() - started
    metrics = stored.metrics
    if as_json:
        values = {
            str(row["metric"]): None if row["value"] != row["value"] else row["value"]
            for row in metrics.to_dict("records")
        }
        sums = metrics[(metrics["unit"] == "KZT") & metrics["denominator"].isna()].dropna(
            subset="numerator"
        )
        answer = {
            "run": str(stored.path),
            "scenario": stored.manifest.name,
            "seed": stored.manifest.seed,
            "digest": stored.manifest.log_digest,
            "payments": stored.manifest.payments,
            "wall_s": round(wall_s, 3),
            "reused": was_stored,
            "metrics": values,
            # A value is a float, which cannot hold every tiyn of a nation.
            "amounts_tiyn": dict(zip(sums["metric"], map(int, sums["numerator"]), strict=True)),
        }
        typer.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        return
    from tengesim.metrics.catalogue import METRICS

    typer.echo(f"{loaded.title} (seed {stored.manifest.seed})")
    typer.echo(summary_text(metrics, {metric.name: metric.title for metric in METRICS}))
    verb = "reused" if was_stored else f"ran in {wall_s:.1f} s"
    text = f"  {stored.manifest.payments:,} payments, {verb}: {stored.path}"
    typer.echo(f"{text}{kept_text(stored.manifest.log_mode)}")


@app.command()
def play(
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="[SCENARIO|RUN|CAMPAIGN]...", help="What to show.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the page.")] = 8050,
    host: Annotated[str, typer.Option(help="Address to listen on; this machine alone.")] = (
        "127.0.0.1"
    ),
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser window.")
    ] = False,
    out: OutOption = DEFAULT_OUT,
) -> None:
    """Run what is not yet run and open the dashboard; without arguments, the school meals."""
    from tengesim.installation import import_dashboards

    import_dashboards()
    from dashboards.arms import arms_of, campaigns_of
    from dashboards.serve import check_host, serve

    try:
        check_host(host)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    wanted = subjects or [DEFAULT_PLAY]
    serve(
        arms_of(wanted, out),
        out=out,
        campaigns=campaigns_of(wanted, out),
        port=port,
        host=host,
        open_browser=not no_browser,
        announce=_announce_page,
    )


@app.command()
def compare(  # noqa: PLR0917 - options of a command line are named
    base: Annotated[str, typer.Argument(metavar="BASE", help="A file or a shipped scenario.")],
    variants: Annotated[
        list[str], typer.Argument(metavar="VARIANT...", help="What is compared with the base.")
    ],
    replications: Annotated[
        int | None, typer.Option(min=1, help="Pairs of runs at base values; 20 unless given.")
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(metavar="RATE", help='Instead: runs until this precise: "5 %" or 0.05.'),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="What the headline and the precision are about.")
    ] = None,
    draws: Annotated[
        int | None, typer.Option(min=0, help="Joint draws of the assumptions; 20 unless given.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**62, help="First seed; else that of the base.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as fit unless given.")
    ] = None,
    settings: SettingsOption = None,
    out: OutOption = DEFAULT_OUT,
    as_json: JsonOption = False,
    progress_json: Annotated[
        bool, typer.Option("--progress-json", help="Report progress as JSON lines on stderr.")
    ] = False,
) -> None:
    """Compare scenarios on the same seeds and assumptions; go on where an earlier one stopped.

    Settings apply to every scenario. Finished runs are kept in the folder of runs and never
    computed again.
    """
    from tengesim.experiments.answer import answer_text, errors_text
    from tengesim.experiments.compare import RequestError, answer_object
    from tengesim.experiments.compare import compare as compared
    from tengesim.money import parse_share_bp
    from tengesim.scenario.load import load_scenario

    started = time.perf_counter()
    try:
        precision_bp = None if precision is None else parse_share_bp(precision)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--precision") from error
    scenarios = [load_scenario(name, settings=settings or []) for name in (base, *variants)]
    try:
        with progress_of(is_json=progress_json, what="replications") as progress:
            comparison = compared(
                *scenarios,
                replications=replications,
                precision=precision_bp,
                metric=metric,
                draws=draws,
                seed=seed,
                workers=workers,
                out=out,
                progress=progress,
            )
    except RequestError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        typer.echo("finished replications are kept; repeat the command to go on", err=True)
        raise
    if as_json:
        answer = answer_object(comparison, time.perf_counter() - started)
        typer.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        typer.echo(answer_text(comparison.stored))
        typer.echo(f"  {comparison.path}")
    errors_found = comparison.manifest.errors
    if errors_found:
        is_size = all(one.kind == "too large" for one in errors_found)
        code = errors.EXIT_SIZE if is_size else errors.EXIT_INVARIANT
        _fail(code, errors_text(errors_found))


@app.command()
def trace(
    run: RunArgument,
    subject: Annotated[
        str, typer.Argument(metavar="ID", help="A payment's intent, a wallet, place or mark.")
    ],
    out: OutOption = DEFAULT_OUT,
) -> None:
    """Tell the story of one payment, wallet, place or mark, with every rule decision."""
    from tengesim.report.story import UnknownIdError, story_of
    from tengesim.report.text import kept_text, story_text
    from tengesim.scenario.load import load_upload
    from tengesim.store.read import open_run

    stored = open_run(run, out)
    scenario = load_upload(stored.scenario_text.encode(), name=f"{stored.path}/scenario.yaml")
    try:
        story = story_of(stored, scenario, subject)
    except UnknownIdError as error:
        _fail(errors.EXIT_FINDINGS, f"{error}{kept_text(stored.manifest.log_mode)}")
    typer.echo(f"{story_text(story)}{kept_text(stored.manifest.log_mode)}")


@app.command()
def report(
    subject: Annotated[str, typer.Argument(metavar="RUN|CAMPAIGN|ENSEMBLE", help="Its name.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    form: Annotated[Form, typer.Option(help="In full, or as a note of one page.")] = Form.FULL,
    out: OutOption = DEFAULT_OUT,
) -> None:
    """Write the report of a run, a comparison or replications: one HTML file, read offline."""
    from tengesim.report.choose import report_text
    from tengesim.store.files import or_disk_error, write_atomic

    text = report_text(subject, str(out), is_fiscal=form is Form.FISCAL_NOTE)
    with or_disk_error("writing the report", output.absolute().parent, needed_bytes=len(text)):
        write_atomic(output.absolute(), text.encode())
    typer.echo(f"written: {output}")


@app.command()
def verify(
    run: RunArgument,
    replay: Annotated[
        bool, typer.Option("--replay", help="Also run the scenario again and compare digests.")
    ] = False,
    out: OutOption = DEFAULT_OUT,
) -> None:
    """Check every hash of a run and rebuild its balances from the log; exit 0 or 4."""
    from tengesim.store.verify import verify_run

    report = verify_run(run, out)
    typer.echo(report.render())
    if not report.passed:
        raise typer.Exit(errors.EXIT_STORE)
    if replay:
        _replay(run, out)


@runs_app.command("list")
def list_runs_command(out: OutOption = DEFAULT_OUT, as_json: JsonOption = False) -> None:
    """List stored runs, damaged ones with what is wrong."""
    from tengesim.store.find import list_runs

    entries = list_runs(out)
    if as_json:
        listed = [
            {"name": e.name, "path": str(e.path), "bytes": e.bytes, "problem": e.problem}
            for e in entries
        ]
        typer.echo(json.dumps({"runs": listed}, ensure_ascii=False))
        return
    for entry in entries:
        state = f"damaged: {entry.problem}" if entry.problem else f"{entry.bytes / 1e6:,.1f} MB"
        typer.echo(f"{entry.name}  {state}")
    if not entries:
        typer.echo(f"no runs in {out}")


@runs_app.command("remove")
def remove_run_command(
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Names of runs.")],
    out: OutOption = DEFAULT_OUT,
) -> None:
    """Remove stored runs."""
    from tengesim.store.find import remove_run

    for name in names:
        typer.echo(f"removed {remove_run(name, out)}")


def main() -> NoReturn:
    """Run the command line and leave with one of the documented exit codes."""
    try:
        app()
    except SystemExit as leave:
        if leave.code == errors.EXIT_INTERRUPTED:
            _say_interrupted()
        raise
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(errors.EXIT_INTERRUPTED)
    except (
        errors.ScenarioError,
        errors.SizeError,
        errors.StoreError,
        errors.DiskError,
    ) as refused:
        sys.stderr.write(f"{refused}\n")
        sys.exit(refused.exit_code)
    except OSError as fault:
        sys.stderr.write(f"{fault.strerror or fault}: the output cannot be written\n")
        sys.exit(errors.EXIT_DISK)
    except Exception as unexpected:  # noqa: BLE001 - the last resort of the program
        sys.exit(_crashed(unexpected))
    sys.exit(errors.EXIT_OK)


def _say_interrupted() -> None:
    sys.stderr.write("interrupted; nothing half-written is kept\n")


def _fail(code: int, message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _announce_page(address: str) -> None:
    typer.echo(f"tengesim is at {address} (Ctrl-C ends it)")


def _crashed(unexpected: Exception) -> int:
    """Write everything about an unexpected error to a file and tell where, in two lines."""
    import tempfile
    import traceback

    command = " ".join(["tengesim", *sys.argv[1:]])
    text = f"{command}\n\n{''.join(traceback.format_exception(unexpected))}"
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="tengesim-crash-", suffix=".txt", delete=False
    ) as file:
        file.write(text)
    kind = type(unexpected).__name__
    sys.stderr.write(f"{kind}: {unexpected}\nreproduce with: {command}\ndetails: {file.name}\n")
    return errors.EXIT_INVARIANT


def _stored(
    scenario: "Scenario",
    seed: int | None,
    engine: Engine,
    out: Path,
    *,
    progress: Callable[[int, int], None],
) -> tuple["StoredRun", bool]:
    """Return the run of `scenario`, and whether it was stored before and could be reused."""
    from tengesim.engine.run import simulate
    from tengesim.scenario.digest import scenario_digest
    from tengesim.store.layout import folder_name
    from tengesim.store.log_stream import log_beside
    from tengesim.store.read import open_run
    from tengesim.store.reuse import find_run
    from tengesim.store.write import write_run

    used_seed = scenario.seed if seed is None else seed
    kept = scenario.run
    name, digest = scenario.name, scenario_digest(scenario)
    found = find_run(name, digest, used_seed, out, log=kept.log, sample=kept.sample)
    if found is not None:
        return found, True
    way: Final = "fast" if engine is Engine.FAST else "reference"
    with log_beside(out, folder_name(name, digest, used_seed)) as stream:
        # What is kept of a log that is not full is too little to be worth a file of its own.
        log = stream.begin if kept.log == "full" else None
        finished = simulate(scenario, seed=used_seed, engine=way, progress=progress, log=log)
        return open_run(write_run(finished, out, engine_name=engine)), False


def _replay(run: str, out: Path) -> None:
    from tengesim.engine.run import simulate
    from tengesim.scenario.load import load_upload
    from tengesim.store.read import open_run

    stored = open_run(run, out)
    scenario = load_upload(stored.scenario_text.encode(), name=f"{stored.path}/scenario.yaml")
    with progress_of(is_json=False) as progress:
        again = simulate(scenario, seed=stored.manifest.seed, progress=progress)
    if again.digest != stored.manifest.log_digest:
        _fail(
            errors.EXIT_STORE,
            f"replay gives log digest {again.digest}, the run has {stored.manifest.log_digest}",
        )
    typer.echo(f"passed  replay: the same log digest {again.digest}")
