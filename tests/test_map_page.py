import base64
import csv
import io
import json
import re

import numpy as np
import pytest
import soundfile
from browser import Window, chromium, opened, until

from vaejax.audio import AudioError
from vaejax.pages import listening, single_file
from vaejax.pages.collection_map import map_page

HOSTILE = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
TITLES = {
    0: "Canción del corazón",
    1: "أغنية الصحراء",
    2: "চাঁদের গান",
    3: HOSTILE,
    4: '=HYPERLINK("x"),1',
    5: "<!--<script>\u2028&amp;",
}
WIDTH, HEIGHT = 10, 6  # songs on a grid: song i is at (i % 10, i // 10), up


def collection(**changes) -> dict:
    """Arguments of `map_page` for sixty songs whose clusters are columns of a grid."""
    n = WIDTH * HEIGHT
    x, y = np.arange(n) % WIDTH, np.arange(n) // WIDTH
    found = {
        "title": f"Songs {HOSTILE}",
        "about": "sixty of them",
        "ids": [f"t{i:02d}" for i in range(n)],
        "titles": [TITLES.get(i, f"Song {i}") for i in range(n)],
        "artists": [("Rahima", "فيروز", "", "Los Ríos")[i % 4] for i in range(n)],
        "xy": np.stack([x, y], 1).astype(float),
        "columns": {
            "cluster": [str(c - 1) for c in x // 2],
            "language": [("bangla", "arabic", "")[i % 3] for i in range(n)],
            "genre": [f"g{i % 20:02d}" for i in range(n)],
            "tempo": [None if i == 7 else 60.0 + i for i in range(n)],
        },
        "confidence": np.linspace(0, 1, n),
        "neighbours": (np.arange(n)[:, None] + [1, 2]) % n,
        "audio": ["" if i == 9 else f"audio/{i}.wav" for i in range(n)],
        "cards": [
            {"cluster": "0", "name": "Warm <b>baul</b>", "size": 12, "lines": ["slow"]}
        ],
    }
    return found | changes


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page and, for song 0, a file that is hard to name."""
    root = tmp_path_factory.mktemp("map")
    name = "audio/গান #1 50% ¿qué? 'ok'.wav"
    (root / "audio").mkdir()
    soundfile.write(root / name, tone(seconds=2), 8000)
    data = collection()
    data["audio"][0] = listening.link(root / name, root)
    (root / "map.html").write_text(map_page(**data), encoding="utf-8")
    return root


def tone(*, seconds: float) -> np.ndarray:
    return 0.3 * np.sin(np.arange(int(8000 * seconds)) * 0.3).astype(np.float32)


@pytest.fixture(scope="module")
def window(browser):
    return Window(browser, accept_downloads=True)


@pytest.fixture
def page(window, folder):
    with window.showing(folder / "map.html") as found:
        yield found


def where(page, song: int) -> tuple[float, float]:
    """The place of a song in the window."""
    box = page.locator("#map").bounding_box()
    x, y = page.evaluate("i => [toX(X[i]), toY(Y[i])]", song)
    return box["x"] + x, box["y"] + y


def pixel(page, song: int) -> str:
    """The colour of the map at a song, after what was asked for has been drawn."""
    rgb = page.evaluate(
        """async i => {
          await new Promise(requestAnimationFrame);
          const at = [toX(X[i]), toY(Y[i])].map((v) => Math.floor(v * size.ratio));
          const rgb = byId("points").getContext("2d").getImageData(...at, 1, 1).data;
          return [...rgb].slice(0, 3);
        }""",
        song,
    )
    return bytes(rgb).hex()


def rows(page, panel: str) -> list[str]:
    return page.locator(f"#{panel} .row > bdi").all_inner_texts()


def test_metadata_is_shown_as_text_whatever_it_says(page):
    assert page.locator("h1").inner_text() == f"Songs {HOSTILE}"
    assert page.title() == f"Songs {HOSTILE}"
    page.locator("#tab-list").click()
    assert HOSTILE in rows(page, "list")
    page.get_by_role("searchbox").fill("onerror")
    assert page.locator("#list caption").inner_text() == "1 song with “onerror”"
    page.locator("#tab-cards").click()
    assert "0 · Warm <b>baul</b>" in page.locator("#cards").inner_text()
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2


def test_a_script_that_got_in_would_not_run_nor_reach_a_network(browser, folder):
    blocked = browser.new_page()
    blocked.goto((folder / "map.html").as_uri())
    for markup in ("<b onclick='document.title = 1'>x</b>", "<img src='http://a.b/c'>"):
        with blocked.expect_console_message(lambda m: "Content Security" in m.text):
            blocked.evaluate("markup => byId('cards').innerHTML = markup", markup)
            blocked.evaluate("byId('cards').firstChild.click()")
    assert blocked.title() == f"Songs {HOSTILE}"
    blocked.close()


def test_search_finds_titles_and_artists_in_any_script(page):
    for query, found in {
        "cancion CORAZON": ["Canción del corazón"],
        "اغنية": ["أغنية الصحراء"],
        "চাঁদের": ["চাঁদের গান"],
        "no such song": [],
        "rahima song 32": ["Song 32"],
    }.items():
        page.get_by_role("searchbox").fill(query)
        assert rows(page, "list") == found
    assert pixel(page, 32) == "0072b2" and pixel(page, 31) == "e3e6e9"
    page.get_by_role("searchbox").press("Enter")
    assert page.locator("#playing").inner_text() == "Song 32"


def test_hover_tells_what_a_song_is(page):
    page.mouse.move(*where(page, 1))
    tip = page.locator("#tip")
    assert tip.locator("strong bdi, strong").first.inner_text() == "أغنية الصحراء"
    told = tip.locator("dl").inner_text().split("\n")
    assert told == [
        *("cluster", "noise", "language", "arabic", "genre", "g01"),
        *("confidence", ".0169"),
    ]
    page.mouse.move(*where(page, 12))
    assert "1 · " not in tip.inner_text() and "0 · Warm <b>baul</b>" in tip.inner_text()
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    assert tip.is_hidden()


def test_a_click_plays_the_song_and_lists_its_neighbours(page):
    page.mouse.click(*where(page, 0))
    panel = page.locator("#song")
    assert panel.locator("h2").inner_text() == "Canción del corazón"
    assert "tempo\n60" in panel.locator("dl").inner_text()
    source = page.locator("audio").get_attribute("src")
    assert re.fullmatch(r"audio/[A-Za-z0-9%._-]+", source)
    until(page, "player.currentTime > 0.1")
    assert rows(page, "song") == ["أغنية الصحراء", "চাঁদের গান"]


def test_a_neighbour_is_gone_to_and_a_missing_file_is_named(page):
    page.mouse.click(*where(page, 1))
    page.locator("#song .row").first.click()
    assert page.locator("#song h2").inner_text() == "চাঁদের গান"
    assert page.locator("audio").get_attribute("src") == "audio/2.wav"
    page.get_by_text("audio/2.wav cannot be played").wait_for()
    page.mouse.click(*where(page, 9))
    page.get_by_text("There is no audio of this song.").wait_for()
    assert page.locator("audio").is_hidden()


def test_titles_run_in_their_own_direction(page):
    page.mouse.click(*where(page, 0))
    for name in ("أغنية الصحراء", "চাঁদের গান"):
        title = page.locator("#song .row bdi", has_text=name)
        assert title.get_attribute("dir") == "auto"
        way = "rtl" if name.startswith("أ") else "ltr"
        assert title.evaluate("e => getComputedStyle(e).direction") == way


def test_classes_are_hidden_and_isolated_from_the_legend(page):
    names = page.locator("#classes bdi").all_inner_texts()
    assert names == ["0 · Warm <b>baul</b>", "1", "2", "3", "noise"]
    assert [pixel(page, i) for i in (2, 4, 0)] == ["0072b2", "d55e00", "c9cdd2"]
    page.get_by_role("checkbox", name="0 · Warm").uncheck()
    assert pixel(page, 2) == "ffffff"
    assert page.locator("#shown").inner_text() == "48 of 60 songs shown"
    page.locator("#classes li", has_text="3").hover()
    page.get_by_role("button", name="only 3").click()
    assert page.locator("#shown").inner_text() == "12 of 60 songs shown"
    assert pixel(page, 4) == "ffffff" and pixel(page, 8) == "cc79a7" != pixel(page, 6)
    page.get_by_role("button", name="Show all songs").click()
    assert page.locator("#shown").inner_text() == "60 songs"
    page.locator("#tab-cards").click()
    page.locator("#cards button", has_text="Warm").click()
    assert page.locator("#shown").inner_text() == "12 of 60 songs shown"


def test_any_column_colours_the_map(page):
    colour = page.get_by_label("Colour")
    colour.select_option("genre")  # twenty classes: the four rarest are told as one
    assert page.locator("#classes bdi").last.inner_text() == "other (4)"
    assert pixel(page, 19) == "8c8c8c"
    colour.select_option("language")
    assert page.locator("#classes bdi").last.inner_text() == "unknown"
    assert pixel(page, 2) == "c9cdd2"
    colour.select_option("tempo")
    assert page.locator("#classes bdi").all_inner_texts() == ["unknown"]
    assert page.locator(".ends").inner_text().split() == ["≤", "61", "89.5", "≥", "118"]
    assert (pixel(page, 0), pixel(page, 59)) == ("440154", "7ad151")


def lasso(page, corners) -> None:
    """Draws around places of the window with the mouse."""
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in (*corners[1:], corners[0]):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()


def around(page, first: int, last: int) -> list[tuple[float, float]]:
    """The corners of a box about the songs from `first`, lower left, to `last`."""
    (left, bottom), (right, top) = where(page, first), where(page, last)
    left, right, top, bottom = left - 20, right + 20, top - 20, bottom + 20
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def saved(page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return download.value.path().read_bytes().decode()


def test_a_lasso_exports_what_a_spreadsheet_and_a_player_open(page, folder):
    page.get_by_role("button", name="Lasso").click()
    lasso(page, around(page, 0, 14))
    assert page.locator("#list caption").inner_text() == "Playlist of 10 songs"
    text = saved(page, "Save as CSV")
    assert text.startswith("\ufeff")
    table = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    assert [row["id"] for row in table] == [
        f"t{i:02d}" for i in (*range(5), *range(10, 15))
    ]
    assert table[3]["title"] == HOSTILE
    assert table[4]["title"] == '\'=HYPERLINK("x"),1'
    assert table[0] == {
        "id": "t00",
        "title": "Canción del corazón",
        "artist": "Rahima",
        "cluster": "noise",
        "language": "bangla",
        "genre": "g00",
        "tempo": "60",
        "confidence": "0",
        "file": "audio/গান #1 50% ¿qué? 'ok'.wav",
    }
    lines = saved(page, "Save as M3U").splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[2] == "#EXTINF:-1,Rahima - Canción del corazón"
    assert lines[3] == (folder / table[0]["file"]).as_uri().replace("'", "%27")
    assert len(lines) == 2 + 2 * 10 and lines[4].endswith("فيروز - أغنية الصحراء")


def test_shift_and_drag_draw_a_lasso_and_a_search_narrows_it(page):
    page.get_by_role("searchbox").fill("rahima")
    page.keyboard.down("Shift")
    lasso(page, around(page, 0, 14))
    page.keyboard.up("Shift")
    assert rows(page, "list") == [TITLES[0], TITLES[4], "Song 12"]


def test_the_map_is_moved_and_zoomed(page):
    before = where(page, 12)
    page.mouse.move(*before)
    page.mouse.wheel(0, -200)
    until(page, "view.scale > 1.2 * view.whole")
    assert where(page, 12) == pytest.approx(before, abs=0.5)  # what is under it stays
    page.mouse.down()
    page.mouse.move(before[0] + 50, before[1] + 30, steps=3)
    page.mouse.up()
    assert where(page, 12) == pytest.approx((before[0] + 50, before[1] + 30), abs=0.5)
    assert page.locator("#playing").is_hidden()  # a drag is no click
    page.get_by_role("button", name="Show the whole map").click()
    assert where(page, 12) == pytest.approx(before, abs=0.5)


def test_two_fingers_zoom(browser, folder):
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True}
    with opened(browser, folder / "map.html", **phone) as page:
        assert page.evaluate("document.body.scrollWidth") <= 390
        page.touchscreen.tap(*where(page, 0))
        assert page.locator("#song h2").text_content() == "Canción del corazón"
        touch = page.context.new_cdp_session(page)
        for kind, gap in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80)):
            fingers = [{"x": 200 + way * gap, "y": 300} for way in (-1, 1)]
            send = {"type": kind, "touchPoints": fingers}
            touch.send("Input.dispatchTouchEvent", send)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.evaluate("view.scale / view.whole") == pytest.approx(2, rel=0.01)


def test_the_keyboard_reaches_everything(page):
    page.locator("#map").focus()
    said = page.locator("#said")
    page.evaluate("state.focused = 11")
    page.keyboard.press("ArrowRight")
    assert said.inner_text().startswith("Song 12, by Rahima; cluster 0 · Warm")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    assert said.inner_text() == "Playlist of 1 song."
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert said.inner_text().startswith("أغنية الصحراء, by فيروز; cluster noise")
    page.keyboard.press("ArrowDown")
    assert said.inner_text() == "No song further that way."
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.locator("#song h2").inner_text() == "Canción del corazón"
    until(page, "player.currentTime > 0")
    page.keyboard.press("+")
    assert page.evaluate("view.scale / view.whole") == pytest.approx(1.4)
    page.keyboard.press("Escape")
    assert page.evaluate("[state.selected, state.picked]") == [-1, None]


def test_tab_goes_through_the_controls_and_each_has_a_name(page):
    seen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
        assert page.evaluate(
            """() => {
              const e = document.activeElement;
              const name = e.ariaLabel || e.labels?.[0] || e.textContent;
              return name && getComputedStyle(e).outlineStyle !== "none";
            }"""
        )
    wanted = [
        "query",
        "colour",
        "lasso",
        "map",
        "closer",
        "farther",
        "whole",
        "tab-cards",
    ]
    assert [name for name in seen if name in wanted] == wanted
    page.keyboard.press("Enter")  # the card of a cluster; the keyboard stays on it
    assert page.evaluate("document.activeElement.ariaPressed") == "true"
    page.locator("#tab-cards").press("ArrowLeft")
    assert page.locator("#tab-list").get_attribute("aria-selected") == "true"
    assert len(rows(page, "list")) == 12


def test_a_page_with_previews_plays_without_files(browser, folder, tmp_path):
    name = next((folder / "audio").glob("*.wav"))
    clip = listening.preview(name, duration_s=0.5)
    data = collection(previews=[clip] * (WIDTH * HEIGHT))
    (tmp_path / "map.html").write_text(map_page(**data), encoding="utf-8")
    with opened(browser, tmp_path / "map.html", accept_downloads=True) as page:
        page.mouse.click(*where(page, 1))
        until(page, "player.currentTime > 0")
        page.get_by_role("button", name="Add to playlist").click()
        page.locator("#tab-list").click()
        assert (tmp_path / "audio/1.wav").as_uri() in saved(page, "Save as M3U")


@pytest.mark.parametrize("n", [0, 1])
def test_a_collection_of_hardly_any_songs_is_a_page(browser, tmp_path, n):
    data = {
        name: value[:n] if name in ("ids", "titles", "artists", "audio") else value
        for name, value in collection(columns={"cluster": ["0"] * n}, cards=[]).items()
    }
    data |= {"xy": np.zeros((n, 2)), "neighbours": np.zeros((n, 0), int)}
    page = map_page(**data | {"confidence": None})
    (tmp_path / "map.html").write_text(page, encoding="utf-8")
    with opened(browser, tmp_path / "map.html") as page:
        assert page.locator("#shown").inner_text() == ("1 song" if n else "0 songs")
        page.locator("#map").press("ArrowRight")
        page.locator("#tab-list").click()
        assert len(rows(page, "list")) == n


def test_thousands_of_songs_are_drawn_within_a_frame(browser, tmp_path):
    n = 20_000
    rng = np.random.default_rng(0)
    text = map_page(
        title="large",
        about="",
        ids=[str(i) for i in range(n)],
        titles=[f"A title of usual length {i}" for i in range(n)],
        artists=["An artist"] * n,
        xy=rng.normal(size=(n, 2)),
        columns={"cluster": list(map(str, rng.integers(0, 20, n).tolist()))},
        confidence=None,
        neighbours=rng.integers(0, n, (n, 10)),
        audio=[f"../../songs/audio/{i:06d}.mp3" for i in range(n)],
    )
    assert len(text.encode()) < 15e6
    (tmp_path / "map.html").write_text(text, encoding="utf-8")
    with opened(browser, tmp_path / "map.html") as page:
        times = """() => Array.from({length: 15}, (_, i) => {
          view.scale *= 1.01;
          const start = performance.now();
          drawPoints();
          drawAbove();
          return performance.now() - start;
        }).sort((a, b) => a - b)"""
        assert (
            page.evaluate(times)[7] < 50
        )  # some 5 ms here; a busy machine has its time


def test_links_hold_any_name_and_only_audio_is_played(tmp_path):
    song = tmp_path / "data" / 'javascript:alert(1)#?%41 \u202eગ".mp3'
    link = listening.link(song, tmp_path / "results" / "a")
    assert link == (
        "../../data/javascript%3Aalert%281%29%23%3F%2541%20%E2%80%AE%E0%AA%97%22.mp3"
    )
    assert listening.link(tmp_path / "a.wav", tmp_path) == "a.wav"
    for url in ("", link, "data:audio/mpeg;base64,AAAA", "file:///a%20b.wav"):
        assert listening.checked(url) == url
    for url in ("javascript:alert(1)", "JAVASCRIPT:x", "a b.wav", "//evil/x", "গান.wav"):
        with pytest.raises(ValueError, match="is no address that a page may lead to"):
            listening.checked(url)
    for url in ("data:text/html,x", "blob:x", " javascript:x", "\tjavascript:x", "a<b"):
        with pytest.raises(ValueError, match="is no address"):
            listening.checked(url)


def test_a_preview_is_the_middle_of_the_file_in_few_bytes(tmp_path):
    silence = np.zeros(8000, np.float32)
    soundfile.write(tmp_path / "a.wav", np.r_[silence, tone(seconds=1), silence], 8000)
    clip = listening.preview(tmp_path / "a.wav", duration_s=1.0)
    content = base64.b64decode(clip.removeprefix("data:audio/mpeg;base64,"))
    assert len(content) < 9000
    samples, rate = soundfile.read(io.BytesIO(content))
    assert samples.ndim == 1 and len(samples) / rate == pytest.approx(1, abs=0.06)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
    (tmp_path / "b.wav").write_text("no audio")
    with pytest.raises(AudioError, match="is a text"):
        listening.preview(tmp_path / "b.wav", duration_s=1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"titles": ["a"]}, "titles has 1 rows, ids has 60"),
        ({"columns": {}}, "its first entry must be the clusters"),
        ({"columns": {"cluster": ["1"]}}, r"columns\['cluster'\] has 1 rows"),
        ({"xy": np.full((60, 2), np.nan)}, r"xy\[0\] is \[nan nan\]; coord"),
        ({"neighbours": np.full((60, 1), 60)}, r"they must be rows, in \[0, 59\]"),
        ({"confidence": np.full(60, 1.5)}, r"confidence is in \[1.5, 1.5\]; it must"),
        ({"audio": ["javascript:x"] * 60}, "is no address that"),
    ],
)
def test_what_could_not_be_shown_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        map_page(**collection(**changes))


def test_json_in_a_page_holds_no_markup_and_is_the_same_data():
    data = {"a": [*TITLES.values(), "\ud800", "\x00"], "<b>": 0.5}
    text = single_file.as_json(data)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == data
    with pytest.raises(ValueError, match="not JSON compliant"):
        single_file.as_json([float("nan")])
