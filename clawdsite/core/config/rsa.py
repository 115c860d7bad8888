"""Whether an RSA public key is fit to check signatures with: size, exponent, and no known weak make."""

from __future__ import annotations

from functools import cache
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

BITS: Final = 2048
MOST: Final = 8192
EXPONENT: Final = 65537
# Primes below 168 for which the powers of 65537 miss some remainders (Nemec et al., "The Return of
# Coppersmith's Attack", CCS 2017, section 2.3): chips with CVE-2017-15361 only make such moduli.
MARKS: Final = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


def fault(pem: str) -> str:
    """Why this PEM must not be trusted, or an empty string. Never quotes it."""
    if "PRIVATE KEY" in pem:
        return "is a private key; only the public one belongs here"
    if "BEGIN CERTIFICATE" in pem:
        return "is a certificate; take its key out with `openssl x509 -pubkey -noout`"
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return "is not a public key in PEM"
    if not isinstance(key, RSAPublicKey):
        return "is not an RSA key"
    numbers = key.public_numbers()
    return number_fault(numbers.n, numbers.e)


def private_fault(pem: str) -> str:
    """Why this PEM cannot sign, or an empty string. Never quotes it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "is not a private key in PEM without a passphrase"
    if not isinstance(key, RSAPrivateKey):
        return "is not an RSA key"
    numbers = key.public_key().public_numbers()
    return number_fault(numbers.n, numbers.e)


def number_fault(modulus: int, exponent: int) -> str:
    """The same for a modulus and an exponent, as a JWKS gives them."""
    if modulus.bit_length() < BITS:
        return f"has {modulus.bit_length()} bits, needs {BITS} or more"
    if modulus.bit_length() > MOST:
        return f"has {modulus.bit_length()} bits; more than {MOST} make each check slow"
    if exponent < EXPONENT or exponent % 2 == 0:
        return f"has the exponent {exponent}, needs {EXPONENT} or more"
    if all(modulus % prime in _powers(prime) for prime in MARKS):
        return "comes from a chip that makes guessable keys (ROCA, CVE-2017-15361)"
    return ""


@cache
def _powers(prime: int) -> frozenset[int]:
    return frozenset(pow(EXPONENT, exponent, prime) for exponent in range(prime - 1))
