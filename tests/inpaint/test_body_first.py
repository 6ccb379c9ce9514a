"""Body and hanging surfaces are completed side by side; what either raises ends the work."""

import pytest
import torch

from bodydouble.inpaint import body_first
from bodydouble.inpaint.symmetry import SymmetryInpainter
from bodydouble.surface.skeleton import body_surface
from bodydouble.values import Texture
from tests.attached import tube_skirt
from tests.tiny import front_shot

SIZE = 64


def test_what_completing_a_skirt_raises_is_raised_and_no_thread_is_kept(anny, monkeypatch):
    def fail(*_):
        raise RuntimeError("a skirt is torn")

    monkeypatch.setattr(body_first, "complete_sheet", fail)
    view, threads = front_shot(anny), torch.get_num_threads()
    partial = Texture(rgb=torch.full((3, SIZE, SIZE), 0.5), confidence=torch.ones(SIZE, SIZE))
    surfaces = body_surface(view.fit, anny, partial), tube_skirt(anny, anny.rest(view.fit.shape))
    with pytest.raises(RuntimeError, match="a skirt is torn"):
        SymmetryInpainter()(surfaces, [view], anny)
    assert torch.get_num_threads() == threads
