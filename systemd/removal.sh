# shellcheck shell=bash
# Part of install.sh: how the service goes away again.

uninstall_service() {
    check_root
    be_alone
    remove_program
    if [ -d "$CONFIGURATION" ] || [ -d "$STATE" ]; then
        tell "Ladle is removed. $CONFIGURATION (configuration, key) and $STATE (diary) are kept; --purge removes them."
    else
        remove_user
        tell "Ladle is removed."
    fi
}

purge_service() {
    check_root
    be_alone
    remove_program
    run rm -rf "$UNIT_FILE.d"
    remove_directory "$CONFIGURATION"
    remove_directory "$STATE"
    remove_user
    tell "Ladle is removed, with its configuration, key and diary. apt packages stay, and what the journal holds."
}

remove_program() {
    if [ -e "$UNIT_FILE" ]; then
        ! systemd_runs || run systemctl stop "$UNIT"
        of_system disable
    fi
    run rm -f "$UNIT_FILE" "$SYSUSERS_FILE" "$TMPFILES_FILE"
    remove_directory "$PROGRAM"
    ! is_our_command || run rm -f "$COMMAND"
    [ -n "$dry_run" ] || rm -f "$LOCK"
    load_unit
    # Or systemd goes on telling of a service that failed.
    ! systemd_runs || run systemctl reset-failed "$UNIT" 2>/dev/null || true
}

# Nothing behind a link, and nothing of another disk that is mounted in there: it may be more than Ladle's.
remove_directory() {
    if [ -L "$1" ]; then
        say "$1 is a link to $(readlink "$1"), which stays; remove yourself what is Ladle's there."
    elif mountpoint --quiet "$1"; then
        run find "$1" -xdev -mindepth 1 -delete
        say "$1 is a disk of its own; it is empty now, and still mounted."
        return 0
    fi
    run rm -rf --one-file-system "$1"
}

remove_user() {
    if getent passwd "$SYSTEM_USER" >/dev/null && ! is_our_user; then
        say "the user $SYSTEM_USER is not of this install, and stays."
        return 0
    fi
    ! getent passwd "$SYSTEM_USER" >/dev/null || run userdel "$SYSTEM_USER"
    ! getent group "$SYSTEM_USER" >/dev/null || run groupdel "$SYSTEM_USER"
}
