"""The cache of verdicts is bounded in bytes, however long its texts are."""

from hintree.grade import Verdict
from hintree.grade.cache import Cache, weight


def test_the_oldest_verdicts_leave_when_all_texts_exceed_the_bytes():
    cache, keys = Cache(100_000), [("7", f"{i:04d} " + "x" * (i % 900)) for i in range(1000)]
    for key in keys:
        cache.put(key, Verdict.RIGHT)
        assert cache.bytes == sum(map(weight, cache.entries)) <= 100_000
    assert cache.get(keys[-1]) is Verdict.RIGHT and cache.get(keys[0]) is None
    cache.put(("7", "x" * 100_000), Verdict.RIGHT)
    assert list(cache.entries)[-1] == keys[-1]
