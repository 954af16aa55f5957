"""The command line. What it needs is imported when a command runs."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import one_of, whole_number
from .arguments import listed, options, other_settings
from .doctor import doctor
from .forecast import forecast
from .predict import predict
from .process import conclude, prepare
from .terminal import (
    Checkpoints,
    Debug,
    Strict,
    Tracking,
    become,
    check_port,
    existing_store,
    keep,
    report_errors,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A zoo of recurrent networks: forecasts, honest errors, tracked runs.",
)


def main() -> None:
    """Entry point of `rnnzoo`."""
    outputs = prepare()
    try:
        app()
    except SystemExit as ended:
        sys.exit(ended.code or conclude(outputs))


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"rnnzoo {version('rnnzoo')}")
        raise typer.Exit()


@app.callback()
def common(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """A zoo of recurrent networks: forecasts, honest errors, tracked runs."""


app.command()(report_errors(forecast))
app.command()(report_errors(predict))
app.command()(report_errors(doctor))


@app.command()
@report_errors
def frames(
    data: Annotated[str, typer.Argument(help=".npy or .npz file of frames, or a data set's name.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where the files lie that moving-mnist is made from.")
    ] = None,
    cell: Annotated[
        list[str] | None, typer.Option(help="Cells that read images. (default: conv_lstm)")
    ] = None,
    context: Annotated[int, typer.Option(help="Frames that are read.")] = 10,
    horizon: Annotated[int, typer.Option(help="Frames that are forecast.")] = 10,
    filters: Annotated[int, typer.Option(help="Channels of the cells.")] = 32,
    layers: Annotated[int, typer.Option(help="Cells on top of each other.")] = 2,
    patch: Annotated[int, typer.Option(help="Side of the squares read as one place.")] = 4,
    epochs: Annotated[int, typer.Option(help="Epochs, at most.")] = 50,
    clips_per_epoch: Annotated[int, typer.Option(help="Clips that an epoch reads.")] = 1000,
    batch_size: Annotated[int, typer.Option(help="Clips in a step of training.")] = 8,
    learning_rate: Annotated[
        float | None, typer.Option(help="Of the optimizer. (default: 0.004)")
    ] = None,
    cell_option: Annotated[
        list[str] | None, typer.Option(help="Argument of the cells, e.g. peepholes=true.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="How loops over time are run: auto, scan or project_first.")
    ] = "auto",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other of NextFrame: optimizer=sgd, loss=mae."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same forecast.")] = 0,
    tracking: Tracking = True,
    strict: Strict = False,
    save: Annotated[Path | None, typer.Option(help="Folder for models and pictures.")] = None,
    checkpoint: Checkpoints = None,
    debug: Debug = False,
) -> None:
    """Fit networks to clips, roll out the frames that follow, compare them with baselines."""
    from ..tasks.frames.data import named_clips

    length = whole_number("context", context) + whole_number("horizon", horizon)
    clips = named_clips(data, folder, length)
    from ...pipelines.next_frame import NextFrame  # after the cheap checks: it loads Keras
    from ..config.own_cells import labeled
    from ..tasks.frames.task import Frames
    from ..tasks.study import run_task

    settings: dict[str, Any] = dict(
        context=context,
        horizon=horizon,
        filters=filters,
        layers=layers,
        patch=patch,
        epochs=epochs,
        clips_per_epoch=clips_per_epoch,
        batch_size=batch_size,
        learning_rate=learning_rate,
        cell_options=options(cell_option) or None,
        engine=engine,
        seed=seed,
    )
    settings |= other_settings(setting, "frames", settings)
    cells = labeled(listed(cell) or ["conv_lstm"])
    networks = {label: NextFrame(cell, **settings) for label, cell in cells.items()}
    run_task(Frames(clips), networks, keep(tracking, strict, save, checkpoint))


@app.command("run")
@report_errors
def run_(
    experiment: Annotated[
        str | None, typer.Argument(help="A YAML file, or a name that --list shows.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another value: defaults.epochs=5, models.*.units=8, seeds=3."),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the experiments that come with rnnzoo.")
    ] = False,
    own_code: Annotated[
        bool, typer.Option("--own-code", help="Import the modules of cells that the file names.")
    ] = False,
    tracking: Tracking = True,
    strict: Strict = False,
    save: Annotated[Path | None, typer.Option(help="Folder for models and charts.")] = None,
    checkpoint: Checkpoints = None,
    debug: Debug = False,
) -> None:
    """Run an experiment from a file: its models with its seeds, on its data."""
    from .configs import print_packaged

    if listing or experiment is None:
        print_packaged()
        return
    from .run import run_config

    run_config(experiment, change or [], keep(tracking, strict, save, checkpoint), own_code)


@app.command()
@report_errors
def demo(
    output: Annotated[Path, typer.Option(help="Folder for charts and tables.")] = Path(
        "rnnzoo-demo"
    ),
    tracking: Tracking = True,
    strict: Strict = False,
    debug: Debug = False,
) -> None:
    """Forecast a temperature, a share price, and the next frames of clips."""
    from .demo import demo as run

    run(output, keep(tracking, strict, None, None))


@app.command()
@report_errors
def cells(
    name: Annotated[str | None, typer.Argument(help="Only this cell, its whole page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The table of the README.")] = False,
    debug: Debug = False,
) -> None:
    """List the cells: equation, reference, options, weights, what they serve."""
    from .cells import cells as run

    run(name, as_json, markdown)


@app.command()
@report_errors
def analyze(
    cell: Annotated[str, typer.Argument(help="A cell over vectors: gru, or module:Class.")],
    units: Annotated[int, typer.Option(help="Width of the cell.")] = 32,
    steps: Annotated[int, typer.Option(help="Length of the sequences.")] = 100,
    train_steps: Annotated[int, typer.Option(help="Steps of training, on adding numbers.")] = 300,
    option: Annotated[
        list[str] | None, typer.Option(help="Argument of the cell, e.g. reset=before.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same numbers.")] = 0,
    save: Annotated[Path | None, typer.Option(help="Folder for charts.")] = None,
    debug: Debug = False,
) -> None:
    """Measure how far back a cell remembers: eigenvalues, gradients by lag, effective memory."""
    from ...zoo.cells import CELLS  # first: keeps the backend's start-up off the screen

    if ":" not in cell:
        one_of("cell", cell, CELLS)
    from .analyze import analyze as run

    run(cell, units, steps, train_steps, options(option), seed, save)


@app.command()
@report_errors
def data(debug: Debug = False) -> None:
    """List the data sets that can be named in place of a file."""
    from ...datasets import CLIP_DATASETS, DATASETS, describe
    from ..reports.terminal import console

    out = console()
    for name in (*DATASETS, *CLIP_DATASETS):
        use = "forecast" if name in DATASETS else "frames"
        out.print(f"{name:<16} {use:<9} {describe(name)}")


@app.command()
@report_errors
def compare(
    experiment: Annotated[
        str | None, typer.Argument(help="Only its runs: forecast/seattle-weather. (default: all)")
    ] = None,
    study: Annotated[
        str | None, typer.Option(help="Name or time of a study. (default: the newest)")
    ] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option(help="These runs, by id or name, and the baselines of their studies."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="File to write the same to as a page, with charts.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="List the runs of all studies one by one instead.")
    ] = False,
    latest: Annotated[
        bool, typer.Option(help="With --all: only the newest study of each.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Set the models of a study side by side: means over seeds, tests, costs."""
    from .compare import check_options, compare_models, list_runs

    check_options(every, latest, {"--study": study, "--runs": runs, "--html": html})
    store = existing_store()
    if every:
        list_runs(store, experiment, latest)
    else:
        compare_models(store, experiment, study, listed(runs), html)


@app.command()
@report_errors
def ui(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 5000,
    debug: Debug = False,
) -> None:
    """Open the dashboard: MLflow's own server, reachable from this machine only."""
    from ..kinds import VIEWS, charts_address
    from ..reports.plain import visible
    from ..tracking import server_command, server_environment

    store = existing_store()
    if store.uri.startswith("http"):
        print(f"The runs are on a server: open {store.uri} in a browser.")
        return
    check_port(port)
    print(
        f"The dashboard is at http://127.0.0.1:{port} once the server is up; stop it with Ctrl-C."
    )
    for name in store.experiments():
        print(f"{visible(name)}:")
        for view, shows in VIEWS.items():
            address = charts_address(store.experiment(name), view)
            print(f"  {shows}: http://127.0.0.1:{port}{address}", flush=True)
    become([sys.executable, "-m", "mlflow", *server_command(port)], server_environment())


@app.command()
@report_errors
def sync(
    runs: Annotated[
        Path | None, typer.Option(help="Folder of the runs. (default: RNNZOO_RUNS, or rnnzoo-runs)")
    ] = None,
    debug: Debug = False,
) -> None:
    """Upload what the tracking store lacks of the runs."""
    from .sync import print_sync

    raise typer.Exit(print_sync(runs))


if __name__ == "__main__":
    main()
