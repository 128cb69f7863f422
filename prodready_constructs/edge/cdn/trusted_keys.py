"""Public keys that sign URLs and cookies, checked before CloudFront refuses them in the middle of a deployment."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import NoReturn

from prodready_constructs.errors import ConfigurationError

#: Keys of one key group. Source: Amazon CloudFront developer guide, "Quotas on trusted key groups".
MOST_KEYS = 5
#: What CloudFront takes for signed URLs and cookies. Source: CloudFront API reference, PublicKey.
_ALLOWED = "the PEM of a 2048-bit RSA or a P-256 ECDSA public key (-----BEGIN PUBLIC KEY-----)"
_PEM = re.compile(r"\s*-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----\s*")
#: SubjectPublicKeyInfo of a 2048-bit RSA key (RFC 3279: rsaEncryption, modulus, exponent) and of a P-256 point (RFC 5480).
_RSA = re.compile(
    rb"\x30\x82..\x30\x0d(\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01)\x05\x00\x03\x82..\x00"
    rb"\x30\x82..\x02\x82\x01\x01\x00([\x80-\xff].{255})\x02(.)(.+)",
    re.DOTALL,
)
_RSA_NAME = bytes.fromhex("06092a864886f70d010101")
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_ECDSA_NAME = bytes.fromhex("06072a8648ce3d0201")
#: The curve P-256, FIPS 186-5.
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def require_public_keys(where: str, keys: Sequence[str]) -> dict[str, str]:
    """The *keys* as PEM in one form, by a fingerprint that names them for good.

    Raises:
        ConfigurationError: no key, too many, one twice, a private key, or no key that CloudFront takes. No key is shown in the message.
    """
    if not 1 <= len(keys) <= MOST_KEYS:
        raise ConfigurationError(
            where, given=f"{len(keys)} keys", allowed=f"1 to {MOST_KEYS} keys", mend="two are enough: the one in use and the next one"
        )
    found: dict[str, str] = {}
    for place, key in enumerate(keys, start=1):
        if "PRIVATE" in key.upper():
            _refuse(
                where,
                f"key {place}: a private key (not shown)",
                "take it out of this program and its history, count it as lost, make a new pair, and hand over the public half",
            )
        body = _PEM.fullmatch(key)
        if not body:
            _refuse(
                where,
                f"key {place}: {len(key)} characters that are no such PEM (not shown)",
                "write it by: openssl pkey -in private.pem -pubout",
            )
        try:
            der = base64.b64decode("".join(body[1].split()), validate=True)
        except binascii.Error:
            _refuse(where, f"key {place}: PEM with broken base64", "write it by: openssl pkey -in private.pem -pubout")
        if fault := _fault(der):
            _refuse(where, f"key {place}: {fault}", "make a pair by: openssl ecparam -name prime256v1 -genkey -noout -out private.pem")
        fingerprint = hashlib.sha256(der).hexdigest()[:12]
        if fingerprint in found:
            _refuse(where, f"key {place} a second time", "name each key once")
        lines = base64.encodebytes(der).decode().replace("\n", "")
        wrapped = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
        found[fingerprint] = f"-----BEGIN PUBLIC KEY-----\n{wrapped}\n-----END PUBLIC KEY-----\n"
    return found


def _refuse(where: str, given: str, mend: str) -> NoReturn:
    raise ConfigurationError(where, given=given, allowed=_ALLOWED, mend=mend)


def _fault(der: bytes) -> str | None:
    """What is wrong with a SubjectPublicKeyInfo; None for a key that CloudFront takes."""
    if rsa := _RSA.fullmatch(der):
        modulus, length, exponent = rsa[2], rsa[3][0], rsa[4]
        whole = len(der) == 4 + int.from_bytes(der[2:4], "big") and len(exponent) == length
        return None if whole and modulus[-1] % 2 and exponent[-1] % 2 else "a malformed RSA key"
    if der.startswith(_P256) and len(der) == len(_P256) + 64:
        x, y = (int.from_bytes(half, "big") for half in (der[-64:-32], der[-32:]))
        return None if (y * y - (x * x * x - 3 * x + _B)) % _P == 0 else "a point that is not on the curve P-256"
    if _RSA_NAME in der:
        return "an RSA key that is not of 2048 bits"
    return "a key of another curve than P-256" if _ECDSA_NAME in der else "another kind of key"
