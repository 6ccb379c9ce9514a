"""What a person does with a double on its page, in headless Chromium: it walks, is posed, speaks and is painted on."""

import pytest

from tests.headless import find_chromium
from tests.studio.chromium import Page
from tests.studio.conftest import QUICK, open_studio

VIEW = "document.querySelector('.double').view"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Of a studio that has made the drawn person."""
    folder = tmp_path_factory.mktemp("made") / "studio"
    client = open_studio(folder, QUICK)
    job = client.call("POST", "/api/sample")
    made = client.wait(job["id"], "done", "failed", seconds=600)
    client.close()
    assert made["state"] == "done", made
    return folder


@pytest.fixture
def client(start, folder):
    return start(QUICK, folder)


@pytest.fixture
def page(client, tmp_path):
    """On the double."""
    program = find_chromium()
    if program is None:
        pytest.skip("Chromium is not installed: the studio's page is not opened")
    page = Page(program, tmp_path / "profile")
    page.open(client.studio.address)
    page.wait_for("document.querySelector('.tile') !== null")
    page.run("[...document.querySelectorAll('.tile')].at(-1).click()")
    page.wait_for("document.querySelector('.double')?.dataset.ready")
    yield page
    assert page.errors == []
    page.close()


def place_of(page: Page, bone: str) -> list[float]:
    return page.run(f"{VIEW}.avatar.bone('{bone}').matrixWorld.elements.slice(12, 15)")


def test_it_walks_where_the_keys_say(page):
    page.run("document.querySelector('canvas').focus()")
    page.key("Down", "KeyD", "d")
    page.wait_for("document.querySelector('.double').dataset.playing === 'walk.vrma'")
    page.wait_for(f"{VIEW}.avatar.root.position.length() > 0.5")
    x, _, z = page.run(f"{VIEW}.avatar.root.position.toArray()")
    assert x > 0.4 and abs(z) < x, "to the right of the picture"
    page.key("Up", "KeyD", "d")
    page.wait_for("document.querySelector('.double').dataset.playing === 'idle.vrma'")
    assert 0.6 < page.run(f"{VIEW}.walking.pace") < 2.5, "metres a second"


def test_joints_are_dragged_by_pointer_and_by_keys(page):
    page.run("[...document.querySelectorAll('.choice')].find((each) => each.innerText === 'Pose').click()")
    hand = "button[title='Left hand']"
    page.wait_for(f"document.querySelector({hand!r}).style.transform !== ''")
    before, feet = place_of(page, "leftHand"), place_of(page, "leftFoot")
    x, y = page.middle(hand)
    page.drag((x, y), (x + 30, y - 150))
    page.wait_for(f"{VIEW}.avatar.bone('leftHand').matrixWorld.elements[13] > {before[1] + 0.2}")
    after = place_of(page, "leftHand")
    assert place_of(page, "leftFoot") == pytest.approx(feet, abs=1e-3), "nothing else moves"
    page.run(f"document.querySelector({hand!r}).focus()")
    for _ in range(3):
        page.key("Down", "ArrowDown", "ArrowDown")
    page.wait_for(f"{VIEW}.avatar.bone('leftHand').matrixWorld.elements[13] < {after[1] - 0.05}")
    page.run("[...document.querySelectorAll('.choice')].find((each) => each.innerText === 'Idle').click()")
    page.wait_for("document.querySelector('.joints').hidden")


def test_the_mouth_says_what_is_typed(page):
    shapes = page.run("import('/page/visemes.mjs').then((m) => m.visemesOf('Mama, boo!').map(({ shape }) => shape))")
    assert shapes == ["closed", "aa", "closed", "aa", "rest", "rest", "closed", "ou", "rest"]
    page.run("document.querySelector('#sentence').value = 'Mama! Papa! Aaah, a banana.'")
    page.run("document.querySelector('.speech button').click()")
    page.wait_for(f"{VIEW}.avatar.vrm.expressionManager.getValue('aa') > 0.4", 30)
    page.wait_for(f"!{VIEW}.speech.speaking && {VIEW}.avatar.vrm.expressionManager.getValue('aa') < 0.05", 60)


def test_the_report_says_what_programs_ask_for(page):
    page.run("document.querySelector('.report').open = true")
    page.wait_for("document.querySelectorAll('.report tr').length > 10")
    told = page.run("document.querySelector('.report').innerText")
    assert "15 of 15" in told and "52 of 52" in told and "VRM 1.0" in told
    cost = page.run(f"import('/page/report.mjs').then(({{ measureCost }}) => measureCost({VIEW}.avatar))")
    assert cost["triangles"] < 70_000 and cost["draws"] <= 20


def test_a_painted_part_gets_another_colour(page, client):
    page.run("document.querySelector('.repaint').open = true")
    page.run("[...document.querySelectorAll('.repaint button')].find((each) => each.innerText === 'Paint').click()")
    page.run("[...document.querySelectorAll('.repaint button')].find((each) => each.innerText === 'Change it').click()")
    page.wait_for("document.querySelector('#trouble').innerText.startsWith('Nothing is painted yet')")
    page.run("document.querySelector('canvas').scrollIntoView()")
    x, y = page.middle("canvas")
    page.drag((x - 10, y - 60), (x + 10, y - 40))
    page.wait_for(f"!{VIEW}.repaint.brush.empty")
    assert page.run(f"{VIEW}.parts.madeUp.control.disabled"), "other colours would mix with what is painted"
    page.run("document.querySelector('#colour').value = '#c03020'")
    page.run("[...document.querySelectorAll('.repaint button')].find((each) => each.innerText === 'Change it').click()")
    page.wait_for("document.querySelectorAll('.tile').length === 2", 300)
    newest = client.state()["doubles"][0]
    assert newest["options"]["colour"] == "#c03020"
    assert "A region was painted" in " ".join(note.capitalize() for note in newest["notes"])
    client.call("DELETE", f"/api/doubles/{newest['id']}")
