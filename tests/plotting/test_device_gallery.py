import numpy as np
from PIL import Image

from cardioprint.plotting.device_gallery import draw


def test_six_devices_are_drawn(tmp_path):
    draw(tmp_path / "devices.png", seed=5)
    pixels = np.asarray(Image.open(tmp_path / "devices.png").convert("L"))
    assert pixels.shape[1] == 1_600
    rows = (pixels < 200).any(axis=1)
    gaps = np.flatnonzero(np.diff(np.flatnonzero(rows)) > 20)
    assert len(gaps) >= 6  # a heading and six rows
