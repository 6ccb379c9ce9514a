"""Relief of cloth and hair on every side, from the double's own look: what is dark lies deep.

Normals of the parser (`relief.py`) show folds as wide as a hand. Pleats, creases and strands are finer, and the look
has them all around, seen or completed. In diffuse light a fold's depth and its shade go together (Langer and Zucker,
"Shape-from-shading on a cloudy day", 1994), and for detail on a known surface a band of the shade is taken for height
(Glencross et al., "A perceptually validated model for surface depth hallucination", 2008; Beeler et al., "High-quality
single-shot capture of facial geometry", 2010, section 5).

A print is no relief. Shade changes lightness and leaves the colour; where the colour changes as well, or lightness by
more than shade does, height is damped. Across borders of labels nothing is compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from scipy.sparse import csr_array, diags_array
from torch import Tensor

from bodydouble.digitize.geometry import carry_look, nearest_points
from bodydouble.geometry.mesh import unique_edges, vertex_normals
from bodydouble.parsing.labels import CLOTH, HAIR
from bodydouble.parsing.shade import GAMMA
from bodydouble.values import Mesh, Surface

_BANDS = ((0.004, 0.009), (0.009, 0.02), (0.02, 0.045))  # metres, deviations between which a band lies
_HEIGHT = 0.55  # metres of height a metre of the band's upper deviation, at a change of lightness by e
_DEEPEST_M = 0.007  # metres, where height is cut off: half of what lies between a fold's edge and its bottom
_DEEPEST_SHEET_M = 0.003  # the same of sheets: both sides sink, and they have 8 mm
_MOST_SHADE = 0.45  # change of the logarithm of lightness beyond which it is a print, or a thing of another colour
_MOST_TINT = 0.02  # change of a channel's share of the colour from which it is a print
_DARKEST = 0.01  # linear light added before the logarithm: below it a camera shows noise


def raise_look(mesh: Mesh, surfaces: Sequence[Surface], meshes: Sequence[Mesh]) -> Mesh:
    """The mesh with relief on cloth and hair, as the look of the nearest point of the surfaces has it.

    Args:
        mesh: of small, even faces, as marching cubes make them.
        surfaces: of the double.
        meshes: these as they stand beside the mesh.
    """
    points = nearest_points(mesh.vertices, surfaces, meshes)
    rgb, _, labels = carry_look(points, surfaces)
    deepest = torch.where(points.surface == 0, _DEEPEST_M, _DEEPEST_SHEET_M)
    height = find_heights(mesh, rgb, labels, deepest)
    return Mesh(vertices=mesh.vertices + vertex_normals(mesh.vertices, mesh.faces) * height[:, None], faces=mesh.faces)


def find_heights(mesh: Mesh, rgb: Tensor, labels: Tensor, deepest: Tensor) -> Tensor:
    """(V,) metres outwards, 0 but on cloth and hair.

    Args:
        rgb: 3×V, [0, 1], sRGB.
        labels: (V,), uint8, of `parsing.labels.LABELS`.
        deepest: (V,) metres, at which height is cut off, up and down.
    """
    smooth = _Smoothing(mesh, labels)
    linear = rgb.T**GAMMA
    lightness = (linear.mean(1, keepdim=True) + _DARKEST).log()
    share = linear / (linear.sum(1, keepdim=True) + 3 * _DARKEST)
    planes = torch.cat([lightness, share], 1)
    height, blurred = torch.zeros(len(labels)), smooth(planes, 0.0, _BANDS[0][0])
    for low, high in _BANDS:
        wider = smooth(blurred, low, high)
        shade, tint = (blurred - wider)[:, 0], (blurred - wider)[:, 1:].abs().amax(1)
        print_like = (shade / _MOST_SHADE).square() + (tint / _MOST_TINT).square()
        # A print damps what lies around it, too: a band reaches as far as it is wide.
        trust = torch.exp(-smooth(print_like[:, None], 0.0, high)[:, 0])
        height += shade * trust * _HEIGHT * high
        blurred = wider
    raised = torch.isin(labels, torch.tensor([*CLOTH, HAIR], dtype=labels.dtype))
    faded = smooth(raised[:, None].float() * smooth.interior[:, None], 0.0, _BANDS[0][0])[:, 0]
    return deepest * (height / deepest).tanh() * faded * raised


class _Smoothing:
    """Means over a mesh's vertices around each, within one label."""

    def __init__(self, mesh: Mesh, labels: Tensor) -> None:
        """`labels`: (V,)."""
        edges = unique_edges(mesh.faces)
        alike = labels[edges[:, 0]] == labels[edges[:, 1]]
        self.interior = torch.ones(len(labels))  # 0 beside another label
        self.interior[edges[~alike].flatten()] = 0
        lengths = (mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]]).norm(dim=1)
        self.step_m = float(lengths.mean()) / 2**0.5  # deviation of one step: half of each vertex stays where it is
        first, second = edges[alike].T.numpy()
        count = len(labels)
        ones = torch.ones(len(first)).numpy()
        graph = csr_array((ones, (first, second)), shape=(count, count))
        graph = graph + graph.T
        degree = torch.from_numpy(graph.sum(1)).clamp_min(1).numpy()
        alone = torch.from_numpy(graph.sum(1) == 0).float().numpy()
        self.matrix = (diags_array(0.5 / degree) @ graph + diags_array(0.5 + 0.5 * alone)).tocsr()

    def __call__(self, planes: Tensor, before_m: float, after_m: float) -> Tensor:
        """V×C, blurred from one deviation to a wider one, metres."""
        steps = max(1, round((after_m**2 - before_m**2) / self.step_m**2))
        values = planes.numpy()
        for _ in range(steps):
            values = self.matrix @ values
        return torch.from_numpy(values)
