"""Tables of what was found: what is bold, what is starred, and what is left out."""

import pytest
from records import compared, lead, method

from vaejax import findings
from vaejax.report import Score
from vaejax.tables import Estimate, P


def score(metric, value, *, seed=0, label="", model="vae", clusterer="kmeans", k=2):
    about = (model, "mel", "none", clusterer, k, seed)
    return Score(*about, "z", label, metric, value, "")


def test_scores_of_a_method_are_gathered_over_seeds():
    scores = [score("ari", x, seed=s, label="genre") for s, x in enumerate([0.1, 0.3])]
    values = findings.gather([*scores, score("ari", 0.5, label="genre", k=3)])
    assert values == {
        (method(), "genre", "ari"): [0.1, 0.3],
        (method(k=3), "genre", "ari"): [0.5],
    }
    assert findings.stabilities(findings.gather([score("stability", 0.7)])) == {
        method(): 0.7
    }


def test_the_overview_has_a_row_a_model_and_the_best_of_each_k_in_bold():
    (table,) = findings.overviews(
        [
            compared(method("pca", k=10), 0.2),
            compared(method("pca", k=2), 0.4),
            compared(method("vade", k=2), 0.4),
            compared(method("vade", k=10), 0.3),
            compared(method("vade", "own", 15), 0.5),
            compared(method("vade", "ward", 2), 0.9),
            compared(method("cvae", k=2), 0.8, told=True),
        ]
    )
    assert table.header[3:] == ("k = 2", "k = 10", "own, k = 15")
    # ward is in the full table; what was told the label is out of competition
    assert [row[0] for row in table.rows] == ["pca", "vade", "cvae*"]
    assert table.rows[1][3:] == tuple(Estimate(x, 0.1) for x in (0.4, 0.3, 0.5))
    assert table.rows[2][4:] == (None, None)
    # of the two at k = 2 neither is better
    assert table.bold == {(0, 3), (1, 3), (1, 4), (1, 5)}
    assert table.name == "overview_genre_40"


def test_labels_and_sets_of_tracks_have_tables_of_their_own():
    rows = [
        compared(method()),
        compared(method(), label="language"),
        compared(method(), n_tracks=30, family=1),
    ]
    names = [table.name for table in findings.overviews(rows)]
    places = ("genre_40", "language_40", "genre_30")
    assert names == [f"overview_{place}" for place in places]
    full = [table.name for table in findings.score_tables(rows, {})]
    assert full == [f"scores_{place}" for place in places]


def test_the_full_table_has_every_method_with_its_p_values():
    values = findings.gather(
        [
            score("ari", 0.1, label="genre"),
            score("ari", 0.3, label="genre", seed=1),
            score("song_ari", 0.2, label="genre"),
            score("p_value", 0.5, label="genre"),
            score("stability", 0.7),
        ]
    )
    rows = [compared(method(), 0.2, p=0.01, corrected=0.02), compared(method("pca"))]
    (table,) = findings.score_tables(rows, values)
    columns = ("ARI", "ARI, by song", "stability", "p", "p corrected")
    assert table.header[3:] == ("clusterer", "k", *columns)
    first, second = table.rows
    assert first[3:5] == ("kmeans", 2) and first[6] == Estimate(0.2, None)
    assert first[5] == pytest.approx(Estimate(0.2, 0.1))
    assert first[7:] == (0.7, P(0.01), P(0.02))
    assert second[5:8] == (None, None, None), "nothing was scored"
    assert "all 2 methods" in table.note


def test_the_table_of_leads_names_the_baseline_and_has_none_of_baselines():
    over = method("pca", "ward")
    rows = [
        compared(method("pca")),
        compared(method(), lead=lead(0.2, 0.01, 0.1, over)),
    ]
    (table,) = findings.lead_tables(rows)
    (row,) = table.rows
    assert row[0] == "vae" and row[5] == "pca mel, ward"
    assert row[6] == 0.2 and row[9] == P(0.01)
    assert findings.lead_tables(rows[:1]) == []


def test_comparisons_are_rows_like_those_of_scores():
    over = method("pca", "ward")
    one = compared(method(), p=0.01, corrected=0.02, lead=lead(0.2, 0.04, 0.1, over))
    rows = findings.comparison_rows([one, compared(method("cvae"), told=True)])
    found = {(s.model, s.metric): s.value for s in rows}
    assert found["vae", "p_of_mean"] == 0.01 and found["vae", "p_corrected"] == 0.02
    assert found["vae", "lead"] == 0.2 and found["vae", "lead_p_corrected"] == 0.04
    assert found["vae", "lead_low"] < 0.2 < found["vae", "lead_high"]
    assert {s.space for s in rows if s.metric.startswith("lead")} == {"pca mel ward"}
    assert {s.seed for s in rows} == {None}
    assert [s.told for s in rows if s.model == "cvae"] == ["told", "told"]


def test_only_tables_with_something_in_them_are_made():
    values = findings.gather([score("silhouette", 0.5)])
    made = findings.all_tables([], values, [])
    assert [table.name for table in made] == ["internal"]
    assert findings.all_tables([], {}, []) == []


def test_inputs_are_named_in_few_words():
    names = {
        "mel+mfcc": "audio",
        "mel+flux": "mel, flux",
        "mel+mfcc+flux": "audio",
        "lyrics": "lyrics",
        "mel+mfcc+lyrics": "audio + lyrics",
        "mel+lyrics": "mel + lyrics",
        "pixels": "pixels",
    }
    assert {name: findings.input_of(name) for name in names} == names
