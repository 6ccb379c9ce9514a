"""What the parser's names of garments decide: skirt or trousers, where a dress ends, and what is a coat's."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.kinds import bridged_odds, parted_rows
from bodydouble.clothing.loose import find_loose
from bodydouble.parsing.garments import GARMENTS
from bodydouble.values import StyleEstimate
from tests.garments import PIXELS_PER_METRE, SIDE, paint_skirt


def find(scene, anny, names, style=None):
    """What hangs off the person; the cloth is named by G×S×S chances."""
    understanding = replace(scene.understanding, garments=names)
    if style is not None:
        chances = {"legs": {"apart": 1 - style, "bridged": style}}
        understanding = replace(understanding, style=StyleEstimate(chances=chances))
    return find_loose(scene.fit, scene.photo, scene.person, understanding, anny)


def all_of(name, chance=1.0):
    """G×S×S: everywhere that garment, and a shirt else."""
    names = torch.zeros(len(GARMENTS), SIDE, SIDE)
    names[GARMENTS.index(name)] = chance
    names[GARMENTS.index("upper")] += 1 - chance
    return names


@pytest.mark.parametrize("style", [0.1, 0.9])
@pytest.mark.parametrize(("name", "skirt"), [("skirt", True), ("trousers", False), ("shorts", False)])
def test_names_decide_what_the_outline_leaves_open_and_the_style_against_them_does_not(
    anny, draw_scene, name, skirt, style
):
    scene = draw_scene(paint_skirt("lower", 0.35, 0.17))
    assert (find(scene, anny, all_of(name), style).skirt is not None) == skirt


@pytest.mark.parametrize(("name", "skirt"), [("trousers", False), ("dress", True)])
def test_the_label_of_a_dress_makes_no_skirt_of_what_is_named_trousers(anny, draw_scene, name, skirt):
    scene = draw_scene(paint_skirt("dress", 0.6, 0.17))
    assert (find(scene, anny, all_of(name)).skirt is not None) == skirt


def test_names_that_waver_within_one_cloth_do_not_end_it(anny, draw_scene):
    scene = draw_scene(paint_skirt("lower", 0.65, 0.17))
    knees = round(float(scene.joints[0, 1]) + 0.45 * PIXELS_PER_METRE)
    names = 0.7 * all_of("trousers") + 0.3 * all_of("skirt")
    names[:, knees:] = 0.3 * all_of("trousers")[:, knees:] + 0.7 * all_of("skirt")[:, knees:]
    skirt = find(scene, anny, names, style=0.9).skirt
    assert skirt is not None
    lowest = round(float(scene.joints[0, 1]) + 0.65 * PIXELS_PER_METRE)
    assert float(skirt.hem.median()) == pytest.approx(_in_view(scene, anny, lowest), abs=8)


@pytest.mark.parametrize("beneath", ["trousers", "tights"])
def test_a_dress_ends_where_what_is_worn_beneath_it_begins(anny, draw_scene, beneath):
    scene = draw_scene(paint_skirt("lower", 0.6, 0.17))
    hem = round(float(scene.joints[0, 1]) + 0.3 * PIXELS_PER_METRE)
    names = all_of("dress")
    names[:, hem:] = all_of(beneath)[:, hem:]
    skirt = find(scene, anny, names).skirt
    assert skirt is not None
    assert float(skirt.hem.median()) == pytest.approx(_in_view(scene, anny, hem), abs=6)


def test_rows_below_the_end_of_the_photo_tell_nothing(anny, draw_scene):
    scene = draw_scene(paint_skirt("lower", 0.35, 0.17))
    view = find(scene, anny, all_of("trousers")).view
    beyond = slice(len(view.near) + 10, len(view.near) + 60)
    assert bridged_odds(view, None, beyond) is None


def test_tops_and_tights_tell_nothing_and_without_names_the_style_is_asked(anny, draw_scene):
    scene = draw_scene(paint_skirt("lower", 0.35, 0.17))
    rows = slice(100, 300)
    for names in (None, all_of("tights"), all_of("outer")):
        view = find(scene, anny, names).view
        assert bridged_odds(view, None, rows) is None
        assert bridged_odds(view, StyleEstimate(chances={"legs": {"apart": 0.5, "bridged": 0.5}}), rows) == 0
    view = find(scene, anny, all_of("skirt", 0.2)).view
    assert bridged_odds(view, None, rows) > 0
    assert parted_rows(find(scene, anny, None).view, view.person) is None
    raised = slice(300, 100)  # an ankle above its knee
    assert bridged_odds(view, None, raised) is None


def _in_view(scene, anny, row):
    """The row of the view that shows a row of the photo."""
    view = find(scene, anny, None).view
    scale = float(view.camera.intrinsics[1, 1] / scene.fit.camera.intrinsics[1, 1])
    return float(view.camera.intrinsics[1, 2]) + scale * (row - float(scene.fit.camera.intrinsics[1, 2]))
