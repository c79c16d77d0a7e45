"""The cache of millions is the real one, entry by entry."""

from vaejax import store
from vaejax.benchmarks import features
from vaejax.benchmarks import store as benchmark


def test_every_simulated_track_can_be_looked_up_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SHARD_BYTES", 2**22)  # of four tracks
    monkeypatch.setattr(benchmark, "WRITERS", 2)
    benchmark._add_at_once(tmp_path, range(17))
    benchmark._added(tmp_path, range(17, 21))
    with store.opened(tmp_path, benchmark.SETTINGS) as cache:
        records = [store.find(cache, benchmark._content(row)) for row in range(21)]
        places = {(one.shard, one.start) for one in records}
        assert len(places) == 21 and len({shard for shard, _ in places}) == 6
        for row, record in enumerate(records):
            benchmark._look_up(cache, row)
            mel, mfcc = store.arrays(cache, record)
            assert mel.shape == (1292, 128) and mfcc.shape == (1292, 120)


def test_the_forecast_is_of_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "WRITERS", 2)
    monkeypatch.setattr(features, "rate_of_a_core", lambda *_: 20.0)
    lines = list(benchmark.store_of_millions(n=200, folder=tmp_path))
    assert [line.split()[0] for line in lines[1:4]] == ["2", "20", "200"]
    n_bytes = 4 * 1292 * (128 + 120)  # 1.28 MB
    assert f"{200 * n_bytes / 1e12:.3g} TB" in lines[4]
    hours = 1e7 / (20 * 16) / 3600
    (line,) = [x for x in benchmark._forecast(10**7, 20.0) if " 16 cores" in x]
    assert f"{hours:.1f} h" in line and "320 tracks/s" in line
    assert not list(tmp_path.iterdir())
