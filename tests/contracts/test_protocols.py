"""What every protocol on the shelf must keep to."""

import dataclasses

import numpy as np
import pytest

from fathom import shelf
from fathom.ops.metrics import METRICS
from fathom.protocols._base import Protocol, parse_signature
from fathom.records import Camera, Sample

NAMES = shelf.names("protocols")


class Truths:
    """One truth of the size that the protocol wants, under any title."""

    fingerprint = "0123abcd"

    def __init__(self, title, frame):
        self.title, self.frame = title, frame

    def __len__(self):
        return 1

    def __iter__(self):
        height, width = self.frame
        depth_m = np.full(self.frame, 2.0, np.float32)
        rgb = np.zeros((*self.frame, 3), np.uint8)
        yield Sample(rgb, depth_m, Camera.from_fov(width, height, 60), "a", "scene")


@pytest.mark.parametrize("name", NAMES)
def test_is_frozen_data_under_its_own_name(name):
    protocol = shelf.look_up("protocols", name)
    assert isinstance(protocol, Protocol)
    assert protocol.name == name
    assert protocol.version >= 1
    assert protocol.source
    with pytest.raises(dataclasses.FrozenInstanceError):
        protocol.version = 99


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_reads_back(name):
    protocol = shelf.look_up("protocols", name)
    truths = Truths("somebody's|data:1%", protocol.frame or (480, 1280))
    signature = protocol.signature(truths, pixels=1234)
    assert "\n" not in signature
    facts = parse_signature(signature)
    assert facts["protocol"] == name
    assert facts["version"] == str(protocol.version)
    assert facts["data"] == truths.title
    assert facts["fingerprint"] == truths.fingerprint
    assert facts["pixels"] == "1234"
    assert facts["geometry"] == protocol.geometry
    assert facts["average"] == protocol.average
    assert facts["alignment"].startswith(protocol.alignment)
    assert facts["own data"] == f"no, {protocol.data}"


@pytest.mark.parametrize("name", NAMES)
def test_other_data_are_said_to_be_other_data(name):
    protocol = shelf.look_up("protocols", name)
    truths = Truths("something else/test", protocol.frame or (480, 1280))
    assert any(protocol.data in departure for departure in protocol.departures(truths))


@pytest.mark.parametrize("name", NAMES)
def test_the_region_is_part_of_the_truth(name):
    protocol = shelf.look_up("protocols", name)
    depth_m = np.full(protocol.frame or (480, 1280), 3.0, np.float32)
    everywhere = protocol.region(depth_m)
    assert everywhere.any()
    depth_m[::2] = np.nan
    assert not protocol.region(depth_m)[::2].any()
    np.testing.assert_array_equal(protocol.region(depth_m)[1::2], everywhere[1::2])


def test_no_two_protocols_have_the_same_rules():
    truths = Truths("something else/test", (480, 640))
    first: dict[str, str] = {}
    for protocol in sorted((shelf.look_up("protocols", name) for name in NAMES), key=lambda p: bool(p.same_as)):
        rules = protocol.signature(truths, 1).partition("|version")[2]
        assert first.setdefault(rules, protocol.name) == (protocol.same_as or protocol.name)


@pytest.mark.parametrize("name", NAMES)
def test_printed_rows_are_metrics_with_a_source(name):
    for row in shelf.look_up("protocols", name).printed:
        assert row.source
        assert set(row.values) <= set(METRICS)
        assert all(np.isfinite(list(row.values.values())))
