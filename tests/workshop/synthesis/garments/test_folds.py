"""Folds are geometry: depth and normals know them, labels stay, and they are where joints are bent and cloth hangs."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.values import Pose
from tests.workshop.synthesis.conftest import Look
from workshop.synthesis.garments.folds import Folds, refine, sample_folds
from workshop.synthesis.garments.worn import Worn, fit_clothes, pose_layers
from workshop.synthesis.layers import KINDS, Layer
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.scene.truth import view_truth

GREY = torch.tensor([0.5, 0.5, 0.5, 1.0])[:, None, None].expand(4, 4, 4)
FOLDS = sample_folds(np.random.default_rng(1))


def bent(pack: Pack, elbow: float) -> Pose:
    """At rest but for a left elbow bent by so many degrees."""
    joints = torch.zeros(len(pack.body.parents), 3)
    joints[pack.body.roles["left_elbow"]] = torch.tensor([0.0, -math.radians(elbow), 0.0])
    nothing, expression = torch.zeros(3), torch.zeros(len(pack.body.expression_names))
    return Pose(joints=joints, root_rotation=nothing, root_translation=nothing, expression=expression)


def dressed(pack: Pack, name: str, folds: Folds | None, elbow: float = 0.0) -> list[Layer]:
    article = pack.articles[name]
    rest = pack.body.base_rest(pack.body.mean_shape())
    worn = [Worn(garment=article.garment, kind=article.kind, texture=GREY)]
    return pose_layers(pack.body, fit_clothes(pack.body, rest, GREY, worn, folds), bent(pack, elbow))


def test_normals_and_depth_know_the_folds_and_labels_stay(pack: Pack, look: Look) -> None:
    smooth, folded = (view_truth(dressed(pack, "made/dress_midi", folds), [look(0)]) for folds in (None, FOLDS))
    assert (smooth.kind == folded.kind).float().mean() > 0.96  # only outlines move
    skirt = (folded.kind[0] == KINDS.index("whole")) & (smooth.kind[0] == folded.kind[0])
    skirt[:185] = False
    turned = (smooth.normal[0] * folded.normal[0]).sum(0).clamp(-1, 1).acos().rad2deg()[skirt]
    assert turned.quantile(0.75) > 8
    # What depth says of the surface: its slope to the right, 5 mm a pixel.
    slope = torch.full_like(folded.depth[0], torch.nan)
    slope[:, 1:-1] = (folded.depth[0, :, 2:] - folded.depth[0, :, :-2]) / 0.01
    of_normal = -folded.normal[0, 0] / folded.normal[0, 2]
    inside = skirt & slope.isfinite() & (slope.abs() < 1)
    both = torch.stack([slope[inside], of_normal[inside]])
    assert torch.corrcoef(both)[0, 1] > 0.9


def test_a_bent_elbow_folds_the_sleeve_there(pack: Pack) -> None:
    def moved(elbow: float) -> tuple[Tensor, Tensor]:
        """Metres that folds move each vertex of a sleeve, and how far it is from the elbow at rest."""
        deep = Folds(depth=1.0, phases=FOLDS.phases, around=9)
        flat = Folds(depth=0.0, phases=FOLDS.phases, around=9)
        folded, smooth = (dressed(pack, "made/top_long", folds, elbow)[1].vertices for folds in (deep, flat))
        still = dressed(pack, "made/top_long", flat)[1].vertices
        away = (still - pack.mean.joints[pack.body.roles["left_elbow"]]).norm(dim=1)
        return (folded - smooth).norm(dim=1), away

    straight, away = moved(0.0)
    angled, _ = moved(90.0)
    more = angled - straight
    assert more[away < 0.08].max() > 0.008
    assert more[away > 0.35].abs().max() < 1e-3


def test_folds_only_raise_cloth(pack: Pack) -> None:
    smooth, folded = (
        dressed(pack, "made/top_long", folds)[1] for folds in (Folds(**vars(FOLDS) | {"depth": 0.0}), FOLDS)
    )
    rise = folded.vertices - smooth.vertices
    outward = torch.linalg.cross(
        *(smooth.vertices[smooth.faces[:, n]] - smooth.vertices[smooth.faces[:, 0]] for n in (1, 2))
    )
    assert (rise[smooth.faces[:, 0]] * outward).sum(1).min() > -1e-6
    assert 0.002 < float(rise.norm(dim=1).max()) < 0.03


@pytest.mark.parametrize("name", ["made/top_long", "clothes/male_casualsuit02/lower"])
def test_finer_cloth_is_the_same_cloth(pack: Pack, name: str) -> None:
    garment = pack.articles[name].garment
    rest = pack.body.base_rest(pack.body.mean_shape())
    fitted = fit_clothes(pack.body, rest, GREY, [Worn(garment=garment, kind="upper", texture=GREY)])
    _, hung, visible, _ = fitted.items[0]
    finer, body, kept, edges = refine(garment, hung, visible)

    def area(vertices: Tensor, faces: Tensor) -> Tensor:
        a, b, c = vertices[faces].unbind(1)
        return torch.linalg.cross(b - a, c - a).norm(dim=1).sum() / 2

    assert len(finer.faces) == 4 * len(garment.faces) == len(kept) == len(finer.uv_faces)
    assert len(body.vertices) == len(hung.vertices) + len(edges)
    assert area(body.vertices, finer.faces) == pytest.approx(float(area(hung.vertices, garment.faces)), rel=1e-4)
    flat = torch.nn.functional.pad
    assert area(flat(finer.uv, (0, 1)), finer.uv_faces) == pytest.approx(
        float(area(flat(garment.uv, (0, 1)), garment.uv_faces)), rel=1e-4
    )
    assert (body.skin_weights.sum(1) - 1).abs().max() < 1e-4


def test_the_same_folds_again(pack: Pack) -> None:
    assert sample_folds(np.random.default_rng(1)) == FOLDS != sample_folds(np.random.default_rng(2))
    first, second = (dressed(pack, "made/coat_long", FOLDS)[1].vertices for _ in range(2))
    assert torch.equal(first, second)
