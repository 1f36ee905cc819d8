"""install.sh over another version, and how it goes away again."""

from __future__ import annotations

from tests.install.machine import KEY, Machine


def test_an_upgrade_keeps_the_version_before_and_no_older_one(machine: Machine) -> None:
    seen = []
    for text in ("# one\n", "# two\n", "# three\n"):
        machine.ship("foods.yaml", text)
        machine.installed("--api-key-file", "-", given=KEY)
        seen.append(machine.current)
    assert machine.versions == set(seen[1:])


def test_a_file_that_was_never_changed_follows_the_upgrades(machine: Machine) -> None:
    for text in ("# one\n", "# two\n", "# one\n"):
        machine.ship("foods.yaml", text)
        machine.installed()
        assert (machine.configuration / "foods.yaml").read_text(encoding="utf-8") == text
    assert not (machine.configuration / "foods.yaml.new").exists()


def test_a_file_that_was_changed_stays_and_a_new_default_comes_beside_it_once(machine: Machine) -> None:
    machine.installed()
    mine, new = machine.configuration / "ladle.yaml", machine.configuration / "ladle.yaml.new"
    mine.write_text("# mine\n", encoding="utf-8")
    machine.installed()
    assert not new.exists()
    machine.ship("ladle.yaml", "# a new default\n")
    assert "ladle.yaml is yours" in machine.installed()
    assert new.read_text(encoding="utf-8") == "# a new default\n"
    new.unlink()
    machine.installed()
    assert not new.exists()
    assert mine.read_text(encoding="utf-8") == "# mine\n"


def test_a_configuration_that_the_new_version_refuses_stops_the_upgrade(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    machine.take_calls()
    first = machine.current
    mine = machine.configuration / "ladle.yaml"
    mine.write_text("sing: loud\n", encoding="utf-8")
    machine.ship("foods.yaml", "# other foods\n")
    result = machine.install()
    assert result.returncode == 1
    assert f"{mine}:sing: loud" in result.stderr
    assert "goes on running" in result.stderr
    assert machine.current == first
    assert "restart" not in machine.take_calls()


def test_a_version_that_does_not_come_up_is_taken_back_with_all_that_came_with_it(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    first, before = machine.current, machine.files()
    unit = machine.checkout / "systemd" / "ladle.service"
    unit.write_text(unit.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    machine.ship("foods.yaml", "# other foods\n")
    machine.ship("broken", "")
    result = machine.install()
    assert result.returncode == 1
    assert "what the journal says" in result.stderr
    assert f"going back to Ladle {first}" in result.stderr
    assert machine.current == first
    assert (machine.root / "runs").exists()
    for path in (machine.root / "etc/systemd/system/ladle.service", machine.configuration / "foods.yaml"):
        assert path.read_bytes() == before[path]


def test_uninstall_keeps_what_is_the_users_and_purge_keeps_nothing(machine: Machine) -> None:
    machine.installed("--api-key-file", "-", given=KEY)
    (machine.root / "var/lib/ladle").mkdir(parents=True)
    machine.pretend("getent", "echo ladle:x:997:997::/var/lib/ladle:/usr/sbin/nologin")
    machine.pretend("userdel", "")
    machine.pretend("groupdel", "")
    assert "are kept" in machine.installed("--uninstall")
    calls = machine.take_calls()
    assert "disable ladle.service" in calls
    assert "userdel" not in calls
    left = {path.relative_to(machine.root).parts[:2] for path in machine.files()}
    assert left == {("etc", "ladle"), ("etc", "os-release"), ("usr", "bin")}
    machine.installed("--purge")
    assert "userdel ladle" in machine.take_calls()
    assert not machine.configuration.exists()
    assert not (machine.root / "var/lib/ladle").exists()
