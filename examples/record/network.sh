# shellcheck shell=bash disable=SC2153,SC2154  # variables of record-site.sh
# The site's network: a namespace for each device, one with the switch (a bridge, where the capture is taken), one for
# the router and one that plays the internet. Sourced by record-site.sh.

# The vendor prefixes are real entries of the IEEE registry, mostly of makers of radio modules; the products are invented.
# name       MAC               IPv4           host name          DHCP vendor class
DEVICES='
camera       08:ea:40:3f:2a:10 192.168.50.20  peekcam-3f2a10     PeekCam-IPC
thermostat   a8:e2:c1:52:0b:21 192.168.50.21  warmly-520b21      Warmly-Thermostat-2
plug1        24:6f:28:71:c0:22 192.168.50.22  glowplug-71c022    GlowPlug
plug2        24:6f:28:71:c1:23 192.168.50.23  glowplug-71c123    GlowPlug
lock         f4:ce:36:90:11:24 192.168.50.24  boltwise-901124    BoltWise-Lock
sensor       00:0b:57:6a:33:25 192.168.50.25  airnode-6a3325     AirNode
hub          dc:a6:32:0d:84:26 192.168.50.26  homehub-0d8426     HomeHub
bulb         70:87:9e:1c:5e:27 192.168.50.27  lumo-1c5e27        Lumo-Bulb
inverter     ac:cf:23:b4:07:28 192.168.50.28  sunbox-b40728      SunBox-Inverter
laptop       00:12:f0:44:9d:30 192.168.50.30  operator-laptop    -
'
ROUTER_MAC=74:83:c2:1a:50:01
ROUTER_IP=192.168.50.1
ROUTER_WAN=198.51.100.200

# Addresses of the internet side, all documentation space (RFC 5737, RFC 3849).
CLOUD_MQTT=198.51.100.10 LOCK_MQTT=198.51.100.11 FIRMWARE=198.51.100.20 INGEST=198.51.100.21 SHOP=198.51.100.22
TELEMETRY=203.0.113.30 PLUG_COAP=203.0.113.40 SENSOR_COAP=203.0.113.41 LEGACY=203.0.113.50 RESOLVER=203.0.113.53
INTRUDER=203.0.113.66 TIME=203.0.113.123 CLOUD6=2001:db8:1::10

device_names() { awk 'NF { print $1 }' <<<"$DEVICES"; }
field() { awk -v name="$1" -v n="$2" '$1 == name { print $n }' <<<"$DEVICES"; } # field NAME COLUMN
address() { field "$1" 3; }

# on NAME COMMAND...: runs a command on a device, under its own host name.
on() {
  local name=$1 host; shift
  host=$(field "$name" 4)
  # shellcheck disable=SC2016  # expanded by the inner shell
  ip netns exec "$name" unshare --uts sh -c 'hostname "$1"; shift; exec "$@"' sh "${host:-$name}" "$@"
}

# start NAME LOG COMMAND...: the same in the background, output to a log.
start() {
  local name=$1 log=$LOGS/$1-$2.log; shift 2
  on "$name" "$@" >"$log" 2>&1 </dev/null &
}

# listening NAME PORT: waits until something on the device listens there (TCP or UDP).
listening() {
  local tries
  for tries in {1..100}; do
    ip netns exec "$1" ss -Hltun | grep -q ":$2 " && return
    sleep 0.1
  done
  echo "record-site: nothing listens on port $2 of $1 after $tries tries" >&2
  return 1
}

# Packets leave with finished checksums and at most the MTU's size, as on a real wire.
plain_packets() { ip netns exec "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null 2>&1 || true; }

# plug_in NAME INTERFACE MAC: joins a device's interface to the switch.
plug_in() {
  ip -n switch link add "p-$1" type veth peer name "$2" netns "$1"
  ip -n "$1" link set "$2" address "$3"
  plain_packets switch "p-$1"; plain_packets "$1" "$2"
  ip -n switch link set "p-$1" master br0 up
}

make_network() {
  local name
  for name in switch router internet $(device_names); do
    ip netns add "$name"
    ip -n "$name" link set lo up
    mkdir -p "/etc/netns/$name"
    echo "nameserver $ROUTER_IP" >"/etc/netns/$name/resolv.conf"
  done
  echo "nameserver $RESOLVER" >/etc/netns/camera/resolv.conf # hard-wired in the camera's firmware
  echo "nameserver $RESOLVER" >/etc/netns/internet/resolv.conf

  ip netns exec switch sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip -n switch link add br0 type bridge mcast_snooping 0
  ip -n switch link set br0 up

  plug_in router lan0 "$ROUTER_MAC"
  ip -n router link add wan0 type veth peer name wan0 netns internet
  plain_packets router wan0; plain_packets internet wan0
  ip -n router addr add "$ROUTER_WAN/24" dev wan0
  ip -n router link set wan0 up
  ip -n router route add default via 198.51.100.1
  ip -n internet addr add 198.51.100.1/24 dev wan0
  for name in $CLOUD_MQTT $LOCK_MQTT $FIRMWARE $INGEST $SHOP $TELEMETRY $PLUG_COAP $SENSOR_COAP $LEGACY $RESOLVER \
    $INTRUDER $TIME; do
    ip -n internet addr add "$name/32" dev wan0
  done
  ip -n internet link set wan0 up
  ip -n router addr add 2001:db8:1::1/64 dev wan0 nodad
  ip -n internet addr add "$CLOUD6/64" dev wan0 nodad
  ip -n internet route add 2001:db8:50::/64 via 2001:db8:1::1

  ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  ip netns exec router nft -f - <<'NFT'
table ip nat {
  chain postrouting { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
}
NFT
  for name in $(device_names); do plug_in "$name" eth0 "$(field "$name" 2)"; done
}

start_capture() {
  ip netns exec switch tcpdump -i br0 -n -s 0 -B 8192 --time-stamp-precision=nano --immediate-mode -Z root -w "$1" \
    2>"$LOGS/tcpdump.log" &
  CAPTURE=$!
  until grep -q 'listening on' "$LOGS/tcpdump.log"; do sleep 0.1; done
  ip -n router link set lan0 up
  ip -n router addr add "$ROUTER_IP/24" dev lan0
  ip -n router addr add fd50:5afe:c0de:50::1/64 dev lan0 nodad
  ip -n router addr add 2001:db8:50::1/64 dev lan0 nodad
}

stop_capture() {
  sleep 1
  kill -INT "$CAPTURE"
  wait "$CAPTURE" || true
  grep -q '^0 packets dropped' "$LOGS/tcpdump.log" || { echo 'record-site: the capture lost packets' >&2; return 1; }
}

# Every device gets its address by DHCP with its own host name and vendor class.
boot_devices() {
  local name class
  for name in $(device_names); do
    class=$(field "$name" 5)
    ip -n "$name" link set eth0 up
    on "$name" busybox udhcpc -i eth0 -f -q -n -t 5 -A 1 -s "$here/record/dhcp-lease.sh" \
      -x "hostname:$(field "$name" 4)" ${class:+-V "${class/#-/MSFT 5.0}"} >"$LOGS/$name-dhcp.log" 2>&1
    ip -n "$name" -4 addr show dev eth0 | grep -q "inet $(address "$name")/" || {
      echo "record-site: $name did not get its address" >&2
      return 1
    }
  done
}
