"""Drawing layers: what is nearer hides, what is transparent mixes, what is in the shade is darker."""

import torch

from bodydouble.geometry.camera import orbit_camera
from workshop.synthesis.draw import draw, to_linear, to_srgb
from workshop.synthesis.layers import Layer
from workshop.synthesis.scene.light import Lights, steady_light

CAMERA = orbit_camera(0, 0, torch.zeros(3), 3.0, 60.0, (32, 32))
OVERHEAD = Lights(directions=torch.tensor([[0.0, 1.0, 0.0]]), colours=torch.ones(1, 3), ambient=torch.zeros(3))


def _square(z: float, colour: tuple[float, float, float, float], half: float = 2.0, flat: bool = False) -> Layer:
    corners = torch.tensor([[-half, half, z], [half, half, z], [half, -half, z], [-half, -half, z]])
    if flat:  # lying, facing up, at height z
        corners = torch.stack([corners[:, 0], torch.full((4,), z), -corners[:, 1]], -1)
    return Layer(
        vertices=corners,
        faces=torch.tensor([[0, 2, 1], [0, 3, 2]]),
        uv=torch.zeros(1, 2),
        uv_faces=torch.zeros(2, 3, dtype=torch.long),
        texture=torch.tensor(colour, dtype=torch.float32)[:, None, None].expand(4, 2, 2),
        transparent=colour[3] < 1,
    )


def _middle(layers: list[Layer]) -> torch.Tensor:
    return draw(layers, [torch.ones(4, 3) for _ in layers], CAMERA)[
        :, 16, 12
    ]  # off the diagonal that the two triangles share


def test_the_nearer_layer_hides_the_other() -> None:
    red, blue = _square(0.0, (1, 0, 0, 1)), _square(-1.0, (0, 0, 1, 1))
    assert torch.allclose(_middle([blue, red]), torch.tensor([1.0, 0, 0, 1]), atol=1e-4)
    assert torch.allclose(_middle([red, blue]), torch.tensor([1.0, 0, 0, 1]), atol=1e-4)


def test_transparent_layers_mix_by_depth() -> None:
    wall, glass, behind = _square(-1.0, (0, 0, 1, 1)), _square(0.0, (1, 0, 0, 0.5)), _square(-1.5, (0, 1, 0, 0.5))
    mixed = _middle([behind, glass, wall])
    assert torch.allclose(to_linear(mixed[:3]), torch.tensor([0.5, 0.0, 0.5]), atol=1e-3)
    over_nothing = _middle([_square(-50.0, (0, 0, 0, 1), half=0.01), glass, behind])
    assert torch.isclose(over_nothing[3], torch.tensor(0.75), atol=1e-3)
    assert torch.allclose(to_linear(over_nothing[:3]), torch.tensor([0.5, 0.25, 0]) / 0.75, atol=1e-3)


def test_a_roof_throws_a_shadow() -> None:
    floor, roof = _square(0.0, (1, 1, 1, 1), half=0.5, flat=True), _square(1.0, (1, 1, 1, 1), half=1.0, flat=True)
    free, _ = steady_light([floor, roof], OVERHEAD, shadows=False)
    shaded, lit = steady_light([floor, roof], OVERHEAD)
    assert torch.allclose(free, torch.ones(4, 3), atol=1e-5)
    assert shaded.max() < 0.01 and lit.min() > 0.4


def test_srgb_round_trip() -> None:
    values = torch.linspace(0, 1, 64)
    assert torch.allclose(to_srgb(to_linear(values)), values, atol=1e-5)
