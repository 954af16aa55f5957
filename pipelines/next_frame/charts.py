"""Charts of clips and forecasts: strips of frames, animations, and the error by lead."""

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from ..evaluation.drawing import Chart
from ..evaluation.lead_lines import lead_lines
from .scores import FrameScores, Sample

COLUMNS = 10  # largest number of frames in a row of a strip
THUMBNAIL = 4  # the same for a strip that is shown as a thumbnail
GAP = 0.08  # space between two frames of a strip, as a share of a frame's side
DARK = 0.5  # clips whose brightest pixel is below this are brightened
PANEL = 192  # pixels: smallest length of the longer side of a frame in an animation
HEADING = 16  # pixels: height of the heading of an animation


def strip(sample: Sample, model: str, name: str) -> Figure:
    """Context, truth, forecast, and forecast minus truth of a clip, a row of frames each.

    Args:
        sample: the clip with its forecasts.
        model: name of the model whose forecast is drawn.
        name: name of the clips.
    """
    sample, white = _brightened(sample)
    forecast = sample.forecasts[model]
    read = len(sample.context)
    seen = _spread(read)
    leads = _spread(len(sample.truth))
    figure = Chart(figsize=(9, 4.4), dpi=120, layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[1, 3])
    _draw(above, {"input": _colors(sample.context[seen])}, [f"{i - read + 1}" for i in seen])
    above.set_title(f"{name}, {model}: read up to frame 0, rolled out from there, fed no truth")
    _draw(below, _rows(sample.truth[leads], forecast[leads]), [f"{lead + 1}" for lead in leads])
    below.set_xlabel(
        "lead (frames ahead); difference: forecast − truth, red too bright, blue too dark" + white
    )
    return figure


def lead_strip(truth: np.ndarray, forecast: np.ndarray, title: str) -> Figure:
    """Truth, forecast and difference at a few leads, legible as a thumbnail.

    Frames are `(time, height, width, channels)`.
    """
    leads = _spread(len(truth), THUMBNAIL)
    figure = Chart(figsize=(5, 4.4), dpi=100, layout="constrained")
    axes = figure.subplots()
    _draw(axes, _rows(truth[leads], forecast[leads]), [f"lead {lead + 1}" for lead in leads])
    axes.set_title(title)
    return figure


def lead_picture(sample: Sample, model: str, lead: int) -> Figure:
    """Last frame of the context, truth, forecast and difference at one lead, in a square.

    At lead 0, truth and forecast are the last frame of the context.
    """
    sample, white = _brightened(sample)
    last = sample.context[-1]
    truth = last if lead == 0 else sample.truth[lead - 1]
    forecast = last if lead == 0 else sample.forecasts[model][lead - 1]
    figure = Chart(figsize=(4.4, 4.8), dpi=100, layout="constrained")
    figure.suptitle(f"{model}, lead {lead}{white}")
    panels = {"last frame read": _colors(last)} | _rows(truth, forecast)
    for axes, (name, panel) in zip(figure.subplots(2, 2).flat, panels.items(), strict=True):
        axes.imshow(panel, interpolation="nearest")
        axes.set_title(name, fontsize="medium")
        axes.set_axis_off()
    return figure


def lead_chart(evaluations: Sequence[FrameScores]) -> Figure:
    """Squared error by lead: networks in color, baselines in gray."""
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

    Both sides begin with the context; the right one then shows the forecast.
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
    """A clip, if it is dark with its brightest pixel made white, and a note that says so."""
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
    """Draws rows of frames `(columns, height, width, 3)` as one picture with labels."""
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
    """Frames in RGB; those of one or two channels in gray, by the first one."""
    frames = frames.clip(0, 1)
    return frames[..., :3] if frames.shape[-1] >= 3 else np.repeat(frames[..., :1], 3, axis=-1)


def _enlarged(frames: np.ndarray) -> np.ndarray:
    times = max(1, -(-PANEL // max(frames.shape[1:3])))
    pixels = np.round(255 * _colors(frames)).astype("uint8")
    return pixels.repeat(times, axis=1).repeat(times, axis=2)


def _spread(count: int, most: int = COLUMNS) -> list[int]:
    """Indices from the first to the last of `count`, evenly spaced, at most `most` of them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()
