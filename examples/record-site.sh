#!/usr/bin/env bash
# Records examples/site.pcap: a small site of connected devices, some set up badly and some well, made of network
# namespaces and of real services and clients from Debian 12. Run as root:
#
#   examples/record-site.sh [OUTPUT.pcap]
#
# Everything happens inside one private network, mount and process namespace that has no link to the machine's
# network, so nothing leaves it, nothing outside is changed, and the kernel cleans up whatever way the script ends.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=$(realpath -m "${1:-$here/site.pcap}")

# The programs come from the packages that the repository's list calls "of the example site", besides the capturers.
packages() { awk '/^#/ { next } / of the example site$/ || $1 == "tcpdump" || $1 == "tshark" { print $1 }' "$here/../debian-packages.txt"; }

fail() { echo "record-site: $*" >&2; exit 1; }

check_machine() {
  local package missing=()
  [ "$(id -u)" -eq 0 ] || fail 'run me as root: I make network namespaces.'
  for package in $(packages); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] || fail "missing packages; run: apt-get install --no-install-recommends ${missing[*]}"
}

# Outside: check, then start again inside fresh namespaces; all processes there end with the script.
if [ "${RECORD_SITE_INSIDE:-}" != yes ]; then
  check_machine
  RUN=$(mktemp -d)
  trap 'rmdir "$RUN"' EXIT
  # One processor for all, so that the capture is in the order of time.
  RECORD_SITE_INSIDE=yes RUN=$RUN taskset --cpu-list 0 unshare --mount --net --pid --uts --fork --mount-proc --kill-child \
    bash "$here/record-site.sh" "$output"
  exit
fi

# Inside: a scratch file system, and private copies of what the services read and write by fixed paths.
mount -t tmpfs -o mode=755 site "$RUN"
LOGS=$RUN/logs; CERTS=$RUN/certs; WWW=$RUN/www
mkdir -p "$LOGS" "$CERTS" "$WWW" "$RUN/etc" "$RUN/empty"
cp -a /etc/. "$RUN/etc"
mount --bind "$RUN/etc" /etc
mount -t tmpfs -o mode=755 site /run
mount -t tmpfs -o mode=755 site /var/log
mkdir -p /run/netns /run/avahi-daemon /etc/netns

show_logs() { tail -n "${LOG_LINES:-3}" "$LOGS"/* >&2; echo 'record-site: failed; above are the last lines of each log' >&2; }
trap '[ $? -eq 0 ] || show_logs' EXIT
trap 'trap - EXIT; exit 130' INT TERM # the first process of a namespace must ask for signals

. "$here/record/network.sh"
. "$here/record/certificates.sh"
. "$here/record/services.sh"
. "$here/record/scenes.sh"

step() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }

step 'certificates';      make_certificates
step 'network';           make_network
step 'internet, router';  start_internet; start_router
step 'capture';           start_capture "$RUN/site.pcap"
step 'devices boot';      boot_devices; start_devices
play_scenes
step 'end of capture';    stop_capture
reordercap "$RUN/site.pcap" "$RUN/ordered.pcap" >/dev/null
cp "$RUN/ordered.pcap" "$output"
step "wrote $output ($(stat -c %s "$output") bytes)"
