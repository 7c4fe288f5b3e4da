#!/usr/bin/env bash
# Installs the servers, the other implementations and the shells that tests run against, as root on
# Debian, and starts none of it. Where that cannot be done these tests are reported as ignored: it
# says so, and does not fail.
set -uo pipefail

PACKAGES=(
  daemontools runit s6 ucspi-tcp mailfront swaks postfix tinydns unbound nsd knot
  libmail-dkim-perl libemail-mime-perl python3-dkim python3-authres opendkim opendkim-tools libdkim-dev
  python3-spf libmail-spf-perl spfquery libmail-dmarc-perl libopendmarc2 publicsuffix
  busybox mandoc strace chromium iproute2
  dovecot-sieve procmail libmailtools-perl libmail-authenticationresults-perl
)
# Not installed: it would replace postfix, as a host has one mail-transport-agent.
NULLMAILER=/opt/nullmailer
POLICY=/usr/sbin/policy-rc.d

give_up() {
  printf '\n*** %s: the tests that need Debian packages are IGNORED ***\n\n' "$1" >&2
  exit 0
}

[ "$(id -u)" = 0 ] || give_up "Not root"
[ -e /etc/debian_version ] && command -v apt-get >/dev/null || give_up "Not Debian"

apt=(timeout 600 apt-get -y -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120)
export DEBIAN_FRONTEND=noninteractive

if ! dpkg-query -W -f='${db:Status-Status}\n' "${PACKAGES[@]}" 2>/dev/null |
  awk '$0 == "installed" { n++ } END { exit n != '"${#PACKAGES[@]}"' }'; then
  # Else the packages start their daemons.
  if [ ! -e "$POLICY" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$POLICY" && chmod 755 "$POLICY"
    trap 'rm -f "$POLICY"' EXIT
  fi
  "${apt[@]}" update || give_up "The package mirror cannot be reached"
  "${apt[@]}" install --no-install-recommends "${PACKAGES[@]}" || give_up "The packages cannot be installed"
fi

unpack_nullmailer() (
  folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder" &&
    chmod 777 . && # apt downloads as a user of its own
    "${apt[@]}" update && "${apt[@]}" download nullmailer &&
    dpkg-deb -x nullmailer_*.deb unpacked && chmod -R u-s unpacked &&
    rm -rf "$NULLMAILER" && mv unpacked "$NULLMAILER"
)
[ -x "$NULLMAILER/usr/sbin/nullmailer-send" ] || unpack_nullmailer ||
  echo "*** nullmailer cannot be unpacked: the tests that need it are IGNORED ***" >&2

# Whom qmail's run scripts start its network daemons as; without it the tests take nobody.
id qmaild >/dev/null 2>&1 ||
  useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin qmaild ||
  echo "*** There is no user qmaild, and none can be made ***" >&2
