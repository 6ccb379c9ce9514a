"""LPIPS of a file: nothing for equal pictures, more for more, and a gradient everywhere."""

import torch
from safetensors.torch import save_file

from bodydouble.digitize.fuse import PHOTO_COUNTS, FusedView, fuse_views
from bodydouble.digitize.lpips import Lpips, expected_shapes, read_lpips
from tests.digitize.test_fuse import LAYOUT, START, picture


def made(path) -> Lpips:
    """Random weights; those of the last layers are positive, as LPIPS's are."""
    random = torch.Generator().manual_seed(3)
    tensors = {name: 0.1 * torch.randn(shape, generator=random) for name, shape in expected_shapes().items()}
    tensors |= {name: each.abs() for name, each in tensors.items() if name.startswith("lin")}
    save_file({**tensors, "lins.0.model.1.weight": torch.zeros(1)}, path / "lpips.safetensors")
    return read_lpips(path / "lpips.safetensors")


def test_equal_pictures_are_not_apart_and_others_are_the_more_they_differ(tmp_path):
    distance = made(tmp_path)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2)) - 0.5
    near, far = (float(distance((picture + strength * noise).clamp(0, 1), picture)) for strength in (0.1, 0.8))
    assert float(distance(picture, picture)) == 0 and 0 < near < far


def test_it_is_the_published_formula(tmp_path):
    """The first layer's part, written out."""
    distance = made(tmp_path)
    first, second = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    for number in range(1, 5):
        distance._tensors[f"lin{number}.model.1.weight"].zero_()
    taps = []
    for image in (first, second):
        scaled = (2 * image - 1 + torch.tensor([0.030, 0.088, 0.188])[:, None, None]) / torch.tensor(
            [0.458, 0.448, 0.450]
        )[:, None, None]
        weight, bias = distance._tensors["net.slice1.0.weight"], distance._tensors["net.slice1.0.bias"]
        tap = torch.nn.functional.conv2d(scaled, weight, bias, stride=4, padding=2).relu()
        taps.append(tap / tap.norm(dim=1, keepdim=True).clamp_min(1e-10))
    wanted = ((taps[0] - taps[1]) ** 2 * distance._tensors["lin0.model.1.weight"]).sum(1).mean()
    assert torch.allclose(distance(first, second), wanted, rtol=1e-4)


def test_its_gradient_is_finite_where_all_is_dark(tmp_path):
    distance = made(tmp_path)
    picture = torch.zeros(1, 3, 64, 64, requires_grad=True)
    (gradient,) = torch.autograd.grad(distance(picture, torch.ones(1, 3, 64, 64)), picture)
    assert bool(gradient.isfinite().all()) and bool(gradient.any())


def test_it_takes_part_in_the_fusion(tmp_path):
    views = [FusedView(view=picture(0.0), counts=PHOTO_COUNTS)]
    plain, perceived = (fuse_views(START, LAYOUT, views, steps=3, distance=each) for each in (None, made(tmp_path)))
    assert bool(perceived.isfinite().all()) and not torch.equal(plain, perceived)
