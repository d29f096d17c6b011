# Shared by the scripts in this directory; meant to be sourced by sh.
# shellcheck shell=sh

# Ends with a sentence that says what to do.
fail() {
    echo "error: $*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# Runs a command as root without ever asking for a password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# Installs Debian packages. The lists are refreshed only where a package is not in them.
install_packages() {
    has apt-get || fail "please install $* or their like by hand; only Debian and Ubuntu are set up without help"
    apt-cache show "$@" >/dev/null 2>&1 || refresh_lists || true
    echo "installing $*" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2 ||
        fail "could not install $*; as root, run: apt-get install $*"
}

refresh_lists() {
    as_root apt-get update -qq >&2
}
