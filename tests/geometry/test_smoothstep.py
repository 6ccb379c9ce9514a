import numpy as np
import pytest
import torch

from bodydouble.geometry.smoothstep import smoothstep


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_it_goes_from_end_to_end_and_is_level_at_both(kind):
    step = smoothstep(kind([0.0, 0.001, 0.25, 0.5, 0.75, 0.999, 1.0]))
    assert step.tolist() == pytest.approx([0, 0, 0.15625, 0.5, 0.84375, 1, 1], abs=1e-5)
