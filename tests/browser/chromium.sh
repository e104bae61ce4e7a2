#!/bin/sh
# Debian's chromium for the browser tests: install it where it is missing and apt-get may be used, else say what to install.
set -eu
packages="chromium fonts-noto-cjk"
if command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi "noto.*cjk"; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing $packages for the browser tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages fontconfig >/dev/null
    exit 0
fi
command -v chromium >/dev/null 2>&1 && exit 0
echo "The browser tests need chromium: install the packages $packages and run make test again." >&2
exit 1
