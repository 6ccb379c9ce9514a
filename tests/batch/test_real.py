"""The worker as it is makes the same double as this process does, and so does a machine that is sent the bytes."""

import torch

from bodydouble.batch.making import make_from_bytes
from bodydouble.batch.run import create_many
from bodydouble.batch.settings import plain_settings
from bodydouble.double import Double
from bodydouble.pipeline import Pipeline
from tests.sample import QUICK, SAMPLE


def test_a_worker_makes_what_the_pipeline_makes(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "sample.jpg").write_bytes(SAMPLE.read_bytes())
    (photos / "nobody.jpg").write_bytes(b"no picture")
    refused, made = create_many([photos], tmp_path / "doubles", config=QUICK, workers=1)
    assert "nobody.jpg is not an image" in refused.error and made.error == ""
    double, expected = (
        Double.load(tmp_path / "doubles" / "sample.double"),
        Pipeline(QUICK).create(photos / "sample.jpg"),
    )
    expected.save(tmp_path / "expected.double")
    expected = Double.load(tmp_path / "expected.double")
    assert torch.equal(double.texture.rgb, expected.texture.rgb) and double.metadata.photo_name == "sample.jpg"
    assert torch.equal(double.fit.pose.joints, expected.fit.pose.joints)
    assert made.silhouette_iou == round(expected.metadata.figures.silhouette_iou, 4) > 0.9
    content, picture, facts = make_from_bytes("sample.jpg", SAMPLE.read_bytes(), plain_settings(QUICK))
    (tmp_path / "sent.double").write_bytes(content)
    assert torch.equal(Double.load(tmp_path / "sent.double").texture.rgb, expected.texture.rgb)
    assert picture == (tmp_path / "doubles" / "pictures" / "sample.png").read_bytes()
    assert facts["notes"] == list(made.notes)
