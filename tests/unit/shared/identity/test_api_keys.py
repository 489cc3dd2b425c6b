"""Are keys strong, and kept as hashes only?"""

from __future__ import annotations

from shared.identity.api_keys import SHAPE, hash_of, make_key


def test_a_key_has_its_shape_and_is_never_the_same():
    keys = [make_key() for _ in range(50)]
    assert all(SHAPE.fullmatch(key.text) for key in keys)
    assert len({key.text for key in keys}) == 50
    assert all(key.text.split("_")[1] == key.prefix for key in keys)


def test_what_is_kept_does_not_show_the_key():
    key = make_key()
    assert key.hash == hash_of(key.text)
    assert len(key.hash) == 32
    assert key.text not in repr(key)
