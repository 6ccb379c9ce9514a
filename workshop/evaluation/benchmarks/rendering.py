"""What a picture by the neural renderer costs.

The average body from the front, filling 85 % of the picture's height, in squares of several sides. "Network" is the
renderer alone on the whole square, "picture" is what `render` and `animate` do for a frame: the body is rasterised and
the part of the square around it drawn. Weights are random where no file is given; that changes no time.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.body import BodyModel, body_model
from bodydouble.dinar.networks import PRESETS, load_networks, new_networks
from bodydouble.dinar.renderer import NeuralRenderer, signed_uv
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.errors import InputError
from bodydouble.files import check_writable, whole_file
from bodydouble.values import Mesh, Texture, UvLayout, to_device
from workshop.evaluation.benchmarks.table import Table
from workshop.evaluation.benchmarks.timing import front_camera, measure_time

_SIDES = (256, 512, 768, 1024)  # pixels
_TEXTURE, _FINE = 256, 1024  # texels a side
_PROMISED_FPS, _PROMISED_SIDE = 5.0, 512  # on 2 CPU cores


@dataclass(frozen=True, kw_only=True)
class RendererTiming:
    """One resolution in one number format; medians."""

    side: int  # pixels
    kind: str  # "bfloat16" or "float32"
    network_ms: float  # the whole square
    picture_ms: float  # rasterising included, the part around the body

    @property
    def fps(self) -> float:
        """Pictures a second."""
        return 1e3 / self.picture_ms


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("--preset", default="lite", choices=tuple(PRESETS))
    parser.add_argument("--weights", metavar="FILE", help="networks; their preset is taken")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--sides", nargs="+", type=int, default=list(_SIDES), metavar="PIXELS")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--plot", type=Path, metavar="FILE.png")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    if options.plot is not None:
        if options.plot.suffix != ".png":
            raise InputError(f"cannot write {options.plot}: a plot's name ends in .png")
        check_writable(options.plot)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("there is no CUDA device here; use --device cpu")
    device = torch.device(options.device)
    networks = load_networks(options.weights) if options.weights else new_networks(options.preset)
    body = body_model()
    mesh, layout = to_device(_average_mesh(body), device), to_device(body.layout, device)
    threads = f"CPU, {torch.get_num_threads()} threads"
    device_name = torch.cuda.get_device_name(device) if device.type == "cuda" else threads
    print(f"{networks.preset}, {device_name}, torch {torch.__version__}")
    table, timings = Table({"network, ms": 1, "picture, ms": 1, "pictures/s": 2}), []
    for look in _looks(networks.renderer, device):
        for side in options.sides:
            timing = _measure(look, mesh, layout, side, options.runs)
            timings.append(timing)
            table.add(f"{side}² {timing.kind}", timing.network_ms, timing.picture_ms, timing.fps)
    if options.plot is not None:
        _plot(timings, options.plot, f"Neural renderer, {networks.preset}, {device_name}")


def _average_mesh(body: BodyModel) -> Mesh:
    """The average body at rest."""
    return Mesh(vertices=body.rest(body.mean_shape()).vertices, faces=body.faces)


def _looks(renderer: NeuralRenderer, device: torch.device) -> list[NeuralLook]:
    """The renderer as it is used, and in float32 where that is something else."""
    generator = torch.Generator().manual_seed(0)
    sizes = ((3, _FINE), (renderer.config.texture, _TEXTURE))
    rgb, neural = (torch.rand(channels, side, side, generator=generator) for channels, side in sizes)
    texture = Texture(rgb=rgb.to(device), confidence=torch.ones(_FINE, _FINE, device=device), neural=neural.to(device))
    look = NeuralLook.of(renderer, texture)
    if _number_format(look) == "float32":
        return [look]
    exact = NeuralLook.of(renderer, texture)
    return [look, replace(exact, renderer=exact.renderer.float())]


def _number_format(look: NeuralLook) -> str:
    """What the renderer computes in."""
    return str(next(look.renderer.unet.parameters()).dtype).removeprefix("torch.")


def _measure(look: NeuralLook, mesh: Mesh, layout: UvLayout, side: int, runs: int) -> RendererTiming:
    device = look.rgb.device
    generator = torch.Generator().manual_seed(0)
    uv, detail = (torch.rand(1, n, side, side, generator=generator).to(device) for n in (2, 3))
    covered = torch.ones_like(uv[:, :1])
    camera = front_camera(mesh.vertices, side)

    def draw_square() -> Tensor:
        colours = detail if look.renderer.config.detail else None
        return look.renderer.draw(look.features, signed_uv(uv, covered), covered, colours).rgb

    return RendererTiming(
        side=side,
        kind=_number_format(look),
        network_ms=measure_time(draw_square, runs, device).median_ms,
        picture_ms=measure_time(lambda: render_neural(mesh, layout, look, camera), runs, device).median_ms,
    )


def _plot(timings: Sequence[RendererTiming], path: Path, title: str) -> None:
    """Pictures a second against the side, one line a number format."""
    import matplotlib

    matplotlib.use("Agg")  # no window
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for number, kind in enumerate(dict.fromkeys(timing.kind for timing in timings)):
        line = [timing for timing in timings if timing.kind == kind]
        axes.plot([timing.side for timing in line], [timing.fps for timing in line], marker="o", label=kind)
        for timing in line:
            place = (0, -14 if number else 7)  # points from the mark
            axes.annotate(
                f"{timing.fps:.2g}",
                (timing.side, timing.fps),
                xytext=place,
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
    axes.plot(
        [_PROMISED_SIDE],
        [_PROMISED_FPS],
        label="promised: lite, 2 CPU cores",
        marker="_",
        markersize=22,
        color="black",
        linestyle="",
    )
    axes.set(xlabel="side of the picture, pixels", ylabel="pictures a second", title=title, yscale="log")
    axes.set_xticks(sorted({timing.side for timing in timings}))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else "")
    axes.grid(alpha=0.3, which="both")
    axes.margins(y=0.15)
    axes.legend()
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=130)
    pyplot.close(figure)
