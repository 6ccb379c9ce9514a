"""What a picture by the neural renderer costs: `python benchmarks/rendering.py [--preset lite] [--plot FILE.png]`.

The average body from the front, filling 85 % of the picture's height, in squares of several sides. "Network" is the
renderer alone on the whole square, "picture" is what `render` and `animate` do for a frame: the body is rasterised and
the part of the square around it drawn. Weights are random where no file is given; that changes no time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
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
from bodydouble.geometry.camera import orbit_camera
from bodydouble.values import Camera, Mesh, Texture, UvLayout, to_device

SIDES = (256, 512, 768, 1024)
TEXTURE, FINE = 256, 1024  # texels a side
MUST_FPS, MUST_AT = 5.0, 512  # on 2 CPU cores


@dataclass(frozen=True, kw_only=True)
class Row:
    """One resolution in one number format."""

    side: int  # pixels
    kind: str  # "bfloat16" or "float32"
    network_ms: float  # median, the whole square
    picture_ms: float  # median, rasterising included, the part around the body

    @property
    def fps(self) -> float:
        """Pictures a second."""
        return 1e3 / self.picture_ms


def looks(renderer: NeuralRenderer, device: torch.device) -> list[NeuralLook]:
    """The renderer as it is used, and in float32 where that is something else."""
    generator = torch.Generator().manual_seed(0)
    rgb, neural = (torch.rand(n, s, s, generator=generator) for n, s in ((3, FINE), (renderer.config.texture, TEXTURE)))
    texture = Texture(rgb=rgb.to(device), confidence=torch.ones(FINE, FINE, device=device), neural=neural.to(device))
    used = NeuralLook.of(renderer, texture)
    if kind_of(used) == "float32":
        return [used]
    exact = NeuralLook.of(renderer, texture)
    return [used, replace(exact, renderer=exact.renderer.float())]


def kind_of(look: NeuralLook) -> str:
    """The number format that the renderer computes in."""
    return str(next(look.renderer.unet.parameters()).dtype).removeprefix("torch.")


def measured(look: NeuralLook, mesh: Mesh, layout: UvLayout, side: int, runs: int) -> Row:
    """One row of the table."""
    device = look.rgb.device
    generator = torch.Generator().manual_seed(0)
    uv, detail = (torch.rand(1, n, side, side, generator=generator).to(device) for n in (2, 3))
    covered = torch.ones_like(uv[:, :1])
    camera = front_camera(mesh, side)

    def network() -> Tensor:
        wanted = detail if look.renderer.config.detail else None
        return look.renderer.draw(look.features, signed_uv(uv, covered), covered, wanted).rgb

    return Row(
        side=side,
        kind=kind_of(look),
        network_ms=median_ms(network, runs, device),
        picture_ms=median_ms(lambda: render_neural(mesh, layout, look, camera), runs, device),
    )


def front_camera(mesh: Mesh, side: int) -> Camera:
    """From the front, the body filling 85 % of the height."""
    height = float(mesh.vertices[:, 1].max())
    target, distance = torch.tensor([0.0, height / 2, 0.0]), 4.0
    camera = orbit_camera(0.0, 0.0, target, distance, distance * 0.85 * side / height, (side, side))
    return to_device(camera, mesh.vertices.device)


@torch.no_grad()
def median_ms(action: Callable[[], Tensor], runs: int, device: torch.device) -> float:
    """Milliseconds, median of `runs` after one to warm up."""
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        action()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds[1:])


def plot(rows: Sequence[Row], path: Path, title: str) -> None:
    """Pictures a second against the side, one line a number format."""
    import matplotlib

    matplotlib.use("Agg")  # no window
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for number, kind in enumerate(dict.fromkeys(row.kind for row in rows)):
        own = [row for row in rows if row.kind == kind]
        axes.plot([row.side for row in own], [row.fps for row in own], marker="o", label=kind)
        for row in own:
            beside = {"xytext": (0, -14 if number else 7), "textcoords": "offset points", "ha": "center", "fontsize": 8}
            axes.annotate(f"{row.fps:.2g}", (row.side, row.fps), **beside)
    must = {"marker": "_", "markersize": 22, "color": "black", "linestyle": ""}
    axes.plot([MUST_AT], [MUST_FPS], label="must: lite, 2 CPU cores", **must)
    axes.set(xlabel="side of the picture, pixels", ylabel="pictures a second", title=title, yscale="log")
    axes.set_xticks(sorted({row.side for row in rows}))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else "")
    axes.grid(alpha=0.3, which="both")
    axes.margins(y=0.15)
    axes.legend()
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=130)
    pyplot.close(figure)


def average_mesh(body: BodyModel) -> Mesh:
    """The average body at rest."""
    return Mesh(vertices=body.rest(body.mean_shape()).vertices, faces=body.faces)


def run(options: argparse.Namespace) -> None:
    """Print the table and draw the plot."""
    if options.plot is not None:
        if options.plot.suffix != ".png":
            raise InputError(f"cannot write {options.plot}: a plot's name ends in .png")
        check_writable(options.plot)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("there is no CUDA device here; use --device cpu")
    device = torch.device(options.device)
    networks = load_networks(options.weights) if options.weights else new_networks(options.preset)
    body = body_model()
    mesh, layout = to_device(average_mesh(body), device), to_device(body.layout, device)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{networks.preset}, {where}, torch {torch.__version__}")
    print(f"{'side':>6}{'':>10}{'network':>12}{'picture':>12}{'pictures/s':>12}")
    rows = []
    for look in looks(networks.renderer, device):
        for side in options.sides:
            row = measured(look, mesh, layout, side, options.runs)
            rows.append(row)
            print(
                f"{row.side:6}{row.kind:>10}{row.network_ms:9.1f} ms{row.picture_ms:9.1f} ms{row.fps:12.2f}", flush=True
            )
    if options.plot is not None:
        plot(rows, options.plot, f"Neural renderer, {networks.preset}, {where}")


def main() -> None:
    """Run; 0 on success, 2 for the caller's mistake."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="lite", choices=tuple(PRESETS))
    parser.add_argument("--weights", metavar="FILE", help="networks; their preset is taken")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--sides", nargs="+", type=int, default=list(SIDES), metavar="PIXELS")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    try:
        run(parser.parse_args())
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
