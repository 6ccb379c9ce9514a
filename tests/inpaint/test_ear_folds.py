"""Ears have shade in their folds, both alike, and nothing else has."""

from bodydouble.inpaint.ear_folds import draw_ear_folds
from bodydouble.inpaint.head import SIZE
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import EAR, Region
from bodydouble.surface.texel_map import texel_map


def test_ears_have_folds_and_cheeks_do_not(anny):
    surface = mean_surface_graph(anny, SIZE).surface
    share = surface.take(draw_ear_folds(anny, SIZE)[None])[:, 0]
    ear = surface.face_landmarks[EAR]
    x, y, z = surface.position.unbind(1)
    face = surface.region == Region.FACE
    for side in (x > 0, x < 0):
        folds = side & face & (z < ear[2]) & (z > ear[2] - 0.04) & ((y - ear[1]).abs() < 0.035)
        assert int(folds.sum()) > 50
        assert 0.1 < float((share[folds] < 0.92).float().mean()) < 0.5, "hollows are shaded, rims are not"
    assert float(share[face & (z > ear[2] + 0.03)].min()) > 0.999
    assert float(share[surface.region == Region.BODY].min()) > 0.999
    assert 0 < float(share.min()) < 0.75


def test_both_ears_are_alike(anny):
    surface = mean_surface_graph(anny, SIZE).surface
    share = surface.take(draw_ear_folds(anny, SIZE)[None])[:, 0]
    shaded = share < 0.9
    assert float((share - share[surface.twin])[shaded].abs().mean()) < 0.05


def test_texels_between_charts_are_not_shaded(anny):
    share = draw_ear_folds(anny, 128)
    assert bool((share[texel_map(anny.layout, 128).face[0] < 0] == 1).all())
