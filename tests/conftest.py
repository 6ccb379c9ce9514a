"""Fixtures that many tests share, and a count of what was not tested for want of the shared material."""

import os
from pathlib import Path

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.layout import layout_fingerprint
from bodydouble.geometry.camera import photo_camera
from bodydouble.metadata import Figures, Metadata
from bodydouble.values import BodyFit, Clothing, Pose, Texture

SHARED = os.environ.get("BODYDOUBLE_SHARED", "")
WITHOUT_SHARED = "BODYDOUBLE_SHARED names no folder with photos, motions and wardrobe"

# The files that take longest. They are begun first: begun last, one of them keeps a single process busy at the end.
SLOWEST = (
    "tests/test_pipeline.py",
    "tests/studio/test_real.py",
    "tests/workshop/training/test_remote.py",
    "tests/studio/test_browser_double.py",
    "tests/studio/test_browser.py",
    "tests/test_cli.py",
    "tests/batch/test_real.py",
    "tests/test_poor_photos.py",
    "tests/test_light.py",
    "tests/test_examples.py",
    "tests/motion/test_imitate.py",
)

torch.set_num_threads(1)  # small tensors gain nothing from more, and suffer where the cores are shared


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    """Again in each file: a command that a test has called may have asked for more, and sums then differ."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def anny() -> AnnyBody:
    """The default body model, built once."""
    return AnnyBody()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real photos, motions and wardrobe; skips the test where there is none."""
    if not SHARED or not Path(SHARED).is_dir():
        pytest.skip(WITHOUT_SHARED)
    return Path(SHARED)


@pytest.fixture(scope="session")
def fit(anny: AnnyBody) -> BodyFit:
    """A slightly turned and bent body, clothed a centimetre thick, 3 m in front of its photo's camera."""
    generator = torch.Generator().manual_seed(5)
    joints = 0.05 * torch.randn(len(anny.joint_names), 3, generator=generator)
    joints[0] = 0
    pose = Pose(
        joints=joints,
        root_rotation=torch.tensor([0.0, 0.4, 0.0]),
        root_translation=torch.tensor([0.1, -0.8, -3.0]),
        expression=torch.zeros(len(anny.expression_names)),
    )
    vertices = int(anny.faces.max()) + 1
    clothing = Clothing(offsets=torch.full((vertices, 3), 0.01), leg_blend=torch.zeros(vertices))
    return BodyFit(shape=anny.mean_shape(), pose=pose, camera=photo_camera(150.0, (120, 90)), clothing=clothing)


@pytest.fixture(scope="session")
def texture() -> Texture:
    """A coarse random texture, half of it seen."""
    generator = torch.Generator().manual_seed(6)
    seen = torch.zeros(64, 64)
    seen[:32] = 1
    return Texture(rgb=torch.rand(3, 64, 64, generator=generator), confidence=seen)


@pytest.fixture(scope="session")
def metadata(anny: AnnyBody) -> Metadata:
    """What a double with `fit` and `texture` says of itself."""
    return Metadata(
        body_model="anny",
        layout=layout_fingerprint(anny.layout),
        seed=0,
        photo_name="made up",
        photo_size=(120, 90),
        figures=Figures(
            silhouette_iou_bare=0.8, silhouette_iou=0.9, body_landmark_error=0.01, face_landmark_error=None
        ),
        seconds={"fit": 1.5},
        versions={"torch": torch.__version__},
        warnings=("a warning",),
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, all others in their order."""
    place = {name: number for number, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, and why: a green run without the shared material has checked less."""
    reasons = [str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", []) if report.longrepr]
    missing = sum("BODYDOUBLE_SHARED" in reason for reason in reasons)
    terminalreporter.write_line(f"{missing} tests skipped without the shared material, {len(reasons) - missing} others")
