"""That a coat ends where its cloth does, though names waver above that, and that a jacket is none."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.coat_rows import measure_coat_rows
from bodydouble.clothing.coat_surface import find_coat
from bodydouble.clothing.hem_choice import choose_end, drop_below, mean_beside
from bodydouble.clothing.loose import find_loose
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import DRESS, LOWER, OUTER, UPPER
from tests.garments import PIXELS_PER_METRE, paint_skirt, paint_trousers
from workshop.training.coats import measure_evidence


def test_the_end_is_where_what_speaks_for_a_garment_ends():
    worn = torch.cat([torch.ones(30), torch.zeros(30)])
    weights = {"worn": 20.0, "other": -20.0, "ends": 2.0, "one": -3.0}
    hems = {"ends": drop_below(worn, 4), "one": torch.ones(60)}
    assert choose_end({"worn": worn, "other": 1 - worn}, hems, weights, 5) == 30
    assert choose_end({"worn": 1 - worn, "other": worn}, hems, weights, 5) is None


def test_means_beside_the_ends_are_of_what_is_there():
    line = torch.arange(6.0)
    assert mean_beside(line, 2, 1).tolist() == [1.5, 2.5, 3.5, 4.5, 5.0, 0.0]
    assert mean_beside(line, 2, -1).tolist() == [0.0, 0.5, 1.5, 2.5, 3.5, 4.5]


@pytest.mark.parametrize(("sure", "rival"), [(0.8, DRESS), (0.42, DRESS), (0.42, LOWER)])
def test_a_coat_goes_on_where_it_is_the_likeliest_of_several_names(anny, draw_scene, sure, rival):
    """Half a metre of cloth, of whose lower half the parser doubts that it is a coat's."""

    def paint(labels, joints, covered):
        return paint_skirt("outer", 0.5, 0.2)(paint_trousers(labels, joints, covered), joints, covered)

    scene = draw_scene(paint)
    labels = scene.understanding.labels.clone()
    row = round(float(scene.joints[0, 1]) + 0.2 * PIXELS_PER_METRE)
    doubted = labels[OUTER, row:] * (1 - sure)
    labels[OUTER, row:] -= doubted
    labels[rival, row:] += 0.6 * doubted
    labels[DRESS if rival == LOWER else LOWER, row:] += 0.4 * doubted
    understanding = replace(scene.understanding, labels=labels)
    loose = find_loose(scene.fit, scene.photo, scene.person, understanding, anny)
    assert loose.coat is not None and loose.coat.label == OUTER
    hem = (float(loose.coat.hem.median()) - float(loose.view.joints[0, 1])) / loose.view.pixels(1.0)
    assert hem == pytest.approx(0.5, abs=0.04)


def test_legs_that_are_hidden_wear_no_coat(anny, draw_scene):
    """No row speaks for or against one, and there are many."""
    scene = draw_scene(paint_trousers)
    view = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).view
    person = view.person & (torch.arange(len(view.person))[:, None] < float(view.joints[0, 1]))
    assert find_coat(replace(view, person=person, labels=view.labels * person), anny) is None


@pytest.mark.parametrize(("seen", "hem"), [(0.02, None), (0.25, 0.25), (0.6, 0.5)])
def test_behind_a_bag_no_coat_goes_on(anny, draw_scene, seen, hem):
    """Half a metre of cloth below the hips, of which a bag leaves so much; trousers follow."""

    def paint(labels, joints, covered):
        return paint_skirt("outer", 0.5, 0.2)(paint_trousers(labels, joints, covered), joints, covered)

    scene = draw_scene(paint)
    view = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).view
    below = (torch.arange(len(view.cover))[:, None] - float(view.joints[0, 1])) / view.pixels(1.0)
    coat = find_coat(replace(view, cover=view.cover | ((below > seen) & (below < 0.56))), anny)
    assert (coat is None) == (hem is None)
    if coat is not None:
        reach = (float(coat.hem.median()) - float(view.joints[0, 1])) / view.pixels(1.0)
        assert reach == pytest.approx(hem, abs=0.05)


def test_a_jumpsuit_has_legs_and_a_wide_open_coat_covers_its_rows(anny, draw_scene):
    scene = draw_scene(paint_trousers)
    names = torch.zeros(len(GARMENTS), *scene.understanding.labels.shape[1:])
    names[GARMENTS.index("jumpsuit")] = 1
    understanding = replace(scene.understanding, garments=names)
    view = find_loose(scene.fit, scene.photo, scene.person, understanding, anny).view
    hip = round(float(view.joints[0, 1]))
    rows, empty = slice(hip, hip + 60), torch.zeros_like(view.person)
    tops = {label: empty.clone() for label in (OUTER, UPPER, DRESS)}
    worn = measure_coat_rows(view, tops, hip - 20, rows, anny)
    assert float(worn["legwear"][20:].min()) > 1 and float(worn["covers"].max()) == 0
    middle = round(float(view.joints[0, 0]))
    tops[OUTER][rows, : middle - 12] = True  # one narrow front
    worn = measure_coat_rows(view, tops, hip - 20, rows, anny)
    told = worn["visible"] > 0.9
    assert float(worn["covers"][told].mean()) > 0.8 and float(worn["outer"][told].mean()) < 0.5


@pytest.mark.parametrize(("name", "hem"), [("outer", 0.4), ("upper", 0.4), ("trousers", 0.0)])
def test_the_truth_that_weights_learn_is_the_lowest_row_of_a_top(anny, draw_scene, name, hem):
    scene = draw_scene(paint_trousers)
    view = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).view
    garments = torch.where(scene.person.mask > 0, GARMENTS.index("trousers"), 255).to(torch.uint8)
    end = round(
        float(scene.joints[[anny.roles["left_hip"], anny.roles["right_hip"]], 1].mean()) + 0.4 * PIXELS_PER_METRE
    )
    garments[:end][scene.person.mask[:end] > 0] = GARMENTS.index(name)
    evidence = measure_evidence(view, garments.numpy(), scene.fit.camera, anny)
    assert evidence is not None
    assert evidence[2] / evidence[3] == pytest.approx(hem, abs=0.02)
