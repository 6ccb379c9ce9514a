"""What a fit computes of a body is all that it compares, and not more."""

import torch

from bodydouble.body.skinning import select_vertices, skin, subtree_weight
from bodydouble.fitting.needed_vertices import needed_vertices
from bodydouble.values import Pose


def _posed(anny, rest):
    joints = torch.zeros(len(anny.joint_names), 3)
    joints[anny.roles["left_elbow"]] = torch.tensor([0.0, -0.6, 0.2])
    zero = torch.zeros(3)
    expression = torch.zeros(len(anny.expression_names))
    return skin(rest, Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=expression))


def test_landmarks_of_the_pinned_vertices_are_the_body_s(anny):
    rest = anny.rest(anny.mean_shape())
    needed = needed_vertices(anny, rest, torch.tensor([5]), headless=True)
    points = needed.landmarks.points(_posed(anny, select_vertices(rest, needed.pinned)))
    torch.testing.assert_close(points, anny.landmarks.points(_posed(anny, rest)), atol=1e-5, rtol=0)
    assert 5 in needed.pinned
    assert len(needed.pinned) < len(torch.unique(anny.landmarks.vertices))


def test_rows_and_faces_name_the_same_vertices(anny):
    rest = anny.rest(anny.mean_shape())
    needed = needed_vertices(anny, rest, torch.empty(0, dtype=torch.long), headless=False)
    assert (needed.outlined[needed.pinned_rows] == needed.pinned).all()
    assert (needed.outlined[needed.faces] == anny.faces).all()


def test_a_headless_outline_has_everything_but_the_head(anny):
    rest = anny.rest(anny.mean_shape())
    needed = needed_vertices(anny, rest, torch.empty(0, dtype=torch.long), headless=True)
    drawn = torch.zeros(len(rest.vertices), dtype=torch.bool)
    drawn[needed.outlined[needed.faces]] = True
    of_head = subtree_weight(rest, anny.roles["head"])
    assert not drawn[of_head > 0.99].any()
    assert drawn[torch.unique(anny.faces)][of_head[torch.unique(anny.faces)] < 0.01].all()
