import inspect
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from cardioprint.simulate import DeviceConfig, Draws, measured, pairs
from cardioprint.simulate.devices import draw_device
from cardioprint.simulate.devices.config import EVENTS
from cardioprint.simulate.devices.events import Events, Track, draw_events


@pytest.fixture(scope="module")
def even():
    """Devices on people of whom nobody is more restless than another."""
    return DeviceConfig(restless=0.0, motion=60.0, motion_seconds=(2.0, 10.0))


def drawn(draws, config, seconds):
    return draw_events("motion", draws, draw_device(draws, config), config, seconds=seconds)


@pytest.mark.parametrize("seconds", [10.0, 3_600.0])
def test_events_are_as_frequent_as_said_in_windows_and_in_hours(draws_of, even, seconds):
    people = 4_000 if seconds < 60 else 40
    events = drawn(draws_of(people, record=1), even, seconds)
    mean = 8 / np.log(5)  # of a log-uniform length
    share = mean / (60 + mean)  # pauses of a minute between them
    inside = np.clip(events.stop, 0, seconds) - np.clip(events.start, 0, seconds)
    assert inside.sum() / (people * seconds) == pytest.approx(share, rel=0.08)
    assert (events.start < seconds).all()
    assert (events.stop > 0).all()
    # The beginning of a record is no special time.
    early = (events.start < 1) & (events.stop > 1)
    assert early.sum() / people == pytest.approx(share, rel=0.3 if people > 1_000 else 2.0)


def test_events_of_a_person_do_not_depend_on_the_others(draws_of, even):
    draws = draws_of(64, record=1)
    many = drawn(draws, even, 600.0)
    few = drawn(replace(draws, people=draws.people[10:12]), even, 600.0)
    for row in (0, 1):
        np.testing.assert_array_equal(
            np.sort(many.start[many.row == 10 + row]), np.sort(few.start[few.row == row])
        )


def test_events_of_a_kind_do_not_overlap(draws_of, even):
    events = drawn(draws_of(30, record=1), even, 3_600.0)
    for row in range(30):
        mine = events.row == row
        start, stop = np.sort(events.start[mine]), np.sort(events.stop[mine])
        assert (stop[:-1] < start[1:]).all()


def test_nothing_happens_where_nothing_may(draws_of, even):
    assert len(drawn(draws_of(20), replace(even, motion=0.0), 600.0)) == 0
    still = DeviceConfig(kinds=tuple(replace(k, walking=0.0) for k in even.kinds), walking=500.0)
    draws = draws_of(20)
    device = draw_device(draws, still)
    assert len(draw_events("walking", draws, device, still, seconds=600.0)) == 0


def test_no_two_quantities_share_random_numbers(monkeypatch):
    """Each name is drawn in one place, has a checksum of its own, and is the devices' or not."""
    places = defaultdict(set)
    original = Draws._words

    def spy(self, name, count):
        frames = [f for f in inspect.stack()[1:] if not f.filename.endswith("draws.py")]
        frames = [f for f in frames if f.function != "phases"]
        places[name].add((Path(frames[0].filename).parent.name, frames[0].lineno))
        return original(self, name, count)

    monkeypatch.setattr(Draws, "_words", spy)
    busy = dict.fromkeys(EVENTS, 400.0) | {"flickering": 1.0}
    measured(pairs(200, 1, balanced=True), seed=1, config=DeviceConfig(**busy))
    assert len({crc32(name.encode()) for name in places}) == len(places)
    devices = {name for name in places if name.startswith("device")}
    assert len(devices) > 20
    for name, where in places.items():
        assert {folder == "devices" for folder, _ in where} == {name in devices}, name
        if name in devices:
            assert len(where) == 1, name


def test_flags_and_envelopes_end_where_events_do():
    from cardioprint.simulate import Backend

    b = Backend(dtype="float64")
    events = Events(
        row=b.integers([0, 1, 1]),
        start=b.array([-1.0, 2.0, 9.5]),
        stop=b.array([1.0, 3.0, 12.0]),
        chance=b.zeros(3, 4),
    )
    track = Track(records=2, count=100, rate=10.0, b=b)
    flags = track.flags(events)
    assert np.flatnonzero(flags[0]).tolist() == list(range(10))
    assert np.flatnonzero(flags[1]).tolist() == [*range(20, 30), *range(95, 100)]
    smooth = track.envelope(events, b.array([1.0, 2.0, 3.0]), ramp=0.3)
    assert smooth[1, 25] == 2
    assert smooth[0, 0] == 1
    assert 0 < smooth[0, 9] < 1
    assert (smooth[~flags] == 0).all()
    jump = track.envelope(events, b.array([1.0, 2.0, 3.0]), ramp=0.0)
    assert set(jump[1, 20:30]) == {2.0}
