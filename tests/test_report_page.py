import re
import struct
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest
from browser import Window, chromium

from vaejax.pages.report_page import Document, Picture, Section, report_page
from vaejax.tables import Estimate, Table

HOSTILE = "</title></script><img src=x onerror=alert(1)><script>alert(2)</script>"
SHORT = Table(
    name="short",
    title="Agreement with genre",
    note=f"p by permutation {HOSTILE}",
    header=("model", "ARI", "k", "p"),
    rows=[
        ("vae 10", Estimate(0.501, 0.015), 10, 0.012),
        ("vae 9", Estimate(0.0936, 0.2), 5, None),
        (HOSTILE, Estimate(-0.02, None), 100, 0.2),
        ("أغنية", Estimate(12.0, 1.25), 20, 1e-3),
    ],
    bold=frozenset({(0, 1)}),
)
TALL = Table(
    name="tall",
    title="Every song",
    note="",
    header=("song", "value"),
    rows=[(f"Song {i} {'Ünal' * (i % 7 == 0)}", i / 40) for i in range(40)],
)


def png(*, width: int, height: int, grey: int) -> bytes:
    """A picture of one shade."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\0" + bytes([grey]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def document(**changes) -> Document:
    section = Section(
        title=f"Scores {HOSTILE}",
        text=["First the short one.", HOSTILE],
        facts=[("jax", "0.10.2"), (HOSTILE, HOSTILE)],
        tables=[SHORT, TALL],
        pictures=[
            Picture(png(width=30, height=20, grey=40 * i), f"Picture {i}", HOSTILE)
            for i in range(3)
        ],
        commands=["python launch/study.py --config=configs/study.py && echo '<b>'"],
        links=[("The map", "map.html")],
    )
    whole = Document("A study", HOSTILE, ["ARI .501 ± .015 at k = 5."], [section])
    return whole._replace(**changes)


@pytest.fixture(scope="module")
def window():
    with chromium() as browser:
        yield Window(browser)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_page(document()), encoding="utf-8")
    return path


@pytest.fixture
def page(window, path):
    with window.showing(path) as found:
        yield found


def column(page, table: int, index: int) -> list[str]:
    cells = page.locator("table").nth(table).locator(f"td:nth-child({index + 1})")
    return cells.filter(visible=True).all_inner_texts()


def test_text_is_shown_as_text_whatever_it_says(page):
    assert page.title() == "A study"
    assert page.locator(".about").inner_text() == HOSTILE
    assert page.locator("section h2").inner_text() == f"Scores {HOSTILE}"
    assert page.locator("section > p").nth(1).inner_text() == HOSTILE
    assert page.locator("dd").all_inner_texts() == ["0.10.2", HOSTILE]
    assert page.locator("figcaption .note").first.inner_text() == HOSTILE
    assert page.locator("figure img").first.get_attribute("alt").startswith("Picture 0")
    assert page.locator("pre").inner_text().endswith("echo '<b>'")
    assert page.locator("img:not([src^=data]):not([id]), td b").count() == 0
    assert page.locator("script").count() == 1
    title = page.locator("td", has_text="أغنية")
    assert title.evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_cells_are_written_as_in_the_other_tables(page):
    assert column(page, 0, 1) == [".501 ±.015", ".094 ±.200", "-.020", "12.00 ±1.25"]
    assert column(page, 0, 3) == [".012", "–", ".200", ".001"]
    assert page.locator("td strong").all_inner_texts() == [".501 ±.015"]
    captions = [".table > p:first-child", "figcaption > b"]
    assert [page.locator(c).all_inner_texts() for c in captions] == [
        ["Table 1. Agreement with genre", "Table 2. Every song"],
        ["Figure 1.", "Figure 2.", "Figure 3."],
    ]


def test_a_click_on_a_header_sorts_and_a_third_undoes_it(page):
    header = page.get_by_role("columnheader", name="ARI")
    in_order = column(page, 0, 1)
    for state, order in (
        ("descending", [3, 0, 1, 2]),
        ("ascending", [2, 1, 0, 3]),
        (None, [0, 1, 2, 3]),
    ):
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == state
        assert column(page, 0, 1) == [in_order[i] for i in order]


def test_text_sorts_from_a_and_what_is_missing_comes_last(page):
    page.get_by_role("button", name="model").press("Enter")
    assert column(page, 0, 0) == [HOSTILE, "vae 9", "vae 10", "أغنية"]
    p = page.locator("th").nth(3).get_by_role("button")
    p.press("Space")
    assert column(page, 0, 3) == [".200", ".012", ".001", "–"]
    p.press("Space")
    assert column(page, 0, 3) == [".001", ".012", ".200", "–"]
    assert page.locator("th[aria-sort]").count() == 1


def test_long_tables_scroll_under_their_header_and_filter(page):
    assert page.get_by_label("Filter rows").count() == 1  # the short table has none
    box = page.locator(".rows.long")
    box.focus()
    page.keyboard.press("End")
    top = box.bounding_box()["y"]
    header = page.locator("table").nth(1).locator("th").first
    assert abs(header.bounding_box()["y"] - top) < 3
    page.get_by_label("Filter rows").fill("SONG ünal")
    assert column(page, 1, 0) == [f"Song {i} Ünal" for i in range(0, 40, 7)]
    assert page.locator(".filter [role=status]").inner_text() == "6 of 40 rows"
    page.get_by_role("button", name="value").click()
    assert column(page, 1, 1)[0] == ".875"


def test_pictures_enlarge_and_are_gone_through(page):
    page.locator("figure button").nth(1).click()
    dialog = page.get_by_role("dialog")
    assert page.locator("#large-title").inner_text() == "Figure 2. Picture 1"
    assert dialog.get_by_role("img").bounding_box()["width"] > 600
    page.keyboard.press("ArrowRight")
    assert page.locator("#large-title").inner_text() == "Figure 3. Picture 2"
    page.get_by_role("button", name="Figure after").click()
    assert page.locator("#large-title").inner_text() == "Figure 1. Picture 0"
    page.keyboard.press("ArrowLeft")
    assert page.locator("#large-title").inner_text() == "Figure 3. Picture 2"
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert page.evaluate("document.activeElement.title") == "Enlarge"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close").click()
    assert dialog.is_hidden()


def test_the_contents_lead_to_sections_and_the_links_to_files(page):
    page.locator("nav a").click()
    assert page.url.endswith("report.html#section-1")
    assert page.locator(".links a").get_attribute("href") == "map.html"


def test_paper_and_phones_show_all_of_a_table(page):
    page.emulate_media(media="print")
    box = page.locator(".rows.long")
    assert box.evaluate("e => e.scrollHeight - e.clientHeight") == 0
    assert page.locator("nav").is_hidden() and page.locator(".filter").is_hidden()
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_page_without_scripts_is_whole():
    text = report_page(document())
    seen = []
    parser = HTMLParser()
    parser.handle_data = seen.append
    parser.feed(re.sub(r"(?s)<(script|style)>.*?</\1>", "", text))
    for words in (".501 ±.015", "Song 39 ", "First the short one.", HOSTILE, "The map"):
        assert words in seen
    assert "k\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}5." in text


def test_five_thousand_rows_and_forty_pictures_stay_small(window, tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        (f"t{i}", f"A title {i}", float(x))
        for i, x in enumerate(rng.uniform(size=5000))
    ]
    table = Table("songs", "Songs", "", ("id", "title", "score"), rows)
    image = png(width=900, height=600, grey=3)
    pictures = [Picture(image, f"Picture {i}") for i in range(40)]
    section = Section("All", tables=[table], pictures=pictures)
    text = report_page(document(sections=[section]))
    assert len(text.encode()) < 2e6
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    with window.showing(tmp_path / "report.html") as page:
        page.get_by_role("button", name="score").click()
        best = max(rows, key=lambda row: row[2])
        assert (
            page.locator("tbody tr").first.locator("td").first.inner_text() == best[0]
        )


def test_pictures_that_are_none_and_links_that_run_are_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"GIF89a")
    for image, message in (
        (tmp_path / "a.png", r"a\.png is no PNG"),
        (b"<svg>", "the picture 'map' is no PNG"),
    ):
        section = Section("a", pictures=[Picture(image, "map")])
        with pytest.raises(ValueError, match=message):
            report_page(document(sections=[section]))
    section = Section("a", links=[("map", "javascript:alert(1)")])
    with pytest.raises(ValueError, match="is no address that a page may lead to"):
        report_page(document(sections=[section]))
