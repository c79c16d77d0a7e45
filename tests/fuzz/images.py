"""Sets of images: an .npz is read or refused, whatever its headers claim."""

import functools
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from fuzz.mutation import mutated
from hypothesis import strategies as st

from vaejax import images

ERRORS = (ValueError,)


def packed(compression: int, **arrays: np.ndarray) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=True)
            file.writestr(f"{name}.npy", member.getvalue())
    return content.getvalue()


x, y = np.zeros((4, 3, 2), np.uint8), np.arange(4)
SEEDS = [
    packed(zipfile.ZIP_STORED, x=x, y=y),
    packed(zipfile.ZIP_DEFLATED, x=x / 2.0, y=y.astype(str)),
    packed(zipfile.ZIP_LZMA, x_train=x, y_train=y, x_test=x[:2], y_test=y[:2]),
    packed(zipfile.ZIP_BZIP2, imgs=x, latents_classes=np.zeros((4, 6), int)),
    packed(
        zipfile.ZIP_STORED,
        packed=x[:, 0, :1],
        shape=np.array([4, 3, 2]),
        latents_classes=np.zeros((4, 6), int),
    ),
    packed(zipfile.ZIP_STORED, x=np.array([{}, {}]), y=y),
]
TOKENS = [
    *(b"(1000000000000, 9, 9)", b"(-1,)", b"'|O'", b"'<f8'", b"'|V0'", b"'<U9'", b"()"),
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY", b"__import__('os')"),
    *(b"[" * 300, b"9" * 5000, b"True", b"'fortran_order'", b".npy", b"y_train"),
]


def unsigned(data: bytes) -> bytes:
    """The same archive with the checksum that its members now have, where it opens."""
    content = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(data)) as old,
            zipfile.ZipFile(content, "w") as new,
        ):
            for member in old.infolist():
                start = member.header_offset + 30 + len(member.filename)
                raw = data[start : start + member.compress_size]
                new.writestr(member.filename, raw)
    except Exception:  # noqa: BLE001  # it is damaged in one of many ways
        return data
    return content.getvalue()


anything = mutated(SEEDS, TOKENS)
INPUTS = anything | anything.map(unsigned) | st.binary(max_size=40)


@functools.cache
def place() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-images-")) / "a.npz"


def check(data: bytes) -> None:
    place().write_bytes(data)
    found = images.read(str(place()), held_out_share=0.1)
    assert np.isfinite(found.raw).all()
