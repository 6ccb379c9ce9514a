"""Heads lie inside of their hats."""

import torch

from bodydouble.body import body_model
from bodydouble.clothing.hat_surface import COLUMNS, CROWN_STEPS
from bodydouble.clothing.hatted_head import tuck_head
from bodydouble.clothing.ring_grid import ring_angles, ring_faces, ring_layout
from bodydouble.surface.regions import anatomy
from bodydouble.values import Surface, SurfaceKind, Texture

RIM_M, HIGH_M, TIP_M = 0.11, 0.07, 0.05  # below the skull's top; of a flat cap; how much higher it is at its peak


def cap(top: torch.Tensor) -> Surface:
    """A flat cap over a skull whose highest point is `top`: lower than the skull, and tilted."""
    steps, angle = torch.linspace(0, 1, CROWN_STEPS)[:, None], ring_angles(COLUMNS)
    radius = 0.1 * (1 - (1 - steps).square()).sqrt()
    x, z = radius * angle.sin(), radius * angle.cos()
    y = top[1] - RIM_M + HIGH_M * (1 - steps**2) + TIP_M * z / 0.1
    points = torch.stack([top[0] + x, y.expand_as(x), top[2] + z], -1).reshape(-1, 3)
    blank = Texture(rgb=torch.zeros(3, 8, 8), confidence=torch.zeros(8, 8))
    faces, layout = ring_faces(CROWN_STEPS, COLUMNS), ring_layout(CROWN_STEPS, COLUMNS)
    weights = torch.ones(len(points), 1)
    return Surface(
        name="hat",
        kind=SurfaceKind.HAT,
        vertices=points,
        faces=faces,
        layout=layout,
        texture=blank,
        skin_weights=weights,
    )


def test_nothing_of_a_skull_stands_out_of_a_flat_cap():
    body = body_model("anny")
    rest = body.rest(body.mean_shape())
    scalp = anatomy(body).scalp
    top = rest.vertices[rest.vertices[:, 1].argmax()] - torch.tensor([0.0, 0.0, 0.02])
    hat = cap(top)
    tucked = tuck_head(rest.vertices, rest, hat, body)
    across = (tucked[:, [0, 2]] - top[[0, 2]]) / 0.1
    under = scalp & (across.norm(dim=1) < 0.8)
    height = top[1] - RIM_M + TIP_M * across[:, 1]
    height = height + HIGH_M * (1 - (1 - (1 - across.norm(dim=1).square()).clamp_min(0).sqrt()) ** 2)
    assert bool((tucked[under, 1] < height[under] + 0.002).all())
    assert bool((rest.vertices[under, 1] > height[under]).any()), "it stood out before"
    below = rest.vertices[:, 1] < top[1] - 0.25
    assert torch.equal(tucked[below], rest.vertices[below])
