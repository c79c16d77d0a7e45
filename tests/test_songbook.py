"""The embedded collection: its plan, its files, its sound, its failures."""

import csv
import json
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import stats

from vaejax.songbook import collection, lyrics, mix, render, styles
from vaejax.songbook.instruments import SAMPLE_RATE_HZ
from vaejax.songbook.plan import (
    LANGUAGES,
    artists,
    cells,
    plan,
)

SETTINGS = {"n_songs": 16, "duration_s": 3.0, "seed": 3}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Sixteen songs of three seconds, rendered by two processes."""
    folder = tmp_path_factory.mktemp("data") / "songbook"
    render(folder, **SETTINGS, n_workers=2)
    return folder


@pytest.fixture(scope="module")
def rows(root):
    with (root / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def full():
    return plan(1120, 0)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# The plan


def test_677_of_1120_songs_have_lyrics_and_145_of_240(full):
    assert sum(song.has_lyrics for song in full) == 677
    assert sum(song.has_lyrics for song in plan(240, 5)) == 145


def test_every_style_occurs_equally_often_in_every_language(full):
    counts = Counter((song.language, song.genre) for song in full)
    assert len(counts) == 40 and set(counts.values()) == {28}


@pytest.mark.parametrize("n_songs", [1, 7, 23, 61, 100])
def test_any_number_of_songs_is_spread_as_evenly_as_it_can_be(n_songs):
    songs = plan(n_songs, 0)
    assert len(songs) == len({song.track_id for song in songs}) == n_songs
    for field, n_values in (("language", 5), ("genre", 8)):
        counts = Counter(getattr(song, field) for song in songs)
        assert len(counts) == min(n_songs, n_values)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_lyrics_are_spread_over_languages_and_styles(full):
    for field in ("language", "genre"):
        shares = Counter(getattr(song, field) for song in full if song.has_lyrics)
        n = 1120 / len(shares)
        assert all(abs(count / n - 0.6045) < 0.05 for count in shares.values())


@pytest.mark.parametrize("n_songs", [240, 1120])
def test_an_artist_sings_one_language_few_styles_and_three_to_eight_songs(n_songs):
    by_artist: dict[int, list] = {}
    for song in plan(n_songs, 0):
        by_artist.setdefault(song.artist_index, []).append(song)
    n_genres = [len({song.genre for song in songs}) for songs in by_artist.values()]
    assert max(n_genres) <= 3 and np.mean(np.array(n_genres) <= 2) > 0.9
    for songs in by_artist.values():
        assert 3 <= len(songs) <= 8
        assert len({song.language for song in songs}) == 1
        assert len({song.artist for song in songs}) == 1
    names = {songs[0].artist for songs in by_artist.values()}
    assert len(names) == len(by_artist)


def test_artists_stay_distinct_when_the_names_run_out():
    found = set(artists(np.random.default_rng(0), cells(6000)))
    assert len(found) == 1200 == len({name for _, name in found})


@pytest.mark.parametrize("label", ["language", "genre"])
@pytest.mark.parametrize(
    "factor", ["level_db", "snr_db", "bandwidth_hz", "tilt_db_per_octave"]
)
def test_the_recording_does_not_give_the_label_away(full, label, factor):
    groups: dict[str, list[float]] = {}
    for song in full:
        groups.setdefault(getattr(song, label), []).append(getattr(song, factor))
    # the share of the factor's variance that the label explains; .7 % by chance alone
    values = np.concatenate(list(groups.values()))
    between = sum(len(g) * (np.mean(g) - values.mean()) ** 2 for g in groups.values())
    assert between / ((values - values.mean()) ** 2).sum() < 0.02
    assert stats.kruskal(*groups.values()).pvalue > 1e-3


def test_keys_do_not_depend_on_language_or_genre(full):
    for label in ("language", "genre"):
        names = sorted({getattr(song, label) for song in full})
        table = np.zeros((len(names), 12))
        for song in full:
            column = styles.KEYS.index(song.key)
            table[names.index(getattr(song, label)), column] += 1
        assert stats.chi2_contingency(table).pvalue > 1e-3


def test_tempo_lies_in_the_range_of_the_style_and_not_of_the_language(full):
    for song in full:
        low, high = styles.STYLES[song.genre].tempo_bpm
        assert low <= song.tempo_bpm <= high
    tempi = [[s.tempo_bpm for s in full if s.language == lang] for lang in LANGUAGES]
    assert stats.kruskal(*tempi).pvalue > 1e-3


# Lyrics

BLOCKS = {
    "arabic": (0x0600, 0x06FF),
    "bangla": (0x0980, 0x09FF),
    "hindi": (0x0900, 0x097F),
    "english": (0x0041, 0x024F),
    "spanish": (0x0041, 0x024F),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_written_in_the_script_of_its_language(language):
    low, high = BLOCKS[language]
    themes = lyrics.stock(language)
    assert len(themes) == 10 and all(len(lines) == 5 for lines in themes.values())
    originals = [line.original for lines in themes.values() for line in lines]
    assert len(set(originals)) == 50
    for line in (line for lines in themes.values() for line in lines):
        letters = [c for c in line.original if unicodedata.category(c)[0] in "LM"]
        assert letters and all(low <= ord(c) <= high for c in letters)
        assert line.romanized.isascii() and line.original.strip() == line.original
        words = (line.romanized.split(), line.original.split())
        assert 0.5 < len(words[0]) / len(words[1]) < 2
        latin = [c for c in line.translated if c.isalpha()]
        assert all(0x41 <= ord(c) <= 0x24F for c in latin)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_can_be_sung(language):
    for lines in lyrics.stock(language).values():
        for line in lines:
            assert 5 <= len(lyrics.syllables(language, line.romanized)) <= 20
    for vocable in lyrics.vocables(language):
        assert len(lyrics.syllables(language, vocable)) >= 3


def test_english_drops_its_silent_e_and_spanish_does_not():
    def nuclei(language, text):
        return [s.nucleus for s in lyrics.syllables(language, text)]

    assert nuclei("english", "the tide") == ["e", "i"]
    assert nuclei("spanish", "madre calle") == ["a", "e", "a", "e"]
    assert nuclei("bangla", "payer niche") == ["a", "e", "i", "e"]


def test_the_three_versions_of_a_sheet_have_the_same_lines():
    rng = np.random.default_rng(0)
    for language in LANGUAGES:
        sheet = lyrics.write(rng, language=language, themes=("sea",))
        texts = [lyrics.text(sheet, version) for version in lyrics.Line._fields]
        assert len({len(text.splitlines()) for text in texts}) == 1
        assert sheet.title in texts[0]


# The folder


def test_the_folder_is_an_audiofolder_with_known_factors(root, rows):
    assert len(rows) == 16 and list(rows[0]) == list(collection.COLUMNS)
    with_lyrics = 0
    for row in rows:
        info = soundfile.info(root / row["file_name"])
        assert (info.samplerate, info.channels) == (SAMPLE_RATE_HZ, 1)
        assert (info.format, info.subtype) == ("FLAC", "PCM_16")
        assert info.duration == pytest.approx(float(row["duration_s"]), abs=1e-3)
        files = [row[f"{name}_file"] for name in ("lyrics", "romanized", "translated")]
        if any(files):
            with_lyrics += 1
            sizes = {len((root / f).read_text("utf-8").splitlines()) for f in files}
            assert len(sizes) == 1
    assert with_lyrics == round(0.6045 * 16)
    listed = {row["file_name"] for row in rows}
    assert listed == {f"audio/{p.parent.name}/{p.name}" for p in root.rglob("*.flac")}


def test_lyrics_files_are_in_the_script_that_the_row_says(root, rows):
    for row in rows:
        if not row["lyrics_file"]:
            continue
        low, high = BLOCKS[row["language"]]
        text = (root / row["lyrics_file"]).read_text("utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("[")]
        letters = [c for c in "".join(lines) if c.isalpha()]
        assert letters and all(low <= ord(c) <= high for c in letters)


def test_songs_are_neither_clipped_nor_silent_and_have_the_level_they_say(root, rows):
    for row in rows:
        samples, _ = soundfile.read(root / row["file_name"], dtype="float64")
        assert np.abs(samples).max() < 0.999
        level_db = 20 * np.log10(np.sqrt(np.mean(samples**2)))
        assert level_db == pytest.approx(float(row["level_db"]), abs=0.2)


def test_one_process_writes_the_same_bytes_as_two(root, tmp_path):
    counts: list[int] = []
    render(tmp_path / "again", **SETTINGS, n_workers=1, on_song=counts.append)
    assert counts == list(range(1, 17))
    assert contents(tmp_path / "again") == contents(root)


def test_another_seed_gives_other_songs():
    first, second = plan(4, 3), plan(4, 4)
    assert [s.tempo_bpm for s in first] != [s.tempo_bpm for s in second]
    one = mix.render_song(first[0], seed=3, duration_s=1.0)
    other = mix.render_song(first[0], seed=4, duration_s=1.0)
    assert not np.array_equal(one, other)


def test_a_collection_that_is_there_is_not_rendered_again(root):
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    render(root, **SETTINGS, on_song=lambda _: pytest.fail("a song was rendered"))
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*")}


@pytest.mark.parametrize(
    "other", [{"n_songs": 17}, {"duration_s": 4.0}, {"seed": 4}], ids=str
)
def test_a_folder_with_other_settings_is_refused_and_both_are_named(root, other):
    name, value = next(iter(other.items()))
    held = f"{name}={SETTINGS[name]}.*{name}={value}.*Give another folder"
    with pytest.raises(ValueError, match=held):
        render(root, **(SETTINGS | other))


def test_a_folder_that_is_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("a recording of mine")
    with pytest.raises(ValueError, match="holds no songbook.json"):
        render(tmp_path, **SETTINGS)
    assert contents(tmp_path) == {"mine.txt": b"a recording of mine"}


def test_a_damaged_settings_file_is_named(tmp_path):
    (tmp_path / "songbook.json").write_text("{")
    with pytest.raises(ValueError, match="songbook.json is not JSON"):
        render(tmp_path, **SETTINGS)
    (tmp_path / "songbook.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"holds a songbook with settings \[1\]"):
        render(tmp_path, **SETTINGS)


def test_an_interrupted_render_leaves_nothing(tmp_path):
    def stop(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "songs", **SETTINGS, n_workers=1, on_song=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_script_of_its_own_may_ask_for_several_processes(tmp_path):
    script = tmp_path / "script.py"  # without `if __name__ == "__main__":`
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})\n"
        "from vaejax.songbook import render\n"
        "render('songs', n_songs=4, duration_s=1.0, n_workers=2)\n"
    )
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "songs" / "metadata.csv").is_file()


KILLED = """
import os, signal, sys
from pathlib import Path
from vaejax.songbook import render
def stop(done):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
render(Path(sys.argv[1]), n_songs=8, duration_s=1.0, n_workers=1, on_song=stop)
"""


def test_a_killed_render_is_not_taken_as_whole_and_its_rest_is_removed(tmp_path):
    target = tmp_path / "songs"
    here = Path(__file__).resolve().parents[1]
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(target)], cwd=here, check=False
    )
    assert died.returncode == -9 and not target.exists()
    assert len(list(tmp_path.iterdir())) == 1
    render(target, n_songs=8, duration_s=1.0, n_workers=1)
    assert list(tmp_path.iterdir()) == [target]
    assert json.loads((target / "songbook.json").read_text())["n_songs"] == 8


@pytest.mark.parametrize(
    "setting",
    [{"n_songs": 0}, {"duration_s": 0.5}, {"seed": -1}, {"n_workers": 0}],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, setting):
    name, value = next(iter(setting.items()))
    with pytest.raises(ValueError, match=f"{name}={value} must be at least"):
        render(tmp_path / "songs", **(SETTINGS | setting))
    assert list(tmp_path.iterdir()) == []


def test_rendering_needs_no_jax():
    code = "import sys, vaejax.songbook.mix; sys.exit('jax' in sys.modules)"
    here = Path(__file__).resolve().parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=here).returncode == 0
