"""Figures of every kind, for tiny, large and awkward collections, in any script."""

import functools
import io
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from vaejax import bars, curves, plots, spectrograms, typeset
from vaejax.typeset import groups, legible, save

ARABIC, BANGLA, HINDI = "أغنية الحب", "আমার সোনার বাংলা", "दिल से क्षत्रिय"
PLOTS = {
    "training_curves": curves.training_curves,
    "latent_maps": plots.latent_maps,
    "cluster_sizes": plots.cluster_sizes,
    "cluster_matrix": plots.cluster_matrix,
    "reconstructions": spectrograms.reconstructions,
    "score_bars": bars.score_bars,
}
GENRES = ["pop", "_rock", "$oul $tep", "ग़ज़ल", "طرب", "বাউল", "日本 🎵"] + [
    f"genre {i}" for i in range(33)
]


def songs(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    xy = rng.normal(size=(n, 2)).astype(np.float32)
    clusters = rng.integers(-1, 15, n)
    genre = np.array([*GENRES, ""])[rng.zipf(1.4, n) % 41]
    genre[:7] = GENRES[:7][:n]
    return xy, clusters, genre


def history(n_epochs: int = 12, n_seeds: int = 3) -> list[dict]:
    rows = []
    for epoch in range(n_epochs):
        fall = [100 / (epoch + 1 + seed) for seed in range(n_seeds)]
        row = {"epoch": epoch, "phase": "pretraining", "seconds": 1.5, "loss": fall}
        if epoch >= n_epochs // 3:
            more = {"phase": "joint", "kl": fall, "active_units": [4] * n_seeds}
            row |= more | {"recon_mel": fall, "valid_loss": fall}
        rows.append(row)
    return rows


def spectrogram(t: int = 90, f: int = 32) -> np.ndarray:
    return np.random.default_rng(t).uniform(-80, 0, (t, f)).astype(np.float32)


def score_rows() -> list[dict]:
    return [
        {"model": m, "clusterer": c, "label": label, "mean": 0.1 * i, "std": std}
        for i, (m, std) in enumerate([("pca", None), ("raw", np.nan), ("vade", 0.02)])
        for c in ("kmeans", "ward")
        for label in ("language", "genre")
    ]


def _with_songs(draw, n):
    xy, clusters, genre = songs(n)
    title = f"{ARABIC} · {BANGLA} · {HINDI} · $5 {n}"
    if draw is plots.latent_maps:
        maps, columns = {"UMAP": xy, "t-SNE": -xy}, {"cluster": clusters, "g_re": genre}
        return draw(maps, columns, title=title)
    return draw(clusters, genre, title=title, column="genre")


MAKERS = {
    "training_curves": lambda draw, n: draw(history(max(1, n // 40)), title=HINDI),
    "reconstructions": lambda draw, n: draw(
        [(name, spectrogram(), spectrogram(80)) for name in (ARABIC, BANGLA)],
        hop_s=0.02,
        sample_rate_hz=22050,
        name="reconstructed",
    ),
    "score_bars": lambda draw, n: draw(score_rows(), metric="ari"),
}


def make(name: str, n: int) -> Figure:
    return MAKERS.get(name, _with_songs)(PLOTS[name], n)


def png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


@pytest.fixture(params=["as installed", "DejaVu Sans alone", "without shaping"])
def fonts(request, monkeypatch):
    """The fonts of this machine, of a bare one, and of an older matplotlib."""
    if request.param == "DejaVu Sans alone":
        only = {"DejaVu Sans": typeset.installed()["DejaVu Sans"]}
        monkeypatch.setattr(typeset, "installed", lambda: only)
        fresh = functools.cache(typeset.covered.__wrapped__)
        monkeypatch.setattr(typeset, "covered", fresh)
    if request.param == "without shaping":
        monkeypatch.setattr(typeset, "shapes_text", lambda: False)
    return request.param


def save_as(figure, stem):
    """A PNG and a PDF."""
    save(figure, *(stem.with_suffix(f".{kind}") for kind in ("png", "pdf")))


# --- every figure ---------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_every_figure_shows_all_its_letters_with_any_fonts(name, fonts, tmp_path):
    figure = make(name, 15)  # a glyph that is missing warns, and warnings are errors
    save_as(figure, tmp_path / "figure")
    for kind, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        assert (tmp_path / f"figure.{kind}").read_bytes().startswith(magic)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("n", [1, 530])
@pytest.mark.parametrize("name", sorted(PLOTS))
def test_nothing_leaves_a_figure(name, n):
    figure = make(name, n)
    figure.draw_without_rendering()
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    boxes = [legend.get_window_extent() for legend in legends]
    boxes.append(figure.get_tightbbox().transformed(figure.dpi_scale_trans))
    for box in boxes:
        assert box.x0 >= -2 and box.x1 <= figure.bbox.x1 + 2
        assert box.y0 >= -2 and box.y1 <= figure.bbox.y1 + 2


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_the_same_arrays_give_the_same_bytes_whatever_the_user_s_style(name, tmp_path):
    before = dict(matplotlib.rcParams)
    save_as(make(name, 12), tmp_path / "a")
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        save_as(make(name, 12), tmp_path / "b")
    for kind in ("png", "pdf"):
        first, second = (tmp_path / f"{name}.{kind}" for name in "ab")
        assert first.read_bytes() == second.read_bytes()


def test_every_axis_has_a_label():
    for name in PLOTS:
        for axes in make(name, 20).axes:
            place = axes.get_subplotspec()
            if axes.axison and place is not None:
                assert axes.get_xlabel() or not place.is_last_row()
                assert axes.get_ylabel() or not place.is_first_col() or name[0] == "s"


def test_importing_the_module_imports_nothing_heavy():
    code = (
        "import sys, vaejax.plots\n"
        "heavy = ('matplotlib.pyplot', 'umap', 'sklearn', 'scipy', 'anyascii', 'jax')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


def test_the_pdf_embeds_its_fonts_as_truetype_and_knows_no_date(tmp_path):
    save(make("score_bars", 3), tmp_path / "v1.5.pdf")
    pdf = (tmp_path / "v1.5.pdf").read_bytes()
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf
    assert b"Date" not in pdf and b"Matplotlib" not in pdf


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_bytes(b"old")

    def broken(self, file, **kwargs):
        file.write_bytes(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Figure, "savefig", broken)
        with pytest.raises(OSError, match="disk full"):
            save(Figure(), path)
    assert path.read_bytes() == b"old"
    save(Figure(), str(path))
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["figure.png"]


# --- words ----------------------------------------------------------------------------


def test_scripts_are_kept_where_fonts_have_them_and_romanised_elsewhere(fonts):
    words = [legible(word) for word in (ARABIC, BANGLA, HINDI)]
    roman = ["'ghnyh lhb", "amar sonar bamla", "dil se kstriy"]
    assert legible("canción ñandú") == "canción ñandú"
    if fonts == "without shaping" or not typeset.shapes_text():
        assert words == roman
    elif fonts == "DejaVu Sans alone":
        assert words == [ARABIC, *roman[1:]]  # DejaVu has Arabic
    elif {"Noto Sans Bengali", "Noto Sans Devanagari"} <= set(typeset.installed()):
        assert words == [ARABIC, BANGLA, HINDI]


def test_letters_are_those_that_the_fonts_can_draw(fonts):
    everything = "".join(map(chr, range(0x20, 0x3000))) + "日本語 🎵 \udcff \U0010ffff"
    for word in legible(everything, most=10**6).replace(r"\$", "$").split():
        assert {ord(c) for c in word if c not in typeset.JOINERS} <= typeset.covered()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("  a \n\t b\x00c\u2028d ", "a b c d"),
        ("\ufeffno\u00adthing \u202ehidden\u200b", "nothing hidden"),
        ("$x_1$ costs 5$", r"\$x_1\$ costs 5\$"),
        ("a\\b^{c", "a\\b^{c"),
        ("cafe\u0301", "café"),
        ("\u200d\u200c", ""),
        ("x" * 41, "x" * 39 + "…"),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_text_is_cleaned_and_cut(text, shown):
    assert legible(text, most=40) == shown


def test_a_cut_never_parts_a_letter_from_its_marks():
    if not (typeset.shapes_text() and ord("क") in typeset.covered()):
        pytest.skip("no Devanagari here")
    assert legible("क्षत्रिय", most=2) == "क्ष…"  # four code points are one letter
    assert legible("a\u0323\u0301\u0302bc", most=2).startswith("ạ\u0301\u0302"[0])
    assert legible("कि" * 4, most=3) == "किकि…"


def test_a_dollar_sign_is_shown_and_starts_no_formula():
    values = np.array(["$a^2$", "b"])
    figure = plots.latent_maps({"$": np.zeros((2, 2))}, {"$x$": values}, title="$x$ $")
    text = figure.axes[1].get_legend().get_texts()[0]
    assert text._preprocess_math(text.get_text()) == ("$a^2$", False)
    png(figure)


# --- groups ---------------------------------------------------------------------------


def test_groups_fall_in_size_and_name_what_is_rare_unknown_or_noise():
    values = np.array(["b", "a", "b", "c", "", "", "", "d"])
    found = groups(values, most=2)
    assert [g.name for g in found] == ["b", "a", "other (2 classes)", "unknown"]
    assert [int(g.rows.sum()) for g in found] == [2, 1, 2, 3]
    found = groups(np.array([-1, 3, 3, 7]))
    assert [g.name for g in found] == ["3", "7", "noise"]
    assert groups(np.array([], str)) == []


def test_forty_classes_have_looks_of_their_own():
    found = groups(np.arange(40), most=40)
    assert len({(g.colour, g.marker) for g in found}) == 40
    assert len({(g.colour, g.hatch) for g in found}) == 40
    assert len(groups(np.arange(40))) == typeset.MOST_NAMED + 1


# --- single figures -------------------------------------------------------------------


def lines_of(panel) -> dict[float, list]:
    """Lines of a panel by width."""
    found: dict[float, list] = {}
    for line in panel.get_lines():
        found.setdefault(line.get_linewidth(), []).append(line)
    return found


def test_terms_get_a_panel_each_and_missing_ones_none():
    figure = curves.training_curves(history(), title="t")
    names = [axes.get_ylabel() for axes in figure.axes if axes.axison]
    assert names == [
        "total loss (nats)",
        "KL divergence (nats)",
        "mel reconstr. (nats)",
        "active units",
    ]
    figure = curves.training_curves(history(3)[:1], title="t")
    assert [axes.get_ylabel() for axes in figure.axes] == ["total loss (nats)"]


@pytest.mark.parametrize("stopped", [None, float("nan")])
def test_a_seed_that_stopped_counts_with_its_last_value(stopped):
    rows = [
        {"epoch": 1, "phase": "p", "loss": [4.0, 8.0]},
        {"epoch": 2, "phase": "p", "loss": [2.0, 6.0]},
        {"epoch": 3, "phase": "p", "loss": [1.0, stopped]},
    ]
    figure = curves.training_curves(rows, title="t")
    (mean,) = lines_of(figure.axes[0])[1.4]
    np.testing.assert_allclose(mean.get_ydata(), [6.0, 4.0, 3.5])


def test_values_of_a_seed_that_no_longer_runs_do_not_count():
    rows = [
        {"epoch": 1, "phase": "p", "loss": [4.0, 8.0], "running": [True, True]},
        {"epoch": 2, "phase": "p", "loss": [2.0, 99.0], "running": [True, False]},
    ]
    rows = [row | {"broken_at": [-1, 1], "collapsed": [False, False]} for row in rows]
    figure = curves.training_curves(rows, title="t")
    assert len(figure.axes) == 1
    np.testing.assert_allclose(lines_of(figure.axes[0])[1.4][0].get_ydata(), [6.0, 5.0])


def test_an_epoch_that_was_run_twice_counts_once_and_phases_follow_each_other():
    rows = [
        {"epoch": e, "phase": p, "loss": [x]}
        for e, p, x in [(0, "a", 9), (1, "a", 8), (1, "a", 7), (0, "b", 3), (1, "b", 2)]
    ]
    figure = curves.training_curves(rows, title="t")
    first, second = lines_of(figure.axes[0])[1.4]
    assert list(first.get_xdata()) == [1, 2] and list(first.get_ydata()) == [9, 7]
    assert list(second.get_xdata()) == [3, 4] and list(second.get_ydata()) == [3, 2]


def test_the_last_phase_can_be_read_beside_a_phase_of_another_scale():
    rows = [
        {"epoch": e, "phase": "a", "loss": [9000 * 0.7**e + 400]} for e in range(30)
    ]
    rows += [
        {"epoch": e, "phase": "b", "loss": [320 + 100 * 0.9 ** (e - 30)]}
        for e in range(30, 99)
    ]
    rows[60]["loss"] = [1e9]  # a single spike
    low, high = curves.training_curves(rows, title="t").axes[0].get_ylim()
    assert 300 < low < 320 and 380 < high < 600


def test_a_history_without_epochs_is_refused():
    for rows in ([], [{"epoch": 1, "phase": "p", "loss": [float("nan")]}]):
        with pytest.raises(ValueError, match="Train for at least one epoch"):
            curves.training_curves(rows, title="t")


def test_epochs_are_whole_numbers_on_the_axis():
    figure = curves.training_curves(history(2)[:1], title="t")
    figure.draw_without_rendering()
    ticks = [t.get_text() for t in figure.axes[0].get_xticklabels() if t.get_visible()]
    assert all("." not in text for text in ticks)


def test_points_of_a_map_lie_where_they_should_in_the_colour_of_their_class():
    xy = np.array([[0, 0], [1, 2], [3, 4], [5, 6]], np.float32)
    values = np.array(["b", "a", "a", ""])
    figure = plots.latent_maps({"UMAP": xy}, {"genre": values}, title="t")
    a, b, unknown = figure.axes[0].collections
    np.testing.assert_array_equal(a.get_offsets(), xy[1:3])
    np.testing.assert_array_equal(b.get_offsets(), xy[:1])
    np.testing.assert_array_equal(unknown.get_offsets(), xy[3:])
    names = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert names == ["a", "b", "unknown"]
    assert unknown.get_zorder() < a.get_zorder()


def test_a_class_may_start_with_an_underscore():
    figure = plots.cluster_sizes(
        np.array([0, 0]), np.array(["_x", "_y"]), title="t", column="c"
    )
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names == ["_x", "_y"]


def test_bars_hold_the_counts_of_each_cluster():
    clusters = np.array([4, 4, 4, 2, 2, -1])
    truth = np.array(["a", "b", "a", "a", "", "b"])
    figure = plots.cluster_sizes(clusters, truth, title="t", column="c")
    (axes,) = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["4", "2", "noise"]
    widths = [[bar.get_width() for bar in part] for part in axes.containers]
    assert widths == [[2, 1], [1, 1], [1]]  # a, b, unknown
    assert [text.get_text() for text in axes.texts] == ["3", "2", "1"]


def test_the_matrix_has_its_matches_on_the_diagonal():
    truth = np.array(["a"] * 5 + ["b"] * 4 + ["c"] * 3 + [""])
    clusters = np.array([7, 7, 7, 7, 1] + [0] * 4 + [1, 1, -1] + [9])
    figure = plots.cluster_matrix(clusters, truth, title="t", column="c")
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a", "b", "c", "unknown"]
    columns = [t.get_text() for t in axes.get_xticklabels()]
    assert columns[:3] == ["7", "0", "1"] and columns[-1] == "noise"
    share = axes.images[0].get_array()
    np.testing.assert_allclose(share[:3, :3].diagonal(), [4 / 5, 1, 2 / 3])
    assert {t.get_text() for t in axes.texts} == {"4", "1", "2"}


def test_a_matrix_of_noise_or_of_unknowns_alone_is_drawn():
    for clusters, truth in [(-1, "a"), (0, ""), (-1, "")]:
        png(
            plots.cluster_matrix(
                np.full(3, clusters), np.full(3, truth), title="t", column="c"
            )
        )


def test_a_dense_matrix_leaves_out_its_numbers():
    rng = np.random.default_rng(0)
    clusters = rng.integers(0, 40, 2000)
    truth = np.array(GENRES)[clusters]
    figure = plots.cluster_matrix(clusters, truth, title="t", column="c")
    assert not figure.axes[0].texts and figure.axes[0].images[0].get_array().min() == 0
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), np.eye(40))


@pytest.mark.parametrize(("n_bands", "sample_rate_hz"), [(128, 22050), (40, 16000)])
def test_bands_lie_at_the_centres_that_librosa_gives_them(n_bands, sample_rate_hz):
    from librosa import mel_frequencies

    centres = mel_frequencies(n_bands + 2, fmin=0, fmax=sample_rate_hz / 2)[1:-1]
    places = [spectrograms.mel_band(hz, n_bands, sample_rate_hz) for hz in centres]
    np.testing.assert_allclose(places, np.arange(n_bands), atol=1e-3)


def test_spectrograms_share_the_scale_of_the_originals():
    original = np.linspace(-70, -10, 64 * 20, dtype=np.float32).reshape(64, 20)
    figure = spectrograms.reconstructions(
        [("a", original, original * 3), ("b", original + 10, original)],
        hop_s=0.5,
        sample_rate_hz=16000,
        name="reconstructed",
    )
    pictures = [axes.images[0] for axes in figure.axes[:4]]
    assert {picture.get_clim()[1] for picture in pictures} == {0.0}
    assert len({picture.get_clim() for picture in pictures}) == 1
    assert pictures[0].get_extent() == [0, 32.0, -0.5, 19.5]
    ticks = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert ticks == ["500 Hz", "1 kHz", "2 kHz", "4 kHz"]  # 8 kHz is the upper edge


def test_flat_spectrograms_are_drawn():
    flat = np.full((5, 8), -80.0)
    png(
        spectrograms.reconstructions(
            [("", flat, flat)], hop_s=0.1, sample_rate_hz=8000, name="r"
        )
    )


def test_pictures_of_nothing_are_refused():
    with pytest.raises(ValueError, match="pairs is empty"):
        spectrograms.reconstructions([], hop_s=0.1, sample_rate_hz=8000, name="r")
    with pytest.raises(ValueError, match="no ari to draw"):
        bars.score_bars([], metric="ari")


def test_models_stand_above_baselines_by_their_best_score():
    figure = bars.score_bars(
        [
            {"model": m, "clusterer": "kmeans", "label": "genre", "mean": x, "std": 0.1}
            for m, x in [("pca", 0.9), ("vae", 0.2), ("vade", 0.5)]
        ],
        metric="ari",
    )
    (axes,) = figure.axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["vade", "vae", "pca"]
    assert list(axes.get_yticks()) == sorted(axes.get_yticks())
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first is on top
    assert axes.get_xlabel() == "ARI"


def test_curves_know_every_term_that_has_a_name():
    assert set(curves.TERMS) == {"loss", "recon", "kl", "active_units"}
