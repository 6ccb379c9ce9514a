"""The far side's decoder: sizes, what it promises, and the first guess from which it begins."""

import pytest
import torch
from torch.nn.functional import normalize

from bodydouble.parsing.far_body import CHANNELS
from bodydouble.parsing.far_network import FarNetwork, NearSide, ShapeHead, label_chances, label_colours
from bodydouble.parsing.labels import HAIR, LABELS, SKIN
from bodydouble.parsing.network import TAP_CHANNELS, Encoder
from bodydouble.parsing.shape import TRAITS

SIZE = 64


@pytest.fixture(scope="module")
def taps():
    torch.manual_seed(0)
    return Encoder().eval()(torch.rand(2, 3, SIZE, SIZE))


def near_side(labels=None) -> NearSide:
    """Random colours and normals; labels (h×w) as sure as can be, or random."""
    generator, half = torch.Generator().manual_seed(0), SIZE // 2
    chances = torch.rand(2, len(LABELS), half, half, generator=generator).softmax(1)
    if labels is not None:
        chances = torch.nn.functional.one_hot(labels, len(LABELS)).permute(2, 0, 1)[None].float().repeat(2, 1, 1, 1)
    normals = normalize(torch.randn(2, 3, half, half, generator=generator), dim=1)
    return NearSide(torch.rand(2, 3, half, half, generator=generator), chances, normals)


def half_a_body() -> torch.Tensor:
    """In the left half of the picture, facing away from the camera."""
    body = torch.zeros(2, CHANNELS, SIZE // 2, SIZE // 2)
    body[:, 0, :, : SIZE // 4] = 1
    body[:, 3, :, : SIZE // 4] = 1
    return body


def test_outputs_have_half_the_images_size(taps):
    half = SIZE // 2
    far = FarNetwork()(taps, near_side(), half_a_body())
    assert far.logits.shape == (2, len(LABELS), half, half) and far.normals.shape == (2, 3, half, half)
    assert far.colour.shape == (2, 3, half, half) and far.front_only.shape == (2, half, half)
    assert torch.allclose(far.normals.norm(dim=1), torch.ones(2, half, half), atol=1e-4)


def test_untrained_it_copies_labels_and_takes_the_bodys_normals(taps):
    near = near_side(torch.randint(1, len(LABELS), (SIZE // 2, SIZE // 2)))
    far = FarNetwork()(taps, near, half_a_body())
    assert torch.equal(far.logits.argmax(1), near.labels.argmax(1))
    assert torch.allclose(far.normals[:, 2, :, : SIZE // 4], torch.ones(()), atol=1e-5)
    beside = far.normals[:, :, :, SIZE // 4 :]
    assert torch.allclose(beside[:, 2], -near.normals[:, 2, :, SIZE // 4 :], atol=1e-5)


def test_every_weight_matters(taps):
    network, head = FarNetwork(), ShapeHead()
    for layer in (network.labels, network.normals, network.front_only, network.colour, head.traits):
        torch.nn.init.normal_(layer.weight)
    far = network(taps, near_side(), half_a_body())
    mean, log_variance = head(taps, torch.rand(2, 1, SIZE // 2, SIZE // 2))
    assert mean.shape == log_variance.shape == (2, len(TRAITS))
    total = far.logits.square().mean() + far.normals[:, 0].mean() + far.colour.square().mean() + far.front_only.mean()
    (total + mean.sum() + log_variance.sum()).backward()
    for module in (network, head):
        assert all(value.grad is not None and bool(value.grad.any()) for value in module.parameters())


def test_a_hat_that_the_near_side_does_not_show_is_not_behind_but_hair_is():
    hat, upper = LABELS.index("hat"), LABELS.index("upper")
    near = near_side(torch.full((SIZE // 2, SIZE // 2), upper)).labels
    logits = torch.zeros(2, len(LABELS), SIZE // 2, SIZE // 2)
    logits[:, hat], logits[:, upper], logits[:, HAIR] = 2.0, 0.0, 1.0
    chances = label_chances(logits, near)
    assert torch.allclose(chances.sum(1), torch.ones(2, SIZE // 2, SIZE // 2))
    assert bool((chances.argmax(1) == HAIR).all()) and chances[:, 0].max() == 0
    near[:, hat, :2], near[:, upper, :2] = 1, 0
    assert bool((label_chances(logits, near).argmax(1) == hat).all())


def test_a_label_has_the_colour_that_it_has_near_by():
    """Red hair above green skin: each label's colour is its own, hair's even where there is none near by."""
    labels = torch.full((SIZE // 2, SIZE // 2), SKIN)
    labels[:8] = HAIR
    near = near_side(labels)
    image = torch.zeros_like(near.image)
    image[:, 0, :8], image[:, 1, 8:] = 0.9, 0.7
    palette = label_colours(near._replace(image=image), torch.zeros(2, SIZE // 2, SIZE // 2))
    assert palette.shape == (2, len(LABELS), 3, SIZE // 4, SIZE // 4)
    for place in (2, -1):
        assert torch.allclose(palette[0, HAIR, :, place, 5], torch.tensor([0.9, 0, 0]), atol=0.02)
        assert torch.allclose(palette[0, SKIN, :, place, 5], torch.tensor([0, 0.7, 0]), atol=0.02)


def test_what_is_in_front_alone_gives_no_colour():
    labels = torch.full((SIZE // 2, SIZE // 2), SKIN)
    near = near_side(labels)
    image = torch.full_like(near.image, 0.2)
    image[:, :, 10:20, 10:20] = 1  # a print
    front_only = torch.zeros(2, SIZE // 2, SIZE // 2)
    front_only[:, 10:20, 10:20] = 1
    with_print, without = (
        label_colours(near._replace(image=image), map_)[0, SKIN, :, 7, 7] for map_ in (front_only * 0, front_only)
    )
    assert with_print.min() > 0.3 and without.max() < 0.25


def test_the_shape_is_that_of_the_person_not_of_the_background():
    torch.manual_seed(1)
    taps = [
        torch.rand(1, width, SIZE // stride, SIZE // stride)
        for width, stride in zip(TAP_CHANNELS, (4, 8, 16, 32), strict=True)
    ]
    person = torch.zeros(1, 1, SIZE, SIZE)
    person[..., : SIZE // 2] = 1
    others = [tap.clone() for tap in taps]
    for tap in others:
        tap[..., tap.shape[-1] // 2 :] += 1.0
    head = ShapeHead()
    torch.nn.init.normal_(head.traits.weight)
    assert torch.allclose(head(taps, person)[0], head(others, person)[0], atol=0.01)
    assert not torch.allclose(head(taps, 1 - person)[0], head(others, 1 - person)[0], atol=0.01)
