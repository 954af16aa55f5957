"""Frames to look at: strips, clips that move, and the error at every lead."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from ..evaluation.drawing import lead_lines
from .evaluation import Evaluation, Sample

COLUMNS = 10  # frames in a row of a strip, at most
THUMBNAIL = 4  # and in one that is looked at as a thumbnail
GAP = 0.08  # of a frame's side, between two frames of a strip
DARK = 0.5  # clips whose brightest pixel is below are brightened to be seen
PANEL = 192  # pixels: the longer side of a frame in a clip, at least
HEADING = 16  # pixels above a frame in a clip


def strip(sample: Sample, model: str, name: str) -> Figure:
    """What was read, what followed, what was forecast, and forecast minus truth.

    Args:
        sample: a clip.
        model: whose forecast.
        name: what the clips are called.
    """
    sample, white = _brightened(sample)
    forecast = sample.forecasts[model]
    read = len(sample.context)
    seen = _spread(read)
    leads = _spread(len(sample.truth))
    figure = Figure(figsize=(9, 4.4), dpi=120, layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[1, 3])
    _draw(above, {"input": _colors(sample.context[seen])}, [f"{i - read + 1}" for i in seen])
    above.set_title(f"{name}, {model}: read up to frame 0, rolled out from there, fed no truth")
    _draw(below, _rows(sample.truth[leads], forecast[leads]), [f"{lead + 1}" for lead in leads])
    below.set_xlabel(
        "lead (frames ahead); difference: forecast − truth, red too bright, blue too dark" + white
    )
    return figure


def lead_strip(truth: np.ndarray, forecast: np.ndarray, title: str) -> Figure:
    """Truth, forecast and difference at some leads, small enough to be seen as a thumbnail.

    Frames are `(time, height, width, channels)`.
    """
    leads = _spread(len(truth), THUMBNAIL)
    figure = Figure(figsize=(5, 4.4), dpi=100, layout="constrained")
    axes = figure.subplots()
    _draw(axes, _rows(truth[leads], forecast[leads]), [f"lead {lead + 1}" for lead in leads])
    axes.set_title(title)
    return figure


def lead_picture(sample: Sample, model: str, lead: int) -> Figure:
    """What is known and what is forecast at one lead, in a square; at lead 0 the last frame
    that was read."""
    sample, white = _brightened(sample)
    last = sample.context[-1]
    truth = last if lead == 0 else sample.truth[lead - 1]
    forecast = last if lead == 0 else sample.forecasts[model][lead - 1]
    figure = Figure(figsize=(4.4, 4.8), dpi=100, layout="constrained")
    figure.suptitle(f"{model}, lead {lead}{white}")
    panels = {"last frame read": _colors(last)} | _rows(truth, forecast)
    for axes, (name, panel) in zip(figure.subplots(2, 2).flat, panels.items(), strict=True):
        axes.imshow(panel, interpolation="nearest")
        axes.set_title(name, fontsize="medium")
        axes.set_axis_off()
    return figure


def lead_chart(evaluations: list[Evaluation]) -> Figure:
    """Squared error against lead time: networks in color, baselines in grey."""
    first = evaluations[0]
    return lead_lines(
        np.arange(1, first.horizon + 1),
        {e.model: e.errors[e.model]["mse"].mean(axis=0) for e in evaluations},
        {name: first.errors[name]["mse"].mean(axis=0) for name in first.baselines},
        title=f"{first.name}: error by lead time of a free roll-out, {first.clips:,} clips",
        error="squared error, summed over a frame",
        ahead="frames ahead",
    )


def animation(sample: Sample, model: str) -> np.ndarray:
    """Truth and forecast side by side, `(time, height, width, 3)` of `uint8`.

    The context runs first, the same on both sides; then the forecast takes over on the right.
    """
    sample, _ = _brightened(sample)
    read = len(sample.context)
    left = _enlarged(np.concatenate([sample.context, sample.truth]))
    right = _enlarged(np.concatenate([sample.context, sample.forecasts[model]]))
    bar = np.full((*left.shape[:2], 4, 3), 255, "uint8")
    film = np.concatenate([left, bar, right], axis=2)
    pictures = []
    for t, frame in enumerate(film):
        canvas = Image.new("RGB", (frame.shape[1], frame.shape[0] + HEADING), "white")
        canvas.paste(Image.fromarray(frame), (0, HEADING))
        pen = ImageDraw.Draw(canvas)
        lead = t - read + 1
        sides = ("input", "input") if lead < 1 else ("truth", "forecast")
        for side, place, color in zip(
            sides, (2, left.shape[2] + 6), ("black", "black" if lead < 1 else "red"), strict=True
        ):
            pen.text((place, 2), f"{side} {lead:+d}", fill=color)
        pictures.append(np.asarray(canvas))
    return np.stack(pictures)


def _brightened(sample: Sample) -> tuple[Sample, str]:
    """A dark clip with its brightest pixel made white, and a word on it."""
    peak = max(float(sample.context.max()), float(sample.truth.max()))
    if not 0 < peak < DARK:
        return sample, ""
    forecasts = {name: forecast / peak for name, forecast in sample.forecasts.items()}
    return Sample(sample.context / peak, sample.truth / peak, forecasts), f"; white is {peak:.2g}"


def _rows(truth: np.ndarray, forecast: np.ndarray) -> dict[str, np.ndarray]:
    difference = (forecast - truth).mean(axis=-1)
    red_blue = matplotlib.colormaps["RdBu_r"]((difference.clip(-1, 1) + 1) / 2)[..., :3]
    return {"truth": _colors(truth), "forecast": _colors(forecast), "difference": red_blue}


def _draw(axes: Any, rows: dict[str, np.ndarray], labels: list[str]) -> None:
    """Rows of frames `(columns, height, width, 3)` as one picture with labels."""
    height, width = next(iter(rows.values())).shape[1:3]
    down, across = height + max(1, round(GAP * height)), width + max(1, round(GAP * width))
    sheet = np.ones((down * len(rows), across * len(labels), 3))
    for i, frames in enumerate(rows.values()):
        for j, frame in enumerate(frames):
            sheet[i * down : i * down + height, j * across : j * across + width] = frame
    axes.imshow(sheet, interpolation="nearest")
    axes.set_yticks([i * down + height / 2 for i in range(len(rows))], rows)
    axes.set_xticks([j * across + width / 2 for j in range(len(labels))], labels)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _colors(frames: np.ndarray) -> np.ndarray:
    """RGB of grey frames and of color ones; of others, the first channel in grey."""
    frames = frames.clip(0, 1)
    return frames[..., :3] if frames.shape[-1] >= 3 else np.repeat(frames[..., :1], 3, axis=-1)


def _enlarged(frames: np.ndarray) -> np.ndarray:
    times = max(1, -(-PANEL // max(frames.shape[1:3])))
    pixels = np.round(255 * _colors(frames)).astype("uint8")
    return pixels.repeat(times, axis=1).repeat(times, axis=2)


def _spread(count: int, most: int = COLUMNS) -> list[int]:
    """At most so many places from the first to the last, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()
