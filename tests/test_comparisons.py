"""Figures that compare: what they show is what they were given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from vaejax import comparisons
from vaejax.tables import Estimate
from vaejax.typeset import legible, save

BANGLA = "আমার সোনার বাংলা"
KS = (5, 10, 15, 20)


def curves(n_methods: int = 5, labels=("language", BANGLA)) -> list[dict]:
    rng = np.random.default_rng(n_methods)
    return [
        {
            "method": ("raw", "pca")[i] if i < 2 else f"model {i}, mel + mfcc",
            "label": label,
            "k": k,
            "mean": 0.1 * i + rng.normal() / 50,
            "std": (0.02, None, float("nan"))[i % 3],
            "baseline": i < 2,
        }
        for i in range(n_methods)
        for label in labels
        for k in KS
    ]


def leads(n: int = 6) -> list[dict]:
    return [
        {
            "method": f"model {i}, {BANGLA}, kmeans, k = 5",
            "difference": 0.1 - 0.04 * i,
            "low": 0.05 - 0.04 * i,
            "high": 0.15 - 0.04 * i,
            "significant": i % 2 == 0,
        }
        for i in range(n)
    ]


def suggestion(n_criteria: int = 3):
    curves = {
        "BIC": [Estimate(x, 20.0) for x in (41000, 39000, 40000, 42000)],
        "silhouette": [Estimate(x, 0.01) for x in (0.1, 0.2, 0.3, 0.2)],
        "stability": [Estimate(x, None) for x in (np.nan, 0.7, 0.6, 0.9)],
    }
    names = list(curves)[:n_criteria]
    return comparisons.suggested_k(KS, {name: curves[name] for name in names}, 10)


def silhouettes(n: int = 60, n_clusters: int = 4):
    rng = np.random.default_rng(n)
    clusters = np.sort(rng.integers(-1, n_clusters, n))
    values = np.clip(rng.normal(0.2, 0.3, n), -1, 1)
    return comparisons.silhouettes(values, clusters, title=BANGLA, space="z")


def agreement(n: int):
    matrix = np.full((n, n), 0.5) + 0.5 * np.eye(n)
    return comparisons.seed_agreement(matrix, title=BANGLA)


MAKERS = {
    "curves": lambda: comparisons.k_curves(curves(), metric="ari"),
    "many curves": lambda: comparisons.k_curves(curves(9, ("",)), metric="stability"),
    "one curve": lambda: comparisons.k_curves(curves(1, ("x",))[:1], metric="ami"),
    "suggestion": suggestion,
    "one criterion": lambda: suggestion(1),
    "silhouettes": silhouettes,
    "many clusters": lambda: silhouettes(3000, 60),
    "one row": lambda: silhouettes(1, 1),
    "two seeds": lambda: agreement(2),
    "twenty seeds": lambda: agreement(20),
    "leads": lambda: comparisons.forest(leads(), title=BANGLA, metric="ari"),
    "one lead": lambda: comparisons.forest(leads(1), title="a lead", metric="ari"),
    "many leads": lambda: comparisons.forest(leads(60), title="leads", metric="ari"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_figure_is_drawn_inside_its_frame(name):
    figure = MAKERS[name]()
    figure.draw_without_rendering()  # what warns is an error
    box = figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    assert box.x0 >= -2 and box.x1 <= figure.bbox.x1 + 2
    assert box.y0 >= -2 and box.y1 <= figure.bbox.y1 + 2


def test_a_figure_in_several_scripts_is_written(tmp_path):
    for suffix in ("png", "pdf"):
        path = tmp_path / f"curves.{suffix}"
        save(comparisons.k_curves(curves(3), metric="ari"), path)
        assert path.stat().st_size > 5000


@pytest.mark.parametrize(
    "name", ["silhouettes", "many clusters", "leads", "many leads"]
)
def test_names_on_an_axis_do_not_overlap(name):
    figure = MAKERS[name]()
    figure.draw_without_rendering()
    labels = [t for t in figure.axes[0].get_yticklabels() if t.get_text()]
    boxes = sorted((t.get_window_extent() for t in labels), key=lambda box: box.y0)
    for below, above in zip(boxes, boxes[1:], strict=False):
        assert above.y0 >= below.y0 + 0.7 * below.height


def test_curves_lie_at_their_scores_with_whiskers_of_one_deviation():
    rows = [
        {"method": "vae", "label": "genre", "k": k, "mean": m, "std": s}
        | {"baseline": False}
        for k, m, s in [(10, 0.4, 0.1), (5, 0.2, None)]
    ]
    (axes,) = comparisons.k_curves(rows, metric="ari").axes
    (line,) = axes.get_lines()
    np.testing.assert_allclose(line.get_xydata(), [(5, 0.2), (10, 0.4)], atol=1.01)
    np.testing.assert_array_equal(line.get_ydata(), [0.2, 0.4])
    (whiskers,) = axes.collections
    ends = [segment[:, 1] for segment in whiskers.get_segments()]
    np.testing.assert_allclose(ends, [(0.2, 0.2), (0.3, 0.5)])
    assert axes.get_ylabel() == "ARI" and list(axes.get_xticks()) == [5, 10]


def test_methods_can_be_told_apart_without_colour_and_baselines_come_last():
    figure = comparisons.k_curves(curves(8), metric="ari")
    handles = figure.legends[0].legend_handles
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[:2] == ["model 7, mel + mfcc", "model 6, mel + mfcc"]
    assert names[-2:] == ["pca", "raw"]
    assert len({(h.get_marker(), h.get_linestyle()) for h in handles}) == 8
    assert [h.get_linestyle() for h in handles] == ["-"] * 6 + ["--"] * 2
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["language", legible(BANGLA)]


def test_curves_of_one_k_do_not_hide_each_other():
    (axes,) = comparisons.k_curves(curves(5, ("x",)), metric="ari").axes
    at = np.array([line.get_xdata() for line in axes.get_lines()])
    assert len(np.unique(at[:, 0])) == 5 and np.abs(at - KS).max() < 1.5


def test_each_criterion_has_its_own_optimum_in_a_ring():
    figure = suggestion()
    rings = [
        next(line for line in axes.get_lines() if line.get_markersize() == 11)
        for axes in figure.axes
    ]
    assert [ring.get_xdata()[0] for ring in rings] == [10, 15, 20]
    assert [axes.texts[0].get_text() for axes in figure.axes] == [
        *("k = 10", "k = 15", "k = 20")
    ]
    assert figure.axes[0].get_ylabel() == "lower is better"
    assert figure.axes[2].get_ylabel() == "higher is better"
    assert figure.get_suptitle() == "Suggested number of clusters: 10"


def test_a_criterion_without_a_value_has_no_optimum():
    none = [Estimate(float("nan"), None)] * 2
    figure = comparisons.suggested_k((2, 3), {"stability": none}, 3)
    assert not figure.axes[0].texts


def test_silhouettes_are_areas_by_cluster_with_sizes_and_means():
    values = np.array([0.5, 0.1, -0.3, 0.9, 0.7])
    clusters = np.array([0, 0, 0, 1, -1])
    figure = comparisons.silhouettes(values, clusters, title="t", space="z")
    (axes,) = figure.axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["0 (3, 0.10)", "1 (1, 0.90)", "noise (1, 0.70)"]
    assert [text.get_text() for text in axes.texts] == ["mean 0.38"]
    widths = [area.get_paths()[0].vertices[:, 0] for area in axes.collections]
    assert max(widths[0]) == 0.5 and min(widths[1]) == -0.3
    looks = [to_hex(area.get_facecolor()[0]) for area in axes.collections[::2]]
    assert looks[0] == looks[1] != looks[2]
    heights = [np.ptp(area.get_paths()[0].vertices[:, 1]) for area in axes.collections]
    assert heights[0] == pytest.approx(3 * heights[2])


def test_many_rows_are_thinned_and_keep_their_ends():
    rng = np.random.default_rng(0)
    values = rng.uniform(-0.5, 1, 50_000)
    figure = comparisons.silhouettes(
        values, np.zeros(50_000, int), title="t", space="z"
    )
    area = figure.axes[0].collections[0].get_paths()[0].vertices
    assert len(area) < 2000 and area[:, 0].max() == values.max()


def test_the_matrix_of_seeds_shows_every_pair_and_their_mean():
    matrix = np.array([[1.0, 0.2, 0.4], [0.2, 1.0, 0.9], [0.4, 0.9, 1.0]])
    figure = comparisons.seed_agreement(matrix, title="t")
    axes = figure.axes[0]
    found = [text.get_text() for text in axes.texts]
    assert found == ["0.20", "0.40", "0.20", "0.90", "0.40", "0.90"]
    assert axes.get_title(loc="left") == "mean over the pairs: 0.50"
    assert not agreement(20).axes[0].texts  # no room


def test_leads_fall_and_only_significant_ones_are_filled():
    rows = leads(4)[::-1]
    figure = comparisons.forest(rows, title="t", metric="ari")
    axes = figure.axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert [name[:7] for name in names] == ["model 0", "model 1", "model 2", "model 3"]
    points = [line for line in axes.get_lines() if line.get_marker() == "o"]
    hollow = [to_hex(point.get_markerfacecolor()) == "#ffffff" for point in points]
    assert hollow == [False, True, False, True]
    spans = [line.get_xdata() for line in axes.get_lines() if line.get_marker() != "o"]
    np.testing.assert_allclose(spans[0], [0.05, 0.15])
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["+0.100", "+0.060", "+0.020", "−0.020"]


def test_leads_past_forty_are_counted():
    figure = comparisons.forest(leads(60), title="t", metric="ari")
    assert len(figure.axes[0].texts) == 40
    assert "20 more methods are not drawn" in figure.axes[0].get_xlabel()


def test_figures_of_nothing_are_refused():
    with pytest.raises(ValueError, match="no ari to draw over k: cluster with more k"):
        comparisons.k_curves([], metric="ari")
    with pytest.raises(ValueError, match="no difference of ari to draw"):
        comparisons.forest([], title="t", metric="ari")
    with pytest.raises(
        ValueError, match="no silhouette to draw: it needs two clusters"
    ):
        comparisons.silhouettes(np.zeros(0), np.zeros(0, int), title="t", space="z")
