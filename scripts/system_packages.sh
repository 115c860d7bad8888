#!/usr/bin/env bash
# Programs (and a font) that some tests need: installed where this is root on Debian or Ubuntu, else named.
set -euo pipefail

able() { [ "$(id -u)" -eq 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; }
missing=()
# Debian's headless shell costs less than half the CPU; the whole browser serves as well.
if ! command -v chromium-headless-shell >/dev/null; then
  if able && grep -qx 'ID=debian' /etc/os-release; then
    missing+=(chromium-headless-shell)
  elif ! command -v chromium >/dev/null; then
    missing+=(chromium)
  fi
fi
compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || command -v postgres >/dev/null || missing+=(postgresql)
# Without Chinese letters a screenshot shows boxes, and widths are wrong.
[ -n "$(fc-list :lang=zh family 2>/dev/null)" ] || missing+=(fonts-noto-cjk)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
[ ${#missing[@]} -eq 0 ] && exit 0

if able; then
  echo "test: installing ${missing[*]} (Debian packages), once"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "test: not here: ${missing[*]}. The tests that need them are skipped and say so; on Debian and Ubuntu:"
  echo "      sudo apt-get install ${missing[*]}"
fi
