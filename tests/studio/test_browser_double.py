"""What a person does with a double on its page, in headless Chromium: it walks, is posed, speaks and is painted on."""

from dataclasses import replace

import pytest

from bodydouble.double import Double
from bodydouble.parsing.labels import HAIR
from bodydouble.studio.keeping import keep_double
from tests.attached import tube_skirt
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
    hang_skirt(folder / "doubles" / made["double"], made)
    return folder


def hang_skirt(folder, job):
    """On the double of a folder: the drawn person has none."""
    double = Double.load(folder / "double.double")
    skirted = replace(double, attached=(*double.attached, tube_skirt(double.body, double.rest)))
    keep_double(skirted, folder, job, None, {}, (), lambda what, done: None)


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


def test_pictures_that_come_late_have_fewer_pixels(page):
    ratios = page.run(
        f"(() => {{ const {{ viewer }} = {VIEW}; "
        "viewer.renderer.setAnimationLoop(null); viewer.renderer.setPixelRatio(2); "
        "const after = (seconds) => { viewer.paces = []; for (let n = 0; n < 45; n++) viewer.ease(seconds); "
        "return viewer.renderer.getPixelRatio(); }; return [1 / 60, 1 / 30, 1 / 30, 1 / 30, 1 / 30].map(after); })()"
    )
    assert ratios == [2, 1.5, 1.125, 1, 1]


def test_how_long_it_takes_is_told_by_how_it_went(page):
    moments = "[[0, 0], [0.05, 5000], [0.1, 12000], [0.9, 60000], [0.1, 61000]]"
    told = page.run(
        "import('/page/pace.mjs').then(({ Pace }) => { const pace = new Pace(); "
        f"return {moments}.map(([done, now]) => pace.left(done, now)); }})"
    )
    assert told == ["", "", "about 2 min left", "less than a minute left", ""], "the last one began anew"


def paint(page, bone, above_m=0.0, label=None, colour=None):
    """Paint a few strokes over a bone, or so far above it, and let that be something else."""
    page.run("document.querySelector('.repaint').open = true")
    page.run("[...document.querySelectorAll('.repaint button')].find((each) => each.innerText === 'Paint').click()")
    page.run("document.querySelector('canvas').scrollIntoView()")
    left, top = page.run("(({ left, top }) => [left, top])(document.querySelector('canvas').getBoundingClientRect())")
    place = f"{VIEW}.avatar.bone('{bone}').localToWorld({VIEW}.avatar.root.position.clone().set(0, {above_m}, 0))"
    x, y = page.run(f"{VIEW}.viewer.onCanvas({place}).toArray()")
    for row in (-8, 0, 8):
        page.drag((left + x - 10, top + y + row), (left + x + 10, top + y + row))
    page.wait_for(f"!{VIEW}.repaint.brush.empty && {VIEW}.repaint.brush.ahead.length === 0")
    way, name, value = ("label", "select", label) if label else ("colour", "#colour", colour)
    page.run(f"document.querySelector('.repaint [value={way}]').checked = true")
    page.run(f"document.querySelector('.repaint {name}').value = '{value}'")


def change(page, client, folder):
    """The double that comes of what was painted, and what the studio says of it."""
    page.run("[...document.querySelectorAll('.repaint button')].find((each) => each.innerText === 'Change it').click()")
    page.wait_for("document.querySelectorAll('.tile').length === 2", 600)
    newest = client.state()["doubles"][0]
    double = Double.load(folder / "doubles" / newest["id"] / "double.double")
    client.call("DELETE", f"/api/doubles/{newest['id']}")
    return double, newest


def test_a_painted_part_gets_another_colour(page, client, folder):
    page.run("document.querySelector('.repaint').open = true")
    page.run("[...document.querySelectorAll('.repaint button')].find((each) => each.innerText === 'Change it').click()")
    page.wait_for("document.querySelector('#trouble').innerText.startsWith('Nothing is painted yet')")
    paint(page, "upperChest", colour="#c03020")
    assert page.run(f"{VIEW}.parts.madeUp.control.disabled"), "other colours would mix with what is painted"
    _, newest = change(page, client, folder)
    assert newest["options"]["colour"] == "#c03020"
    assert "A region was painted" in " ".join(note.capitalize() for note in newest["notes"])


def test_hair_painted_on_the_face_is_hair(page, client, folder):
    before = made(client, folder).texture.labels == HAIR
    paint(page, "head", 0.08, label="hair")
    double, newest = change(page, client, folder)
    assert newest["options"]["label"] == "hair"
    assert int((double.texture.labels == HAIR).sum()) > int(before.sum()) + 20, "texels, of 128 a side"


def test_skin_painted_on_a_skirt_cuts_it_away(page, client, folder):
    assert "cuts it away" in page.run("document.querySelector('.repaint').textContent")
    paint(page, "hips", -0.25, label="skin")
    double, _ = change(page, client, folder)
    skirt = next(surface for surface in double.attached if surface.name == "skirt")
    assert skirt.texture.alpha is not None and 0.005 < float((skirt.texture.alpha < 0.5).float().mean()) < 0.3


def test_keys_alone_paint_and_come_nearer(page):
    page.run("document.querySelector('canvas').focus()")
    distance = f"{VIEW}.viewer.camera.position.distanceTo({VIEW}.viewer.controls.target)"
    before = page.run(distance)
    page.key("Down", "Equal", "+", shift=True)
    page.wait_for(f"{distance} < {0.9 * before}")
    page.run("document.querySelector('.repaint').open = true")
    page.run("[...document.querySelectorAll('.repaint button')].find((each) => each.innerText === 'Paint').click()")
    assert page.run("document.activeElement === document.querySelector('canvas')")
    ring = "document.querySelector('.ring').offsetTop"
    top = page.run(ring)
    for _ in range(3):
        page.key("Down", "ArrowUp", "ArrowUp", shift=True)
    assert page.run(ring) < top - 15
    page.key("Down", "Space", " ")
    page.wait_for(f"!{VIEW}.repaint.brush.empty")


def made(client, folder) -> Double:
    """The first double."""
    return Double.load(folder / "doubles" / client.state()["doubles"][-1]["id"] / "double.double")
