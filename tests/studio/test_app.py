"""What the page asks for becomes jobs and doubles, or one sentence."""

import pytest


def test_a_photo_becomes_a_double(client):
    job = client.add(b"a", "me%20there.jpg")
    assert client.wait(job["id"], "done")["done"] == 1
    (double,) = client.state()["doubles"]
    assert double["name"] == "me there.jpg" and double["id"] == job["double"]
    assert client.request("GET", f"/api/doubles/{double['id']}/double.double")[2] == b"a"


@pytest.mark.parametrize(("sent", "shown"), [("..%2F..%2Fa.jpg", "a.jpg"), ("C:%5Ca.jpg", "a.jpg"), ("", "photo")])
def test_a_photo_s_name_is_shown_and_names_no_file(client, sent, shown):
    assert client.add(b"slow", sent)["name"] == shown


def test_a_product_is_made_once_when_it_is_asked_for(client):
    made = client.add(b"a")
    client.wait(made["id"], "done")
    path = f"/api/doubles/{made['double']}/walk.glb"
    assert client.request("GET", path)[0] == 404
    job = client.call("POST", path)
    client.wait(job["id"], "done")
    assert client.request("GET", path)[2] == b"made of Walk"
    assert client.error("POST", f"/api/doubles/{made['double']}/double.double")[0] == 400
    assert client.error("POST", f"/api/doubles/{made['double']}/person.jpg")[0] == 400
    client.wait(client.call("POST", f"/api/doubles/{made['double']}/double.vrm")["id"], "done")
    assert client.error("POST", f"/api/doubles/{'0' * 16}/walk.glb")[0] == 400
    assert client.error("POST", f"/api/doubles/{made['double']}/walk.exe")[0] == 400


def test_a_dropped_motion_takes_the_place_of_the_one_before(client, tmp_path):
    made = client.add(b"a")
    path = f"/api/doubles/{made['double']}"
    assert client.error("POST", f"{path}/motion?name=a.bvh", b"x")[0] == 400, "not made yet"
    client.wait(made["id"], "done")
    for name in ("run.bvh", "dance.vrma", "jump.npz"):
        job = client.call("POST", f"{path}/motion?name={name}", b"frames")
        client.wait(job["id"], "done")
        assert client.request("GET", f"{path}/own.vrma")[2] == f"made of {name}".encode()
    folder = tmp_path / "studio" / "doubles" / made["double"]
    assert [file.name for file in folder.glob("motion.*")] == ["motion.npz"]
    status, error = client.error("POST", f"{path}/motion?name=a.py", b"x")
    assert status == 400 and error.startswith("a.py is no motion that is read")


@pytest.mark.parametrize("file", ["own.vrma", "own.mp4"])
def test_a_motion_that_is_dropped_while_another_is_made_is_made(client, tmp_path, file):
    made = client.add(b"a")
    path, upload = f"/api/doubles/{made['double']}", tmp_path / "studio" / "doubles" / made["double"] / "upload"
    client.wait(made["id"], "done")
    client.wait(client.call("POST", f"{path}/motion?name=run.bvh", b"frames")["id"], "done")
    upload.write_text("slow")
    before = client.call("POST", f"{path}/{file}")
    client.wait(before["id"], "running")
    upload.write_text("a")
    job = client.call("POST", f"{path}/motion?name=jump.bvh", b"frames")
    assert job["id"] != before["id"]
    client.wait(job["id"], "done")
    assert client.request("GET", f"{path}/own.vrma")[2] == b"made of jump.bvh"
    assert not [each for each in client.state()["jobs"] if each["state"] == "running"]


def test_options_are_numbers(client):
    assert client.call("POST", "/api/photos?name=a.jpg&height=1.74", b"a")["options"] == {"height": 1.74}
    useless = ("height=nan", "height=-inf", "height=1e99", "seed=12345678901234567890", f"person={'9' * 5000}")
    for query in ("height=tall", "person=1.5", *useless):
        assert "expected numbers" in client.error("POST", f"/api/photos?name=a.jpg&{query}", b"a")[1]
    assert len(client.state()["jobs"]) == 1


def test_somebody_else_in_the_same_photo_is_another_double(client):
    first = client.add(b"a", "group.jpg")
    client.wait(first["id"], "done")
    second = client.call("POST", f"/api/doubles/{first['double']}/again?person=2&name=group.jpg")
    assert second["options"] == {"person": 2} and second["double"] != first["double"]
    client.wait(second["id"], "done")
    assert len(client.state()["doubles"]) == 2
    assert client.error("POST", f"/api/doubles/{'0' * 16}/again?person=2")[0] == 400


def test_a_photo_from_another_side_is_another_double_of_both(client):
    first = client.add(b"a", "front.jpg")
    for count in (2, 3):
        client.wait(first["id"], "done")
        path = f"/api/doubles/{first['double']}/again?further=1&height=1.7&name=front.jpg"
        first = client.call("POST", path, b"from behind")
        client.wait(first["id"], "done")
        newest = client.state()["doubles"][0]
        assert (newest["photos"], newest["name"], newest["options"]) == (count, "front.jpg", {"height": 1.7})
    assert client.error("POST", f"/api/doubles/{first['double']}/again?further=1", b"")[0] == 400
    assert len(client.state()["doubles"]) == 3


def test_a_changed_double_is_another_one_of_the_same_photos(client, tmp_path):
    first, other = client.add(b"a", "me.jpg"), client.add(b"b", "you.jpg")
    client.wait(other["id"], "done")
    path = f"/api/doubles/{first['double']}/edit"
    painted = client.call("POST", f"{path}?edit=colour&colour=%23aa1020", b'{"body": ""}')
    assert painted["name"] == "me.jpg" and painted["options"] == {"window": None, "edit": "colour", "colour": "#aa1020"}
    other_guess = client.call("POST", f"/api/doubles/{first['double']}/again?seed=3")
    client.wait(other_guess["id"], "done")
    again = client.call("POST", f"/api/doubles/{other_guess['double']}/edit?edit=again&again=1", b'{"body": ""}')
    assert again["options"] == {"seed": 3, "window": None, "edit": "again", "again": 1}
    dressed = client.call("POST", f"{path}?edit=wear&wear={other['double']}")
    client.wait(dressed["id"], "done")
    folders = [tmp_path / "studio" / "doubles" / job["double"] for job in (painted, dressed)]
    assert [(folder / "source.double").read_bytes() for folder in folders] == [b"a", b"a"]
    assert (folders[0] / "region.json").read_bytes() == b'{"body": ""}'
    assert (folders[1] / "clothes.double").read_bytes() == b"b"
    assert all((folder / "upload").read_bytes() == b"a" for folder in folders)
    assert len(client.state()["doubles"]) == 6


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("edit=paint", "there is no edit 'paint'"),
        ("edit=colour&colour=red", "'red' is no colour"),
        ("edit=again&again=-1", "'-1' is no seed"),
        ("edit=label", "needs a value"),
        ("edit=wear&wear=0000000000000000", "no such double to take the clothes of"),
        ("edit=wear&wear=../..", "there is no such double"),
    ],
)
def test_what_cannot_be_changed_is_told_and_leaves_nothing(client, tmp_path, query, error):
    job = client.add(b"a")
    client.wait(job["id"], "done")
    status, told = client.error("POST", f"/api/doubles/{job['double']}/edit?{query}", b"{}")
    assert status == 400 and error in told
    assert client.error("POST", f"/api/doubles/{'0' * 16}/edit?edit=again&again=1", b"{}")[0] == 400
    assert len(list((tmp_path / "studio" / "doubles").iterdir())) == 1
