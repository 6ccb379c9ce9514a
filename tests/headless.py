"""Headless Chromium: where it is, and flags for WebGL without a graphics card and for sound that nobody asked for."""

import shutil

FLAGS = (
    "--headless --no-sandbox --disable-gpu --enable-unsafe-swiftshader --use-gl=angle --use-angle=swiftshader "
    "--autoplay-policy=no-user-gesture-required --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run --disable-quic"
).split()


def find_chromium() -> str | None:
    """The program; None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
