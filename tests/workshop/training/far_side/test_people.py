"""A drawn person whose far side is known."""

import torch

from bodydouble.parsing.labels import LABELS
from bodydouble.parsing.shape import TRAITS
from workshop.synthesis.records.png import decode_png
from workshop.training.far_side.people import FarRecordConfig, draw_far_record


def test_a_record_holds_both_sides_of_every_pixel(pack):
    config = FarRecordConfig(poses=1, views=2, size=96)
    record = draw_far_record(pack, config, 0)
    assert len(record) == 2 * 7 + 2 and record["shape"].shape == (len(TRAITS),) and 1.3 < record["height"] < 2.3
    for view in range(2):
        near, far = (decode_png(record[f"{view}/{name}"])[..., 0] for name in ("labels", "far_labels"))
        assert ((near > 0) == (far > 0)).mean() > 0.99 and far.max() < len(LABELS) and (near != far).any()
        normals, body = (decode_png(record[f"{view}/{name}"]) for name in ("far_normals", "body"))
        assert normals[far > 0][:, 2].mean() > 170, "away from the camera"
        assert body.shape == (48, 48, 4)
        drawn = body.max(2) > 0
        assert (drawn & (far[::2, ::2] > 0)).sum() > 0.6 * drawn.sum()
    again = draw_far_record(pack, config, 0)
    assert all(torch.equal(value, again[name]) for name, value in record.items())
