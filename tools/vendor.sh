#!/bin/sh
# Fetches the desk's browser libraries again, from npm by name and version, into bot/desk/static/vendor.
set -eu
cd "$(dirname "$0")/.."
here="$PWD/bot/desk/static/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
take() { # package, file in it, our name
    npm pack --silent "$1" >/dev/null
    archive="$(ls -t ./*.tgz | head -1)"
    tar xzf "$archive"
    cp "package/$2" "$here/$3"
    cp package/LICENSE* "$here/$3.LICENSE"
    rm -rf package "$archive"
}
take htmx.org@2.0.11 dist/htmx.min.js htmx.min.js
take @picocss/pico@2.1.1 css/pico.min.css pico.min.css
take chart.js@4.6.1 dist/chart.umd.min.js chart.umd.min.js
