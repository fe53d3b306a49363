#!/bin/sh
# Called by udhcpc: puts the lease on the interface, without touching the machine's own files.
# shellcheck disable=SC2154  # udhcpc sets interface, ip, mask and router
case $1 in
  deconfig) ip -4 addr flush dev "$interface" ;;
  bound | renew)
    ip addr add "$ip/$mask" dev "$interface"
    for gateway in $router; do ip route replace default via "$gateway"; done
    ;;
esac
