"""Benchmarks of images come in the forms in which they are shared."""

import zipfile

import numpy as np
import pytest

from vaejax import images


def read(path, share=0.0):
    return images.read(str(path), held_out_share=share)


def test_digits_are_images_in_0_to_1():
    dataset = read("digits", 0.1)
    assert dataset.batch["pixels"].shape == (1797, 8, 8)
    assert dataset.batch["pixels"].max() == 1.0
    assert dataset.raw.shape == (1797, 64)
    assert len(set(dataset.labels["class"])) == 10


@pytest.mark.parametrize("parts", [("",), ("_train", "_test")])
def test_images_are_read_from_an_npz(parts, tmp_path):
    x, y = np.full((4, 2, 2), 255, np.uint8), np.arange(4)
    arrays = {f"{n}{p}": a for p in parts for n, a in (("x", x), ("y", y))}
    np.savez(tmp_path / "set.npz", **arrays)
    dataset = read(tmp_path / "set.npz")
    assert dataset.batch["pixels"].shape == (4 * len(parts), 2, 2)
    assert np.all(dataset.batch["pixels"] == 1.0)


@pytest.mark.parametrize("packed", [True, False])
def test_factors_of_generated_images_are_labels(packed, tmp_path):
    x = np.random.default_rng(0).integers(0, 2, (5, 4, 6)).astype(np.uint8)
    classes = np.arange(30).reshape(5, 6)
    stored = {"imgs": x}
    if packed:
        bits = np.packbits(x.reshape(5, -1), axis=-1)
        stored = {"packed": bits, "shape": np.array([5, 4, 6])}
    np.savez(tmp_path / "set.npz", **stored, latents_classes=classes)
    dataset = read(tmp_path / "set.npz")
    np.testing.assert_array_equal(dataset.batch["pixels"], x)
    assert dataset.labels["orientation"].tolist() == ["3", "9", "15", "21", "27"]


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"a": np.zeros(2)}, "holds a; it must hold x, y; or x_test"),
        ({"x": np.zeros((2, 2)), "y": np.zeros(3)}, "2 images and 3 values of class"),
        ({"x": np.full((2, 2), 9.0), "y": np.zeros(2)}, "must be uint8, or float in"),
        ({"x": np.full((2, 2), np.nan), "y": np.zeros(2)}, "must be uint8, or float"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "holds no images"),
        (
            {"imgs": np.zeros((2, 2, 2)), "latents_classes": np.zeros((2, 3))},
            r"latents_classes must be \[n, 6\]",
        ),
    ],
)
def test_a_set_of_images_that_cannot_be_used_says_why(arrays, message, tmp_path):
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "set.npz")


def test_a_file_that_is_not_there_or_not_an_npz_is_named(tmp_path):
    with pytest.raises(ValueError, match="nowhere.npz does not exist. Name an .npz"):
        read(tmp_path / "nowhere.npz")
    (tmp_path / "text.npz").write_text("<html>404</html>")
    with pytest.raises(ValueError, match="text.npz is not a readable .npz file"):
        read(tmp_path / "text.npz")


def header(**claims) -> bytes:
    """A file of NumPy's that claims what it likes."""
    about = {"descr": "|u1", "fortran_order": False, "shape": (4, 2, 2)} | claims
    text = repr(about).encode()
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "member, message",
    [
        (header(shape=(10**12, 64, 64)), r"claims the shape \(1000000000000, 64, 64\)"),
        (header(shape=(2**40,) * 9), "claims the shape"),
        (header(shape=(-1, 2)), "no array of numbers or texts"),
        (header(descr="|O") + bytes(99), "no array of numbers or texts"),
        (header(descr="|V0"), "not a readable .npz"),
        (b"\x93NUMPY\1\0\xff\xff{" + b"[" * 99_999, "not a readable .npz"),
        (b"\x93NUMPY\3\0" + bytes(99), r"is of format \(3, 0\)"),
        (b"cos\nsystem\n(S'true'\ntR.", "not a readable .npz"),
    ],
)
def test_what_a_header_claims_is_not_believed(tmp_path, member, message):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("x.npy", member)
        file.writestr("y.npy", header(shape=(4,)) + bytes(4))
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "a.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "LIMIT_BYTES", 2**20)
    x = np.zeros((1024, 64, 64), np.uint8)
    np.savez_compressed(tmp_path / "a.npz", x=x, y=np.zeros(1024, int))
    assert (tmp_path / "a.npz").stat().st_size < 2**14
    with pytest.raises(ValueError, match="holds 0.0 GB of arrays; at most 0 are read"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"x": np.array(["a"]), "y": np.zeros(1)}, "x must be an array of numbers"),
        ({"x": np.zeros(()), "y": np.zeros(1)}, "x must be an array of numbers"),
        ({"x": np.zeros((1, 2)), "y": np.zeros((1, 1))}, r"y must be \[n\]. Got float"),
        (
            {"x_train": np.zeros((1, 2)), "x_test": np.zeros((1, 3))}
            | {"y_train": np.zeros(1), "y_test": np.zeros(1)},
            "images must be of one size",
        ),
        (
            {"packed": np.zeros((1, 2)), "shape": np.array([1, 4, 4])}
            | {"latents_classes": np.zeros((1, 6))},
            "packed must be uint8",
        ),
        (
            {"packed": np.zeros((1, 2), np.uint8), "shape": np.array([1, 9, 9])}
            | {"latents_classes": np.zeros((1, 6))},
            r"packed has 2 bytes an image; \(9, 9\) needs 11",
        ),
    ],
)
def test_arrays_that_do_not_go_together_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "a.npz")
