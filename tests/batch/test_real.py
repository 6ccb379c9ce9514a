"""The worker as it is makes the same double as this process does, which here is asked as a cluster's machine is."""

import torch

from bodydouble.batch.making import make_from_bytes
from bodydouble.batch.run import create_many
from bodydouble.batch.settings import plain_settings
from bodydouble.double import Double
from tests.sample import QUICK, SAMPLE


def test_a_worker_makes_what_this_process_makes_of_the_bytes(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "sample.jpg").write_bytes(SAMPLE.read_bytes())
    (photos / "nobody.jpg").write_bytes(b"no picture")
    refused, made = create_many([photos], tmp_path / "doubles", config=QUICK, workers=1)
    assert "nobody.jpg is not an image" in refused.error and made.error == ""
    double = Double.load(tmp_path / "doubles" / "sample.double")
    content, picture, facts = make_from_bytes("sample.jpg", SAMPLE.read_bytes(), plain_settings(QUICK))
    (tmp_path / "sent.double").write_bytes(content)
    sent = Double.load(tmp_path / "sent.double")
    # Sums in another process may differ in their last bits.
    torch.testing.assert_close(double.fit.pose.joints, sent.fit.pose.joints, atol=1e-4, rtol=0)
    assert float((double.texture.rgb - sent.texture.rgb).abs().mean()) < 0.005
    assert double.metadata.photo_name == sent.metadata.photo_name == "sample.jpg"
    assert double.texture.rgb.shape[1] == QUICK.texture_size, "the settings went along"
    assert abs(made.silhouette_iou - facts["silhouette_iou"]) < 1e-3 and made.silhouette_iou > 0.9
    assert list(made.notes) == facts["notes"] and len(picture) > 0
    assert (tmp_path / "doubles" / "pictures" / "sample.png").is_file()
