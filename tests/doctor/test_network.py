"""The way to the API, over real sockets and real TLS: each way in which it can be closed."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from device.config import LiveSettings
from device.doctor.finding import Finding, Verdict
from device.doctor.network import Address, Target, Way, check_network, resolve, target_of

NAME = "api.example"
DAY = datetime.timedelta(days=1)
Serve = Callable[[socket.socket], None]


def certificate(directory: Path, *, name: str = NAME, starts: int = -1, ends: int = 1) -> tuple[Path, Path]:
    """A certificate for that name and its key; starts, ends: in days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts * DAY)
        .not_valid_after(now + ends * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca_file, key_file = directory / "ca.pem", directory / "key.pem"
    ca_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return ca_file, key_file


def tls(files: tuple[Path, Path]) -> Serve:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    def serve(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).close()

    return serve


def portal(connection: socket.socket) -> None:
    """Of a hotel, which answers in plain words."""
    connection.recv(100)
    connection.sendall(b"HTTP/1.0 302 Found\r\nLocation: http://pay.here\r\n\r\n")


@contextmanager
def serving(serve: Serve) -> Iterator[int]:
    """A server for one connection; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            try:
                connection, _ = listening.accept()
                with connection:
                    serve(connection)
            except OSError:
                pass  # the client did not like it, or the test is over

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def way(*ports: int, has_route: bool = True) -> Way:
    addresses: list[Address] = [(socket.AF_INET, ("127.0.0.1", port)) for port in ports]
    return Way(has_route=lambda: has_route, resolve=lambda _host, _port: addresses)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def found(target: Target, by: Way) -> Finding:
    [finding] = check_network(target, by)
    assert finding.name == "network"
    return finding


def test_a_secure_connection_passes(tmp_path: Path) -> None:
    files = certificate(tmp_path)
    with serving(tls(files)) as port:
        finding = found(Target(NAME, 443, files[0]), way(port))
    assert finding.verdict is Verdict.PASS
    assert NAME in finding.found


def test_another_address_is_tried_where_the_first_is_not_reached(tmp_path: Path) -> None:
    files = certificate(tmp_path)
    with serving(tls(files)) as port:
        assert found(Target(NAME, 443, files[0]), way(closed_port(), port)).verdict is Verdict.PASS


def test_without_a_route_nothing_else_is_tried() -> None:
    finding = found(Target(NAME, 443), way(has_route=False))
    assert finding.verdict is Verdict.FAULT
    assert "no default route" in finding.found
    assert "nmtui" in finding.remedy


def test_a_stand_in_on_this_machine_needs_no_route(tmp_path: Path) -> None:
    files = certificate(tmp_path, name="localhost")
    with serving(tls(files)) as port:
        finding = found(Target("localhost", port, files[0]), way(port, has_route=False))
    assert finding.verdict is Verdict.PASS


def test_a_name_that_is_not_found_is_a_fault() -> None:
    def resolve(_host: str, _port: int) -> list[Address]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    finding = found(Target(NAME, 443), replace(way(), resolve=resolve))
    assert finding.verdict is Verdict.FAULT
    assert f"The name {NAME} is not found: Temporary failure" in finding.found
    assert "resolv.conf" in finding.remedy


@pytest.mark.parametrize(("starts", "ends"), [(1, 2), (-2, -1)])
def test_a_certificate_of_another_time_blames_the_clock(starts: int, ends: int, tmp_path: Path) -> None:
    files = certificate(tmp_path, starts=starts, ends=ends)
    with serving(tls(files)) as port:
        finding = found(Target(NAME, 443, files[0]), way(port))
    assert finding.verdict is Verdict.FAULT
    assert "By this machine's clock" in finding.found
    assert "timedatectl set-ntp true" in finding.remedy


def test_a_certificate_that_nobody_vouches_for_blames_who_stands_between(tmp_path: Path) -> None:
    with serving(tls(certificate(tmp_path))) as port:
        finding = found(Target(NAME, 443), way(port))
    assert finding.verdict is Verdict.FAULT
    assert "Something else answers" in finding.found
    assert "/usr/local/share/ca-certificates" in finding.remedy


def test_a_stand_in_with_a_new_certificate_blames_the_ca_file(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    ca_file, _ = certificate(old)
    with serving(tls(certificate(tmp_path))) as port:
        finding = found(Target(NAME, 443, ca_file), way(port))
    assert finding.verdict is Verdict.FAULT
    assert str(ca_file) in finding.found
    assert "live.ca_file" in finding.remedy


def test_a_portal_that_speaks_no_tls_is_a_fault() -> None:
    with serving(portal) as port:
        finding = found(Target(NAME, 443), way(port))
    assert finding.verdict is Verdict.FAULT
    assert "does not speak TLS" in finding.found
    assert "a page that asks for a password" in finding.remedy


def test_nobody_behind_the_port_of_the_stand_in_says_how_to_start_one() -> None:
    port = closed_port()
    finding = found(Target("127.0.0.1", port), way(port))
    assert finding.verdict is Verdict.FAULT
    assert "ladle rehearsal-server" in finding.remedy


def test_a_firewall_is_a_fault() -> None:
    finding = found(Target(NAME, 443), way(closed_port()))
    assert finding.verdict is Verdict.FAULT
    assert "is not reached: Connection refused" in finding.found
    assert "firewall" in finding.remedy


def test_a_ca_file_that_is_not_there_is_a_fault_that_names_it(tmp_path: Path) -> None:
    with serving(portal) as port:
        finding = found(Target(NAME, 443, tmp_path / "none.pem"), way(port))
    assert finding.verdict is Verdict.FAULT
    assert "No such file" in finding.found


def test_of_a_proxy_only_the_way_to_it_is_tried() -> None:
    with serving(portal) as port:
        finding = found(Target(NAME, 443, proxy=f"127.0.0.1:{port}"), way(port))
    assert finding.verdict is Verdict.PASS
    assert "is not tried" in finding.found


def test_the_target_is_googles_or_the_endpoint_and_a_proxys_password_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    google = target_of(LiveSettings())
    assert (google.host, google.port, google.is_local) == ("generativelanguage.googleapis.com", 443, False)
    assert target_of(LiveSettings(endpoint="https://127.0.0.1:8443")).is_local
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy.example:3128")
    assert target_of(LiveSettings()).proxy == "proxy.example:3128"
    assert target_of(LiveSettings(endpoint="https://127.0.0.1:8443")).proxy == ""


def test_a_name_server_that_never_answers_is_not_waited_for() -> None:
    is_over = threading.Event()

    def ask(host: str, port: int) -> list[Address]:
        is_over.wait()
        return []

    way = Way(has_route=lambda: True, resolve=lambda host, port: resolve(host, port, limit_s=0.01, ask=ask))
    [finding] = check_network(Target(NAME, 443), way)
    is_over.set()
    assert finding.verdict is Verdict.FAULT
    assert f"The name {NAME} is not found: no name server answers." in finding.found


def test_what_a_name_server_says_is_passed_on() -> None:
    assert resolve("127.0.0.1", 443) == [(socket.AF_INET, ("127.0.0.1", 443))]
    with pytest.raises(socket.gaierror):
        resolve("no-such-name.invalid", 443)
