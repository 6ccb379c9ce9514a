"""TalkingHead (met4citizen, MIT) plays its poses, gestures and visemes on a double.

Part of `make proof`: skips where `npm ci` was not run in tests/browser/talkinghead.
"""

import pytest

from bodydouble.export.write import ExportOptions, write_export
from tests.export.conftest import BROWSER, checker, dressed_rest


@pytest.fixture(scope="module")
def report(anny, open_in_three, tmp_path_factory):
    if not (BROWSER / "talkinghead" / "node_modules").is_dir():
        pytest.skip("TalkingHead is not installed: make proof does it")
    path = tmp_path_factory.mktemp("talkinghead") / "double.glb"
    write_export(path, anny, dressed_rest(anny), checker(), options=ExportOptions(profile="talkinghead"))
    found = open_in_three(path, page="talkinghead/page.html")
    assert "error" not in found, found["error"]
    return found


def test_it_finds_the_shapes(report):
    assert {"jawOpen", "viseme_aa", "viseme_PP", "eyesLookDown"} <= set(report["targets"])


def test_arms_hang_and_feet_stand_in_its_straight_pose(report):
    places = report["places"]["straight"]
    for side, sign in (("Left", 1), ("Right", -1)):
        hand = places[f"{side}Hand"]
        assert hand[1] < places["Hips"][1] + 0.05 and 0.15 < sign * hand[0] < 0.6
    toe, foot = places["LeftToeBase"], places["LeftFoot"]
    assert abs(toe[1]) < 0.08 and toe[2] - foot[2] > 0.08 and -0.02 < foot[1] - toe[1] < 0.1


def test_a_hand_on_the_hip_and_a_hand_up(report):
    hip, up = report["places"]["hip"], report["places"]["handup"]
    assert abs(hip["LeftHand"][1] - hip["Hips"][1]) < 0.25 and abs(hip["LeftHand"][0] - hip["Hips"][0]) < 0.35
    assert up["LeftHand"][1] > up["LeftArm"][1]


def test_lips_follow_a_fixed_track(report):
    assert all(value > 0.2 for value in report["visemes"].values()), report["visemes"]
