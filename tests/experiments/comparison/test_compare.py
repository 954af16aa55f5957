"""Comparisons: what they compute, what they say, and that their pages are safe and whole."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from rnnzoo.errors import ArgumentError
from rnnzoo.experiments.cli.app import app
from rnnzoo.experiments.cli.compare import run_tables
from rnnzoo.experiments.comparison.groups import comparable, groups
from rnnzoo.experiments.comparison.models import Comparison, from_leaderboard
from rnnzoo.experiments.comparison.paired import (
    FILE,
    FRAMES,
    Errors,
    ModelScores,
    compared,
    margin_of_error,
)
from rnnzoo.experiments.comparison.runs import all_runs, chosen, of_study
from rnnzoo.experiments.comparison.wording import against_baseline, comparison_note
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.kinds import charts_address
from rnnzoo.experiments.reports.comparison import comparison_page
from rnnzoo.experiments.reports.svg import Bar, Line, bar_chart, line_chart, ticks
from rnnzoo.experiments.reports.tables import model_cells, summary_cells
from rnnzoo.experiments.tracking import Tracker
from rnnzoo.pipelines.evaluation.significance import diebold_mariano
from scipy import stats
from typer.testing import CliRunner

HOSTILE = '"><script>alert(1)</script>'
ORIGINS = 40
LEVEL = {"gru": 2.0, HOSTILE: 3.0, "naive-last": 2.5, "theta": 4.0}


def errors_of(model, seed):
    rng = np.random.default_rng([len(model), seed])
    values = LEVEL[model] + 0.05 * seed + 0.2 * rng.normal(size=ORIGINS)
    return Errors("origin", [str(i) for i in range(ORIGINS)], values, 3)


def scores_of(data, scores, errors, baseline=False):
    return ModelScores("model", scores, baseline, data, lambda: errors)


def journal_of(tracker, experiment, name, tags):
    return Journal(experiment, name, tags, (tracker.listener(),), tracker.root)


def write_run(
    tracker,
    model,
    seed=None,
    *,
    study="waves",
    began="2026-01-01 10:00:00",
    keep=True,
    experiment="forecast/made",
    data="d" * 32,
    uid="",
    units=4,
):
    """A run as a study makes it, without the work."""
    name = model if seed is None else f"{model}-{seed}"
    tags = {"study": began, "study.name": study, "cell": model, "model": model}
    tags |= {"task": "forecast", "dataset": "made", "color": "#0072B2"}
    tags |= {"data.digest": data, "study.uid": uid or f"{study}-uid"}
    tags = {key: value for key, value in tags.items() if value}
    with journal_of(tracker, experiment, name, tags) as journal:
        told = {"target": "y", "horizon": 3, "split.test_rows": ORIGINS + 2}
        told |= {"split.test_start": "2026-01-01", "ranked_by": "mae", "unit": "kg"}
        if seed is not None:
            told |= {"seed": seed, "units": units if model == "gru" else 8, "weights": 50}
            for epoch in (1, 2, 3):
                journal.metrics({"val/mae": 3 / epoch, "time/step_ms": 10.0 * epoch}, step=epoch)
            journal.metrics({"time/fit_s": 1.5})
        journal.parameters(told)
        errors = errors_of(model, seed or 0)
        journal.metrics({"test/mae": float(errors.values.mean())})
        journal.series("horizon/mae", [1.0, 2.0, 3.0])
        if keep:
            journal.text(FILE, errors.text())


@pytest.fixture(scope="module")
def runs(store):
    later = {"study": "later", "began": "2026-02-01 10:00:00", "keep": False}
    with Tracker(store.uri) as tracker:
        for seed in (0, 1, 2):
            write_run(tracker, "gru", seed)
        write_run(tracker, HOSTILE, 0)
        write_run(tracker, "naive-last")
        write_run(tracker, "theta")
        write_run(tracker, "gru", 5, **later)
        write_run(tracker, "gru", 6, **later)
        write_run(tracker, "naive-last", **later)
    return all_runs(store, "forecast/made")


def test_mean_interval_and_paired_test_are_those_worked_out_by_hand(runs):
    (group,) = groups(of_study(runs, "waves"))
    found = group.comparison
    assert [one.label for one in found.ranking] == ["gru", "naive-last", HOSTILE, "theta"]
    gru = found.ranking[0]
    scores = [errors_of("gru", seed).values.mean() for seed in range(3)]
    low, high = stats.t.interval(0.95, 2, np.mean(scores), stats.sem(scores))
    assert gru.mean == pytest.approx(np.mean(scores))
    assert gru.margin == pytest.approx((high - low) / 2)
    mean = np.mean([errors_of("gru", seed).values for seed in range(3)], axis=0)
    paired = diebold_mariano(mean, errors_of("naive-last", 0).values, 3)
    over_seeds = stats.ttest_1samp(np.array(scores) - found.best_baseline.mean, 0).pvalue
    assert found.test(gru).p == pytest.approx(max(paired.p_value, over_seeds))
    assert f"over {ORIGINS} test origins, errors of 3 seeds" in found.test(gru).basis
    assert "luck in training is not counted" in comparison_note(found)  # of the other network
    assert found.outcome(gru) == "better"
    assert found.skill(gru) == pytest.approx(1 - gru.mean / found.best_baseline.mean)
    assert gru.step_ms == pytest.approx(25)  # the first epoch compiles
    assert gru.by_lead == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_study_in_memory_is_compared_as_its_runs_in_the_store_are(runs):
    (group,) = groups(of_study(runs, "waves"))
    models = {"gru": ["gru-0", "gru-1", "gru-2"], HOSTILE: [f"{HOSTILE}-0"]}
    seeds = {f"{model}-{seed}": (model, seed) for model in models for seed in range(3)}
    names = [name for rows in models.values() for name in rows] + ["theta", "naive-last"]

    def errors_in_memory(name):
        return errors_of(*seeds.get(name, (name, 0)))

    board = pd.DataFrame({"model": names})
    board["mae"] = [errors_in_memory(name).values.mean() for name in names]
    study = from_leaderboard(board, "mae", models, errors_in_memory, "kg")
    cells = [model_cells(study, model) for model in study.ranking]
    assert cells == [model_cells(group.comparison, model) for model in group.comparison.ranking]
    assert comparison_note(study) == comparison_note(group.comparison)


def test_nothing_is_said_in_percent_of_no_error():
    trained, zeros = (scores_of("", [score], [None], not score) for score in (1.0, 0.0))
    comparison = Comparison("mae", [trained, zeros])
    (network,) = comparison.networks
    assert np.isnan(comparison.skill(network))
    assert against_baseline(comparison, network) == ""
    assert model_cells(comparison, network)["against model"] == ""
    alone = Comparison("mae", [network])
    assert alone.best_baseline is None
    assert against_baseline(alone, network) == alone.outcome(network) == ""


def test_without_errors_of_origins_seeds_are_held_against_the_baseline(runs):
    (group,) = groups(of_study(runs, "later"))
    scores = [errors_of("gru", seed).values.mean() for seed in (5, 6)]
    p = stats.ttest_1samp(np.array(scores) - errors_of("naive-last", 0).values.mean(), 0).pvalue
    assert group.comparison.tests["gru"].p == pytest.approx(p)
    assert "by a t-test over 2 seeds" in comparison_note(group.comparison)


def test_seeds_that_lie_about_the_baseline_show_nothing():
    """At every origin the mean of the seeds is worse, and one seed of three is better."""
    rng = np.random.default_rng(0)
    where = [str(k) for k in range(ORIGINS)]
    truth = rng.random(ORIGINS)
    levels = [2.0, 2.6, 2.9]
    errors = [Errors("origin", where, level + truth, 1) for level in levels]
    base = scores_of(
        "a", [2.6], [Errors("origin", where, 2.1 + truth + 0.1 * rng.random(ORIGINS), 1)]
    )
    scores = [float(one.values.mean()) for one in errors]
    assert compared(scores_of("a", scores, errors), base).p > 0.05
    assert compared(scores_of("a", scores[2:], errors[2:]), base).p < 1e-3


def test_an_epoch_that_compiles_is_no_measure_and_baselines_alone_are_not_tested(store, runs):
    (group,) = groups([run for run in of_study(runs, "waves") if run.baseline])
    assert comparison_note(group.comparison).startswith("Only baselines are here: choose a network")
    tags = {"study": "s", "cell": "gru"}
    with (
        Tracker(store.uri) as tracker,
        journal_of(tracker, "forecast/one", "gru-0", tags) as journal,
    ):
        told = {"target": "y", "horizon": 3, "split.test_rows": 9, "seed": 0}
        journal.parameters(told | {"split.test_start": "2026-01-01"})
        journal.metrics({"time/step_ms": 9.0}, step=1)
        journal.metrics({"test/mae": 1.0})
    (alone,) = groups(all_runs(store, "forecast/one"))
    (network,) = alone.comparison.networks
    assert np.isnan(network.step_ms)
    assert summary_cells(alone.comparison, network)["ms a step"] == ""


def test_errors_of_other_origins_are_not_paired():
    one, other = errors_of("gru", 0), errors_of("theta", 0)
    other = Errors("origin", [f"{place}-later" for place in other.where], other.values, 3)
    found = compared(scores_of("a", [2.0], [one]), scores_of("a", [4.0], [other]))
    assert np.isnan(found.p)
    assert found.basis == "errors are saved of other origins than the baseline's"
    assert np.isnan(margin_of_error([2.0]))


def test_runs_on_other_data_are_no_rivals(store):
    """Both tables are called the same, have the same target, horizon and test start."""
    where = {"experiment": "forecast/twice", "study": "twice"}
    with Tracker(store.uri) as tracker:
        write_run(tracker, "gru", 0, data="1" * 32, uid="one", **where)
        write_run(tracker, "naive-last", data="1" * 32, uid="one", **where)
        write_run(tracker, "gru", 0, data="2" * 32, uid="two", **where)
        write_run(tracker, "naive-last", data="2" * 32, uid="two", **where)
    found = groups(all_runs(store, "forecast/twice"))
    assert [len(group.comparison.ranking) for group in found] == [2, 2]
    assert {group.title[-13:] for group in found} == {"data 11111111", "data 22222222"}
    assert [each.title for each in run_tables(store, "forecast/twice")] == [
        group.title for group in found
    ]
    with pytest.raises(ArgumentError, match="models of the same data"):
        compared(scores_of("1", [1.0], [None]), scores_of("2", [1.0], [None]))


def test_where_no_digest_is_known_only_one_study_is_the_same_data(store):
    where = {"experiment": "forecast/old", "data": ""}
    with Tracker(store.uri) as tracker:
        write_run(tracker, "gru", 0, uid="one", study="first", **where)
        write_run(tracker, "gru", 0, uid="two", study="second", **where)
    titles = [one.title for one in comparable(all_runs(store, "forecast/old"))]
    assert titles[0].endswith("data of second (2026-01-01 10:00:00)")
    assert titles[1].endswith("data of first (2026-01-01 10:00:00)")


def test_two_studies_of_one_second_are_two(store):
    where = {"experiment": "forecast/second", "study": "clash"}
    with Tracker(store.uri) as tracker:
        write_run(tracker, "gru", 0, uid="one", **where)
        write_run(tracker, "naive-last", uid="one", **where)
        write_run(tracker, "gru", 1, uid="two", **where)
        write_run(tracker, "naive-last", uid="two", **where)
    runs = all_runs(store, "forecast/second")
    assert {run.study_id for run in of_study(runs, "clash")} == {"two"}
    (group,) = groups(runs)
    networks = group.comparison.networks
    assert [len(one.runs) for one in networks] == [1, 1]
    assert len({one.label for one in networks}) == 2


def test_runs_that_differ_by_more_than_their_seed_are_no_seeds(store):
    where = {"experiment": "forecast/unlike", "study": "unlike"}
    with Tracker(store.uri) as tracker:
        write_run(tracker, "gru", 0, **where)
        write_run(tracker, "gru", 1, **where)
        write_run(tracker, "gru", 1, **where)
        write_run(tracker, "gru", 2, units=16, **where)
    (group,) = groups(all_runs(store, "forecast/unlike"))
    assert sorted(len(one.runs) for one in group.comparison.ranking) == [1, 1, 2]
    assert all(" (run " in one.label for one in group.comparison.ranking)


def test_errors_come_back_as_they_were():
    values = np.array([1.5, np.nan, 0.1])
    errors = Errors("clip", ["a", "b", "c"], values, 1)
    again = Errors.read(errors.text())
    np.testing.assert_array_equal(again.values, values)
    assert (again.of, again.where, again.overlap) == ("clip", ["a", "b", "c"], 1)
    for damaged in ("", "[]", '{"of": 1}', "{"):
        assert Errors.read(damaged) is None


def test_names_that_are_not_there(runs):
    with pytest.raises(ArgumentError, match="no study 'wave'. The nearest are: waves"):
        of_study(runs, "wave")
    with pytest.raises(ArgumentError, match="no run 'grru-0'. The nearest are: .*gru-0"):
        chosen(runs, ["grru-0"])
    with pytest.raises(ArgumentError, match="no finished runs"):
        of_study([], None)
    assert {run.study for run in of_study(runs, None)} == {"later"}  # the newest


def test_runs_are_found_by_id_its_beginning_or_name_with_the_baselines_beside(runs):
    gru = next(run for run in runs if run.name == "gru-1")
    for wanted in (gru.id, gru.id[:12], "gru-1"):
        found = chosen(runs, [wanted])
        assert found[0].id == gru.id
        assert {run.name for run in found[1:]} == {"naive-last", "theta"}


def test_a_model_of_two_studies_is_two_models(runs):
    (group,) = groups(runs)
    labels = [one.label for one in group.comparison.ranking]
    assert {"gru (waves, 2026-01-01 10:00:00)", "gru (later, 2026-02-01 10:00:00)"} < set(labels)
    assert labels.count("naive-last") == 1


def test_the_page_needs_no_network_and_runs_nothing_that_it_is_told(runs):
    page = comparison_page(HOSTILE, groups(of_study(runs, "waves")), "http://127.0.0.1:5000")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "default-src 'none'" in page
    assert "units" in page.partition("What differs")[2]
    assert "Mean absolute error, kg; shorter" in page and "kg, a mean over 3 seeds" in page
    assert "whisker" in page
    single = comparison_page("", groups(chosen(runs, [f"{HOSTILE}-0"])), "")
    assert "whisker" not in single


def test_the_command_prints_and_writes(runs, store, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.chdir(tmp_path)
    done = rnnzoo("compare", "--study", "waves", "--html", "waves.html")
    assert done.exit_code == 0, done.output
    assert "against naive-last" in done.output
    assert "± " in done.output
    experiment = store.experiment("forecast/made")
    assert f"127.0.0.1:5000{charts_address(experiment)}\n" in done.output
    assert charts_address(experiment) in (tmp_path / "waves.html").read_text().replace("&amp;", "&")
    assert [path.name for path in tmp_path.iterdir()] == ["waves.html"]
    unknown = rnnzoo("compare", "--study", "wavs")
    assert unknown.exit_code == 2
    assert "The nearest are: waves" in unknown.output
    nowhere = rnnzoo("compare", "--study", "waves", "--html", "nowhere/waves.html")
    assert nowhere.exit_code == 2
    assert "There is no folder" in nowhere.output
    folder = rnnzoo("compare", "--study", "waves", "--html", tmp_path)
    assert folder.exit_code == 2
    assert "--html names the file to write" in folder.output
    long = rnnzoo("compare", "--study", "waves", "--html", f"{'x' * 250}.html")  # 255 are the most
    assert long.exit_code == 2
    assert "xxx.html cannot be written" in long.output and "unfinished" not in long.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--latest"], "--latest goes with --all"),
        (["--all", "--study", "waves"], "leave it out, or --study"),
        (["--all", "--runs", "gru-0", "--html", "a.html"], "leave it out, or --runs and --html"),
    ],
)
def test_options_that_would_be_passed_over_are_refused(options, message):
    done = rnnzoo("compare", *options)
    assert done.exit_code == 2
    assert message in done.output


def test_a_list_of_runs_has_every_study_unless_the_latest_is_asked_for(runs, store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    listed = rnnzoo("compare", "forecast/made", "--all").output
    assert {f"gru-{seed}" for seed in (0, 1, 2, 5, 6)} <= set(listed.split())
    assert listed.split().count("naive-last") == 1
    latest = set(rnnzoo("compare", "forecast/made", "--all", "--latest").output.split())
    assert "gru-5" in latest and "gru-0" not in latest


def test_ticks_are_round_and_hold_what_is_drawn():
    for low, high in ((0.13, 0.97), (-3, 12000), (5, 5), (0, 0), (1e-9, 3e-9)):
        found = ticks(low, high)
        assert found[0] <= low and found[-1] >= high
        assert 2 <= len(found) <= 9


def test_charts_leave_out_what_is_not_a_number():
    line = line_chart([Line("a", "#000000", [(1, 2.0), (2, float("nan")), (3, 4.0)])], "x", "y")
    assert len(line["lines"][0]["dots"]) == 2
    assert line_chart([Line("a", "#000000", [(1, float("nan"))])], "x", "y") is None
    assert bar_chart([Bar("a", "#000000", float("nan"), float("nan"), "")]) is None


def rnnzoo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write_film(tracker, model, seed, shade):
    """A run of frames: a bright column that moves, forecast with another shade."""
    tags = {"study": "2026-01-01 10:00:00", "study.name": "films", "cell": model, "model": model}
    with journal_of(tracker, "frames/made", f"{model}-{seed}", tags) as journal:
        told = {"context": 2, "horizon": 3, "split.test_clips": 1, "frame": "8x8x1", "seed": seed}
        journal.parameters(told)
        journal.metrics({"test/mse": float(shade)})
        frames = np.zeros((5, 8, 8, 1), "uint8")
        for t, frame in enumerate(frames):
            frame[:, t] = 255
        forecast = np.where(frames[2:] > 0, shade, 0).astype("uint8")
        path = journal.folder / FRAMES
        np.savez_compressed(path, context=frames[:2], truth=frames[2:], forecast=forecast)
        journal.artifact(path)


def test_frames_stand_beside_the_truth(store):
    with Tracker(store.uri) as tracker:
        for model, shade in (("conv_lstm", 100), ("conv_gru", 200), ("st_lstm", 50)):
            write_film(tracker, model, 0, shade)
    (group,) = groups(of_study(all_runs(store, "frames/made"), "films"))
    page = comparison_page("films", [group], "")
    told = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page)[1])
    assert told["first"] == -1
    assert [len(frames) for frames in told["frames"]] == [5] * 4
    assert told["notes"][0] == [""] * 5
    assert told["notes"][1][:2] == ["", ""]
    miss = 8 * ((255 - 50) / 255) ** 2
    assert told["notes"][1][2] == f"squared error {miss:.1f}"  # the best is the first
