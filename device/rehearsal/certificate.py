"""The certificate of the stand-in: made at start, valid for a few days, gone at exit.

The official SDK always speaks TLS with an API key, so the stand-in has to as well. One self-signed
certificate serves as its own authority: a client trusts the PEM file and nothing else.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
VALID_FOR = datetime.timedelta(days=7)


class Certificate:
    """A certificate for this machine's own names and one more host, kept in a private directory while in use.

    `cleanup` removes the directory.
    """

    def __init__(self, host: str) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="ladle-rehearsal-")
        folder = Path(self._directory.name)
        self.ca_file = folder / "ca.pem"
        self._key_file = folder / "key.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        self._key_file.touch(mode=0o600)
        self._key_file.write_bytes(_key_pem(key))
        self.ca_file.write_bytes(_signed(key, host).public_bytes(serialization.Encoding.PEM))

    def context(self) -> ssl.SSLContext:
        """The TLS settings of the server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self._key_file)
        return context

    def cleanup(self) -> None:
        """Remove the directory with the certificate and its key."""
        self._directory.cleanup()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _signed(key: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    names = dict.fromkeys((*LOCAL_NAMES, host))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ladle rehearsal")])
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # the clock of a client may be a little behind
        .not_valid_after(now + VALID_FOR)
        .add_extension(
            x509.SubjectAlternativeName([_alternative_name(name) for name in names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
