"""Encryption of objects: AES-256-GCM. The object's name is authenticated with its content."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from beltline.core.errors import ObjectCorrupt, ObjectKeyUnknown
from beltline.objects.header import CHECK_SIZE, NONCE_SIZE, Header, header_of


class Keyring:
    """Keys by their ids. The first one encrypts, each of them decrypts what it encrypted."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self._current = next(iter(self._keys))

    def digest(self, data: bytes) -> str:
        """Return a hash that depends on the current key."""
        return _derived(self._keys[self._current], b"name", hashlib.sha256(data).digest()).hex()

    def close(self, name: str, data: bytes) -> bytes:
        """Encrypt with the current key.

        The nonce follows from key and name, and the name from key and content: no two contents share a nonce,
        and a repeated write writes the same bytes.
        """
        key = self._keys[self._current]
        nonce = _derived(key, b"nonce", name.encode())[:NONCE_SIZE]
        header = Header(self._current, _check(key), nonce)
        return header.packed() + AESGCM(key).encrypt(nonce, data, name.encode())

    def is_current(self, header: Header) -> bool:
        """Compare the header's id and check with those of the current key."""
        key = self._keys[self._current]
        return header.key_id == self._current and hmac.compare_digest(header.check, _check(key))

    def open(self, name: str, data: bytes, place: str) -> bytes:
        """Decrypt with the key that the header names."""
        header, content = header_of(name, data, place)
        key = self._keys.get(header.key_id)
        if key is None:
            raise ObjectKeyUnknown(name, header.key_id)
        if not hmac.compare_digest(_check(key), header.check):
            raise ObjectKeyUnknown(name, header.key_id, is_other=True)
        try:
            return AESGCM(key).decrypt(header.nonce, content, name.encode())
        except InvalidTag as error:
            what = f"it was changed after it was encrypted with the key {header.key_id!r}"
            raise ObjectCorrupt(name, place, what) from error


def _check(key: bytes) -> bytes:
    return _derived(key, b"check", b"")[:CHECK_SIZE]


def _derived(key: bytes, purpose: bytes, data: bytes) -> bytes:
    return hmac.digest(key, b"beltline " + purpose + b"\0" + data, "sha256")
