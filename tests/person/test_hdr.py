"""What was filmed in HLG, PQ or wide primaries is shown as the same colours in sRGB."""

from pathlib import Path

import av
import numpy as np
import pytest

from bodydouble.person.hdr import needs_conversion, to_srgb
from bodydouble.person.photo import read_photo
from bodydouble.person.video import read_frames
from tests.person.icc_profiles import srgb_decode

PQ, HLG, SDR = 16, 18, 1
BT709, BT2020, P3 = 1, 9, 12
# Linear light of sRGB in other primaries: ITU-R BT.2087, table 4; Display P3 by its chromaticities.
FROM_SRGB = {
    BT2020: np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]),
    P3: np.array([[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]]),
}


def colours() -> np.ndarray:
    """64×96×3, sRGB in [0, 1], not so bright that highlights are bent."""
    y, x = np.mgrid[0:1:64j, 0:1:96j]
    return np.stack([0.1 + 0.7 * x, 0.1 + 0.7 * y, 0.8 - 0.6 * x * y], -1)


def hlg_signal(light: np.ndarray) -> np.ndarray:
    """BT.2100's OETF; reference white (1.0) comes to 75 % (0.265 of the peak)."""
    scene = 0.26496 * light
    return np.where(
        scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(12 * scene.clip(1 / 12) - 0.28466892) + 0.55991073
    )


def pq_signal(light: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084; reference white is 203 cd/m²."""
    power = (203 * light / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


SIGNALS = {HLG: hlg_signal, PQ: pq_signal}


def sixteen_bits(values: np.ndarray) -> np.ndarray:
    return (values.clip(0, 1) * 65535).round().astype(np.uint16)


@pytest.mark.parametrize("transfer", SIGNALS)
@pytest.mark.parametrize("primaries", [BT2020, P3])
def test_hdr_comes_back_to_what_was_filmed(transfer, primaries):
    light = srgb_decode(colours()) @ FROM_SRGB[primaries].T
    shown = to_srgb(sixteen_bits(SIGNALS[transfer](light.clip(0))), transfer, primaries)
    assert np.abs(shown - 255 * colours()).max() < 3


def test_wide_primaries_alone():
    light = srgb_decode(colours()) @ FROM_SRGB[P3].T
    signal = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light.clip(0.0031308) ** (1 / 2.4) - 0.055)
    assert np.abs(to_srgb(sixteen_bits(signal), SDR, P3) - 255 * colours()).max() < 3


@pytest.mark.parametrize("transfer", SIGNALS)
def test_highlights_bend_and_keep_their_order_and_hue(transfer):
    light = np.linspace(0.5, 3.5, 40)[:, None, None] * (1.0, 0.8, 0.6)
    shown = to_srgb(sixteen_bits(SIGNALS[transfer](light)), transfer, BT709).astype(int)
    assert (np.diff(shown[:, 0], axis=0) >= 0).all() and shown[-1, 0, 0] >= 250
    assert (shown[:, 0, 0] > shown[:, 0, 1]).all() and (shown[:, 0, 1] > shown[:, 0, 2]).all()
    assert shown[20, 0, 0] < 255  # not cut off, though brighter than reference white


def test_what_is_near_srgb_is_left_alone():
    assert not any(needs_conversion(SDR, primaries) for primaries in (0, 1, 2, 5, 6))
    assert needs_conversion(HLG, 2) and needs_conversion(PQ, BT709) and needs_conversion(SDR, BT2020)


@pytest.mark.parametrize("transfer", SIGNALS)
def test_a_video_says_what_it_is(transfer, tmp_path):
    light = srgb_decode(colours()) @ FROM_SRGB[BT2020].T
    signal = sixteen_bits(SIGNALS[transfer](light.clip(0)))
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.height, stream.width, stream.pix_fmt = *signal.shape[:2], "yuv444p10le"
        stream.codec_context.color_trc, stream.codec_context.color_primaries = transfer, BT2020
        stream.codec_context.colorspace = BT2020
        frame = av.VideoFrame.from_ndarray(signal, format="rgb48le").reformat(
            format="yuv444p10le", dst_colorspace=BT2020
        )
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = next(read_frames(tmp_path / "a.mkv", 10**6)).rgb
    assert np.abs(shown - 255 * colours()).mean() < 3


def test_the_phone_s_video_of_the_case(shared):
    plain, hdr = (next(read_frames(shared / "cases" / f"video_{kind}.mp4", 10**6)).rgb for kind in ("plain", "hlg"))
    assert np.abs(plain.astype(int) - hdr).mean() < 4


def test_a_photo_in_pq():
    """HEIC as some cameras write it: 10 bits, BT.2020, PQ."""
    pytest.importorskip("pi_heif")
    photo = read_photo(Path(__file__).parent / "pq.heic")
    assert np.abs(photo.rgb.permute(1, 2, 0).numpy() - colours()).mean() < 0.015
