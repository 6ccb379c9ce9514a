"""The pictures of docs/studio.md, of the drawn sample alone: `python -m tests.studio.screenshots docs`."""

import sys
import tempfile
import time
from pathlib import Path

from bodydouble.studio.worker import WORKER
from tests.headless import find_chromium
from tests.studio.chromium import Page
from tests.studio.conftest import open_studio

READY = "document.querySelector('.double')?.dataset"
CLICK = (
    "[...document.querySelectorAll('button, .switches label')].find((each) => each.innerText.startsWith('{}')).click()"
)


def main(folder: Path) -> None:
    """Write them."""
    with tempfile.TemporaryDirectory() as temporary:
        program = find_chromium()
        assert program is not None, "Chromium is not installed"
        client = open_studio(Path(temporary) / "studio", WORKER)
        page = Page(program, Path(temporary) / "profile")
        try:
            take_pictures(page, client.studio.address, folder)
        finally:
            page.close()
            client.close()


def take_pictures(page: Page, address: str, folder: Path) -> None:
    """Of the making, of the double in both schemes, and of a phone."""
    page.open(address)
    page.wait_for("document.querySelector('#photo') !== null")
    page.run(CLICK.format("Try a drawn person"))
    page.wait_for(
        "!!document.querySelector('.job img')?.src && /Shaping/.test(document.querySelector('.now')?.innerText)"
    )
    page.picture(folder / "studio-making.jpg")
    page.wait_for("document.querySelector('.tile') !== null", 300)
    page.run("document.querySelector('.tile').click()")
    page.wait_for(f"!!{READY}.ready")
    page.run(CLICK.format("Dance"))
    page.wait_for(f"{READY}.playing === 'dance.glb'")
    time.sleep(2)
    page.picture(folder / "studio-double.jpg")
    page.resize((1200, 860), dark=True)
    page.run(CLICK.format("What was made up"))
    page.wait_for(f"{READY}.tinted === 'true'")
    page.run("document.querySelector('#compare').value = 100")
    page.run("document.querySelector('#compare').dispatchEvent(new Event('input'))")
    time.sleep(1)
    page.picture(folder / "studio-made-up.jpg")
    page.run(CLICK.format("What was made up"))
    page.run(CLICK.format("Wave"))
    page.wait_for(f"{READY}.playing === 'wave.glb'")
    page.resize((390, 800))
    time.sleep(2)
    page.picture(folder / "studio-phone.jpg")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
