"""The pictures of docs/studio.md, of drawn people alone: `python -m tests.studio.screenshots docs ANOTHER_DRAWN.png`.

The first one is the sample; the second gives clothes, and stands beside the first where there are several.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from bodydouble.studio.worker import WORKER
from tests.headless import find_chromium
from tests.sample import SAMPLE
from tests.studio.chromium import Page
from tests.studio.conftest import open_studio

SIZE, PHONE = (1200, 860), (390, 800)
VIEW = "document.querySelector('.double').view"
READY = "document.querySelector('.double')?.dataset"
CLICK = (
    "[...document.querySelectorAll('button, summary, .switches label')]"
    ".find((each) => each.innerText.startsWith('{}')).click()"
)
Shoot = Callable[[str], None]


def main(folder: Path, other: Path) -> None:
    """Write them."""
    with tempfile.TemporaryDirectory() as temporary:
        program = find_chromium()
        assert program is not None, "Chromium is not installed"
        client = open_studio(Path(temporary) / "studio", WORKER)
        page = Page(program, Path(temporary) / "profile", SIZE)

        def shoot(name: str) -> None:
            page.picture(folder / f"studio-{name}.jpg", whole=False)

        try:
            page.open(client.studio.address)
            page.wait_for("document.querySelector('#photo') !== null")
            show_making(page, shoot, other, Path(temporary))
            show_double(page, shoot)
            show_changes(page, shoot)
            show_dark_and_small(page, shoot)
        finally:
            page.close()
            client.close()


def show_making(page: Page, shoot: Shoot, other: Path, temporary: Path) -> None:
    """Stages, a queue, several people, and what comes to nothing; two doubles are there in the end."""
    both, letter, second = (temporary / name for name in ("both.jpg", "letter.pdf", "Another drawn person.png"))
    stand_together(SAMPLE, other, both)
    second.write_bytes(other.read_bytes())
    letter.write_bytes(b"%PDF-1.7")
    page.run(CLICK.format("Try a drawn person"))
    page.choose_file("#photo", second)
    page.wait_for(
        "!!document.querySelector('.job img')?.src && /Shaping/.test(document.querySelector('.now')?.innerText)", 600
    )
    shoot("making")
    page.wait_for("document.querySelectorAll('.tile').length === 2", 900)
    page.choose_file("#photo", letter)
    page.wait_for("document.querySelector('.job.failed') !== null")
    page.choose_file("#photo", both)
    page.wait_for("document.querySelectorAll('.person').length === 2", 300)
    page.wait_for("document.querySelector('.people img').complete")
    shoot("people")
    page.run(CLICK.format("Cancel"))
    page.wait_for("document.body.innerText.includes('Cancelled')")
    shoot("ended")
    for _ in range(2):
        page.run(CLICK.format("Remove"))
        time.sleep(2)


def stand_together(first: Path, second: Path, path: Path) -> None:
    """Two photos side by side, of the first one's height."""
    left, right = Image.open(first).convert("RGB"), Image.open(second).convert("RGB")
    right = right.resize((round(right.width * left.height / right.height), left.height))
    both = Image.new("RGB", (left.width + right.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    both.save(path, quality=92)


def open_double(page: Page, number: int) -> None:
    """Of that number in the gallery, from the newest on."""
    page.run("location.hash = '#/'")
    page.wait_for("document.querySelector('.double') === null")
    page.run(f"document.querySelectorAll('.tile')[{number}].click()")
    page.wait_for(f"!!{READY}?.ready")
    page.run("scrollTo(0, 0)")
    time.sleep(1)


def show_double(page: Page, shoot: Shoot) -> None:
    """Walking, posed, speaking."""
    open_double(page, 1)
    page.run("document.querySelector('canvas').focus()")
    page.key("Down", "KeyD", "d")
    page.wait_for(f"{READY}.playing === 'walk.vrma' && {VIEW}.avatar.root.position.length() > 1")
    shoot("double")
    page.key("Up", "KeyD", "d")
    page.run(f"{VIEW}.avatar.root.rotation.set(0, 0, 0)")
    page.wait_for(f"{READY}.playing === 'idle.vrma'")
    page.run(CLICK.format("Pose"))
    time.sleep(1)
    for joint, across, down in (("Left hand", 60, -260), ("Right foot", -60, -110), ("Right hand", -60, -40)):
        x, y = page.middle(f"button[title='{joint}']")
        page.drag((x, y), (x + across, y + down))
    time.sleep(1)
    shoot("pose")
    page.run(CLICK.format("Idle"))
    page.run("document.querySelector('.face').open = true")
    time.sleep(3)
    page.run(CLICK.format("happy"))
    page.run("document.querySelector('#sentence').value = 'Oh, aha! So am I.'")
    page.run(CLICK.format("Say"))
    page.wait_for(f"{VIEW}.avatar.vrm.expressionManager.getValue('aa') > 0.5")
    shoot("face")


def show_changes(page: Page, shoot: Shoot) -> None:
    """A part that is painted over, and other clothes."""
    open_double(page, 1)
    page.run("document.querySelector('.repaint').open = true")
    page.run(CLICK.format("Paint"))
    x, y = page.middle("canvas")
    for row in range(5):
        page.drag((x - 30, y - 130 + 14 * row), (x + 40, y - 130 + 14 * row))
    page.wait_for(f"!{VIEW}.repaint.brush.empty && !{VIEW}.repaint.brush.ahead.length")
    page.run("document.querySelector('#colour').value = '#b03a2e'")
    page.run("document.querySelector('.repaint').scrollIntoView({ block: 'end' })")
    time.sleep(1)
    shoot("paint")
    page.run(CLICK.format("Change it"))
    page.wait_for("document.querySelectorAll('.tile').length === 3", 600)
    open_double(page, 2)
    page.run(CLICK.format("Wear another"))
    page.run("[...document.querySelectorAll('.outfit')].at(-1).click()")
    page.wait_for("document.querySelectorAll('.tile').length === 4", 600)
    open_double(page, 0)
    time.sleep(2)
    shoot("wear")


def show_dark_and_small(page: Page, shoot: Shoot) -> None:
    """The gallery and what was made up, dark; both views on a phone."""
    page.resize(SIZE, dark=True)
    page.run("location.hash = '#/'")
    page.wait_for("document.querySelector('.tile') !== null")
    time.sleep(1)
    shoot("gallery")
    open_double(page, 3)
    page.run(CLICK.format("What was made up"))
    page.wait_for(f"{READY}.tinted === 'true'", 300)
    page.run(CLICK.format("Dance"))
    page.wait_for(f"{READY}.playing === 'dance.vrma'", 300)
    page.run("document.querySelector('#compare').value = 55")
    page.run("document.querySelector('#compare').dispatchEvent(new Event('input'))")
    time.sleep(2)
    shoot("made-up")
    page.resize(PHONE)
    page.run(CLICK.format("What was made up"))
    page.run(CLICK.format("Wave"))
    page.wait_for(f"{READY}.playing === 'wave.vrma'", 300)
    time.sleep(2)
    page.run("scrollTo(0, 0)")
    shoot("phone")
    page.run("location.hash = '#/'")
    page.wait_for("document.querySelector('.tile') !== null")
    time.sleep(1)
    shoot("phone-home")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
