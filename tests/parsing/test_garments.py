"""Names of cloth come from the garment head, how likely cloth is stays the parser's; bags leave cloth for things."""

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.garment_layers import token_places
from bodydouble.parsing.garment_network import NAME, GarmentHead, read_garment_head
from bodydouble.parsing.garments import GARMENTS, LABEL_OF_GARMENT, name_cloth, share_name
from bodydouble.parsing.labels import BACKGROUND, CLOTH, DRESS, LABELS, LOWER, SKIN, THING, UPPER
from bodydouble.parsing.network import TAP_CHANNELS, ParserNetwork
from bodydouble.values import Understanding

SIZE = 32
SKIRT = GARMENTS.index("skirt")


def labels_of(chances: dict[int, float]) -> torch.Tensor:
    """L×S×S of the same chances everywhere."""
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    for label, chance in chances.items():
        labels[label] = chance
    return labels


def garments_of(left: int, right: int) -> torch.Tensor:
    """G×S×S: one garment in the left half, another in the right one."""
    garments = torch.zeros(len(GARMENTS), SIZE, SIZE)
    garments[left, :, : SIZE // 2] = 1
    garments[right, :, SIZE // 2 :] = 1
    return garments


def test_every_garment_has_a_label_of_cloth():
    assert len(LABEL_OF_GARMENT) == len(GARMENTS) and set(LABEL_OF_GARMENT) <= set(CLOTH)


def test_cloth_gets_the_garments_names_and_keeps_its_chance():
    labels = labels_of({UPPER: 0.5, DRESS: 0.2, SKIN: 0.2, BACKGROUND: 0.1})
    named = name_cloth(labels, garments_of(SKIRT, GARMENTS.index("upper")), torch.zeros(SIZE, SIZE))
    assert torch.allclose(named[LOWER, :, : SIZE // 2], torch.tensor(0.7))
    assert torch.allclose(named[UPPER, :, SIZE // 2 :], torch.tensor(0.7)) and float(named[DRESS].max()) == 0
    assert torch.equal(named[[SKIN, BACKGROUND]], labels[[SKIN, BACKGROUND]])
    assert torch.allclose(named.sum(0), torch.ones(SIZE, SIZE))


def test_what_is_carried_leaves_cloth_alone():
    labels = labels_of({UPPER: 0.6, SKIN: 0.4})
    carried = torch.zeros(SIZE, SIZE)
    carried[:4], carried[4:8] = 0.9, 0.3
    named = name_cloth(labels, garments_of(SKIRT, SKIRT), carried)
    assert torch.allclose(named[THING, :4], torch.tensor(0.6)) and float(named[THING, 4:].max()) == 0
    assert torch.equal(named[SKIN], labels[SKIN])
    assert torch.allclose(named.sum(0), torch.ones(SIZE, SIZE))


def test_a_labels_cloth_has_the_share_of_names_that_it_has_where_it_lies():
    labels = labels_of({LOWER: 0.8, SKIN: 0.2})
    labels[:, :, SIZE // 4 :] = labels_of({SKIN: 1.0})[:, :, SIZE // 4 :]
    understanding = Understanding(
        labels=labels, normals=torch.zeros(3, SIZE, SIZE), left=0, top=0, side=SIZE, garments=garments_of(SKIRT, UPPER)
    )
    assert share_name(understanding, LOWER, "skirt", ("trousers", "scarf")) == pytest.approx(1.0)
    assert share_name(understanding, LOWER, "trousers", ("skirt",)) == 0
    assert share_name(understanding, UPPER, "skirt", ()) == share_name(None, LOWER, "skirt", ()) == 0


@pytest.mark.parametrize("size", [64, 128])
def test_the_head_has_logits_at_half_the_images_size(size):
    torch.manual_seed(0)
    network = ParserNetwork().eval()
    taps = network.encoder(torch.rand(2, 3, size, size))
    chances = torch.rand(2, len(LABELS), size // 4, size // 4).softmax(1)
    planes = GarmentHead()(taps[1:], network.pyramid(taps), chances)
    assert planes.garments.shape == (2, len(GARMENTS), size // 2, size // 2)
    assert planes.carried.shape == (2, size // 2, size // 2)


def test_the_head_sees_across_the_whole_square():
    """What lies in one corner changes what is said in the opposite one."""
    torch.manual_seed(0)
    head, size = GarmentHead().eval(), 128
    taps = [
        torch.randn(1, channels, size >> level, size >> level)
        for level, channels in zip((3, 4, 5), TAP_CHANNELS[1:], strict=True)
    ]
    pyramid, chances = torch.zeros(1, 64, size // 4, size // 4), torch.zeros(1, len(LABELS), size // 4, size // 4)
    before = head(taps, pyramid, chances).garments
    chances[:, SKIN, -2:, -2:] = 1
    after = head(taps, pyramid, chances).garments
    assert not torch.allclose(before[..., :8, :8], after[..., :8, :8], atol=1e-7)


def test_places_differ():
    places = token_places(14, 14)[0].flatten(1).T
    assert float(torch.cdist(places, places).fill_diagonal_(9).min()) > 0.1


def test_the_near_side_is_what_it_was():
    network, image = ParserNetwork().eval(), torch.rand(1, 3, 64, 64)
    taps = network.encoder(image)
    for whole, part in zip(network(image), network.heads(network.pyramid(taps)), strict=True):
        assert torch.equal(whole, part)


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / "garments.safetensors"
    write_tensors(halve(GarmentHead().state_dict()), path, NAME, {"garments": "toga"})
    with pytest.raises(InputError, match="no garment head"):
        read_garment_head(path)
    with pytest.raises(InputError, match="no garment head"):
        read_garment_head("hats")
