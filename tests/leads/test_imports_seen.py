"""Keys of a file's rows, in memory or on disk: the answers are the same."""

from hypothesis import given
from hypothesis import strategies as st

from leads.services.imports.seen import Seen

BATCHES = st.lists(
    st.lists(st.tuples(st.sampled_from("abcdefghij"), st.sampled_from(["", "1"])), max_size=6), max_size=8
)


@given(batches=BATCHES, in_memory=st.integers(0, 12))
def test_first_row_keeps_its_key_wherever_keys_are_kept(batches, in_memory):
    seen, expected = Seen(in_memory), {}
    for batch in batches:
        seen.coming(key for key, _ in batch)
        for key, stated in batch:
            assert seen.get(key) == expected.get(key)
            seen.put(key, stated)
            expected.setdefault(key, stated)
    seen.close()


def test_key_nobody_had_is_not_known():
    seen = Seen(in_memory=0)
    for number in range(20):
        seen.coming([f"key{number}", "other"])
        seen.put(f"key{number}", "")
    seen.coming(["key3", "other"])

    assert (seen.get("key3"), seen.get("other")) == ("", None)
    seen.close()
