"""Cards say what is in a cluster, and nothing that its songs do not carry."""

import json

import numpy as np
import pytest

from vaejax import cards, traits
from vaejax.cards import Share, as_json, lines


def collection(n: int = 60) -> dict:
    """Clusters 0, 1 and noise; the second is fast, Bangla and of rivers."""
    rng = np.random.default_rng(0)
    clusters = np.repeat([0, 1, -1], [n // 2, n // 3, n - n // 2 - n // 3])
    river = clusters == 1
    return {
        "clusters": clusters,
        "z": rng.normal(size=(n, 3)) + 9 * clusters[:, None],
        "songs": np.array([f"s{i}" for i in range(n)]),
        "columns": {
            "language": ["bangla" if r else "english" for r in river],
            "genre": [
                "baul" if r else ("pop", "rock")[i % 2] for i, r in enumerate(river)
            ],
        },
        "words": [
            {"river": 2, "boat": 1} if r else {"city": 1, "car": 1} for r in river
        ],
        "traits": {
            "tempo_bpm": rng.normal(100, 5, n) + 40 * river,
            "brightness_hz": rng.normal(1500, 300, n),
            "loudness_db": np.full(n, np.nan),
        },
    }


def test_cards_come_by_falling_size_and_noise_last():
    found = cards.cards(**collection())
    assert [card.cluster for card in found] == [0, 1, -1]
    assert [card.size for card in found] == [30, 20, 10]
    assert sum(card.share for card in found) == pytest.approx(1)
    assert found[-1].name == "noise" and found[-1].central == ()


def test_noise_is_last_even_where_it_is_most():
    data = collection()
    data["clusters"] = np.where(data["clusters"] == 0, -1, 5)
    assert [card.cluster for card in cards.cards(**data)] == [5, -1]


def test_a_card_tells_labels_words_and_sound_of_its_cluster():
    card = cards.cards(**collection())[1]
    assert card.name == "bangla baul · fast"
    assert card.shares["language"] == (Share("bangla", 20, 1.0, 3.0),)
    assert set(card.words) == {"river", "boat"}
    (one,) = card.sound
    assert one.trait == "tempo_bpm" and one.word == "fast" and one.deviations > 1
    assert one.text == f"faster: {one.mean:.0f} bpm against {one.elsewhere:.0f}"


def test_shares_and_lifts_are_among_rows_where_the_value_is_known():
    data = collection(6)
    data["clusters"] = np.array([0, 0, 0, 0, 1, 1])
    data["columns"] = {"mood": ["sad", "sad", "gay", "", "gay", ""]}
    (sad, gay), (only,) = (card.shares["mood"] for card in cards.cards(**data))
    assert sad == Share("sad", 2, pytest.approx(2 / 3), pytest.approx(2 / 3 / 0.5))
    assert gay == Share("gay", 1, pytest.approx(1 / 3), pytest.approx(1 / 3 / 0.5))
    assert only == Share("gay", 1, 1.0, 2.0)


def test_the_central_tracks_are_nearest_to_the_mean_and_of_different_songs():
    data = collection(6)
    data["clusters"] = np.zeros(6, int)
    data["z"] = np.array([[0.0], [0.1], [-0.2], [3.0], [-3.0], [0.3]])
    data["songs"] = np.array(["a", "a", "b", "c", "d", "e"])
    # The mean is .033: distances .033, .067, .233, 2.967, 3.033, .267.
    (card,) = cards.cards(**data)
    assert card.central == (0, 2, 5, 3, 4)


def test_a_cluster_that_is_all_has_no_sound_of_its_own_and_no_label():
    data = collection()
    data["clusters"] = np.zeros(60, int)
    data["columns"] = {"language": ["english"] * 60}
    (card,) = cards.cards(**data)
    assert card.sound == () and card.name == "mixed · car, city"


def test_small_clusters_of_random_songs_say_nothing_of_their_sound():
    rng = np.random.default_rng(1)
    said = 0
    for _ in range(200):
        values = {name: rng.normal(size=300) for name in cards.TRAITS}
        rows = np.arange(300) < 4
        said += len(cards._sound(rows, np.arange(300), values))
    assert said / (200 * 4) < 0.08  # two standard errors: one in twenty


def test_clips_of_one_song_are_one_piece_of_evidence():
    values = {"tempo_bpm": np.repeat([120.0, 100, 110, 90, 105], [30, 10, 10, 10, 10])}
    rows = np.arange(70) < 30
    assert cards._sound(rows, np.arange(70), values)
    songs = np.repeat(np.arange(5), [30, 10, 10, 10, 10])
    assert cards._sound(rows, songs, values) == ()


def test_a_difference_must_exceed_half_a_standard_deviation():
    rng = np.random.default_rng(0)
    rows = np.arange(4000) < 2000
    values = rng.normal(size=4000) + 0.3 * rows
    assert cards._sound(rows, np.arange(4000), {"loudness_db": values}) == ()
    (one,) = cards._sound(rows, np.arange(4000), {"loudness_db": values + 0.6 * rows})
    assert one.word == "loud"


def test_less_has_its_own_words_and_numbers_a_real_minus():
    rows = np.arange(40) < 20
    values = {
        "loudness_db": np.where(rows, -20.0, -10) + np.arange(40) % 2,
        "harmonic_share": np.where(rows, 0.5, 0.9) + np.arange(40) % 2 / 50,
        "brightness_hz": np.where(rows, 900.0, 1900) + np.arange(40) % 2,
    }
    found = {one.trait: one for one in cards._sound(rows, np.arange(40), values)}
    assert found["loudness_db"].text == "quieter: −19.5 dB against −9.5"
    text = "more percussive: 51 % harmonic energy against 91 %"
    assert found["harmonic_share"].text == text
    assert found["brightness_hz"].text == "darker: 900 Hz against 1,900"
    assert found["brightness_hz"].word == "dark"


def test_unknown_traits_of_some_tracks_are_left_out():
    data = collection()
    data["traits"]["tempo_bpm"][::2] = np.nan
    assert [one.trait for one in cards.cards(**data)[1].sound] == ["tempo_bpm"]
    data["traits"]["tempo_bpm"][:] = np.nan
    assert cards.cards(**data)[1].sound == ()


def test_a_label_that_another_contains_is_said_once():
    shares = {
        "language": (Share("arabic", 9, 0.9, 4.0),),
        "genre": (Share("arabic_pop", 6, 0.6, 5.0), Share("rare", 1, 0.1, 30.0)),
        "group": (Share("arabic", 9, 0.9, 4.0),),
        "mood": (Share("sad", 9, 0.9, 1.0),),
    }
    assert list(cards._labels(shares)) == ["arabic pop"]
    del shares["genre"]
    assert list(cards._labels(shares)) == ["arabic"]


def test_two_labels_name_a_cluster_that_neither_has_half_of():
    data = collection()
    of_first = ["pop"] * 14 + ["rock"] * 13 + ["folk"] * 3
    data["columns"] = {"genre": of_first + ["jazz"] * 30}
    data["clusters"] = np.repeat([0, 1], 30)
    data["traits"], data["words"] = {}, None
    names = [card.name for card in cards.cards(**data)]
    assert names == ["pop and rock", "jazz"]


def test_no_two_cards_have_one_name():
    data = collection()
    data["columns"] = {"genre": ["pop"] * 30 + ["rock"] * 30}
    data["clusters"] = np.repeat(np.arange(6), 10)
    data["traits"] = {}
    data["words"] = [{w: 1 for w in ("river", "boat", "sea")}] * 30 + [{}] * 30
    names = [card.name for card in cards.cards(**data)]
    assert names == [
        *("pop", "pop · boat, river", "pop · boat, river, sea"),
        *("rock", "rock (2)", "rock (3)"),
    ]


def test_lines_are_short_and_say_what_the_card_holds():
    data = collection()
    titles = [f"Title {i}" for i in range(60)]
    card = cards.cards(**data)[1]
    found = lines(card, titles)
    assert found[:4] == [
        "bangla baul · fast",
        "20 tracks, 33 % of the collection",
        "language: bangla 100 % (3.0×)",
        "genre: baul 100 % (3.0×)",
    ]
    assert found[4].startswith("faster: ") and found[5] == "key words: river, boat"
    assert found[6].startswith("at its centre: Title ") and len(found) == 7
    empty = card._replace(size=1, shares={"x": ()}, words=(), sound=(), central=())
    assert lines(empty, titles) == [card.name, "1 track, 33 % of the collection"]


def test_cards_are_json_and_come_back_with_every_number():
    data = collection()
    for card in cards.cards(**data):
        back = json.loads(json.dumps(as_json(card), allow_nan=False))
        assert back["size"] == card.size and list(back) == list(card._fields)
        assert [one["lift"] for one in back["shares"]["genre"]] == [
            one.lift for one in card.shares["genre"]
        ]


def test_without_lyrics_traits_and_labels_there_is_still_a_card():
    data = collection() | {"words": None, "traits": {}, "columns": {}}
    found = cards.cards(**data)
    assert [card.name for card in found] == ["mixed", "mixed (2)", "noise"]
    assert cards.cards(
        **{name: x[:0] for name, x in data.items() if isinstance(x, np.ndarray)},
        columns={}, words=None, traits={},
    ) == []  # fmt: skip


def test_the_traits_that_are_measured_can_be_put_into_words():
    assert tuple(cards.TRAITS) == traits.Traits._fields


@pytest.mark.parametrize("name", ["songs", "words", "columns", "traits"])
def test_what_is_not_as_long_as_the_clusters_is_refused(name):
    data = collection()
    data |= {
        "songs": {"songs": data["songs"][:3]},
        "words": {"words": data["words"][:3]},
        "columns": {"columns": {"genre": ["a"] * 3}},
        "traits": {"traits": {"tempo_bpm": np.ones(3)}},
    }[name]
    with pytest.raises(
        ValueError, match=rf"{name}.* has 3 values; there are 60 tracks"
    ):
        cards._check(60, *(data[k] for k in ("songs", "columns", "words", "traits")))


def test_a_trait_that_nobody_knows_is_refused_with_the_choices():
    data = collection()
    data["traits"]["tempo"] = np.zeros(60)
    with pytest.raises(
        ValueError, match=r"\['tempo'\] is not known. Choices: tempo_bpm"
    ):
        cards.cards(**data)
