"""The protocols that fathom ships: their constants, written down a second time."""

import inspect

import numpy as np
import pytest

from fathom import shelf
from fathom.protocols._base import Protocol

# Eigen et al. 2014, Table 1, transcribed a second time: by figure, over Mean, Make3D, Coarse, Coarse + Fine.
TABLE_1 = {
    "delta1": (0.418, 0.447, 0.618, 0.611),
    "delta2": (0.711, 0.745, 0.891, 0.887),
    "delta3": (0.874, 0.897, 0.969, 0.971),
    "abs_rel": (0.408, 0.349, 0.228, 0.215),
    "sqr_rel": (0.581, 0.492, 0.223, 0.212),
    "rmse": (1.244, 1.214, 0.871, 0.907),
    "rmse_log": (0.430, 0.409, 0.283, 0.285),
    "rmse_log_si": (0.304, 0.325, 0.221, 0.219),
}

# Table 2 likewise.
TABLE_2 = {
    "delta1": (0.556, 0.601, 0.679, 0.692),
    "delta2": (0.752, 0.820, 0.897, 0.899),
    "delta3": (0.870, 0.926, 0.967, 0.967),
    "abs_rel": (0.412, 0.280, 0.194, 0.190),
    "sqr_rel": (5.712, 3.012, 1.531, 1.515),
    "rmse": (9.635, 8.734, 7.216, 7.156),
    "rmse_log": (0.444, 0.361, 0.273, 0.270),
    "rmse_log_si": (0.359, 0.327, 0.248, 0.246),
}


@pytest.mark.parametrize("name", shelf.names("protocols"))
def test_every_entry_is_a_protocol_that_knows_its_name(name):
    protocol = shelf.look_up("protocols", name)
    assert isinstance(protocol, Protocol)
    assert protocol.name == name
    assert protocol.source


@pytest.mark.parametrize(
    ("name", "average"), [("nyu_eigen/paper_image", "image"), ("nyu_eigen/paper_pixel", "pixel")]
)
def test_the_papers_own(name, average):
    protocol = shelf.look_up("protocols", name)
    assert protocol.average == average
    assert (protocol.data, protocol.expected, protocol.truth) == ("nyu_labeled/test", 654, "in-filled")
    assert (protocol.frame, protocol.crop, protocol.footprint) == ((480, 640), None, True)
    assert (protocol.min_m, protocol.max_m, protocol.clamp, protocol.alignment) == (None, None, False, "none")
    assert protocol.geometry == "paper"
    assert "[paper-mem]" in protocol.source
    assert [row.label for row in protocol.printed] == ["Mean", "Make3D", "Coarse", "Coarse + Fine"]
    for metric, figures in TABLE_1.items():
        assert tuple(row.values[metric] for row in protocol.printed) == figures


@pytest.mark.parametrize("axis", ["camera_z", "lidar_x"])
@pytest.mark.parametrize("average", ["image", "pixel"])
def test_the_papers_own_on_kitti(axis, average):
    protocol = shelf.look_up("protocols", f"kitti_eigen/{'paper' if axis == 'camera_z' else axis}_{average}")
    # The data set is on a shelf of its own: its title by default is what the protocol waits for.
    data = shelf.look_up("datasets", "kitti_raw")
    conflicts = inspect.signature(data).parameters["conflicts"].default
    assert protocol.data == f"kitti_velodyne_{axis}_{conflicts}/test"
    assert (protocol.average, protocol.axis, protocol.expected) == (average, axis.replace("_", " "), 697)
    assert (protocol.frame, protocol.crop, protocol.footprint) == ((368, 1224), None, True)
    assert (protocol.min_m, protocol.max_m, protocol.clamp, protocol.alignment) == (None, None, False, "none")
    assert protocol.geometry == "paper"
    assert ("pooled over pixels" in protocol.source) is (average == "pixel")
    for metric, figures in TABLE_2.items():
        assert tuple(row.values[metric] for row in protocol.printed) == figures


def test_community_rectangle_and_range():
    protocol = shelf.look_up("protocols", "nyu_eigen/community")
    truth = np.full((480, 640), 5.0)
    rows, columns = np.nonzero(protocol.region(truth))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (45, 470, 41, 600)
    assert rows.size == 426 * 560
    truth[100, 100:104] = 1e-3, 10.0, 9.999, np.nan
    assert protocol.region(truth)[100, 100:104].tolist() == [False, False, True, False]
    assert (protocol.clamp, protocol.geometry, protocol.average, protocol.truth) == (True, "whole", "image", "raw")
    assert protocol.expected == 654
    assert not protocol.printed


def test_toolbox_rectangle_is_one_row_and_column_larger():
    protocol = shelf.look_up("protocols", "nyu_eigen/toolbox_crop")
    rows, columns = np.nonzero(protocol.region(np.full((480, 640), 5.0)))
    # MATLAB's mask(45:471, 41:601) = 1: inclusive, counted from 1
    assert (rows.min() + 1, rows.max() + 1, columns.min() + 1, columns.max() + 1) == (45, 471, 41, 601)
    assert rows.size == 427 * 561


def test_raw_and_in_filled_truths_never_share_a_title():
    titles = {}
    for name in shelf.names("protocols"):
        protocol = shelf.look_up("protocols", name)
        assert titles.setdefault(protocol.data, protocol.truth) == protocol.truth, name
