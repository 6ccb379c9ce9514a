"""Hair falls where it is told to, and truth knows it there."""

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.geometry.mesh import vertex_normals
from tests.workshop.synthesis.conftest import Look, Stand
from workshop.synthesis.body import SKIN_VERTICES
from workshop.synthesis.garments.hair import FALLS, Haircut, arrange_hair, press_under_hat
from workshop.synthesis.garments.shears import hang_still
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.garments.worn import Worn, lift_over
from workshop.synthesis.identities import TEST_HAIR, sample_haircut, sample_identity
from workshop.synthesis.layers import KINDS, LABEL_OF_KIND
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.scene.truth import view_truth

NECK_ROW = 56


def cut_hair(pack: Pack, haircut: Haircut, style: str = "hair/long01") -> Garment:
    return arrange_hair(pack.articles[style].garment, pack.mean, pack.frame, haircut)


def is_hair(pack: Pack, stand: Stand, look: Look, haircut: Haircut, azimuth: float) -> Tensor:
    """H×W, whether the pixel is labelled hair."""
    article = pack.articles["hair/long01"]
    texture = pack.image(article.images[0]).float() / 255
    layers = stand([Worn(garment=cut_hair(pack, haircut), kind="hair", texture=texture)])
    return view_truth(layers, [look(azimuth)]).kind[0] == KINDS.index("hair")


def test_long_hair_is_hair_on_the_back_and_beside_the_neck_in_front(pack: Pack, stand: Stand, look: Look) -> None:
    haircut = Haircut(fall="back", ends=0.35)
    behind = is_hair(pack, stand, look, haircut, 180)
    assert behind[NECK_ROW + 10 : NECK_ROW + 50, 75:85].float().mean() > 0.97
    assert not behind[NECK_ROW + 80 :].any()  # it ends 70 rows below the neck, raggedly
    before = is_hair(pack, stand, look, haircut, 0)
    assert before[NECK_ROW - 25 : NECK_ROW - 8].any(0).sum() > 6  # on both sides of the neck
    assert not before[NECK_ROW + 20 :, 65:95].any()


@pytest.mark.parametrize(("fall", "columns"), [("left", slice(80, 160)), ("right", slice(0, 80))])
def test_hair_over_a_shoulder_lies_before_it(pack: Pack, stand: Stand, look: Look, fall: str, columns: slice) -> None:
    hair = is_hair(pack, stand, look, Haircut(fall=fall, ends=0.3), 0)[NECK_ROW + 15 : NECK_ROW + 50]
    assert hair[:, columns].sum() > 200
    assert hair[:, columns].sum() > 20 * (hair.sum() - hair[:, columns].sum())


@pytest.mark.parametrize("ends", [0.05, 0.25, 0.5])
@pytest.mark.parametrize("style", ["hair/long01", "hair/bob01", "hair/bob02"])
def test_hair_ends_where_it_shall(pack: Pack, style: str, ends: float) -> None:
    lowest = hang_still(cut_hair(pack, Haircut(ends=ends), style), pack.mean).vertices[:, 1].min()
    assert float(pack.frame.neck[1]) - lowest == pytest.approx(ends, abs=0.03)


def test_a_bun_is_behind_the_head_and_leaves_the_neck_bare(pack: Pack, stand: Stand, look: Look) -> None:
    bun, loose = (is_hair(pack, stand, look, Haircut(fall=fall, ends=0.3, tie=0.16), 90) for fall in ("bun", "back"))
    assert not bun[NECK_ROW:].any()
    assert bun[: NECK_ROW - 15].any(0).sum() > loose[: NECK_ROW - 15].any(0).sum() + 5  # it stands out behind


@pytest.mark.parametrize("fall", ["back", "front", "left", "tail"])
def test_hair_stays_out_of_the_body(pack: Pack, fall: str) -> None:
    points = hang_still(cut_hair(pack, Haircut(fall=fall, ends=0.4)), pack.mean).vertices
    points = points[points[:, 1] < float(pack.frame.neck[1]) - 0.08]
    skin = pack.mean.vertices[:SKIN_VERTICES]
    normals = vertex_normals(pack.mean.vertices, pack.body.base_faces)[:SKIN_VERTICES]
    nearest = torch.cdist(points, skin).argmin(1)
    depth = -((points - skin[nearest]) * normals[nearest]).sum(1)
    assert (depth > 0.01).float().mean() < 0.03


def test_a_mirrored_parting_is_the_other_way_round(pack: Pack) -> None:
    usual, mirrored = (
        hang_still(cut_hair(pack, Haircut(mirrored=side), "hair/bob01"), pack.mean).vertices for side in (False, True)
    )
    across = torch.tensor([-1.0, 1.0, 1.0])
    assert (usual - mirrored * across).norm(dim=1).max() < 0.004
    assert (usual - mirrored).norm(dim=1).max() > 0.02


def test_strands_face_who_looks_at_them(pack: Pack, stand: Stand, look: Look) -> None:
    article = pack.articles["hair/ponytail01"]  # its strands are drawn from inside as well as from outside
    texture = pack.image(article.images[0]).float() / 255
    layers = stand([Worn(garment=article.garment, kind="hair", texture=texture)])
    truth = view_truth(layers, [look(180)])
    hair = truth.kind[0] == KINDS.index("hair")
    assert hair.sum() > 300
    assert (truth.normal[0, 2][hair] > 0.2).float().mean() < 0.01


def test_cloth_lifts_hair_and_a_hat_presses_it_down() -> None:
    cloth = torch.tensor([[0.0, 0, 0], [0.1, 0, 0], [0, 0, -0.1]])  # faces up
    points = torch.tensor([[0.01, -0.02, -0.01], [0.01, 0.05, -0.01], [0.01, -0.5, -0.01]])
    lifted = lift_over(points, cloth, torch.tensor([[0, 1, 2]]))
    assert lifted[0, 1] > 0 and torch.equal(lifted[1:], points[1:])
    rng = torch.Generator().manual_seed(0)
    dome = torch.nn.functional.normalize(torch.randn(4000, 3, generator=rng), dim=1) * 0.1
    dome = dome[dome[:, 1] > 0]
    hair = torch.tensor([[0.0, 0.14, 0.0], [0.0, 0.05, 0.0], [0.0, -0.2, 0.1]])
    pressed = press_under_hat(hair, dome)
    assert 0.06 < pressed[0, 1] < 0.1 and torch.allclose(pressed[1:], hair[1:])


def test_people_wear_hair_of_every_fall_and_the_same_again(pack: Pack) -> None:
    rng = np.random.default_rng(0)
    assert {sample_haircut(rng, "hair/long01").fall for _ in range(100)} == set(FALLS)
    first, second = (sample_identity(pack, np.random.default_rng(5)) for _ in range(2))
    assert first.choices == second.choices
    haircut = Haircut(fall="left", ends=0.2, seed=3)
    one, two = (cut_hair(pack, haircut) for _ in range(2))
    assert torch.equal(one.offsets, two.offsets) and torch.equal(one.anchors, two.anchors)
    assert set(TEST_HAIR) <= set(pack.of_kind("hair"))


def test_brows_and_lashes_are_skin(pack: Pack) -> None:
    of_face = {article.kind for name, article in pack.articles.items() if name.startswith("eye") and "brow" in name}
    assert {LABEL_OF_KIND[kind] for kind in of_face} == {"skin"}
    assert set(LABEL_OF_KIND) == set(KINDS) and LABEL_OF_KIND["facial hair"] == "facial hair"
