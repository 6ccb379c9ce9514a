"""The name network looks at the person alone, and what it tells lies where the person is."""

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.geometry.window import Window
from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.garment_names import (
    Cells,
    GarmentNetworks,
    find_person,
    mean_of_networks,
    tell_garments,
    tell_head,
    tell_names,
)
from bodydouble.parsing.garment_network import GarmentHead
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import BACKGROUND
from bodydouble.parsing.name_network import NAME, NameNetwork, read_name_network
from bodydouble.parsing.network import TAP_CHANNELS, ParserNetwork
from bodydouble.parsing.style_views import look_at


def shared_taps(height: int, width: int) -> list[torch.Tensor]:
    """Random features as the parser's are, of a picture and another one."""
    return [
        torch.randn(2, channels, height // stride, width // stride)
        for stride, channels in zip((4, 8), TAP_CHANNELS, strict=False)
    ]


@pytest.fixture(scope="module")
def network() -> NameNetwork:
    torch.manual_seed(0)
    return NameNetwork().eval()


@pytest.mark.parametrize("size", [(64, 64), (128, 64)])
def test_logits_are_at_half_the_images_size(network, size):
    height, width = size
    with torch.no_grad():
        planes = network(*ParserNetwork().encoder(torch.rand(2, 3, height, width), 2))
    assert planes.garments.shape == (2, len(GARMENTS), height // 2, width // 2)
    assert planes.carried.shape == (2, height // 2, width // 2) and planes.worn.shape == (2, len(GARMENTS))


def test_the_network_sees_across_the_whole_person(network):
    """What lies in one corner changes what is said in the opposite one."""
    fourth, eighth = shared_taps(128, 128)
    with torch.no_grad():
        before = network(fourth, eighth).garments
        eighth[..., -4:, -4:] += 20
        after = network(fourth, eighth).garments
    assert not torch.allclose(before[..., :8, :8], after[..., :8, :8], atol=1e-7)


def test_the_first_features_are_the_encoders_own():
    encoder, image = ParserNetwork().eval().encoder, torch.rand(1, 3, 64, 64)
    for whole, part in zip(encoder(image)[:2], encoder(image, 2), strict=True):
        assert torch.equal(whole, part)


def background_but(rows: slice, columns: slice) -> torch.Tensor:
    """112×112, of a picture of 224²: a person is there."""
    background = torch.ones(112, 112)
    background[rows, columns] = 0
    return background


def test_the_network_looks_at_the_person_alone():
    assert find_person(background_but(slice(0, 112), slice(50, 60))) == Cells(0, 7, 2, 4)
    assert find_person(background_but(slice(40, 60), slice(20, 25))) == Cells(2, 4, 1, 2)
    assert find_person(torch.ones(112, 112)) == Cells(0, 7, 0, 7)


def test_a_mirror_image_is_cut_where_the_person_is_in_it():
    planes = torch.arange(28.0).expand(2, 1, 28, 28).clone()  # stride 8: each column's number
    planes[1] = planes[1].flip(2)
    one, mirrored = Cells(0, 7, 1, 3).cut(planes, 8)
    assert torch.equal(one, mirrored.flip(2)) and one[0, 0].tolist() == [4, 5, 6, 7, 8, 9, 10, 11]


def test_what_is_told_lies_where_the_person_is(network):
    taps = shared_taps(224, 224)
    taps = [torch.stack([tap[0], tap[0].flip(2)]) for tap in taps]
    background = background_but(slice(10, 100), slice(50, 60))
    with torch.no_grad():
        told = tell_names(network, taps, background)
        cut = [tap[..., slice(2 * scale, 4 * scale)] for tap, scale in zip(taps, (8, 4), strict=True)]
        alone = network(*(tap[:1] for tap in cut)).garments.softmax(1)[0]
        taps[1] = taps[1].roll(3, dims=2)
        other = tell_names(network, taps, background)
    assert told.shape == (len(GARMENTS) + 1, 112, 112)
    assert torch.allclose(told[:-1].sum(0), torch.ones(112, 112), atol=1e-4)
    assert not torch.allclose(told, other, atol=1e-4)
    assert torch.equal(told[:, :, 0], told[:, :, 32]), "beyond the person it goes on as at their side"
    assert float((told[:-1, :, 32:64] - alone).abs().mean()) < float((told[:-1, :, 32:64] - alone.flip(2)).abs().mean())


def test_both_networks_are_heard(network):
    near, head, image = ParserNetwork().eval(), GarmentHead().eval(), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        look = look_at(near, torch.cat([image, image.flip(3)]), Window(0, 0, 64))
        background = look.chances[0, BACKGROUND]
        by_head, by_names = tell_head(head, look), tell_names(network, look.taps, background)
        told = tell_garments(GarmentNetworks(head, network), look, background)
    assert told.shape == by_head.shape == by_names.shape == (len(GARMENTS) + 1, 32, 32)
    low, high = torch.minimum(by_head, by_names), torch.maximum(by_head, by_names)
    assert bool(((told >= low - 1e-6) & (told <= high + 1e-6)).all())
    assert not torch.allclose(told, by_head, atol=1e-3) and not torch.allclose(told, by_names, atol=1e-3)


def test_weights_of_something_else_are_refused(tmp_path, network):
    path = tmp_path / "names.safetensors"
    write_tensors(halve(network.state_dict()), path, NAME, {"garments": "toga"})
    with pytest.raises(InputError, match="no name network"):
        read_name_network(path)
    with pytest.raises(InputError, match="no name network"):
        read_name_network("garments")


def test_both_name_garments_and_the_head_alone_tells_what_is_carried():
    by_head, by_names = torch.rand(2, len(GARMENTS) + 1, 4, 4)
    both = mean_of_networks(by_head, by_names)
    assert torch.equal(both[-1], by_head[-1])
    least, most = torch.minimum(by_head, by_names), torch.maximum(by_head, by_names)
    assert bool(((both > least) & (both < most))[:-1].all())
