"""Notebooks are shown what the files of a run say, and nothing that it says runs."""

from html.parser import HTMLParser

import numpy as np
import pytest
from records import clustered, record_of
from small import ODD_TITLE

from vaejax import record, show, tables
from vaejax.cards import Card, Share

VOID = {"img"}


class Reader(HTMLParser):
    """Tags, texts and attributes; an end without its start is an error."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.texts, self.given, self.open = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.given += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.replace("\N{NO-BREAK SPACE}", " "))


def read(shown) -> Reader:
    return Reader(shown._repr_html_())


def two_runs():
    """A model that is always right, and a baseline that never is, on the same rows."""
    labels = {"genre": ["a"] * 4 + ["b"] * 4}
    right, wrong = [0] * 4 + [1] * 4, [0, 1] * 4
    nulls = {"genre": np.zeros((2, 19))}
    return {
        name: record_of(
            [clustered(clusters, model=model, seed=seed) for seed in (0, 1)],
            labels,
            nulls,
            model=model,
        )
        for name, model, clusters in (("a", "vae", right), ("b", "pca", wrong))
    }


def test_runs_stand_beside_each_other_and_have_leads_over_each_others_baselines(
    monkeypatch,
):
    runs = two_runs()
    monkeypatch.setattr(show, "_record", lambda folder: runs[folder.name])
    both, alone = show.scores("a", "b"), show.scores("a")
    overview, leads = both.tables
    assert [(row[0], tables.shown(row[-1])) for row in overview.rows] == [
        ("vae", "1.000 ±.000"),
        ("pca", "-.167 ±.000"),
    ]
    assert leads.rows[0][:7] == (
        "vae",
        "mel",
        "–",
        "kmeans",
        2,
        "pca mel, kmeans",
        7 / 6,
    )
    assert len(alone.tables) == 1
    found = read(both)
    assert found.tags.count("table") == 2 and "1.000 ±.000" in found.texts
    assert [f"p:{text}" for text in both.said if text not in found.texts] == []
    assert found.tags.count("strong") == 1  # the best of its column


def test_the_scores_of_a_run_are_those_of_its_files(played):
    shown = show.scores(played)
    (overview,) = [t for t in shown.tables if t.name == "overview_genre_40"]
    of_genre = [
        s.value
        for s in record.scores(played / "scores.csv")
        if (s.model, s.clusterer, s.k) == ("vade", "kmeans", 3)
        and (s.label, s.metric) == ("genre", "ari")
    ]
    row = overview.rows[0]
    estimate = row[overview.header.index("k = 3")]
    assert row[0] == "vade" and len(of_genre) == 3
    assert estimate == pytest.approx((np.mean(of_genre), np.std(of_genre)))
    assert tables.shown(estimate) in read(shown).texts
    assert repr(shown).startswith("Against language, on 40 tracks:")
    assert tables.as_text(overview) in repr(shown)


def test_a_title_is_text_whatever_it_says():
    share = {"genre": (Share(ODD_TITLE, 2, 1.0, 1.0),)}
    card = Card(0, ODD_TITLE, 2, 1.0, (0,), share, (ODD_TITLE,), ())
    clip = "data:audio/mpeg;base64,AA=="
    shown = show.Clusters(ODD_TITLE, (card,), (ODD_TITLE, "أغنية"), {0: clip})
    found = read(shown)
    assert "script" not in found.tags and found.texts.count(ODD_TITLE) == 3
    assert ("src", clip) in found.given and found.tags.count("audio") == 1
    assert f"key words: {ODD_TITLE}" in repr(shown).splitlines()[-2]


def test_clusters_are_those_of_the_map_and_can_be_listened_to(played):
    silent, loud = show.clusters(played), show.clusters(played, preview_s=0.5)
    assert silent.method.startswith("vade, own, seed")
    assert sum(card.size for card in silent.cards) == len(silent.titles) == 40
    assert ODD_TITLE in silent.titles and not silent.previews
    assert silent.cards == loud.cards
    heard = [row for card in loud.cards for row in card.central[: show.HEARD]]
    assert sorted(loud.previews) == sorted(heard)
    assert all(x.startswith("data:audio/mpeg;base64,") for x in loud.previews.values())
    assert read(loud).tags.count("audio") == len(heard)
    assert read(silent).tags.count("details") == len(silent.cards)


def test_a_figure_is_an_image_that_needs_no_html(played):
    shown = show.figure(played, "maps")
    assert shown._repr_png_().startswith(b"\x89PNG")
    assert len(shown.png) < (played / "figures" / "maps.png").stat().st_size
    assert repr(shown).startswith("maps of ")
    assert not hasattr(shown, "_repr_html_")


def test_what_is_not_there_is_named(played, tmp_path):
    with pytest.raises(ValueError, match=r"'map' is no figure of .*Choices: .*maps"):
        show.figure(played, "map")
    with pytest.raises(ValueError, match="is no run folder"):
        show.scores(tmp_path)
    with pytest.raises(ValueError, match="Got none"):
        show.scores()
