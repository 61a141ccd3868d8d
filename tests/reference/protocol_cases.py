"""A few pixels for every protocol, with the score that they have by hand.

A case is two or three images. Pixels are pairs of truth and prediction, the first in the upper left corner of what
is scored, the second in its lower right one, the others between. Around a crop four more lie just outside its
sides, with predictions far off. The figure is abs rel unless said otherwise.

Ranges, crops and sizes are written here a second time, from what the field's programs do, and are not taken from
the protocol files.
"""

from dataclasses import dataclass, replace
from fractions import Fraction as F

import numpy as np

from fathom.records import Quantity

SMALL, NYU, KITTI, DIODE = (6, 8), (480, 640), (375, 1242), (768, 1024)
# Rows and columns of what is scored, half-open.
IN_NYU = ((45, 471), (41, 601))
IN_TOOLBOX_NYU = ((44, 471), (40, 601))
IN_GARG, IN_EIGEN = ((153, 371), (44, 1197)), ((124, 342), (44, 1197))
# In the window of 352x1216, rows 23:375 and columns 13:1229 of the frame.
IN_KB, IN_GARG_KB, IN_EIGEN_KB = ((23, 375), (13, 1229)), ((166, 372), (56, 1185)), ((140, 344), (56, 1185))

# A truth just above the lower end would have all of the weight in disparity: those cases do without.
NO_LOWER = frozenset({"min_m"})
METRES, DEPTH, DISPARITY = Quantity.METRES, Quantity.RELATIVE_DEPTH, Quantity.RELATIVE_INVERSE_DEPTH


@dataclass
class Case:
    """Two images of (truth, prediction) and the score of both under the protocol."""

    images: tuple
    expected: float | F
    quantity: Quantity = METRES
    metric: str = "abs_rel"
    frame: tuple = SMALL
    inside: tuple | None = None
    blind: frozenset = frozenset()

    def seen(self, frame, inside=None, blind=()):
        """The same pixels in a larger frame, in a crop."""
        return replace(self, frame=frame, inside=inside, blind=self.blind | set(blind))

    def maps(self):
        """Truths and predictions as maps."""
        truths, predictions = [], []
        for pixels in self.images:
            truth, prediction = np.full(self.frame, np.nan, np.float32), np.full(self.frame, 7.7, np.float32)
            for place, (g, p) in [*self._placed(pixels), *self._fence()]:
                truth[place], prediction[place] = g, p
            truths.append(truth)
            predictions.append(prediction)
        return truths, predictions

    def _placed(self, pixels):
        (top, bottom), (left, right) = self.inside or ((0, self.frame[0]), (0, self.frame[1]))
        places = [(top, left), (bottom - 1, right - 1), *((top + 2, left + 1 + i) for i in range(len(pixels)))]
        return list(zip(places, pixels, strict=False))

    def _fence(self):
        if not self.inside:
            return []
        (top, bottom), (left, right) = self.inside
        sides = [(top - 1, left), (bottom, left), (top, left - 1), (top, right)]
        return [(side, (2.5, 9.0)) for side in sides if side[0] < self.frame[0] and side[1] < self.frame[1]]


def mean(*images):
    """Mean over images of lists of errors."""
    return sum(F(sum(image)) / len(image) for image in images) / len(images)


def pooled(*images):
    """Mean over all their pixels."""
    return mean([error for image in images for error in image])


# --- metric: nothing is aligned -----------------------------------------------------------------------------------


def clamped(low, high):
    """Range without its ends, clamp, mean over images.

    0.4 h → 0.6 h: 1/2. 0.5 h → 0.5 h: 0. 0.8 h → 5 h, clamped to h: 1/4. The ends themselves are not scored.
    2 low → -1, clamped to low: 1/2; where low is 0, 0.0005 → 0.001: 1, for that is above 0.
    The other image: 0.5 h → 0.625 h: 1/4.
    """
    least = ((2 * low, -1), F(1, 2)) if low else ((0.0005, 0.001), 1)
    ends = [(low, high / 2)] * bool(low) + [(high, high / 2)]
    first = ((0.4 * high, 0.6 * high), (high / 2, high / 2), (0.8 * high, 5 * high), least[0], *ends)
    return Case((first, ((high / 2, 0.625 * high),)), mean([F(1, 2), 0, F(1, 4), least[1]], [F(1, 4)]))


def unclamped(low, high):
    """As above without the clamp: 0.8 h → 1.8 h is 5/4, and 1.2 low → 0.6 low is 1/2."""
    least = ((1.2 * low, 0.6 * low), F(1, 2)) if low else ((0.0005, 0.001), 1)
    ends = [(low, high / 2)] * bool(low) + [(high, high / 2)]
    first = ((0.4 * high, 0.6 * high), (high / 2, high / 2), (0.8 * high, 1.8 * high), least[0], *ends)
    return Case((first, ((high / 2, 0.625 * high),)), mean([F(1, 2), 0, F(5, 4), least[1]], [F(1, 4)]))


def everything(average, low=0.0):
    """No upper end. 2 → 3: 1/2, 4 → 4: 0, 300 → 600: 1, 0.0005 → 0.001: 1; the other image 5 → 6.25: 1/4.

    A truth at ``low`` itself, if that is not 0, is not scored.
    """
    first = ((2, 3), (4, 4), (300, 600), (0.0005, 0.001), *[(low, 5)] * bool(low))
    figure = average([F(1, 2), 0, 1, 1], [F(1, 4)])
    return Case((first, ((5, 6.25),)), figure)


def with_both_ends():
    """Depth Anything V2: 1e-3 and 80 are scored. 2 → 3: 1/2, 4 → 4: 0, 64 → 144: 5/4, 0.001 → 0.002: 1,
    80 → 100: 1/4; 0.0009 and 81 are outside. The other image 5 → 6.25: 1/4."""
    first = ((2, 3), (4, 4), (64, 144), (0.001, 0.002), (80, 100), (0.0009, 5), (81, 5))
    return Case((first, ((5, 6.25),)), mean([F(1, 2), 0, F(5, 4), 1, F(1, 4)], [F(1, 4)]))


def share_within(low, high):
    """Depth Pro's delta1. h/4 → 0.3 h: within. h/2 → 5/8 h is 1.25 exactly: not. 0.9 h → 1.2 h: not, for it is not
    clamped. The ends are met exactly and not scored. So 1/3. The other image: h/2 is met, 1.2 low is not: 1/2."""
    first = ((high / 4, 0.3 * high), (high / 2, 0.625 * high), (0.9 * high, 1.2 * high), (low, low), (high, high))
    return Case((first, ((high / 2, high / 2), (1.2 * low, 5 * low))), (F(1, 3) + F(1, 2)) / 2, metric="delta1")


# --- one scale ----------------------------------------------------------------------------------------------------


def by_medians(low, high):
    """Ratio of medians on the scored pixels of each image, then clamped.

    Truths 2, 4, 0.8 h, 2 low, 5 have the median 4, predictions 2, 1, 2 h, -1, 4 the median 2: twice the prediction,
    4, 2, 4 h → h, -2 → low, 8. Errors 1, 1/2, 1/4, 1/2, 3/5. Clamped first, 2 h would have been h, then 2 h: 3/2.
    The ends are not scored. The other image: truths 1, 2, 3, predictions 1, 1, 4: 2, 2, 8. Errors 1, 0, 5/3.
    """
    first = ((2, 2), (4, 1), (0.8 * high, 2 * high), (2 * low, -1), (5, 4), (low, 9), (high, 9))
    errors = [1, F(1, 2), F(1, 4), F(1, 2), F(3, 5)], [1, 0, F(5, 3)]
    return Case((first, ((1, 1), (2, 1), (3, 4))), mean(*errors))


def by_medians_unclamped(low, farthest, end=None):
    """As above without a clamp: ``farthest`` → 2 * 2.5 farthest: 4. 0.0005 → 2 * 0.00025: 0."""
    first = ((2, 2), (4, 1), (farthest, 2.5 * farthest), (0.0005, 0.00025), (5, 4))
    first += ((low, 9),) * bool(low) + ((end, 9),) * bool(end)
    return Case((first, ((1, 1), (2, 1), (3, 4))), mean([1, F(1, 2), 4, 0, F(3, 5)], [1, 0, F(5, 3)]))


def by_the_baseline():
    """Times 5.4, then clamped: 2 → 0.5: 2.7, error 7/20; 4 → 1: 5.4, error 7/20; 64 → 16: 86.4 → 80, error 1/4;
    0.002 → -1: 0.001, error 1/2. The other image 5 → 1: 5.4, error 2/25."""
    first = ((2, 0.5), (4, 1), (64, 16), (0.002, -1), (0.001, 9), (80, 9))
    figure = mean([F(7, 20), F(7, 20), F(1, 4), F(1, 2)], [F(2, 25)])
    return Case((first, ((5, 1),)), figure, blind=frozenset({"align_per"}))


def up_to_80(case, *errors):
    """monodepth2's benchmark: depths beyond 80 m are scored, and only the prediction is brought to 80. So 84 m in
    the place of 64 m: 80, error 1/21 in the place of 1/4, and no end above."""
    first = tuple((84 if g == 64 else g, p) for g, p in case.images[0] if g != 80)
    return replace(case, images=(first, *case.images[1:]), expected=mean(*errors)).seen(KITTI)


def against(pixels, total):
    """The same with predictions that fall where they rose."""
    return tuple((g, total - p) for g, p in pixels)


# --- scale and shift ----------------------------------------------------------------------------------------------


def line(low, unit, clamped_above=True, ends=True):
    """Marigold: least squares in depth, then clipped to low .. 10 units.

    Predictions 0, 1, 2 of truths 1, 2, 9 (units): mean 4, slope (9 - 1) / 2 = 4, so 0, 4, 8. 0 is clipped to low.
    Errors 1 - low, 1, 1/9. The other image: 0, 1, 2, 1 of 2, 9.5, 9.5, 7: mean 7, slope 3.75, so 3.25, 7, 10.75, 7.
    10.75 is clipped to 10. Errors 5/8, 5/19, 1/19 (unclipped 5/38), 0. The third is the first with predictions
    2, 1, 0, which run against the truth: a negative scale is taken as it is.
    """
    first = ((unit, 0), (2 * unit, 1), (9 * unit, 2), (low, 5), *[(10 * unit, 5)] * ends)
    second = tuple((g * unit, p) for g, p in ((2, 0), (9.5, 1), (9.5, 2), (7, 1)))
    last = F(1, 19) if clamped_above else F(5, 38)
    errors = [1 - F(low) / unit, 1, F(1, 9)], [F(5, 8), F(5, 19), last, 0]
    return Case((first, second, against(first, 2)), mean(*errors, errors[0]), DEPTH)


def line_unclamped(unit, end=None):
    """Predictions 1, 2, 3 of truths 3, 2, 9: mean 14/3, slope 3, so 5/3, 14/3, 23/3. Errors 4/9, 4/3, 4/27.
    The other two images as above, one more everywhere, unclipped."""
    first = ((3 * unit, 1), (2 * unit, 2), (9 * unit, 3), *[(end, 9)] * bool(end))
    second = tuple((g * unit, p) for g, p in ((2, 1), (9.5, 2), (9.5, 3), (7, 2)))
    errors = [F(4, 9), F(4, 3), F(4, 27)], [F(5, 8), F(5, 19), F(5, 38), 0]
    images = first, second, against(first, 4)
    return Case(images, mean(*errors, errors[0]), DEPTH, blind=NO_LOWER)


def line_or_medians():
    """Metric3D: the first image as ``line_unclamped`` in units of 10 m. In the second the predictions 1, 2, 3, 2 of
    8, 4, 3, 4 fall, so the ratio of medians, 4/2, takes over: 2, 4, 6, 4. Errors 3/4, 0, 1, 0."""
    first = ((30, 1), (20, 2), (90, 3), (1e-8, 9))
    errors = [F(4, 9), F(4, 3), F(4, 27)], [F(3, 4), 0, 1, 0]
    return Case((first, ((8, 1), (4, 2), (3, 3), (4, 2))), mean(*errors), DEPTH, blind=NO_LOWER)


def flat(truth, count):
    """A truth that is the same everywhere, under predictions that are not: it is met by the shift alone."""
    return tuple((truth, i + 1) for i in range(count))


def thirds(cap):
    """Errors of the first two pixels of ``in_disparity``, and the third's aligned disparity.

    Disparities 1, 2 / cap, 5/4 / cap of the predictions 2, 1, 0: mean (1 + 13/4 / cap) / 3, slope
    (1 - 5/4 / cap) / 2.
    """
    middle, slope = (1 + F(13, 4) / cap) / 3, (1 - F(5, 4) / cap) / 2
    return [abs(1 / (middle + slope) - 1), abs(2 / middle / cap - 1)], middle - slope


def in_disparity(cap, beyond=False, max_m=None):
    """MiDaS: least squares in disparity, floored at 1 / cap. Truths 1, cap / 2, 0.8 cap; predictions 2, 1, 0.

    For a cap of 10: 1, 1/5, 1/8, mean 53/120, slope 7/16: 211/240, 53/120, 1/240. The depths 240/211, 120/53 and
    240, which becomes 10: errors 29/211, 29/53, 1/4. A truth at ``max_m`` is not scored.
    The other image is flat, 0.0005 m: 0; or, if there is no upper end (``beyond``), 1.25 cap, which becomes cap:
    1/5.
    """
    errors, rest = thirds(cap)
    assert rest < F(1, cap)
    first = ((1, 2), (cap / 2, 1), (0.8 * cap, 0), *[(max_m, 5)] * bool(max_m))
    other, error = (flat(1.25 * cap, 4), F(1, 5)) if beyond else (flat(0.0005, 4), 0)
    blind = NO_LOWER if beyond else {"clamp"}  # which would do the same as the cap
    return Case((first, other), mean([*errors, F(1, 4)], [error]), DISPARITY, blind=blind)


def in_disparity_where_positive(low, high):
    """Marigold's: fitted where the prediction is above 0. As ``in_disparity`` with predictions 3, 2, 1, then
    clipped to high instead of the cap: 1/4; and a fourth pixel of 0.8 high with the prediction 0, which is not
    fitted to, and is far beyond: high, 1/4. The other image is flat: 0."""
    errors, rest = thirds(F(high))
    assert rest < F(1, high)
    first = ((1, 3), (high / 2, 2), (0.8 * high, 1), (0.8 * high, 0), (low, 5), (high, 5))
    return Case((first, flat(0.75 * high, 3)), mean([*errors, F(1, 4), F(1, 4)], [0]), DISPARITY, blind=NO_LOWER)


def in_disparity_up_to_a_kilometre():
    """As ``in_disparity`` for 10, unclipped: 1/240 is 240 m for 8, error 29; the fourth pixel has a negative
    disparity, so 1000 m for 8, error 124. The other image is flat: 0."""
    first = ((1, 3), (5, 2), (8, 1), (8, 0), (1e-5, 5))
    return Case(
        (first, flat(40, 3)), mean([F(29, 211), F(29, 53), 29, 124], [0]), DISPARITY, blind=NO_LOWER | {"clamp"}
    )


def one_line_a_video():
    """One fit to both frames: the pixels of ``in_disparity`` for 10, two in one frame, one in the other. 240 m is
    clamped to 10: 1/4. Fitted alone each frame would be exact."""
    first, second = ((1, 2), (5, 1), (0.001, 5), (10, 5)), ((8, 0),)
    return Case((first, second), mean([F(29, 211), F(29, 53)], [F(1, 4)]), DISPARITY, blind=NO_LOWER)


# The other image is flat: 0.
MOGE = {
    # Ratios 10, 20/3, 40 with the weights 4/40, 6/40, 1/40: the second alone has half of them. Errors 1/3, 0, 5/6.
    "scale_invariant": Case(
        (((10, 1), (20, 3), (40, 1)), ((5, 3), (5, 3))), mean([F(1, 3), 0, F(5, 6)], [0]), DEPTH
    ),
    # 2 p + 1 meets three of four, and the far one does not bend it: 9 for 100.
    "affine_invariant": Case(
        (((3, 1), (100, 4), (5, 2), (7, 3)), flat(50, 3)), mean([0, F(91, 100), 0, 0], [0]), DEPTH
    ),
    # As ``in_disparity`` for 10; 240 m becomes the farthest truth, 8: 0.
    "disparity_invariant": Case(
        (((1, 2), (8, 0), (5, 1)), flat(50, 4)), mean([F(29, 211), 0, F(29, 53)], [0]), DISPARITY
    ),
}

CASES = {
    "eigen2015/nyu": everything(pooled).seen(NYU, IN_TOOLBOX_NYU),
    "nyu_eigen/paper_image": everything(mean).seen(NYU),
    "nyu_eigen/paper_pixel": everything(pooled).seen(NYU),
    "nyu_eigen/community": clamped(1e-3, 10).seen(NYU, IN_NYU),
    "nyu_eigen/toolbox_crop": clamped(1e-3, 10).seen(NYU, IN_TOOLBOX_NYU),
    "nyu_eigen/community_median": by_medians(1e-3, 10).seen(NYU, IN_NYU),
    **{f"kitti_eigen/{axis}_image": everything(mean).seen((368, 1224)) for axis in ("paper", "lidar_x")},
    **{f"kitti_eigen/{axis}_pixel": everything(pooled).seen((368, 1224)) for axis in ("paper", "lidar_x")},
    "monodepth/garg": clamped(1e-3, 80).seen(KITTI, IN_GARG),
    "monodepth/eigen": clamped(1e-3, 80).seen(KITTI, IN_EIGEN),
    "monodepth2/eigen": by_medians(1e-3, 80).seen(KITTI, IN_GARG),
    "monodepth2/eigen_stereo": by_the_baseline().seen(KITTI, IN_GARG),
    "monodepth2/benchmark": up_to_80(
        by_medians(1e-3, 80), [1, F(1, 2), F(1, 21), F(1, 2), F(3, 5)], [1, 0, F(5, 3)]
    ),
    "monodepth2/benchmark_stereo": up_to_80(by_the_baseline(), [F(7, 20), F(7, 20), F(1, 21), F(1, 2)], [F(2, 25)]),
    "sfmlearner/kitti": by_medians(1e-3, 80).seen(KITTI, IN_GARG),
    "packnet/kitti": by_medians(1e-3, 80).seen(KITTI, IN_GARG),
    "packnet/kitti_annotated": by_medians(1e-3, 80).seen(KITTI, IN_GARG),
    "bts/kitti": clamped(1e-3, 80).seen(KITTI, IN_GARG),
    "bts/kitti_online": clamped(1e-3, 80).seen(KITTI, IN_GARG_KB),
    "bts/kitti_eigen_crop": clamped(1e-3, 80).seen(KITTI, IN_EIGEN),
    "bts/kitti_no_crop": clamped(1e-3, 80).seen(KITTI),
    "bts/kitti_50m": clamped(1e-3, 50).seen(KITTI, IN_GARG),
    "bts/nyu": clamped(1e-3, 10).seen(NYU, IN_NYU),
    **{f"{family}/kitti": clamped(1e-3, 80).seen(KITTI, IN_GARG_KB) for family in ("adabins", "newcrfs")},
    **{f"{family}/nyu": clamped(1e-3, 10).seen(NYU, IN_NYU) for family in ("adabins", "newcrfs")},
    "toolbox/kitti": unclamped(1e-3, 80).seen(KITTI, IN_GARG_KB),
    "zoedepth/nyu": clamped(1e-3, 10).seen(NYU, IN_NYU),
    "zoedepth/kitti": clamped(1e-3, 80).seen(KITTI, IN_GARG_KB),
    "zoedepth/ibims": clamped(0, 10).seen(NYU, IN_NYU),
    "zoedepth/sun_rgbd": clamped(0, 8).seen((530, 730), IN_NYU),
    "zoedepth/diml_indoor": clamped(0, 10).seen(DIODE, IN_NYU),
    "zoedepth/diml_outdoor": clamped(2, 80).seen(KITTI, IN_GARG),
    "zoedepth/diode_indoor": clamped(1e-3, 10).seen(DIODE, IN_NYU),
    "zoedepth/diode_outdoor": clamped(1e-3, 80).seen(KITTI, IN_GARG),
    "zoedepth/hypersim": clamped(1e-3, 80).seen(DIODE, IN_NYU),
    **{f"zoedepth/{name}": clamped(1e-3, 80).seen(KITTI, IN_GARG_KB) for name in ("vkitti", "vkitti2", "ddad")},
    "midas/nyu": in_disparity(10, max_m=10).seen(NYU),
    "midas/kitti": in_disparity(80, beyond=True).seen(KITTI, IN_KB),
    "midas/eth3d": in_disparity(72, beyond=True),
    "midas/sintel": in_disparity(72, max_m=72),
    "midas/tum": in_disparity(10, beyond=True),
    "marigold/nyu": line(1e-3, 1).seen(NYU, IN_NYU),
    "marigold/kitti": line(1e-5, 8).seen(KITTI, IN_EIGEN_KB),
    "marigold/eth3d": line(1e-5, 1, clamped_above=False, ends=False),
    "marigold/diode": line(0.6, 35).seen(DIODE),
    "marigold/scannet": line(1e-3, 1),
    "marigold/nyu_disparity": in_disparity_where_positive(1e-3, 10).seen(NYU, IN_NYU),
    "marigold/kitti_disparity": in_disparity_where_positive(1e-5, 80).seen(KITTI, IN_EIGEN_KB),
    "marigold/eth3d_disparity": in_disparity_up_to_a_kilometre(),
    "marigold/diode_disparity": in_disparity_where_positive(0.6, 350).seen(DIODE),
    "marigold/scannet_disparity": in_disparity_where_positive(1e-3, 10),
    "depth_anything/v2_kitti": with_both_ends(),
    "metric3d/kitti": everything(mean, 1e-8),
    "metric3d/kitti_median": by_medians_unclamped(1e-8, 100),
    "metric3d/kitti_line": line_or_medians(),
    "unidepth/kitti": unclamped(0, 80).seen(KITTI, IN_GARG_KB),
    "unidepth/kitti_eigen_crop": unclamped(0, 80).seen(KITTI, IN_EIGEN_KB),
    "unidepth/nyu": unclamped(0, 10).seen(NYU, IN_NYU),
    "unidepth/kitti_si": by_medians_unclamped(0, 64, 80).seen(KITTI, IN_GARG_KB),
    "unidepth/kitti_eigen_crop_si": by_medians_unclamped(0, 64, 80).seen(KITTI, IN_EIGEN_KB),
    "unidepth/nyu_si": by_medians_unclamped(0, 8, 10).seen(NYU, IN_NYU),
    "unidepth/kitti_ssi": line_unclamped(8, 80).seen(KITTI, IN_GARG_KB),
    "unidepth/kitti_eigen_crop_ssi": line_unclamped(8, 80).seen(KITTI, IN_EIGEN_KB),
    "unidepth/nyu_ssi": line_unclamped(1, 10).seen(NYU, IN_NYU),
    **{f"moge/{kind}": case for kind, case in MOGE.items()},
    "diode/devkit": everything(mean).seen(DIODE),
    "diode/devkit_indoors": everything(mean).seen(DIODE),
    "diode/devkit_outdoor": everything(mean).seen(DIODE),
    "depth_pro/booster": share_within(1e-3, 10),
    "depth_pro/eth3d": share_within(0.1, 200),
    "depth_pro/middlebury": share_within(1e-3, 10),
    "depth_pro/nuscenes": share_within(1e-3, 80),
    "depth_pro/sintel": share_within(0.01, 80),
    "depth_pro/sun_rgbd": share_within(1e-3, 10),
    "make3d/c1_fcrn": replace(unclamped(0, 70), expected=pooled([F(1, 2), 0, F(5, 4), 1], [F(1, 4)])),
    "make3d/c2_fcrn": everything(pooled),
    "make3d/c1_monodepth": by_medians(1e-3, 70),
    "fcrn/nyu": everything(pooled).seen(NYU),
    "densedepth/nyu": everything(pooled).seen(NYU, IN_NYU),
    "video/nyu": one_line_a_video().seen(NYU, IN_NYU),
    "video/scannet": one_line_a_video().seen((96, 128), ((8, 88), (11, 117))),
    "rooms": everything(mean),
    "rooms/whole": everything(mean),
    "rooms/median": by_medians_unclamped(0, 64),
}
