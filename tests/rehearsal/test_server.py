"""The server itself: certificate, paths, keys, the life of a connection, and the record of what came."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest
from google.genai.errors import APIError
from websockets.asyncio.client import connect as connect_bare
from websockets.exceptions import InvalidStatus

from device.errors import UnavailableError
from device.rehearsal.record import AUDIO_BUDGET_BYTES, Received
from device.rehearsal.server import RehearsalServer
from tests.rehearsal.client import (
    FRAME,
    FakeWits,
    bare,
    closed_with,
    config,
    run,
    say,
    sdk,
    send_json,
    setup,
    talking,
    text_input,
    tool,
    trust,
    until,
    wait_for,
    witty,
)

LIVE = "ws/google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContent"


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
@pytest.mark.parametrize("slashes", ["/", "//"])
def test_every_version_and_the_double_slash_are_served(version: str, slashes: str) -> None:
    async def scenario() -> None:
        async with witty() as server, bare(server, slashes + LIVE.format(version)) as socket:
            await send_json(socket, setup())
            assert await wait_for(socket, "setupComplete") == {}
            assert server.received.last.path == slashes + LIVE.format(version)

    run(scenario())


def test_other_paths_are_not_found() -> None:
    async def scenario() -> None:
        async with witty() as server:
            with pytest.raises(InvalidStatus) as failure:
                async with bare(server, "/v1beta/models"):
                    pass
            assert failure.value.response.status_code == 404
            assert server.received.opened == 0

    run(scenario())


def test_the_certificate_is_for_this_machine_only_trusted_by_file_and_gone_at_the_end() -> None:
    async def scenario() -> Path:
        async with witty() as server:
            port = server.endpoint.rpartition(":")[2]
            url = f"wss://127.0.0.1:{port}/ws/x"
            headers = {"x-goog-api-key": "x"}
            async with connect_bare(url, ssl=trust(server), additional_headers=headers, proxy=None):
                pass
            with pytest.raises(ssl.SSLCertVerificationError):
                async with connect_bare(url, proxy=None):
                    pass
            assert server.ca_file.parent.stat().st_mode & 0o077 == 0
            return server.ca_file

    assert not run(scenario()).parent.exists()


def test_the_sdk_can_be_pointed_here_by_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        from google import genai

        async with witty() as server:
            monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
            monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.endpoint)
            monkeypatch.setenv("GEMINI_API_KEY", "from-environment")
            async with genai.Client().aio.live.connect(model="m") as session:
                assert session.setup_complete is not None
            assert server.received.last.api_key == "from-environment"
            assert "google-genai-sdk" in server.received.last.user_agent

    run(scenario())


def test_compression_is_negotiated_for_those_who_want_it() -> None:
    async def scenario() -> None:
        async with witty() as server, bare(server) as socket:
            assert [extension.name for extension in socket.protocol.extensions] == ["permessage-deflate"]

    run(scenario())


def test_a_port_in_use_is_reported() -> None:
    async def scenario() -> None:
        async with witty() as server:
            port = int(server.endpoint.rpartition(":")[2])
            with pytest.raises(UnavailableError, match=f"port {port}"):
                async with RehearsalServer(wits=FakeWits(), port=port):
                    pass

    run(scenario())


def test_ipv6() -> None:
    async def scenario() -> None:
        async with RehearsalServer(wits=FakeWits(), host="::1") as server, talking(server) as session:
            assert server.endpoint.startswith("https://[::1]:")
            assert session.setup_complete is not None

    try:
        run(scenario())
    except UnavailableError:
        pytest.skip("this machine has no IPv6")


# --------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_wrong_key_is_refused_at_the_handshake(status: int) -> None:
    async def scenario() -> None:
        async with witty(api_key="right", wrong_key_answer=status) as server:
            with pytest.raises(InvalidStatus) as failure:
                async with sdk(server, "wrong").aio.live.connect(model="m"):
                    pass
            assert failure.value.response.status_code == status
            async with sdk(server, "right").aio.live.connect(model="m"):
                pass

    run(scenario())


def test_a_wrong_key_is_refused_after_setup() -> None:
    async def scenario() -> None:
        async with witty(api_key="right") as server:
            with pytest.raises(APIError, match="API key not valid") as failure:
                async with sdk(server, "wrong").aio.live.connect(model="m"):
                    pass
            assert failure.value.code == 1007

    run(scenario())


def test_a_missing_key_is_refused() -> None:
    async def scenario() -> None:
        async with witty() as server:
            with pytest.raises(InvalidStatus) as failure:
                async with bare(server, key=""):
                    pass
            assert failure.value.response.status_code == 403

    run(scenario())


def test_a_key_may_come_in_the_query() -> None:
    async def scenario() -> None:
        async with witty(api_key="right") as server, bare(server, "/ws/x?key=right", key="") as socket:
            await send_json(socket, setup())
            await wait_for(socket, "setupComplete")

    run(scenario())


# --------------------------------------------------------------------------------------- lifetime


def test_a_connection_is_told_of_its_end_and_then_ends() -> None:
    async def scenario() -> None:
        async with witty(lifetime_s=0.4, go_away_notice_s=0.25) as server, bare(server) as socket:
            await send_json(socket, setup())
            assert await wait_for(socket, "goAway") == {"timeLeft": "0.250s"}
            assert await closed_with(socket) == (1011, "Deadline expired before operation could complete.")

    run(scenario())


def test_a_connection_may_end_without_notice() -> None:
    async def scenario() -> None:
        async with witty(lifetime_s=0.1, go_away_notice_s=0) as server, bare(server) as socket:
            await send_json(socket, setup())
            assert (await closed_with(socket))[0] == 1011
            assert server.received.last.sent["goAway"] == 0

    run(scenario())


def test_a_longer_notice_than_life_comes_at_once() -> None:
    async def scenario() -> None:
        async with witty(lifetime_s=2, go_away_notice_s=50) as server, talking(server) as session:
            assert await until(session, "go_away") == ["go_away"]

    run(scenario())


# --------------------------------------------------------------------------------------- the record


def test_the_record_holds_what_each_connection_sent() -> None:
    async def scenario() -> None:
        async with witty() as server:
            async with talking(server, config(tools=[tool()])) as session:
                await say(session, frames=3)
                await until(session, "turn")
                await say(session, frames=2)
                await until(session, "turn")
            await server.received.wait(lambda received: received.last.closed)
            record = server.received.connection(1)
            assert [activity.frames for activity in record.activities] == [[FRAME] * 3, [FRAME] * 2]
            assert all(activity.ended_s is not None for activity in record.activities)
            assert record.counts == {"setup": 1, "activity_start": 2, "audio": 5, "activity_end": 2}
            assert list(record.order) == ["setup", *["activity_start", "audio", "activity_end"] * 2]
            assert record.setup is not None
            assert list(record.setup.declarations) == ["missed_meal"]
            assert record.close_code == 1000

    run(scenario())


def test_connections_are_numbered_in_order() -> None:
    async def scenario() -> None:
        async with witty() as server:
            for number in (1, 2, 3):
                async with talking(server):
                    assert server.received.last.number == number
            with pytest.raises(KeyError):
                server.received.connection(4)

    run(scenario())


def test_audio_beyond_the_budget_is_counted_and_forgotten() -> None:
    received = Received()
    record = received.open("/", "x", "")
    piece = bytes(AUDIO_BUDGET_BYTES // 4)
    activities = [received.begin_activity(record) for _ in range(3)]
    for activity in activities:
        received.add_frame(activity, piece)
        received.add_frame(activity, piece)
    assert [len(activity.frames) for activity in activities] == [0, 2, 2]
    assert [activity.byte_count for activity in activities] == [2 * len(piece)] * 3


def test_what_came_is_written_for_tests_in_another_process(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with witty(record=tmp_path / "journal") as server, bare(server) as socket:
            audio = {"realtimeInput": {"audio": {"data": "AAEC", "mimeType": "audio/pcm;rate=16000"}}}
            await send_json(socket, setup(), audio, text_input("hello"))
            await wait_for(socket, "serverContent")

    run(scenario())
    lines = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["connect", "setup", "audio", "text", "closed"]
    assert lines[2]["pcm"] == "AAEC"
    assert all(line["connection"] == 1 for line in lines)
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
