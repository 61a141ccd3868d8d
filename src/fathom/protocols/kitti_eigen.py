"""KITTI, the 697 test frames of Eigen et al. 2014, scored as the paper scored them.

The paper does not say whether its figures are means over images or pooled over pixels, nor along which axis its
laser depths were measured: there is one protocol of each. The field's own protocols on these frames (Garg's crop,
0 to 80 m) have other truths, and so other titles.
"""

from dataclasses import replace

from fathom.protocols._base import PrintedRow, Protocol

_TABLE_2 = "Eigen et al. 2014, Table 2 [P]"
_FIGURES = ("delta1", "delta2", "delta3", "abs_rel", "sqr_rel", "rmse", "rmse_log", "rmse_log_si")


def _printed(label: str, *figures: float) -> PrintedRow:
    return PrintedRow(label, dict(zip(_FIGURES, figures, strict=True)), _TABLE_2)


PRINTED = (
    _printed("Mean", 0.556, 0.752, 0.870, 0.412, 5.712, 9.635, 0.444, 0.359),
    _printed("Make3D", 0.601, 0.820, 0.926, 0.280, 3.012, 8.734, 0.361, 0.327),
    _printed("Coarse", 0.679, 0.897, 0.967, 0.194, 1.531, 7.216, 0.273, 0.248),
    _printed("Coarse + Fine", 0.692, 0.899, 0.967, 0.190, 1.515, 7.156, 0.270, 0.246),
)

paper_image = Protocol(
    name="kitti_eigen/paper_image",
    version=1,
    data="kitti_velodyne_camera_z_capture_time/test",
    expected=697,
    truth="raw",
    axis="camera z",
    frame=(368, 1224),
    footprint=True,
    geometry="paper",
    average="image",
    resize="nearest",
    source="section 4.2: projected laser depth, of several on a pixel the one recorded closest to the shot, common "
    "region of the models, no cap and no crop stated [P]; nearest upsampling to the input's size as for NYU "
    "[paper-mem]; 1224x368 by one scale and rows cut off above [A]; closeness in time by azimuth [A]; mean over "
    "images [A]",
    note="the paper's Make3D saw 82 % of the network's region, and the printed rows are scored on that part",
    printed=PRINTED,
)

paper_pixel = replace(
    paper_image,
    name="kitti_eigen/paper_pixel",
    average="pixel",
    source=paper_image.source.replace("mean over images", "pooled over pixels"),
)

lidar_x_image = replace(
    paper_image,
    name="kitti_eigen/lidar_x_image",
    data="kitti_velodyne_lidar_x_capture_time/test",
    axis="lidar x",
    source=paper_image.source
    + "; depth along the scanner's x, which by monodepth's author is what Eigen et al. had (monodepth2, issue 274)",
    note=paper_image.note + "; lidar x is about 0.27 m more than camera z",
)

lidar_x_pixel = replace(
    lidar_x_image,
    name="kitti_eigen/lidar_x_pixel",
    average="pixel",
    source=lidar_x_image.source.replace("mean over images", "pooled over pixels"),
)

ENTRIES = {
    "paper_image": paper_image,
    "paper_pixel": paper_pixel,
    "lidar_x_image": lidar_x_image,
    "lidar_x_pixel": lidar_x_pixel,
}
