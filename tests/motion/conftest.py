"""A body to move, and what motion files do to it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.motion.load import load_motion
from bodydouble.values import RestBody
from tests.motion.posed import transforms
from tests.motion.walker import walker, write_bvh


@pytest.fixture(scope="session")
def rest(anny: AnnyBody) -> RestBody:
    """The average adult at rest."""
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="session")
def move(anny: AnnyBody, rest: RestBody) -> Callable[..., tuple[Tensor, Tensor]]:
    """World rotations (T, J, 3, 3) and positions (T, J, 3) of the body's joints; options go to `load_motion`."""

    def load(path: Path, **options: object) -> tuple[Tensor, Tensor]:
        return transforms(load_motion(path, anny, rest, **options), rest)  # type: ignore[arg-type]

    return load


@pytest.fixture(scope="session")
def walk(move: Callable[..., tuple[Tensor, Tensor]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Tensor, Tensor]:
    """The same of the walker whose file is written in the usual way."""
    return move(write_bvh(tmp_path_factory.mktemp("walk") / "walk.bvh", walker()))
