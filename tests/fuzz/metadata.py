"""Tables of metadata: the rows are used or set aside, and none leaves its folder."""

import csv
import functools
import io
import json
import os
import tempfile
from pathlib import Path

from fuzz.mutation import mutated
from hypothesis import strategies as st

from vaejax import corpus
from vaejax.table import KNOWN

ERRORS = (ValueError,)
FILES = ("a.wav", "sub/b.ogg", "lyrics/a.txt", "sub/অ.wav")
NAMES = (
    *FILES,
    *(
        "../secret.wav",
        "/etc/passwd",
        "link.wav",
        "out/secret.wav",
        "sub",
        "sub/../a.wav",
    ),
    *(
        "..\\secret.wav",
        "C:\\a.wav",
        "file:///etc/passwd",
        "A.WAV",
        "./a.wav",
        "a.wav/",
    ),
    *("sub//b.ogg", "a.wav\u0000", "~/a.wav", "%2e%2e/secret.wav", "．．/secret.wav"),
)
CELLS = (
    *(
        "",
        " ",
        "=1+1",
        "<script>",
        "-1",
        "1e999",
        "9" * 5000,
        "x" * 70_000,
        '"',
        "\ud800",
    ),
    *("english", "rock", "\u202e", "a\nb", "\ufeff", "नमस्ते", "NaN", "null"),
)
TOKENS = [
    token.encode("utf-8", "surrogatepass")
    for token in (
        *NAMES,
        *CELLS[:8],
        *KNOWN,
        ",",
        ";",
        "\t",
        "\r\n",
        '"',
        "{",
        "[",
        "]}",
    )
] + [b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"[" * 2000, b'{"a":' * 500, b"\\ud800"]


def csv_of(rows: list[list[str]], delimiter: str, encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding, "replace")


cells = st.sampled_from(NAMES + CELLS) | st.text(max_size=8)
columns = st.lists(st.sampled_from(KNOWN[1:]) | st.text(max_size=6), max_size=6)
names = st.sampled_from(FILES) | st.sampled_from(NAMES)
rows = st.builds(lambda name, rest: [name, *rest], names, st.lists(cells, max_size=6))
tables = st.builds(
    lambda header, rows, *how: csv_of([["file_name", *header], *rows], *how),
    columns.map(lambda names: list(dict.fromkeys(names))) | columns,
    st.lists(rows, max_size=6),
    st.sampled_from(",;\t"),
    st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")),
)
values = st.recursive(
    cells | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(cells, inner, max_size=3)
    ),
    max_leaves=4,
)
lines = st.builds(
    lambda objects: b"\n".join(json.dumps(o).encode() for o in objects),
    st.lists(
        st.builds(
            lambda name, rest: {"file_name": name, **rest},
            names,
            st.dictionaries(st.sampled_from(KNOWN) | cells, values, max_size=5),
        )
        | values,
        max_size=4,
    ),
)
SEEDS_CSV = [
    b"file_name,track_id,title,language,genre,lyrics_file\n"
    b'a.wav,1,"A, b",english,rock,lyrics/a.txt\nsub/b.ogg,2,"x ""y""\nz",hindi,pop,\n',
    "file_name;song_id;lyrics\nsub/অ.wav;s;প্রথম\n".encode("utf-16"),
]
SEEDS_JSONL = [
    b'{"file_name": "a.wav", "year": 1999, "tags": ["a", {"b": null}]}\n'
    b'{"file_name": "sub/b.ogg", "romanized_file": "lyrics/a.txt"}\n'
]
INPUTS = st.one_of(
    st.tuples(st.just("metadata.csv"), tables | mutated(SEEDS_CSV, TOKENS)),
    st.tuples(st.just("metadata.jsonl"), lines | mutated(SEEDS_JSONL, TOKENS)),
)


@functools.cache
def folder() -> Path:
    """A collection, beside a file that it may not reach."""
    top = Path(tempfile.mkdtemp(prefix="fuzz-metadata-"))
    root = top / "root"
    for name in (*FILES, "../secret.wav"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"la la\n")
    (root / "link.wav").symlink_to("../secret.wav")
    (root / "out").symlink_to("..")
    return root


def check(given: tuple[str, bytes]) -> None:
    name, data = given
    root = folder()
    for table in corpus.TABLES:
        (root / table).unlink(missing_ok=True)
    (root / name).write_bytes(data)
    found = corpus.read(root, allow_outside=False)
    inside = os.path.realpath(root) + os.sep
    for track in found.tracks:
        texts = [path for path in track.lyrics.values() if isinstance(path, Path)]
        assert all(os.path.realpath(p).startswith(inside) for p in (track.path, *texts))
        json.dumps(track._replace(path="", lyrics={})).encode()
    for row in found.rejected:
        "\n".join(row).encode()
        assert len(row.reason) < 2000, "a reason that nobody reads"
    corpus.describe(corpus.statistics(*found)).encode()
    corpus.fingerprint(found.tracks, {})
