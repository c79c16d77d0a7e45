"""From clips and images to the arrays that models see."""

import numpy as np
import pytest

from vaejax import data, inputs
from vaejax.core import Track
from vaejax.features import Clip


def clip(track_id: str, *, song_id: str = "", value: float = 0.0, **columns) -> Clip:
    rng = np.random.default_rng(len(track_id) + ord(track_id[-1]))
    mel = rng.uniform(-80, 0, (9, 4)).astype(np.float32) + np.float32(value)
    mfcc = rng.normal(size=(9, 6)).astype(np.float32)
    track = Track(track_id, None, "", song_id or track_id, "", "", columns, {})
    return Clip(track, mel, mfcc, 1.0, -20.0, "")


def test_mel_statistics_by_hand():
    mel = np.array([[0.0, -10.0], [-20.0, -10.0], [0.0, -10.0]], np.float32)
    found = inputs.mel_statistics(mel)
    # mean of 0, -20, 0; its deviation; steps of 0 (the first frame), 20 and 20
    expected = [-20 / 3, -10, np.std([0, -20, 0]), 0, 40 / 3, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_mfcc_statistics_leave_out_the_means_of_the_deltas():
    mfcc = np.arange(12, dtype=np.float32).reshape(2, 6)
    found = inputs.mfcc_statistics(mfcc)
    np.testing.assert_allclose(found, [3, 4, 3, 3, 3, 3, 3, 3])


@pytest.mark.parametrize("name", inputs.STATISTICS)
def test_a_clip_of_one_frame_has_finite_statistics(name):
    assert np.isfinite(inputs.STATISTICS[name](np.ones((1, 6), np.float32))).all()


def clips() -> list[Clip]:
    return [
        clip(f"t{i:02d}", song_id=f"s{i // 2}", language="en", note=str(i))
        for i in range(20)
    ]


HOW = dict(
    modalities=("mel", "mfcc"),
    mel="statistics",
    mfcc="statistics",
    frames=0,
    condition=(),
    held_out_share=0.2,
)


def test_the_order_of_clips_changes_nothing():
    one, other = (data.from_clips(c, **HOW) for c in (clips(), clips()[::-1]))
    assert one.ids.tolist() == sorted(one.ids)
    for a, b in zip(one[:4], other[:4], strict=True):
        if isinstance(a, dict):
            assert a.keys() == b.keys()
            for key in a:
                np.testing.assert_array_equal(a[key], b[key])
        else:
            np.testing.assert_array_equal(a, b)


def test_features_are_standardised_over_the_rows_that_are_trained_on():
    dataset = data.from_clips(clips(), **HOW)
    assert dataset.batch["mel"].shape == (20, 12)
    for x in dataset.batch.values():
        rows = x[~dataset.held_out]
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-5)
    both = np.concatenate(list(dataset.batch.values()), axis=1)
    np.testing.assert_array_equal(dataset.raw, both)


def test_images_are_padded_masked_and_standardised_over_their_own_frames():
    long, short = clip("a", value=3.0), clip("b")
    short = short._replace(mel=short.mel[:4])
    how = HOW | dict(modalities=("mel",), mel="image", held_out_share=0.0)
    dataset = data.from_clips([long, short], **how)
    x, mask = dataset.batch["mel"], dataset.batch["mel_mask"]
    assert x.shape == (2, 9, 4) and mask.sum(axis=1).tolist() == [9, 4]
    assert not x[1, 4:].any()
    frames = np.concatenate([x[0], x[1, :4]])
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(frames.std(axis=0), 1, atol=1e-5)
    assert dataset.raw.shape == (2, 36)
    mean, std = dataset.scale["mel"]
    np.testing.assert_allclose(x[1, :4] * std + mean, short.mel, atol=1e-3)


def test_flux_is_the_mean_change_of_the_frames_that_an_image_averages():
    mel = np.array([[0, 5], [3, 5], [3, 1], [1, 1], [1, 2]], np.float32)
    how = HOW | dict(mel="image", modalities=("mel", "flux"), frames=3)
    clips = [clip("a")._replace(mel=mel), clip("b")._replace(mel=0 * mel)]
    dataset = data.from_clips(clips, **how | dict(held_out_share=0.0))
    mean, deviation = dataset.scale["flux"]
    found = dataset.batch["flux"] * deviation + mean
    # The first frame has no frame before it; the last averages what there is.
    np.testing.assert_allclose(found[0], [[1.5, 0], [1, 2], [0, 1]], atol=1e-6)
    np.testing.assert_allclose(found[1], 0, atol=1e-6)
    np.testing.assert_array_equal(dataset.batch["flux_mask"], np.ones((2, 3)))


def test_a_constant_feature_becomes_zero_not_nan():
    same = [clip(f"t{i}")._replace(mel=np.full((3, 2), -5.0, "f4")) for i in range(4)]
    how = HOW | dict(modalities=("mel",), held_out_share=0.0)
    dataset = data.from_clips(same, **how)
    assert not dataset.batch["mel"].any()


def test_clips_of_a_song_are_held_out_together():
    dataset = data.from_clips(clips(), **HOW)
    assert dataset.held_out.sum() == 4
    held_out, kept = (
        set(dataset.songs[m]) for m in (dataset.held_out, ~dataset.held_out)
    )
    assert not held_out & kept


def test_a_song_more_leaves_the_others_where_they_are():
    songs = np.array([f"s{i}" for i in range(100)])
    before = data.hold_out(songs, 0.1)
    after = data.hold_out(np.append(songs, "one more"), 0.1)
    assert np.sum(before != after[:100]) <= 1


@pytest.mark.parametrize("share, n", [(0.0, 0), (0.01, 1), (0.5, 2), (0.99, 3)])
def test_at_least_one_song_is_held_out_and_one_is_left(share, n):
    assert data.hold_out(np.array(["a", "b", "c", "d"]), share).sum() == n


def test_every_column_of_the_metadata_is_a_label_column():
    labels = data.from_clips(clips()[:4], **HOW).labels
    assert labels["note"].tolist() == ["0", "1", "2", "3"]
    assert set(labels) == {"language", "note", "artist"}


def test_images_average_neighbouring_frames_down_to_so_many():
    found = clips()[:2]
    found[1] = found[1]._replace(mel=found[1].mel[:4], mfcc=found[1].mfcc[:4])
    x, mask = inputs.image(found, "mel", inputs.frame_step(found, 5))
    assert x.shape == (2, 5, 4)  # nine frames, two at a time; four frames, and padding
    np.testing.assert_allclose(x[0, 0], found[0].mel[:2].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(x[0, 4], found[0].mel[8], rtol=1e-6)
    assert mask.sum(axis=1).tolist() == [5, 2]
    assert not x[1, 2:].any()
    whole, _ = inputs.image(found, "mel", inputs.frame_step(found, 0))
    np.testing.assert_array_equal(whole[0], found[0].mel)


def test_conditions_count_from_1_and_0_is_unknown():
    known = ["fr", "de", "", "de", "fr", "it"]
    made = [clip(f"t{i}", language=name) for i, name in enumerate(known)]
    how = HOW | {"condition": ("language",), "held_out_share": 0.0}
    dataset = data.from_clips(made, **how)
    assert dataset.told == {"language": ("de", "fr", "it")}
    assert dataset.batch["condition"].tolist() == [[2], [1], [0], [1], [2], [3]]
    assert set(data.modalities(dataset.batch)) == {"mel", "mfcc"}


def test_a_class_that_only_held_out_songs_have_is_unknown():
    made = [clip(f"t{i}", language="abcdefghij"[i]) for i in range(10)]
    dataset = data.from_clips(made, **HOW | {"condition": ("language",)})
    assert len(dataset.told["language"]) == 8
    assert np.all((dataset.batch["condition"][:, 0] == 0) == dataset.held_out)


def test_other_songs_are_standardised_by_the_numbers_of_the_dataset():
    dataset = data.from_clips(clips(), **HOW)
    forms = inputs.forms_of(("mel", "mfcc"), "statistics", "statistics")
    again = data.alike(dataset, clips()[3:5], forms, None)
    assert again.keys() == dataset.batch.keys()
    for name, x in again.items():
        np.testing.assert_array_equal(x, dataset.batch[name][3:5])


def test_pictures_of_other_songs_are_cut_or_padded_to_the_length_of_its_own():
    how = HOW | dict(modalities=("mel",), mel="image", frames=4)
    dataset = data.from_clips(clips(), **how | dict(condition=("note",)))
    assert dataset.frame_step == 3 and dataset.batch["mel"].shape == (20, 3, 4)
    whole = clip("new")
    long = whole._replace(mel=np.concatenate([whole.mel] * 2))
    short = whole._replace(mel=whole.mel[:4])
    found = data.alike(dataset, [whole, long, short], {"mel": "image"}, None)
    mean, deviation = dataset.scale["mel"]
    x = found["mel"] * deviation + mean
    frames = whole.mel.reshape(3, 3, 4).mean(axis=1)
    np.testing.assert_allclose(x[0], frames, atol=1e-3)
    np.testing.assert_array_equal(found["mel"][1], found["mel"][0])
    np.testing.assert_allclose(x[2, :2], [frames[0], whole.mel[3]], atol=1e-3)
    assert not found["mel"][2, 2].any()
    assert found["mel_mask"].tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 0]]
    assert found["condition"].tolist() == [[0], [0], [0]], "unknown"
