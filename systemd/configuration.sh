# shellcheck shell=bash
# Part of install.sh: what belongs to the user. A file that was changed stays as it is; one that still is what some
# version came with follows the upgrades. The checksums of all that ever came are kept beside the files.

CONFIGURATION=$ROOT/etc/ladle
KEY=$CONFIGURATION/gemini-api-key
CAME=$CONFIGURATION/.defaults.sha256
STAGED=$PROGRAM/staged
BEFORE=$PROGRAM/before
SHIPPED=(ladle.yaml foods.yaml activities.yaml plan.yaml)

# The key on its way to its file. Only the shell itself touches it: everybody can read the words of a command.
key=

# ------------------------------------------------------------------------------------------------- files

# fate FILE: what is to happen to it. add: it is not there; replace: it came with a version and was never changed;
# beside: it was changed, and there is a new default; keep.
fate() {
    local file=$CONFIGURATION/$1
    if [ ! -e "$file" ]; then
        printf add
    elif cmp -s "config/$1" "$file"; then
        printf keep
    elif came "$file" "$1"; then
        printf replace
    elif came "config/$1" "$1"; then
        printf keep
    else
        printf beside
    fi
}

line_of() { printf '%s  %s\n' "$(sha256sum <"$1" | cut -d' ' -f1)" "$2"; }

# came FILE NAME: whether some version came with exactly this under this name.
came() { [ -e "$CAME" ] && grep -qxF -e "$(line_of "$1" "$2")" "$CAME"; }

# Let the new version judge the configuration as it is going to be, while the old one still runs.
check_configuration() {
    local name said news=
    for name in "${SHIPPED[@]}"; do
        case $(fate "$name") in
        add | replace) news="$news $name" ;;
        esac
    done
    [ "$new" != "$old" ] || [ -n "$news$key" ] || is_pending || return 0
    run rm -rf "$STAGED"
    run mkdir -p --mode=700 "$STAGED"
    if [ -d "$CONFIGURATION" ]; then
        run find "$CONFIGURATION" -mindepth 1 -maxdepth 1 ! -name 'gemini-api-key*' ! -name '.*' \
            -exec cp -R --dereference --target-directory="$STAGED" '{}' +
    fi
    for name in $news; do
        run cp "config/$name" "$STAGED/$name"
    done
    if ! said=$(run env "STATE_DIRECTORY=$STATE" "$VERSIONS/$new/bin/ladle" config check "$STAGED/ladle.yaml" 2>&1); then
        printf '%s\n' "${said//"$STAGED"/"$CONFIGURATION"}" >&2
        fail "the new version does not take the configuration in $CONFIGURATION. Mend what is said above."
    fi
    run rm -rf "$STAGED"
}

place_configuration() {
    local name file fate
    [ -d "$CONFIGURATION" ] || run mkdir --mode=750 "$CONFIGURATION"
    for name in "${SHIPPED[@]}"; do
        file=$CONFIGURATION/$name
        fate=$(fate "$name")
        # Before it is there: a file that nobody remembers counts as the user's.
        came "config/$name" "$name" || run remember "$name"
        case $fate in
        add)
            mark_changed
            put "config/$name" "$file" 640 "root:$SYSTEM_USER"
            ;;
        replace)
            mark_changed
            run mkdir -p --mode=700 "$BEFORE"
            # What a run that was cut off has kept is older, and the one to go back to.
            [ -e "$BEFORE/$name" ] || run cp --preserve "$file" "$BEFORE/$name"
            put "config/$name" "$file" 640 "root:$SYSTEM_USER"
            ;;
        beside)
            put "config/$name" "$file.new" 640 "root:$SYSTEM_USER"
            say "$file is yours and stays as it is; what this version comes with is in $name.new beside it."
            ;;
        esac
    done
}

remember() { line_of "config/$1" "$1" >>"$CAME"; }

# What the version before had, unless somebody has changed it since; a new file that it does not know does it no harm.
restore_configuration() {
    local file name
    for file in "$BEFORE"/*; do
        name=${file##*/}
        [ ! -f "$file" ] || ! came "$CONFIGURATION/$name" "$name" ||
            put "$file" "$CONFIGURATION/$name" 640 "root:$SYSTEM_USER"
    done
    run rm -rf "$BEFORE"
}

# ------------------------------------------------------------------------------------------------- the key

# Take the key from where the options say, or ask for it where there is none and somebody is there to ask.
read_key() {
    if [ "$key_file" = - ]; then
        read_line
    elif [ -n "$key_file" ]; then
        [ -r "$key_file" ] && [ ! -d "$key_file" ] || fail "$key_file, the file with the key, cannot be read."
        read_line <"$key_file"
    elif [ -z "$dry_run" ] && [ -t 0 ] && ! has_key; then
        printf 'The key for the Gemini API, from https://aistudio.google.com/apikey (nothing is shown; Enter: later): ' >&2
        read_line -s
        printf '\n' >&2
    else
        return 0
    fi
    # The blanks around it, and the end of a line from Windows.
    key=${key#"${key%%[![:space:]]*}"}
    key=${key%"${key##*[![:space:]]}"}
    [ -n "$key" ] || [ -z "$key_file" ] || fail "there is no key in ${key_file/#-/standard input}: its first line is empty."
    case "$key" in
    *[!!-~]*) fail "the key is not one word of plain letters. Write it again." ;;
    esac
}

# From here on the commands are not traced (bash -x): the trace would tell the key.
read_line() {
    set +x
    IFS= read -r "$@" key || true
}

store_key() {
    [ -n "$key" ] || return 0
    [ "$(cat "$KEY" 2>/dev/null)" != "$key" ] || return 0
    mark_changed
    run write_key
}

write_key() {
    rm -f "$KEY.part"
    (
        umask 077
        printf '%s\n' "$key" >"$KEY.part"
    )
    sync "$KEY.part"
    mv --force --no-target-directory "$KEY.part" "$KEY"
}

# Its own file, or the encrypted one that ladle.service tells of.
has_key() { [ -n "$key" ] || [ -s "$KEY" ] || [ -s "$KEY.cred" ]; }

# A stand-in for the API takes any key. What runs has its key from somewhere.
can_start() { has_key || is_active || has_stand_in; }

has_stand_in() {
    local ladle=$VERSIONS/$new/bin/ladle endpoint
    [ -x "$ladle" ] || return 1
    endpoint=$("$ladle" config show --config "$CONFIGURATION/ladle.yaml" | sed -n '/^live:/,/^[^ ]/s/^  endpoint: //p')
    [ -n "$endpoint" ] && [ "$endpoint" != null ]
}
