"""A real worker with quick settings: the drawn sample becomes a double, and what is on its page."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from bodydouble.double import Double
from bodydouble.studio.made_up import tint_made_up
from bodydouble.studio.products import ALWAYS
from tests.motion.walker import walker, write_bvh
from tests.sample import SAMPLE
from tests.studio.conftest import QUICK, open_studio


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    client = open_studio(tmp_path_factory.mktemp("real") / "studio", QUICK)
    yield client
    client.close()


@pytest.fixture(scope="module")
def made(client):
    job = client.call("POST", "/api/photos?name=me.jpg&height=1.6", SAMPLE.read_bytes())
    return client.wait(job["id"], "done", "failed", seconds=400)


def get(client, made, file):
    status, _, body = client.request("GET", f"/api/doubles/{made['double']}/{file}")
    assert status == 200
    return body


def test_all_that_is_always_made_is_there(client, made, tmp_path):
    assert made["state"] == "done", made
    (about,) = client.state()["doubles"]
    assert set(about["files"]) == {product.file for product in ALWAYS}
    assert about["surfaces"] == [{"name": "shoes", "kind": "shoes"}] and about["notes"]
    path = tmp_path / "me.double"
    path.write_bytes(get(client, made, "double.double"))
    double = Double.load(path)
    assert double.metadata.photo_name == "me.jpg"
    extent = double.rest.vertices[:, 1].max() - double.rest.vertices[:, 1].min()
    assert 1.57 < extent < 1.67, "the height that was said, with hair and heels"


def test_the_double_lies_over_the_person_in_the_photo(client, made):
    photo, person, over = (
        np.asarray(Image.open(io.BytesIO(get(client, made, name))), dtype=float)
        for name in ("photo.jpg", "person.jpg", "over_photo.png")
    )
    assert photo.shape == person.shape == (*over.shape[:2], 3)
    shown = person.sum(2) > 0.7 * photo.sum(2)  # elsewhere the photo is dimmed to a quarter
    covered = over[..., 3] > 127
    assert 0.05 < shown.mean() < 0.5
    assert (shown & covered).sum() / (shown | covered).sum() > 0.85


def test_a_motion_file_moves_the_double(client, made, tmp_path):
    bvh = write_bvh(tmp_path / "steps.bvh", walker(4)).read_bytes()
    job = client.call("POST", f"/api/doubles/{made['double']}/motion?name=steps.bvh", bvh)
    client.wait(job["id"], "done", seconds=120)
    model = get(client, made, "own.vrma")
    header = json.loads(model[20 : 20 + int.from_bytes(model[12:16], "little")])
    assert len(header["animations"]) == 1
    job = client.call("POST", f"/api/doubles/{made['double']}/motion?name=broken.bvh", b"HIERARCHY")
    error = client.wait(job["id"], "failed", seconds=60)["error"]
    assert "broken.bvh" in error and "/" not in error, "it is called by its owner's name"


def test_it_is_an_avatar_of_either_version(client, made):
    assert b"VRMC_vrm" in get(client, made, "double.vrm")[:400_000]
    job = client.call("POST", f"/api/doubles/{made['double']}/double-0.vrm")
    client.wait(job["id"], "done", seconds=120)
    header = get(client, made, "double-0.vrm")[:400_000]
    assert b"secondaryAnimation" in header and b"VRMC_vrm" not in header


def test_a_model_for_a_program_is_as_that_wants_it(client, made):
    job = client.call("POST", f"/api/doubles/{made['double']}/double-mixamo.glb")
    client.wait(job["id"], "done", seconds=120)
    assert b"mixamorig:Hips" in get(client, made, "double-mixamo.glb")[:400_000]


def test_what_was_understood_is_coloured(client, made):
    photo, labels = (
        np.asarray(Image.open(io.BytesIO(get(client, made, name))), dtype=float) for name in ("photo.jpg", "labels.jpg")
    )
    assert photo.shape == labels.shape
    tinted = np.abs(labels - photo * 0.4).sum(2) > 120  # the background is darker and has no colour
    assert 0.05 < tinted.mean() < 0.5


def test_nobody_else_is_in_the_sample(client, made):
    assert json.loads(get(client, made, "people.json")) == []


def test_it_is_painted_relabelled_and_dressed(client, made):
    """Each is another double; the one before stays."""
    mask = io.BytesIO()
    Image.new("L", (64, 64), 255).save(mask, "PNG")
    painted = json.dumps({"body": base64.b64encode(mask.getvalue()).decode()}).encode()
    path = f"/api/doubles/{made['double']}/edit"
    jobs = [
        client.call("POST", f"{path}?edit=colour&colour=%23c01010", painted),
        client.call("POST", f"{path}?edit=label&label=skin", painted),
        client.call("POST", f"{path}?edit=wear&wear={made['double']}"),
        client.call("POST", f"{path}?edit=label&label=eyes", painted),
        client.call("POST", f"{path}?edit=colour&colour=%23c01010", b"{}"),
    ]
    ends = [client.wait(job["id"], "done", "failed", seconds=400) for job in jobs]
    assert [end["state"] for end in ends] == ["done", "done", "done", "failed", "failed"], ends
    assert ends[3]["error"].startswith("'eyes' cannot be painted") and "nothing was painted" in ends[4]["error"]
    red = _body_texture(get(client, ends[0], "double.vrm")).reshape(-1, 3).mean(0)
    assert red[0] > 2 * red[2], "the whole body"
    for end in ends[:3]:
        assert get(client, end, "over_photo.png")
        client.call("DELETE", f"/api/doubles/{end['double']}")


def test_what_was_made_up_is_coloured(client, made):
    """The sample's front was seen, its back was not."""
    job = client.call("POST", f"/api/doubles/{made['double']}/made_up.vrm")
    client.wait(job["id"], "done", seconds=120)
    plain, tinted = (_body_texture(get(client, made, name)) for name in ("double.vrm", "made_up.vrm"))
    changed = np.abs(plain - tinted).max(2) > 40
    assert 0.3 < changed.mean() < 0.9


def test_what_was_seen_keeps_its_colour(anny, fit, texture, metadata):
    double = Double(fit=fit, texture=texture, body=anny, metadata=metadata)
    tinted = tint_made_up(double).texture
    seen = texture.confidence > 0
    assert torch.equal(tinted.rgb[:, seen], texture.rgb[:, seen])
    assert (tinted.rgb[:, ~seen] - texture.rgb[:, ~seen]).abs().amax(0).mean() > 0.2
    assert torch.equal(double.texture.rgb, texture.rgb), "it is a copy"


def _body_texture(model):
    """H×W×3, of the model's first material."""
    end = 20 + int.from_bytes(model[12:16], "little")
    header, binary = json.loads(model[20:end]), model[end + 8 :]
    view = header["bufferViews"][header["images"][0]["bufferView"]]
    start = view.get("byteOffset", 0)
    return np.asarray(Image.open(io.BytesIO(binary[start : start + view["byteLength"]])).convert("RGB"), dtype=float)


def test_a_turntable_is_cancelled(client, made):
    job = client.call("POST", f"/api/doubles/{made['double']}/turntable.mp4")
    client.wait(job["id"], "running", seconds=60)
    client.call("POST", f"/api/jobs/{job['id']}/cancel")
    client.wait(job["id"], "cancelled", seconds=30)
    assert client.request("GET", f"/api/doubles/{made['double']}/turntable.mp4")[0] == 404


def test_what_is_no_photo_and_what_shows_nobody(client, made):
    text = client.call("POST", "/api/photos?name=letter.jpg", b"Dear all")
    grey = io.BytesIO()
    Image.new("RGB", (200, 300), (120, 120, 120)).save(grey, "PNG")
    wall = client.call("POST", "/api/photos?name=wall.png", grey.getvalue())
    told = [client.wait(job["id"], "failed", seconds=120)["error"] for job in (text, wall)]
    assert told[0].startswith("letter.jpg is not an image that can be read") and "/" not in told[0]
    assert told[1].startswith("wall.png: no person was found")


def test_a_person_who_is_not_there(client, made):
    job = client.call("POST", f"/api/doubles/{made['double']}/again?person=3&name=me.jpg")
    assert "there is no person 3" in client.wait(job["id"], "failed", seconds=60)["error"]


def test_a_further_photo_that_cannot_be_used_is_called_by_its_number(client, made):
    job = client.call("POST", f"/api/doubles/{made['double']}/again?further=1&name=me.jpg", b"no photo")
    error = client.wait(job["id"], "failed", seconds=60)["error"]
    assert error.startswith("photo 2 is not an image that can be read") and "/" not in error
