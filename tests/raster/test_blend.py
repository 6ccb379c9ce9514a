import torch

from bodydouble.raster.blend import blend_far_to_near, sort_by_depth


def test_each_pixel_is_blended_in_the_order_of_depth():
    """Against the same, point by point."""
    generator = torch.Generator().manual_seed(0)
    pixel = torch.randint(6, (40,), generator=generator)
    depth, rgba = torch.rand(40, generator=generator), torch.rand(4, 40, generator=generator)
    canvas = torch.zeros(4, 2, 3)
    canvas[:, 1] = torch.tensor([0.2, 0.4, 0.6, 1.0])[:, None]
    expected = canvas.clone().view(4, -1)
    for number in depth.argsort(descending=True).tolist():
        at, over = pixel[number], rgba[:, number]
        colour = torch.cat([over[:3], torch.ones(1)])
        expected[:, at] = expected[:, at] * (1 - over[3]) + colour * over[3]
    blend_far_to_near(pixel, depth, rgba, canvas)
    assert torch.allclose(canvas.view(4, -1), expected, atol=1e-6)


def test_nothing_changes_nothing():
    canvas = torch.rand(4, 2, 2)
    before = canvas.clone()
    blend_far_to_near(torch.zeros(0, dtype=torch.long), torch.zeros(0), torch.zeros(4, 0), canvas)
    assert torch.equal(canvas, before)


def test_points_are_sorted_by_pixel_then_depth_and_equal_ones_keep_their_order():
    pixel = torch.tensor([3, 1, 3, 1, 3, 1, 1])
    depth = torch.tensor([2.0, -0.0, -1.5, 0.0, 2.0, -torch.inf, 3e38])
    assert sort_by_depth(pixel, depth).tolist() == [5, 1, 3, 6, 2, 0, 4]
