"""What a person does on the page, in headless Chromium, with a real worker: from a photo to files."""

from pathlib import Path

import pytest
from PIL import Image

from bodydouble.double import Double
from tests.headless import find_chromium
from tests.sample import SAMPLE
from tests.studio.chromium import Page
from tests.studio.conftest import QUICK


@pytest.fixture
def page(tmp_path):
    program = find_chromium()
    if program is None:
        pytest.skip("Chromium is not installed: the studio's page is not opened")
    page = Page(program, tmp_path / "profile")
    yield page
    page.close()


def button(label: str) -> str:
    """A button's JavaScript, by what stands on it."""
    return f"[...document.querySelectorAll('button')].find((each) => each.innerText.startsWith('{label}'))"


# All that is said from here on: two files that end together are said within less than one look at the page.
HEAR = """
window.heard = [];
new MutationObserver((records) =>
  heard.push(...records.flatMap((each) => [...each.addedNodes]).map((each) => each.data)))
    .observe(document.querySelector('#said'), { childList: true });
"""


def test_from_a_photo_to_its_files(start, page, tmp_path):
    client = start(QUICK)
    page.download_into(tmp_path)
    page.open(client.studio.address)
    page.wait_for("document.querySelector('#photo') !== null")
    assert page.run("location.hash") == "#/", "the token does not stay in the address"

    photo = tmp_path / "somebody.jpg"
    photo.write_bytes(SAMPLE.read_bytes())
    page.choose_file("#photo", photo)
    page.wait_for("document.querySelector('.stages .now') !== null")
    page.call("Page.reload")  # in the middle: nothing is lost
    page.wait_for("document.querySelector('.tile') !== null", 300)
    page.run("document.querySelector('.tile').click()")
    page.wait_for("document.querySelector('.double')?.dataset.ready")
    assert page.run("document.querySelector('h1').innerText") == "somebody"
    assert page.run("document.querySelector('.photo img').complete")

    page.run(f"{button('Walk')}.click()")
    page.wait_for("document.querySelector('.double').dataset.playing === 'walk.vrma'")
    assert page.run("document.querySelectorAll('.sliders input').length") == 52
    page.run("[...document.querySelectorAll('.switches label')].find((each) => /made up/.test(each.innerText)).click()")
    page.wait_for("document.querySelector('.double').dataset.tinted === 'true'")
    page.run(HEAR)
    page.run(f"{button('Bodydouble file')}.click()")
    page.run(f"{button('3-D model: Walk')}.click()")
    page.run(f"{button('Turntable video')}.click()")
    double, model, video = (tmp_path / f"somebody{end}" for end in (".double", "-walk.glb", "-turntable.mp4"))
    page.wait_for("heard.some((text) => text.includes('turntable.mp4'))")
    for path in (double, model, video):
        _wait_for(page, path)
    assert Double.load(double).metadata.photo_name == "somebody.jpg"
    assert model.read_bytes()[:4] == b"glTF" and b"ftyp" in video.read_bytes()[:12]
    assert page.errors == []


def test_a_bad_file_a_cancel_and_a_second_tab(start, page, tmp_path):
    client = start()
    page.open(client.studio.address)
    page.wait_for("document.querySelector('#photo') !== null")
    for name in ("bad", "slow"):
        (tmp_path / f"{name}.jpg").write_text(name)
        page.choose_file("#photo", tmp_path / f"{name}.jpg")
    page.wait_for("document.body.innerText.includes('This shows nobody.')")
    page.wait_for("document.querySelector('.stages .now') !== null")

    page.run(f"void (window.second = open('http://127.0.0.1:{client.port}/'))")  # a second tab: the token is remembered
    page.wait_for("second.document.body?.innerText.includes('This shows nobody.')")
    second = button("Cancel").replace("document", "second.document")
    page.wait_for(f"{second} !== undefined")
    page.run(f"{second}.click()")
    page.wait_for("document.body.innerText.includes('Cancelled')")
    page.run(f"{button('Remove')}.click()")
    for tab in ("", "second."):
        page.wait_for(f"{tab}document.querySelectorAll('.job').length === 1")
    assert page.errors == []


def test_of_several_people_the_one_that_is_clicked_is_made(start, page, tmp_path):
    client = start()
    page.open(client.studio.address)
    page.wait_for("document.querySelector('#photo') !== null")
    (tmp_path / "group.jpg").write_text("group")
    page.choose_file("#photo", tmp_path / "group.jpg")
    page.wait_for("document.querySelectorAll('.person').length === 2")
    assert page.run("[...document.querySelectorAll('.person')].map((each) => each.disabled)") == [False, True]
    first = client.state()["jobs"][0]
    page.run("document.querySelector('.person').click()")
    page.wait_for("document.querySelectorAll('.job').length === 1")
    while [job["double"] for job in client.state()["jobs"]] == [first["double"]] or len(client.state()["jobs"]) > 1:
        page.run("new Promise((done) => setTimeout(done, 100))")
    (job,) = client.state()["jobs"]
    assert job["options"] == {"person": 1} and job["name"] == "group.jpg"
    assert page.errors == []


def test_a_photo_from_the_camera(start, page, tmp_path):
    client = start()
    page.open(client.studio.address)
    page.wait_for("document.querySelector('#photo') !== null")
    page.run(f"{button('Take one')}.click()")
    page.wait_for("document.querySelector('dialog video')?.videoWidth > 0")
    page.run(f"{button('Take the photo')}.click()")
    page.wait_for("document.querySelector('.tile') !== null")
    assert page.run("document.querySelector('dialog') === null")
    (double,) = client.state()["doubles"]
    assert double["name"] == "camera.jpg"
    taken = Image.open(tmp_path / "studio" / "doubles" / double["id"] / "upload")
    assert taken.format == "JPEG" and min(taken.size) >= 240
    assert page.errors == []


def test_a_page_without_its_key_says_where_it_is(start, page):
    client = start()
    page.open(f"http://127.0.0.1:{client.port}/")
    page.wait_for("document.querySelector('#trouble').innerText.startsWith('Open the address that the studio printed')")


def _wait_for(page: Page, path: Path) -> None:
    """Until a download is whole; Chromium writes it under another name."""
    for _ in range(300):
        if path.exists():
            return
        page.run("new Promise((done) => setTimeout(done, 100))")
    raise AssertionError(f"{path.name} was not downloaded")
