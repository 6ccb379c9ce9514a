"""A video of a person becomes a motion; what shows nobody gets a clear no."""

import av
import numpy as np
import pytest
import torch
from PIL import Image

from bodydouble.body.skinning import joint_paths
from bodydouble.errors import InputError, NoPersonFound
from bodydouble.motion.load import load_motion
from bodydouble.person.track import track_person
from bodydouble.render.video import write_frames
from tests.sample import SAMPLE

FRAMES, STEP_PX = 6, 12


@pytest.fixture(scope="module")
def passing(tmp_path_factory):
    """The sample's person, who passes by as stiff as a picture, 12 pixels a frame to the right.

    So fast are no feet that stand.
    """
    image = np.asarray(Image.open(SAMPLE).convert("RGB").resize((360, 480)))
    path = tmp_path_factory.mktemp("video") / "passing.mp4"
    wall = np.pad(image, ((0, 0), (FRAMES * STEP_PX, 0), (0, 0)), mode="edge")
    write_frames((wall[:, (FRAMES - n) * STEP_PX :][:, :360] for n in range(FRAMES)), path, 10)
    return path


def test_the_person_is_followed(passing):
    track = track_person(passing)
    assert track.landmarks.shape == (FRAMES, 33, 3) and track.frames_per_second == pytest.approx(10, abs=0.2)
    steps = track.landmarks[:, 11:29, 0].diff(dim=0).mean(1)
    assert steps.mean() == pytest.approx(STEP_PX, abs=1.0)


def test_a_motion_is_made_of_it(anny, passing):
    rest = anny.rest(anny.mean_shape())
    motion = load_motion(passing, anny, rest)
    assert motion.frames_per_second == 30 and len(motion) == 16 and motion.name == "passing"
    positions = joint_paths(rest, motion)[1]
    way = positions[-1, 0] - positions[0, 0]
    assert 0.08 < way[[0, 2]].norm() < 0.5 and abs(way[1]) < 0.05
    standing = positions - positions[:, :1]
    assert (standing - standing.mean(0)).norm(dim=-1).mean() < 0.03
    assert positions[:, anny.roles["left_wrist"], 0].mean() > positions[:, anny.roles["right_wrist"], 0].mean() + 0.3
    assert torch.isfinite(motion.joints).all()


def test_what_shows_nobody_or_ends_at_once_is_refused(tmp_path):
    grey = np.full((96, 96, 3), 128, np.uint8)
    write_frames([grey] * 4, tmp_path / "empty.mp4", 10)
    with pytest.raises(NoPersonFound, match="only 0 of 4 frames"):
        track_person(tmp_path / "empty.mp4")
    write_frames([grey], tmp_path / "short.mp4", 10)
    with pytest.raises(InputError, match="has 1 frames"):
        track_person(tmp_path / "short.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        container.add_stream("aac", rate=8000)
    with pytest.raises(InputError):
        track_person(tmp_path / "sound.mp4")
