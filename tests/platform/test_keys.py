"""Personal bytes are readable with the right keys, in the right place, and not otherwise."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.keys import (
    DataKey,
    DecryptionFailed,
    KeyFileError,
    Keyring,
    load_keyring,
    load_or_create_keyring,
    save_keyring,
    wrapping_key_id,
)

keyring = Keyring.generate()
data_key, wrapped_key = keyring.new_data_key(b"member 1")


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_both_forms_decrypt_to_the_same_bytes(plaintext: bytes, place: bytes) -> None:
    assert data_key.decrypt(data_key.encrypt(plaintext, place), place) == plaintext
    deterministic = data_key.encrypt_deterministic(plaintext, place)
    assert data_key.decrypt(deterministic, place) == plaintext
    assert deterministic == data_key.encrypt_deterministic(plaintext, place)


def test_the_randomised_form_differs_each_time() -> None:
    assert data_key.encrypt(b"a", b"") != data_key.encrypt(b"a", b"")


def test_the_deterministic_form_differs_by_place_and_by_key() -> None:
    other, _ = keyring.new_data_key(b"member 2")
    made = {
        data_key.encrypt_deterministic(b"a", b"email"),
        data_key.encrypt_deterministic(b"a", b"phone"),
        other.encrypt_deterministic(b"a", b"email"),
    }
    assert len(made) == 3


@pytest.mark.parametrize("form", ["encrypt", "encrypt_deterministic"])
def test_a_changed_moved_or_foreign_value_does_not_decrypt(form: str) -> None:
    made = getattr(data_key, form)(b"secret", b"email")
    foreign = DataKey(b"x" * 32)
    for index in range(len(made)):
        changed = made[:index] + bytes([made[index] ^ 1]) + made[index + 1 :]
        with pytest.raises(DecryptionFailed):
            data_key.decrypt(changed, b"email")
    for key, value, place in [
        (data_key, made, b"phone"),
        (foreign, made, b"email"),
        (data_key, made[:-1], b"email"),
        (data_key, made[:5], b"email"),
        (data_key, b"", b"email"),
    ]:
        with pytest.raises(DecryptionFailed):
            key.decrypt(value, place)


def test_a_data_key_unwraps_only_for_its_owner() -> None:
    assert keyring.unwrap(wrapped_key, b"member 1") == data_key
    with pytest.raises(DecryptionFailed, match="this owner"):
        keyring.unwrap(wrapped_key, b"member 2")


def test_a_key_file_of_another_installation_is_named() -> None:
    key_id = wrapping_key_id(wrapped_key)
    with pytest.raises(DecryptionFailed, match=f"{key_id} is not in the key file"):
        Keyring.generate().unwrap(wrapped_key, b"member 1")


def test_rotation_of_the_wrapping_key_keeps_every_value_readable() -> None:
    old_id = wrapping_key_id(wrapped_key)
    rotated = keyring.add_wrapping_key()
    assert rotated.unwrap(wrapped_key, b"member 1") == data_key
    rewrapped = rotated.rewrap(wrapped_key, b"member 1")
    assert wrapping_key_id(rewrapped) != old_id
    assert rotated.rewrap(rewrapped, b"member 1") == rewrapped
    after = rotated.retire_wrapping_key(old_id)
    assert after.unwrap(rewrapped, b"member 1") == data_key
    with pytest.raises(DecryptionFailed):
        after.unwrap(wrapped_key, b"member 1")
    with pytest.raises(KeyFileError, match="current"):
        after.retire_wrapping_key(wrapping_key_id(rewrapped))


def test_keyed_hashes_depend_on_purpose_value_and_key() -> None:
    assert keyring.keyed_hash("email", b"a") == keyring.keyed_hash("email", b"a")
    made = {
        keyring.keyed_hash("email", b"a"),
        keyring.keyed_hash("email", b"b"),
        keyring.keyed_hash("phone", b"a"),
        Keyring.generate().keyed_hash("email", b"a"),
    }
    assert {len(value) for value in made} == {36}
    assert len(made) == 4


def test_hashes_under_an_older_key_are_still_found_and_matched() -> None:
    old = keyring.keyed_hash("email", b"a")
    rotated = keyring.add_hashing_key()
    assert rotated.keyed_hash("email", b"a") != old
    assert rotated.keyed_hash_candidates("email", b"a") == [rotated.keyed_hash("email", b"a"), old]
    assert rotated.matches_hash("email", b"a", old)
    assert not rotated.matches_hash("email", b"b", old)
    assert not Keyring.generate().matches_hash("email", b"a", old)


def test_the_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.json"
    first = load_or_create_keyring(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert load_or_create_keyring(path) == first
    assert list(path.parent.iterdir()) == [path]
    assert repr(first) == "Keyring()"


def test_saved_keys_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    rotated = load_or_create_keyring(path).add_wrapping_key().add_hashing_key()
    save_keyring(path, rotated)
    assert load_keyring(path) == rotated
    assert list(load_keyring(path).wrapping) == list(rotated.wrapping)


def test_a_missing_open_or_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    with pytest.raises(KeyFileError, match="put the file back"):
        load_keyring(path)
    load_or_create_keyring(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_keyring(path)
    path.chmod(0o600)
    for damage in ["", "{}", "[]", '{"format": 1, "wrapping": [], "hashing": []}']:
        path.write_text(damage)
        with pytest.raises(KeyFileError, match="damaged"):
            load_keyring(path)
