#!/usr/bin/env bash
# Programs (and a font) that some tests need: installed where this is root on Debian or Ubuntu, else named.
set -euo pipefail

able() { [ "$(id -u)" -eq 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; }
add() { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
export DEBIAN_FRONTEND=noninteractive

browser=chromium
light=chromium-headless-shell # Debian's: a page costs less than half the CPU in it
! grep -qsx 'ID=debian' /etc/os-release || browser=$light
missing=()
command -v chromium >/dev/null || command -v $light >/dev/null || missing+=("$browser")
compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || command -v postgres >/dev/null || missing+=(postgresql)
# Without Chinese letters a screenshot shows boxes, and widths are wrong.
[ -n "$(fc-list :lang=zh family 2>/dev/null)" ] || missing+=(fonts-noto-cjk)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)

if [ ${#missing[@]} -gt 0 ] && able; then
  echo "test: installing ${missing[*]} (Debian packages), once"
  add "${missing[@]}"
elif [ ${#missing[@]} -gt 0 ]; then
  echo "test: not here: ${missing[*]}. The tests that need them are skipped and say so; on Debian and Ubuntu:"
  echo "      sudo apt-get install ${missing[*]}"
fi
if [ $browser = $light ] && able && ! command -v $light >/dev/null; then
  echo "test: installing $light (Debian package), once"
  add $light || echo "test: it cannot be had now: chromium serves, and takes longer"
fi
