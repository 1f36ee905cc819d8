"""One daemon at a time, with real second processes."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from device.errors import UnavailableError
from device.service.instance import GOOGLE, LOCK_NAME, _name_of, hold_instance

HOLD = """
import subprocess, sys
from pathlib import Path
from device.service.instance import hold_instance

with hold_instance(Path(sys.argv[1]), sys.argv[2]):
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    print(child.pid, flush=True)
    sys.stdin.read()
    child.kill()
"""

Holder = subprocess.Popen[str]
Start = Callable[[Path, str], Holder]


@pytest.fixture
def endpoint() -> str:
    """A service that no other daemon or test on this machine talks with."""
    return f"https://{uuid.uuid4()}.example"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts daemons that hold their instance, each with a child of its own that outlives a kill."""
    processes: list[int] = []

    def start(state: Path, endpoint: str) -> Holder:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(state), endpoint],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(holder.pid)
        assert holder.stdout
        processes.append(int(holder.stdout.readline()))
        return holder

    yield start
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def end(holder: Holder) -> None:
    holder.communicate("", timeout=10)


def refusal(state: Path, endpoint: str | None) -> str:
    with pytest.raises(UnavailableError) as caught, hold_instance(state, endpoint):
        pass
    return str(caught.value)


def test_the_state_directory_is_made_for_one_user_alone(tmp_path: Path, endpoint: str) -> None:
    state = tmp_path / "state" / "ladle"
    with hold_instance(state, endpoint):
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        assert (state / LOCK_NAME).read_text(encoding="ascii") == f"{os.getpid()}\n"


def test_a_second_daemon_with_the_same_state_is_refused_by_name(
    tmp_path: Path, endpoint: str, start: Start
) -> None:
    holder = start(tmp_path, endpoint)
    assert refusal(tmp_path, "https://other.example") == (
        f"Another Ladle (process {holder.pid}) already runs with the state directory {tmp_path}. "
        "Stop it (`systemctl stop ladle`) or wait until it has ended."
    )


def test_a_second_daemon_with_the_same_service_is_refused_by_name(
    tmp_path: Path, endpoint: str, start: Start
) -> None:
    holder = start(tmp_path / "one", endpoint)
    assert refusal(tmp_path / "two", endpoint) == (
        f"Another Ladle (process {holder.pid}) already runs on this machine. "
        "Stop it (`systemctl stop ladle`) or wait until it has ended."
    )


def test_however_often_it_is_asked_it_refuses(tmp_path: Path, endpoint: str) -> None:
    with hold_instance(tmp_path / "one", endpoint):
        refusals = {refusal(tmp_path / "two", endpoint) for _ in range(300)}
    assert all(text.startswith("Another Ladle") for text in refusals)


def test_a_refused_daemon_leaves_its_own_directory_free(tmp_path: Path, endpoint: str) -> None:
    with hold_instance(tmp_path / "one", endpoint):
        refusal(tmp_path / "two", endpoint)
        with hold_instance(tmp_path / "two", f"{endpoint}:1"):
            pass


def test_daemons_with_two_services_and_two_directories_run_beside_each_other(
    tmp_path: Path, endpoint: str
) -> None:
    with hold_instance(tmp_path / "one", f"{endpoint}:1"), hold_instance(tmp_path / "two", f"{endpoint}:2"):
        pass


def test_after_the_end_the_next_may_run(tmp_path: Path, endpoint: str, start: Start) -> None:
    end(start(tmp_path, endpoint))
    with hold_instance(tmp_path, endpoint):
        pass


def test_an_error_inside_lets_go(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(ZeroDivisionError), hold_instance(tmp_path, endpoint):
        _ = 1 / 0
    with hold_instance(tmp_path, endpoint):
        pass


def test_a_killed_daemon_holds_nothing_even_while_its_child_lives_on(
    tmp_path: Path, endpoint: str, start: Start
) -> None:
    holder = start(tmp_path, endpoint)
    holder.kill()
    holder.wait(10)
    with hold_instance(tmp_path, endpoint):
        assert (tmp_path / LOCK_NAME).read_text(encoding="ascii") == f"{os.getpid()}\n"


@pytest.mark.parametrize("written", ["", "\n", "not a number\n", "-1", "\xff"])
def test_a_lock_without_a_process_in_it_holds_all_the_same(
    tmp_path: Path, endpoint: str, written: str
) -> None:
    with hold_instance(tmp_path, endpoint):
        (tmp_path / LOCK_NAME).write_text(written, encoding="latin-1")
        assert refusal(tmp_path, endpoint).startswith("Another Ladle already runs with the state directory")


@pytest.mark.parametrize("trouble", [errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES])
def test_a_disk_that_takes_no_writing_does_not_silence_the_device(
    tmp_path: Path,
    endpoint: str,
    trouble: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(trouble, os.strerror(trouble))

    monkeypatch.setattr("device.service.instance.os.open", refuse)
    with hold_instance(tmp_path, endpoint):
        assert refusal(tmp_path, endpoint), "the service is held all the same"
    assert "state_unwritable" in caplog.text


def test_a_directory_that_cannot_be_made_is_named_with_a_remedy(
    tmp_path: Path, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    state = tmp_path / "file" / "ladle"
    with hold_instance(state, endpoint):
        pass
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"state_unwritable path={state} reason='Not a directory' effect='nothing outlasts")
    assert "remedy='Look at that path" in line


def test_a_lock_that_is_no_file_is_named(
    tmp_path: Path, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / LOCK_NAME).mkdir()
    with hold_instance(tmp_path, endpoint):
        pass
    assert f"state_unwritable path={tmp_path / LOCK_NAME} reason='Is a directory'" in caplog.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, GOOGLE),
        (None, f"{GOOGLE}/"),
        ("https://kitchen.example", "https://Kitchen.example:443/"),
    ],
)
def test_the_same_service_in_other_words_is_the_same(one: str | None, other: str) -> None:
    assert _name_of(one) == _name_of(other)


def test_another_port_or_path_is_another_service() -> None:
    names = {_name_of(f"https://127.0.0.1{rest}") for rest in ("", ":1", ":2", ":1/a", ":1/b")}
    assert len(names) == 5
