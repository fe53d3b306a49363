#!/bin/sh
# Installs what package-lock.json names into node_modules, once, also when two start at once.
#
#   sh scripts/install.sh        install if node_modules is missing or stale
#   sh scripts/install.sh mark   remember that node_modules is complete (npm runs it as "dependencies")
#   sh scripts/install.sh console [again]
#                                the same for console/, and build it into dist/console if that is missing or stale (or again)
#
# The mark is a copy of the lock file inside node_modules: it goes when npm empties the folder, and
# stops matching as soon as the lock file changes. Sourced by ../fleetward; plain POSIX sh, since
# it runs before there is any Node.

root=$(cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 4
home=$root
[ "${1:-}" != console ] || home=$root/console
mark=$home/node_modules/.fleetward-lock.json
lock=$home/.fleetward-install.lock

fail() {
  printf 'fleetward: %s\n' "$1" >&2
  exit 4
}

# A linked folder is somebody else's: it is used as it is, and never emptied.
is_installed() {
  [ -L "$home/node_modules" ] && return 0
  cmp -s "$home/package-lock.json" "$mark"
}

# Written beside and renamed, so that a reader never meets half of it.
mark_installed() {
  [ -d "$home/node_modules" ] || return 0
  cp "$home/package-lock.json" "$mark.$$" && mv -f "$mark.$$" "$mark"
}

# The lock is a folder, since mkdir is atomic everywhere; it names the process that holds it.
take_lock() {
  [ -w "$home" ] || fail "cannot write to $home: make it writable for this user, or install the package with npm."
  told=
  until mkdir "$lock" 2>/dev/null; do
    lock_is_stale && break_lock && continue
    [ "$told" ] || echo 'fleetward: another start is installing; waiting for it …' >&2
    told=yes
    sleep 1
  done
  trap 'rm -rf "$lock"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  echo $$ >"$lock/pid"
}

# Stale: its holder is gone, or it is older than any installation (the pid may have been reused).
lock_is_stale() {
  holder=$(cat "$lock/pid" 2>/dev/null)
  is_older_than 30 "$lock" && return 0
  [ "$holder" ] || { is_older_than 1 "$lock"; return; }
  # Another user's process answers no signal, but Linux shows it.
  ! kill -0 "$holder" 2>/dev/null && [ ! -d "/proc/$holder" ]
}

# is_older_than MINUTES PATH
is_older_than() {
  [ -n "$(find "$2" -prune -mmin "+$1" 2>/dev/null)" ]
}

# One waiter at a time looks again and removes: a second one could take away the lock that another
# waiter has just taken. A breaker that was killed itself counts for a minute.
break_lock() {
  if ! mkdir "$lock.break" 2>/dev/null; then
    is_older_than 1 "$lock.break" && rmdir "$lock.break" 2>/dev/null
    return
  fi
  ! lock_is_stale || rm -rf "$lock" || fail "cannot remove $lock: remove it by hand, then run this again."
  rmdir "$lock.break"
}

run_npm_ci() {
  command -v npm >/dev/null 2>&1 ||
    fail 'npm is missing: install Node.js 24 or newer with npm, then run this again.'
  echo 'fleetward: installing dependencies (first start only, under a minute) …' >&2
  log=$lock/npm.log
  (cd "$home" && npm ci --loglevel=error --no-progress \
    --fetch-retries=1 --fetch-retry-mintimeout=1000) >"$log" 2>&1 && return
  if grep -Eq 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED' "$log"; then
    fail 'the npm registry cannot be reached: check the network or the proxy (npm config get registry), then run this again.'
  fi
  tail -n 15 "$log" >&2
  fail 'npm ci failed (its last lines are above): mend that, then run this again.'
}

install() {
  is_installed && return
  take_lock
  if ! is_installed; then
    run_npm_ci
    mark_installed
  fi
  rm -rf "$lock"
  trap - EXIT INT TERM HUP
}

# Built beside and moved into place, so that nobody is served half of it.
# Missing, or older than what it is built from. A published package has no sources, so it never is.
console_is_stale() {
  built=$root/dist/console/index.html
  [ -f "$built" ] || return 0
  [ -d "$root/console/src" ] || return 1
  [ "$(find "$root/console" -name node_modules -prune -o -type f -newer "$built" -print | head -n 1)" ]
}

build_console() {
  [ "${1:-}" = again ] || console_is_stale || return 0
  echo 'fleetward: building the console …' >&2
  next=$root/dist/console.$$
  PATH=$root/node_modules/node/bin:$PATH
  log=$(cd "$home" && node node_modules/vite/bin/vite.js build --outDir "$next" --logLevel warn 2>&1) || {
    printf '%s\n' "$log" >&2
    fail 'the console could not be built (its words are above): mend that, then run this again.'
  }
  rm -rf "$root/dist/console" && mv "$next" "$root/dist/console"
}

case ${1:-} in
  mark) mark_installed ;;
  console) install && build_console "${2:-}" ;;
  *) install ;;
esac
