#!/usr/bin/env bash
# Sets Ladle up. `sudo ./install.sh` makes it a service of this machine (systemd/service.sh). `./install.sh try` and
# `./install.sh test` need no root beyond missing apt packages, and leave nothing outside this checkout but those.
# Everything here may be run again at any time.
set -Eeuo pipefail
umask 022
CALLED_FROM=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
exec 3>&1 # what --dry-run prints, also where a command's own output is thrown away

VENV=.venv
STAMP=$VENV/.ladle-installed
PLACE=$VENV/.ladle-place
OLDEST_PYTHON=3.11

# What the service's options ask for.
mode=install
dry_run=
start=yes
key_file=

usage() {
    cat <<'END'
Usage:
  sudo ./install.sh [--api-key-file FILE|-] [--no-start]
                                     install Ladle as a service that starts with the machine, or upgrade it. The key for
                                     the Gemini API comes from FILE, from standard input (-), or is asked for
  sudo ./install.sh --uninstall      remove it; /etc/ladle (configuration, key) and /var/lib/ladle (diary) stay
  sudo ./install.sh --purge          remove these too, and the user ladle
  ./install.sh --dry-run [OPTION]... print every command that would run, and change nothing
  ./install.sh try [--say TEXT]...   set up in this checkout, then rehearse: the whole device in the terminal,
                                     with no key, no sound card and no GPIO (other options: ladle rehearse --help)
  ./install.sh test [PYTEST OPTION]...   set up in this checkout, then run every check and every test
END
}

say() { printf '%s\n' "install.sh: $*" >&2; }

fail() {
    say "$@"
    exit 1
}

stopped() {
    say "stopped at line $1. Nothing is broken: mend what the lines above say, and run the same command again."
}
trap 'stopped $LINENO' ERR

check_machine() {
    [ "$(uname -s)" = Linux ] || fail "Ladle runs on Linux: Raspberry Pi OS or Debian 12 and newer."
    case "$(uname -m)" in
    x86_64 | aarch64) ;;
    *) fail "this system is $(uname -m), but Ladle's packages need a 64-bit one. Use the 64-bit Raspberry Pi OS." ;;
    esac
}

# Do it, or under --dry-run only say it.
run() {
    if [ -n "$dry_run" ]; then
        printf '%s\n' "${*@Q}" >&3
    else
        "$@"
    fi
}

as_root() {
    if [ -n "$dry_run" ] || [ "$(id -u)" -eq 0 ]; then
        run "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "needs root for: $*. Run this command as root, or install sudo."
    fi
}

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
    local missing=() package
    if ! command -v apt-get >/dev/null; then
        say "there is no apt-get here; make sure that the equivalents of these are installed: $*"
        return
    fi
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing apt packages: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
        fail "apt-get update failed. Check the network connection, then run this again."
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "${missing[@]}" >/dev/null ||
        fail "apt-get could not install ${missing[*]}. Its message is above."
}

# The first Python that is new enough and can make virtual environments.
find_python() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
        if "$candidate" -c "
import sys, venv, ensurepip
sys.exit(sys.version_info < tuple(map(int, '$OLDEST_PYTHON'.split('.'))))" 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

make_environment() {
    local python
    if [ -d $VENV ] && [ ! -w $VENV ]; then
        fail "$PWD/$VENV belongs to somebody else. Remove it (sudo rm -r $VENV) and run this again."
    fi
    # One that was interrupted while it was made, or that has been moved, is made anew.
    if $VENV/bin/python -m pip --version >/dev/null 2>&1 && [ "$(cat $PLACE 2>/dev/null)" = "$PWD" ]; then
        return
    fi
    python=$(find_python)
    if [ -z "$python" ]; then
        install_packages python3 python3-venv
        python=$(find_python)
    fi
    [ -n "$python" ] || fail "Python $OLDEST_PYTHON or newer with venv is needed (Raspberry Pi OS and Debian have it from version 12)."
    say "making the virtual environment $PWD/$VENV with $("$python" --version)"
    "$python" -m venv --clear $VENV
    printf '%s\n' "$PWD" >$PLACE
}

# install_ladle EXTRAS: the package itself, editable, with these extras; quick where nothing has changed.
install_ladle() {
    local wanted
    wanted="$1 $(sha256sum pyproject.toml | cut -d' ' -f1)"
    if [ -f $STAMP ] && grep -qxF -e "$wanted" -e "rehearsal,test ${wanted#* }" $STAMP; then
        return
    fi
    say "installing Python packages into $VENV"
    $VENV/bin/python -m pip install --quiet --disable-pip-version-check --use-pep517 --editable ".[$1]" ||
        fail "pip could not install Ladle's packages. Check the network connection, then run this again."
    printf '%s\n' "$wanted" >$STAMP
}

try() {
    check_machine
    install_packages ca-certificates libportaudio2 flite alsa-utils
    make_environment
    install_ladle rehearsal
    exec $VENV/bin/ladle rehearse "$@"
}

run_tests() {
    local for_containers=()
    # Only root can boot the machines of tests/container.
    [ "$(id -u)" -ne 0 ] || for_containers=(debootstrap systemd-container)
    check_machine
    install_packages ca-certificates libportaudio2 flite alsa-utils \
        espeak-ng pulseaudio pulseaudio-utils libasound2-plugins shellcheck "${for_containers[@]}"
    make_environment
    install_ladle rehearsal,test
    $VENV/bin/ruff check .
    $VENV/bin/ruff format --check .
    $VENV/bin/mypy
    shellcheck --external-sources install.sh .ci/run
    exec $VENV/bin/python -m pytest "$@"
}

wrong_use() {
    say "$@"
    usage >&2
    exit 2
}

# The words of the service. One that is not known is not repeated: it may be a key.
read_options() {
    while [ $# -gt 0 ]; do
        case "$1" in
        --dry-run) dry_run=yes ;;
        --no-start) start= ;;
        --uninstall | --purge)
            [ "$mode" = install ] || wrong_use "--uninstall and --purge exclude each other; --purge removes more."
            mode=${1#--}
            ;;
        --api-key-file)
            [ -n "${2-}" ] || wrong_use "--api-key-file needs the name of a file, or - for standard input."
            key_file=$2
            shift
            ;;
        --api-key-file=?*) key_file=${1#*=} ;;
        --api-key*) wrong_use "everybody can read the command line; put the key into a file for --api-key-file." ;;
        *) wrong_use "there is a word on the command line that is not known." ;;
        esac
        shift
    done
    if [ "$mode" != install ] && [ -n "$key_file" ]; then
        wrong_use "--$mode takes no key."
    fi
    case "$key_file" in
    "" | - | /*) ;;
    *) key_file=$CALLED_FROM/$key_file ;;
    esac
}

case "${1-}" in
try)
    shift
    try "$@"
    ;;
test)
    shift
    run_tests "$@"
    ;;
-h | --help)
    usage
    ;;
*)
    read_options "$@"
    # shellcheck source=systemd/service.sh
    . systemd/service.sh
    "${mode}_service"
    ;;
esac
