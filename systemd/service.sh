# shellcheck shell=bash
# Part of install.sh: Ladle as a service of this machine. First everything is prepared beside what runs; then it is
# switched, which is undone where the new version does not come up; at last what is no longer needed is removed.

ROOT= # where the machine's files begin; the tests put a directory of their own here
SYSTEM_USER=ladle
UNIT=ladle.service
PYTHON=$ROOT/usr/bin/python3
COMMAND=$ROOT/usr/local/bin/ladle
STATE=$ROOT/var/lib/ladle
LOCK=$ROOT/run/ladle-install.lock
UNIT_FILE=$ROOT/etc/systemd/system/$UNIT
SYSUSERS_FILE=$ROOT/usr/lib/sysusers.d/ladle.conf
TMPFILES_FILE=$ROOT/usr/lib/tmpfiles.d/ladle.conf
# The virtual environment, and what sound and the network need beneath Python's packages.
PACKAGES=(python3-venv ca-certificates libportaudio2 alsa-utils)
# Button and lights of a Raspberry Pi, whose own archive has it; plain Debian has not.
PINS_PACKAGE=python3-lgpio
DEVICE_GROUPS=(audio gpio spi i2c)
SETTLED_S=3

changed=    # something was done that the service has to be started anew for
switching=  # what is there is half old and half new
was_active= # the service ran when the switch began
finished=

# shellcheck source=systemd/program.sh
. systemd/program.sh
# shellcheck source=systemd/configuration.sh
. systemd/configuration.sh
# shellcheck source=systemd/removal.sh
. systemd/removal.sh

install_service() {
    check_system
    check_root
    check_places
    be_alone
    trap 'say "stopped at line $LINENO of ${BASH_SOURCE[0]}."' ERR
    trap leave EXIT
    read_key
    install_packages "${PACKAGES[@]}"
    install_pins_package
    check_python
    choose_version
    make_user
    build_version
    check_configuration
    switch
    finish
    finished=yes
}

# How it ended, which a dry run has no right to say.
tell() {
    if [ -n "$dry_run" ]; then
        say "this was a dry run: nothing was changed."
    else
        say "$@"
    fi
}

# ------------------------------------------------------------------------------------------------- before

check_system() {
    local architecture release
    check_machine
    if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
        fail "there is no apt-get and no dpkg here. The service is made for Raspberry Pi OS and Debian."
    fi
    architecture=$(dpkg --print-architecture)
    case "$architecture" in
    amd64 | arm64) ;;
    *) fail "the kernel is a 64-bit one, but the programs are $architecture. Use the 64-bit Raspberry Pi OS." ;;
    esac
    # shellcheck source=/dev/null
    release=$(. "$ROOT/etc/os-release" && printf '%s %s' "${ID-}" "${VERSION_ID-}")
    case "$release" in
    "debian "[0-9] | "debian 1"[01]) fail "this is Debian ${release#* }, which is too old: 12 or newer is needed." ;;
    "debian "*) ;;
    *) fail "this is $release. The service is made for 64-bit Raspberry Pi OS and Debian, 12 or newer." ;;
    esac
    command -v systemctl >/dev/null || fail "there is no systemd here, and Ladle is a service of systemd."
}

check_root() {
    if [ -z "$dry_run" ] && [ "$(id -u)" -ne 0 ]; then
        fail "this changes the system, so it needs root: sudo ./install.sh"
    fi
    if [ -d "$CONFIGURATION" ] && [ ! -x "$CONFIGURATION" ]; then
        say "only root can look into $CONFIGURATION; what follows takes it as empty."
    fi
}

# systemd takes no links there, and home directories are hidden from the service.
check_places() {
    local place
    for place in "$CONFIGURATION" "$STATE"; do
        [ ! -L "$place" ] || fail "$place is a symbolic link. To have it on another disk, mount that directory there" \
            "(a line with \"bind\" in /etc/fstab), with $place a directory."
    done
    if getent passwd "$SYSTEM_USER" >/dev/null && ! is_our_user; then
        fail "there is a user $SYSTEM_USER already, with another home than $STATE. Ladle needs this name for a user" \
            "of its own: give the other one another name (sudo usermod --login NAME $SYSTEM_USER)."
    fi
}

# The one that ladle.sysusers makes; another one of this name is a person.
is_our_user() { [ "$(getent passwd "$SYSTEM_USER" | cut -d: -f6)" = /var/lib/ladle ]; }

be_alone() {
    [ -z "$dry_run" ] || return 0
    exec 9>"$LOCK"
    flock --nonblock 9 || fail "another install.sh is at work. Wait until it has ended."
}

install_pins_package() {
    if ! is_installed "$PINS_PACKAGE" && apt-cache show "$PINS_PACKAGE" >/dev/null 2>&1; then
        install_packages "$PINS_PACKAGE"
    fi
}

# No other Python will do: the pins' library belongs to the system's own.
check_python() {
    [ -x "$PYTHON" ] || [ -z "$dry_run" ] || return 0
    "$PYTHON" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$OLDEST_PYTHON'.split('.'))))" ||
        fail "$PYTHON is $("$PYTHON" --version 2>&1), and Ladle needs $OLDEST_PYTHON or newer."
}

make_user() {
    local group
    put systemd/ladle.sysusers "$SYSUSERS_FILE" 644
    getent passwd "$SYSTEM_USER" >/dev/null || run systemd-sysusers "$SYSUSERS_FILE"
    for group in "${DEVICE_GROUPS[@]}"; do
        if getent group "$group" >/dev/null && ! id -nG "$SYSTEM_USER" 2>/dev/null | grep -qwF -e "$group"; then
            mark_changed
            run usermod --append --groups "$group" "$SYSTEM_USER"
        fi
    done
}

# ------------------------------------------------------------------------------------------------- the switch

switch() {
    ! is_active || was_active=yes
    switching=yes
    if [ "$new" != "$old" ] || is_pending; then
        mark_changed
    fi
    place_files systemd
    place_configuration
    store_key
    run systemd-tmpfiles --create "$TMPFILES_FILE"
    [ -z "$changed" ] || load_unit
    # Only the first time: whoever has disabled the service since then has meant it.
    [ -n "$old" ] || of_system enable
    use_version "$new"
    place_command
    if must_start; then
        start_service || fail "Ladle $new does not come up. What it says of that is above."
        settle
    elif ! is_active; then
        settle
    fi
    switching=
}

# Say so on the disk before anything is done that the running service does not know of: where this run is cut off, or
# is not to start the service, the next one makes up for it, and still knows what to go back to.
mark_changed() {
    [ -n "$changed" ] || is_pending || lead pending "$old"
    changed=yes
}

is_pending() { [ -L "$PROGRAM/pending" ]; }

# What runs, or starts next, knows of everything.
settle() { [ -z "$changed" ] || run rm -f "$PROGRAM/pending"; }

# put FILE TARGET MODE [OWNER:GROUP]: there whole or not at all, and left alone where it is there already.
put() {
    ! cmp -s "$1" "$2" || return 0
    run install -D --mode="$3" "$1" "$2.part"
    [ -z "${4-}" ] || run chown "$4" "$2.part"
    # Or a power cut leaves an empty file of this name.
    run sync "$2.part"
    run mv --force --no-target-directory "$2.part" "$2"
}

# place_files DIRECTORY: what a version has for the system.
place_files() {
    put "$1/ladle.tmpfiles" "$TMPFILES_FILE" 644
    ! cmp -s "$1/$UNIT" "$UNIT_FILE" || return 0
    mark_changed
    put "$1/$UNIT" "$UNIT_FILE" 644
}

load_unit() { ! systemd_runs || run systemctl daemon-reload; }

place_command() {
    ! is_our_command || return 0
    if [ -e "$COMMAND" ]; then
        say "$COMMAND is not of this install, and stays as it is. Ladle's command is $PROGRAM/current/bin/ladle."
        return 0
    fi
    run ln --symbolic --force --no-target-directory "$PROGRAM/current/bin/ladle" "$COMMAND"
}

is_our_command() { [ "$(readlink "$COMMAND" || true)" = "$PROGRAM/current/bin/ladle" ]; }

# In an image that is being built there is systemd, but it does not run.
systemd_runs() { [ -d "$ROOT/run/systemd/system" ]; }

is_active() { systemd_runs && systemctl is-active --quiet "$UNIT"; }

# of_system enable|disable: whether the service starts with the machine.
of_system() {
    if systemd_runs; then
        run systemctl --quiet "$1" "$UNIT"
    else
        run env SYSTEMD_OFFLINE=1 systemctl --quiet "$1" "$UNIT"
    fi
}

must_start() {
    systemd_runs && [ -n "$start" ] && { [ -n "$changed" ] || ! is_active; } && can_start
}

# Start it anew, and wait until it is ready; tell what its journal says where it does not get there, or stay there.
start_service() {
    local since
    since=$(date '+%Y-%m-%d %H:%M:%S')
    say "starting Ladle"
    if run systemctl restart "$UNIT" && run sleep "$SETTLED_S" && run systemctl is-active --quiet "$UNIT"; then
        return 0
    fi
    journalctl --unit="$UNIT" --since="$since" --lines=30 --no-pager --output=cat >&2 || true
    return 1
}

# However install.sh ends: put right what is half done, and say how it stands.
leave() {
    trap - EXIT ERR
    set +e
    [ -z "$finished" ] || return 0
    [ -n "$dry_run" ] || rm -rf "$STAGED"
    [ -z "$switching" ] || roll_back
    ! is_active || say "the service that ran before goes on running."
    say "when that is mended, run the same command again: it is safe."
}

roll_back() {
    [ -n "$old" ] && [ "$old" != "$new" ] || return 0
    say "going back to Ladle $old"
    use_version "$old"
    place_files "$VERSIONS/$old/share/ladle/systemd"
    restore_configuration
    load_unit
    if [ -z "$was_active" ] || start_service; then
        settle
    else
        say "Ladle $old does not come up either: sudo ladle doctor"
    fi
}

# ------------------------------------------------------------------------------------------------- after

finish() {
    put README.md "$PROGRAM/README.md" 644
    [ -z "$old" ] || [ "$new" = "$old" ] || lead previous "$old"
    # A service that still runs from an older version may yet load something from there, or be gone back to.
    if ! is_pending; then
        remove_old_versions
        [ ! -d "$BEFORE" ] || run rm -rf "$BEFORE"
    fi
    if [ -n "$changed" ]; then
        tell "Ladle $new is installed."
    else
        tell "Ladle $new was installed already; there was nothing to do."
    fi
    if ! systemd_runs; then
        say "systemd does not run here; Ladle starts when the machine does."
        return 0
    fi
    run "$PROGRAM/current/bin/ladle" doctor </dev/null || true
    tell_what_next
}

tell_what_next() {
    [ -z "$dry_run" ] || return 0
    if ! can_start; then
        say "Ladle has no key for the Gemini API yet. Add it: sudo ./install.sh --api-key-file FILE"
    elif ! is_active; then
        say "Ladle is not started: sudo systemctl start ladle"
    elif is_pending; then
        say "what runs does not know of all that yet: sudo ./install.sh, or sudo systemctl restart ladle"
    fi
    cat >&2 <<'END'
Talk to it, for instance: How much protein is in an egg?
To see what it does: journalctl -u ladle -f        To have everything checked: sudo ladle doctor
To change something: sudo nano /etc/ladle/ladle.yaml        and then: sudo systemctl reload-or-restart ladle
END
}
