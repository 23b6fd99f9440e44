#!/usr/bin/env bash
# The browser that looks at report.html in the tests: installs Chromium from Debian where it may (root,
# apt), else says how to get it and ends with 1.
set -euo pipefail

for program in chromium chromium-browser google-chrome; do
  command -v "$program" >/dev/null && exit 0
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium"
  export DEBIAN_FRONTEND=noninteractive
  if { apt-get install -y -qq chromium || { apt-get update -qq && apt-get install -y -qq chromium; }; } \
      >/dev/null 2>&1; then
    exit 0
  fi
  echo "apt-get could not install it" >&2
fi
echo "the tests that open reports need: apt install chromium" >&2
exit 1
