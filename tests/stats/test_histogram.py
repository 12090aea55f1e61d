"""Durations are counted as HdrHistogram counts them, and none is lost."""

import struct
import zlib
from base64 import b64encode

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.histogram import HIGHEST_NS, MIDPOINTS_NS, SIZE, Histogram

MS = 1_000_000
durations = st.lists(st.integers(min_value=1, max_value=HIGHEST_NS), min_size=1, max_size=200)
percents = st.sampled_from([0.0, 1.0, 25.0, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0])


def counted(*values: int) -> Histogram:
    """A histogram of these durations, ns."""
    return Histogram.of(np.array(values, dtype=np.int64))


@given(durations, percents)
def test_a_percentile_is_that_of_the_raw_values_within_a_thousandth(
    values: list[int], percent: float
) -> None:
    """A percentile read back is numpy's inverted_cdf of the raw values, off by 0.1 % at most."""
    expected = np.percentile(np.array(values), percent, method="inverted_cdf")
    assert counted(*values).percentile_ns(percent) == pytest.approx(expected, rel=1e-3, abs=1)


@given(durations)
def test_a_mean_is_that_of_the_raw_values_within_a_thousandth(values: list[int]) -> None:
    """The mean of the buckets is the mean of the values, off by 0.1 % at most."""
    assert counted(*values).mean_ns() == pytest.approx(np.mean(values), rel=1e-3, abs=1)


@given(durations, durations)
def test_merging_is_concatenating(one: list[int], other: list[int]) -> None:
    """The sum of two histograms is the histogram of all their durations."""
    merged = counted(*one) + counted(*other)
    assert np.array_equal(counted(*one, *other).counts, merged.counts)


@given(durations)
def test_what_is_encoded_is_decoded(values: list[int]) -> None:
    """A histogram survives its encoding, bucket by bucket."""
    histogram = counted(*values)
    assert np.array_equal(histogram.counts, Histogram.decode(histogram.encode()).counts)


def test_hdrhistogram_reads_what_is_encoded() -> None:
    """The encoding is HdrHistogram's own: its library finds the same count and percentiles."""
    values = np.random.default_rng(1).lognormal(14, 1, 5000).astype(np.int64)
    read = HdrHistogram.decode(Histogram.of(values).encode())
    assert read.get_total_count() == 5000
    for percent in (50, 95, 99):
        expected = np.percentile(values, percent, method="inverted_cdf")
        assert read.get_value_at_percentile(percent) == pytest.approx(expected, rel=1e-3)


def test_what_hdrhistogram_encodes_is_read() -> None:
    """A histogram that HdrHistogram's library wrote has the same counts here."""
    written = HdrHistogram(1, HIGHEST_NS, 3)
    values = [5, 1_000, 2_047, 2_048, 123_456_789]
    for value in values:
        written.record_value(value)
    assert np.array_equal(
        counted(*values).counts, Histogram.decode(written.encode().decode()).counts
    )


@given(st.dictionaries(st.integers(0, SIZE - 1), st.integers(1, 2**40), max_size=50))
def test_it_is_read_as_the_library_reads_it(held: dict[int, int]) -> None:
    """Any counts in any buckets: gaps of all lengths, counts of one to six bytes."""
    counts = np.zeros(SIZE, dtype=np.int64)
    counts[list(held)] = list(held.values())
    text = Histogram.counted(counts).encode()
    theirs = np.frombuffer(HdrHistogram.decode(text).counts, dtype=np.uint64)
    assert np.array_equal(Histogram.decode(text).counts, theirs)


def _encoded(payload: bytes, **changed: int) -> str:
    """What an encoding of this payload looks like, with the heads' fields changed."""
    head = {"cookie": 0x1C849313, "length": len(payload), "digits": 3, "highest": HIGHEST_NS}
    head |= changed
    inner = struct.pack(
        ">IIIIqqd", head["cookie"], head["length"], 0, head["digits"], 1, head["highest"], 1.0
    )
    packed = zlib.compress(inner + payload)
    outer = struct.pack(">II", changed.get("outer", 0x1C849314), len(packed))
    return b64encode(outer + packed).decode()


def test_these_encodings_are_right_but_for_what_is_changed() -> None:
    """Else the next test would show nothing."""
    assert Histogram.decode(_encoded(b"\x09\x02")).counts[5] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "SElTVAAA",
        "\N{SNOWMAN}",
        _encoded(b"\x09\x82"),  # ends within a count
        _encoded(b"\xff" * 8 + b"\x01"),  # a gap of more buckets than there are numbers
        _encoded(b"\xff\xff\xff\x0f\x02"),  # a count beyond the last bucket
        _encoded(b"\x02", cookie=1),
        _encoded(b"\x02", outer=1),
        _encoded(b"\x02", length=7),
        _encoded(b"\x02", digits=2),
        _encoded(b"\x02", highest=3),
    ],
)
def test_what_is_no_encoding_is_refused(text: str) -> None:
    """Text that is no HdrHistogram, or one of another kind, is a ValueError."""
    with pytest.raises(ValueError, match="HdrHistogram"):
        Histogram.decode(text)


def test_a_duration_beyond_the_range_is_counted_in_the_last_bucket() -> None:
    """A duration of more than 60 s counts as 60 s: it is not dropped, as hdrhistogram does."""
    histogram = counted(1 * MS, 2 * HIGHEST_NS)
    assert histogram.total == 2
    assert histogram.percentile_ns(100) == pytest.approx(HIGHEST_NS, rel=1e-3)


def test_a_negative_duration_is_counted_in_the_first_bucket() -> None:
    """A clock that stepped back is no reason to lose a request."""
    assert counted(-5).percentile_ns(50) == 0


def test_a_tail_of_six_in_a_hundred_is_the_95th_percentile() -> None:
    """96 values of 0 to 7 ms and 6 of 1,502 ms have a p95 of 1,502: a t-digest gives 1,072."""
    quick = np.linspace(0, 7 * MS, 96).astype(np.int64).tolist()
    p95 = counted(*quick, *[1502 * MS] * 6).percentile_ns(95)
    assert p95 == pytest.approx(1502 * MS, rel=1e-3)


def test_nothing_counted_has_no_figures() -> None:
    """An empty histogram has neither mean nor percentile: None, not 0."""
    assert Histogram.empty().mean_ns() is None
    assert Histogram.empty().percentile_ns(50) is None


def test_buckets_rise_without_gaps() -> None:
    """The middle of each bucket falls into that bucket."""
    middles = Histogram.of(MIDPOINTS_NS[MIDPOINTS_NS < HIGHEST_NS].astype(np.int64)).counts
    assert np.flatnonzero(middles).size == (MIDPOINTS_NS < HIGHEST_NS).sum()
    assert middles.size == SIZE
