#!/bin/sh
# Installs the headless browser that the tests of the viewer drive, where it is absent and that is possible. Never fails.
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing chromium for the tests of the viewer" >&2
    export DEBIAN_FRONTEND=noninteractive
    timeout 600 sh -c "apt-get update && apt-get install -y --no-install-recommends chromium chromium-driver" >/dev/null 2>&1
fi
command -v chromedriver >/dev/null || echo "no chromium and chromedriver: the tests of the viewer will be skipped" >&2
exit 0
