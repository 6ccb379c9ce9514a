"""Tailoring: exact cuts, outfits taken apart, garments sewn of helper geometry, coordinates on the limbs."""

from pathlib import Path

import pytest
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import skin
from bodydouble.values import BodyShape, Pose, RestBody
from workshop.synthesis.body import SKIN_VERTICES, PackedBody
from workshop.synthesis.garments.sewing import dress, leggings, skirt, top
from workshop.synthesis.garments.shears import compact, cut, edge_lines
from workshop.synthesis.garments.tailor import hem, shorten_legs, shorten_sleeves, split
from workshop.synthesis.garments.wardrobe import Garment, hang, read_garment
from workshop.synthesis.limbs import LIMBS, LimbFrame, distance_down_limb, limb_frame, limb_points, limb_shares

OUTFITS = {
    "female_elegantsuit01": ["upper", "lower"],
    "male_casualsuit01": ["upper", "lower"],
    "male_casualsuit05": ["upper", "lower", "under"],
    "male_elegantsuit01": ["upper", "lower", "under"],
    "male_worksuit01": ["whole", "under"],
    "shoes01": ["shoes"],
    "fedora01": ["hat"],
}


@pytest.fixture(scope="module")
def mean(packed_body: PackedBody) -> RestBody:
    return packed_body.base_rest(packed_body.mean_shape())


@pytest.fixture(scope="module")
def frame(mean: RestBody, anny: AnnyBody) -> LimbFrame:
    return limb_frame(mean, anny.roles)


def _read(shared: Path, name: str) -> Garment:
    return read_garment(next((shared / "wardrobe/clothes" / name).glob("*.mhclo")))


def _area(points: Tensor, faces: Tensor) -> float:
    a, b, c = points[faces].unbind(1)
    return float(torch.linalg.cross(b - a, c - a).norm(dim=1).sum() / 2)


def _heavy(anny: AnnyBody) -> BodyShape:
    coefficients = anny.mean_shape().coefficients.clone()
    coefficients[anny.phenotype_names.index("weight")] = 0.9
    coefficients[anny.phenotype_names.index("gender")] = 1.0
    return BodyShape(coefficients=coefficients)


def test_a_cut_is_exact(mean: RestBody, frame: LimbFrame) -> None:
    whole = leggings(mean, frame, 0.95)
    height = -hang(whole, mean).vertices[:, 1]
    short = cut(whole, height, -0.6, mean)
    points = hang(short, mean).vertices
    assert points[:, 1].min() > 0.6 - 1e-4
    border = points[edge_lines(short).unique()]
    lower = border[border[:, 1] < 0.75, 1]
    assert len(lower) > 20 and (lower - 0.6).abs().max() < 1e-4  # a straight line, no saw teeth
    other = cut(whole, -height, 0.6, mean)
    parts = [_area(hang(g, mean).vertices, g.faces) for g in (short, other, whole)]
    assert abs(parts[0] + parts[1] - parts[2]) < 1e-3 * parts[2]
    assert torch.allclose(short.weights.sum(1), torch.ones(len(short.weights)), atol=1e-5)


def test_a_cut_shows_the_skin_beyond_it(mean: RestBody, frame: LimbFrame) -> None:
    whole = leggings(mean, frame, 0.95)
    short = shorten_legs(whole, mean, frame, 0.4)
    legs = limb_shares(mean.skin_weights, frame.limb_of_joint)[:SKIN_VERTICES, 3:5].sum(1) > 0.9
    down = (
        distance_down_limb(mean.vertices[:SKIN_VERTICES], frame, "leg") / frame.bones[2].diff(dim=0).norm(dim=1).sum()
    )
    hidden = short.hides[:SKIN_VERTICES]
    assert hidden[legs & (down < 0.25)].float().mean() > 0.9 and not hidden[legs & (down > 0.42)].any()
    assert whole.hides[:SKIN_VERTICES][legs & (down > 0.45) & (down < 0.85)].float().mean() > 0.9


def test_cut_texture_coordinates_stay_on_the_pattern(shared: Path, mean: RestBody, frame: LimbFrame) -> None:
    """What a point of the cloth shows does not change where the cloth is cut."""
    garment = _read(shared, "male_casualsuit02")
    value = hang(garment, mean).vertices[:, 1]
    short = cut(garment, value, 1.2, mean)
    points = hang(short, mean).vertices
    new = (points[short.faces][..., 1] - 1.2).abs() < 1e-5
    before = hang(garment, mean).vertices[garment.faces].mean(1)
    at = torch.cdist(points[short.faces][new], before).argmin(1)
    moved = (short.uv[short.uv_faces][new] - garment.uv[garment.uv_faces[at]].mean(1)).norm(dim=1)
    assert int(new.sum()) > 50 and moved.quantile(0.9) < 0.05


def test_compacted_rows_keep_their_sums() -> None:
    anchors = torch.tensor([[5, 2, 5, 9, 2, 2], [1, 2, 3, 4, 5, 6]])
    weights = torch.tensor([[0.1, 0.2, 0.3, 0.0, 0.3, 0.1], [0.5, 0.25, 0.25, 0.0, 0.0, 0.0]])
    merged, summed = compact(anchors, weights)
    values = torch.arange(10.0) ** 2
    assert merged.shape == (2, 3)
    assert torch.allclose((values[merged] * summed).sum(1), (values[anchors] * weights).sum(1))


@pytest.mark.parametrize("name", OUTFITS)
def test_outfits_come_apart(name: str, shared: Path, mean: RestBody, frame: LimbFrame) -> None:
    garment = _read(shared, name)
    parts = split(garment, mean, frame)
    assert [part.kind for part in parts] == OUTFITS[name]
    assert sum(len(part.garment.faces) for part in parts) == len(garment.faces)
    hidden = torch.stack([part.garment.hides for part in parts]).sum(0)
    assert hidden.max() <= 1 and not (hidden.bool() & ~garment.hides).any()
    for part in parts:
        points = hang(part.garment, mean).vertices
        assert part.garment.faces.max() == len(points) - 1  # no vertex is left over
        if part.kind == "lower":
            assert points[:, 1].max() < frame.waist + 0.2
        if part.kind == "upper":
            assert points[:, 1].min() > frame.crotch - 0.05


def test_sleeves_and_hems(shared: Path, mean: RestBody, frame: LimbFrame) -> None:
    shirt = next(p.garment for p in split(_read(shared, "male_casualsuit02"), mean, frame) if p.kind == "upper")
    arm = float(frame.bones[0].diff(dim=0).norm(dim=1).sum())
    for length in (0.3, 0.6):
        points = hang(shorten_sleeves(shirt, mean, frame, length), mean).vertices
        assert (
            abs(float(distance_down_limb(points, frame, "arm")[points[:, 0].abs() > 0.25].max()) - length * arm) < 0.01
        )
    bare = hang(shorten_sleeves(shirt, mean, frame, 0.0), mean).vertices
    assert bare[:, 0].abs().max() < frame.bones[0, 0, 0] + 0.02
    short = hang(hem(shirt, mean, frame, 1.15), mean).vertices
    torso = short[:, 0].abs() < 0.2
    assert short[torso, 1].min() > 1.149 and short[~torso, 1].min() < 1.12  # long sleeves hang lower


def test_garments_follow_another_shape(
    anny: AnnyBody, packed_body: PackedBody, mean: RestBody, frame: LimbFrame
) -> None:
    heavy = packed_body.base_rest(_heavy(anny))
    for garment in (dress(mean, frame, 0.25, 0.45, flare=0.05), top(mean, frame, 0.3, 0.95)):
        points, skin_points = hang(garment, heavy).vertices, heavy.vertices[:SKIN_VERTICES]
        belly = points[(points[:, 1] - float(frame.waist)).abs() < 0.04]
        flesh = skin_points[(skin_points[:, 1] - float(frame.waist)).abs() < 0.04]
        flesh = flesh[flesh[:, 0].abs() < 0.3]
        assert belly[:, 2].max() > flesh[:, 2].max() - 0.005 and belly[:, 2].max() < flesh[:, 2].max() + 0.05


def test_a_skirt_survives_a_step(anny: AnnyBody, mean: RestBody, frame: LimbFrame) -> None:
    uncut = hang(skirt(mean, frame, 0.0, waist=2.0), mean).vertices
    near, _ = cKDTree(mean.vertices[18002:18722].numpy()).query(uncut.numpy())
    assert near.max() < 0.0065  # sharing the legs' weights moves nothing at rest
    garment = skirt(mean, frame, 0.5, flare=0.06)
    hung = hang(garment, mean)
    joints = torch.zeros(len(anny.joint_names), 3)
    joints[anny.roles["left_hip"], 0], joints[anny.roles["right_hip"], 0] = -0.4, 0.3
    zero = torch.zeros(3)
    pose = Pose(
        joints=joints,
        root_rotation=zero,
        root_translation=zero,
        expression=torch.zeros(len(anny.expression_names)),
    )
    before, after = _area(hung.vertices, garment.faces), _area(skin(hung, pose), garment.faces)
    assert 0.9 < after / before < 1.25  # neither torn apart nor folded up
    left_knee, right_knee = (
        skin(mean, pose)[(mean.vertices - frame.bones[row, 1]).norm(dim=1).argmin()] for row in (2, 3)
    )
    cloth = skin(hung, pose)
    for knee in (left_knee, right_knee):
        near = cloth[(cloth[:, 1] - knee[1]).abs() < 0.06]
        assert near[:, 2].min() < knee[2] < near[:, 2].max()  # both legs stay within the cloth
    middle = hung.vertices[:, 0].abs() < 0.005
    low = middle & (hung.vertices[:, 1] < frame.crotch - 0.1)
    shares = limb_shares(hung.skin_weights, frame.limb_of_joint)[low]
    assert int(low.sum()) > 3 and (shares[:, 3] - shares[:, 4]).abs().max() < 0.1


def test_limb_coordinates(mean: RestBody, frame: LimbFrame) -> None:
    torso = torch.tensor([[0.0, 1.3, 0.3], [0.0, 1.3, -0.3], [0.3, 1.3, 0.0], [-0.3, 1.3, 0.0]])
    shares = torch.zeros(4, len(LIMBS))
    shares[:, 0] = 1
    found = limb_points(torso, shares, frame)
    assert torch.allclose(found.around[[0, 2, 3]], torch.tensor([0.5, 0.75, 0.25]), atol=0.06)
    assert min(float(found.around[1]), 1 - float(found.around[1])) < 0.02
    assert found.forward[0] > 0.99 and found.forward[1] < -0.99
    side = torch.linspace(-3.13, 3.13, 200)
    circle = torch.stack([0.2 * side.sin(), torch.full((200,), 1.3), 0.2 * side.cos()], 1)
    around = limb_points(circle, shares[:1].expand(200, -1), frame).around
    assert (around.diff() > 0).all() and around.diff().max() < 0.02  # continuous, and once about the body


def test_left_and_right_limbs_mirror(mean: RestBody, frame: LimbFrame) -> None:
    knee = mean.vertices[:SKIN_VERTICES]
    knee = knee[(knee - frame.bones[2, 1]).norm(dim=1) < 0.1]
    left = torch.zeros(len(knee), len(LIMBS))
    left[:, LIMBS.index("left_leg")] = 1
    right = torch.zeros_like(left)
    right[:, LIMBS.index("right_leg")] = 1
    here = limb_points(knee, left, frame)
    there = limb_points(knee * torch.tensor([-1.0, 1, 1]), right, frame)
    assert torch.allclose(here.along, there.along, atol=2e-3)
    assert torch.allclose(here.around, there.around, atol=0.01)
    assert (here.limb == LIMBS.index("left_leg")).all() and (there.limb == LIMBS.index("right_leg")).all()


def test_trousers_are_two_tubes_to_the_waist(mean: RestBody, frame: LimbFrame) -> None:
    points = torch.tensor([[0.05, 0.97, 0.1], [-0.05, 0.97, 0.1]])
    shares = torch.zeros(2, len(LIMBS))
    shares[:, 0] = 1
    found = limb_points(points, shares, frame, ("left_leg", "right_leg"))
    assert [LIMBS[n] for n in found.limb] == ["left_leg", "right_leg"]
    assert found.along.max() < 0.05  # about the height of the hips
