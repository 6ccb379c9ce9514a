"""A sheet begins on the body without a step, however deep the body lies inside it below its top."""

import numpy as np
import torch

from bodydouble.clothing.hang import tuck_in
from bodydouble.clothing.ring_grid import ring_faces
from bodydouble.clothing.tube import COLUMNS, RINGS
from bodydouble.clothing.tube_top import begin_on, draw_down
from bodydouble.values import Mesh
from tests.clothing.test_tube import round_rings

LEVELS, AROUND = 11, 32  # of a body whose vertices lie 4 cm apart
TOP = 1.025  # between two of its rings


def reach(points, height):
    """Metres by which a body's rings, a column of them, reach out at a height."""
    y, out = points.view(LEVELS, AROUND, 3)[:, 5, 1], points.view(LEVELS, AROUND, 3)[:, 5, ::2].norm(dim=1)
    below = int((y < height).nonzero()[0])
    share = (y[below - 1] - height) / (y[below - 1] - y[below])
    return float(torch.lerp(out[below - 1], out[below], share))


def test_above_its_top_the_body_goes_on_where_the_sheet_begins():
    level = torch.linspace(1.2, 0.8, LEVELS)
    body = round_rings(0.15 + 0.2 * (1.2 - level), level, AROUND)
    faces, trunk = ring_faces(LEVELS, AROUND), torch.ones(len(body), dtype=torch.bool)
    height = torch.linspace(TOP, 0.85, RINGS)
    rings = round_rings(0.16 + 0.2 * (1.2 - height), height, COLUMNS).view(RINGS, COLUMNS, 3)

    drawn, line = draw_down(body, rings, trunk, faces)
    laid = begin_on(rings, drawn, line)
    sheet = Mesh(vertices=laid.view(-1, 3), faces=ring_faces(RINGS, COLUMNS))
    tucked = tuck_in(drawn, sheet, ~line, torch.zeros(RINGS * COLUMNS, dtype=torch.bool))

    out = laid[..., ::2].norm(dim=2)
    assert abs(float(out[0].mean()) - reach(tucked, TOP)) < 0.004
    assert torch.allclose(out[-1], rings[-1, :, ::2].norm(dim=1))  # its hem stays
    below = tucked[~line & (tucked[:, 1] < TOP) & (tucked[:, 1] > 0.87)]
    around = np.interp(-below[:, 1].numpy(), -laid[:, 0, 1].numpy(), out.mean(1).numpy())
    assert float((torch.from_numpy(around) - below[:, ::2].norm(dim=1)).min()) > 0.008  # the body stays inside


def test_drawn_vertices_stay_on_the_surface():
    level = torch.linspace(1.2, 0.8, LEVELS)
    body = round_rings(0.15 + 0.2 * (1.2 - level), level, AROUND)
    rings = round_rings(torch.full((RINGS,), 0.2), torch.linspace(TOP, 0.85, RINGS), COLUMNS).view(RINGS, COLUMNS, 3)
    drawn, line = draw_down(body, rings, torch.ones(len(body), dtype=torch.bool), ring_faces(LEVELS, AROUND))
    assert int(line.sum()) == AROUND
    assert torch.equal(drawn[~line], body[~line])
    assert torch.allclose(drawn[line, 1], torch.tensor(TOP), atol=0.01)
    assert torch.allclose(drawn[line][:, ::2].norm(dim=1), 0.15 + 0.2 * (1.2 - drawn[line, 1]), atol=0.003)
