"""A head that turns away from the photo has no edge, and nothing torn beside it; the rest of the body stays."""

import pytest
import torch

from bodydouble.parsing.labels import SKIN
from bodydouble.surface.regions import Region, anatomy
from bodydouble.texture.head_rim import soften_head
from bodydouble.texture.multi_view import MergedTexture, fill_rims
from bodydouble.values import Texture

SIZE = 256


@pytest.fixture(scope="module")
def head(anny) -> torch.Tensor:
    """S×S, bool."""
    region = anatomy(anny).regions(SIZE)
    return (region == Region.FACE) | (region == Region.SCALP)


def merged(confidence: torch.Tensor) -> MergedTexture:
    """White, where it was seen."""
    shown = confidence > 0
    labels = (SKIN * shown).to(torch.uint8)
    texture = Texture(rgb=shown.expand(3, -1, -1).float(), confidence=confidence, labels=labels)
    return MergedTexture(texture=texture, best_view=torch.zeros(SIZE, SIZE, dtype=torch.int64), rims=(texture,))


def test_flat_views_of_a_head_count_as_unseen_and_their_labels_stay(anny, head, scene):
    flat = merged(torch.full((SIZE, SIZE), 0.4))
    result = soften_head(flat, scene.view, anny).texture
    assert not bool((result.confidence > 0)[head].any())
    assert not bool(result.rgb[:, head].any())
    assert torch.equal(result.confidence[~head], flat.texture.confidence[~head])
    assert torch.equal(result.labels, flat.texture.labels)


def test_the_photo_fades_from_the_middle_of_the_face_to_its_sides(anny, head, scene):
    """The cosine falls from the middle column outwards; black is made up."""
    away = (torch.arange(SIZE) + 0.5 - SIZE / 2).abs().expand(SIZE, -1)
    partly = soften_head(merged((1 - away / 45).clamp_min(0)), scene.view, anny)
    black = Texture(rgb=partly.texture.rgb, confidence=partly.texture.confidence, labels=partly.texture.labels)
    light = fill_rims(black, partly).rgb[0]
    row = int(head.sum(1).argmax())
    across = light[row, SIZE // 2 : SIZE // 2 + 60]
    assert bool((across.diff() <= 1e-6).all()), "it only falls"
    assert across[0] == 1
    assert across[-1] == 0
    assert float(across.diff().abs().max()) < 0.3, "and has no step"


def test_an_island_beside_the_face_is_left_out_and_the_face_is_not(anny, head, scene):
    rows, columns = head.nonzero(as_tuple=True)
    centre = torch.stack([rows.float().mean(), columns.float().mean()])
    grid = torch.stack(torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij"), -1).float()
    face = ((grid - centre).norm(dim=-1) < 20) & head
    island = ((grid - centre - torch.tensor([0.0, 45.0])).norm(dim=-1) < 5) & head
    assert int(island.sum()) > 50
    result = soften_head(merged(0.9 * (face | island).float()), scene.view, anny)
    assert not bool((result.texture.confidence > 0)[island].any())
    assert float((result.texture.confidence > 0)[face].float().mean()) > 0.95
    grey = Texture(
        rgb=torch.full((3, SIZE, SIZE), 0.5), confidence=torch.zeros(SIZE, SIZE), labels=result.texture.labels
    )
    assert bool((fill_rims(grey, result).rgb[:, island] == 0.5).all()), "nor does the rim bring it back"
