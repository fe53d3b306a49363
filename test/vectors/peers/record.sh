#!/bin/bash
# Records the captures of this folder: real servers and clients in two network namespaces joined by one cable.
# usage: record.sh OUTPUT [NAME...], as root. See README.md for the programs it needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath "$1"); shift
names=${*:-opcua bacnet knx amqp091 amqp10 websocket http2 h2c lwm2m nats dcp modbus modbus-udp s7comm}
work=$(mktemp -d)
server=record-server-$$ client=record-client-$$
end() {
  cat "$work"/*.log >"$output/record.log" 2>/dev/null || true
  kill $(jobs -p) 2>/dev/null || true
  ip netns del "$server" || true
  ip netns del "$client" || true
  rm -rf "$work"
}
trap end EXIT
# MODULES: a folder where they are installed already.
if [ -n "${MODULES:-}" ]; then ln -s "$MODULES/node_modules" "$work/node_modules"; else
  npm install --prefix "$work" --silent --no-audit --no-fund \
    node-opcua-server@2 node-opcua-client@2 node-bacnet@0.2 knx@2 amqplib@2 mqtt@5 ws@8 aedes@1 nats@2 node-snap7@1
fi
cp "$here"/*.mjs "$here"/*.py "$work"

ip netns add "$server"; ip netns add "$client"
ip link add cable netns "$server" type veth peer name cable netns "$client"
wire() { # NAMESPACE ADDRESS MAC
  ip -n "$1" link set lo up
  ip netns exec "$1" sysctl -qw net.ipv6.conf.cable.disable_ipv6=1
  ip -n "$1" link set cable address "$3" up
  ip -n "$1" address add "$2/24" broadcast 10.9.0.255 dev cable
  ip -n "$1" route add default dev cable
  ip netns exec "$1" ethtool -K cable tx off tso off gso off gro off >/dev/null
}
wire "$server" 10.9.0.1 02:00:00:00:09:01
wire "$client" 10.9.0.2 02:00:00:00:09:02

serve() { (cd "$work" && exec ip netns exec "$server" env HOME="$work" "$@" >"$work/server.log" 2>&1 </dev/null) & }
ask() { (cd "$work" && ip netns exec "$client" timeout 60 "$@" >>"$work/client.log" 2>&1 </dev/null) || echo "record: $* ended with $?" >&2; }
ready() { # PORT, TCP or UDP
  for _ in {1..300}; do ip netns exec "$server" ss -Hltun | grep -q ":$1 " && return; sleep 0.1; done
  echo "record: nothing listens on $1" >&2; cat "$work/server.log" >&2; return 1
}
record() { # NAME FILTER
  rm -f "$work/tcpdump.log"
  ip netns exec "$client" tcpdump -qi cable --immediate-mode -U -w "$output/$1.pcap" "$2" 2>"$work/tcpdump.log" & tcpdump=$!
  until grep -qs listening "$work/tcpdump.log"; do sleep 0.1; done
}
finish() { # kills what was started for one recording
  sleep 0.5; kill "$tcpdump"; wait "$tcpdump" || true
  local job; for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
  wait 2>/dev/null || true
}

for name in $names; do
  case $name in
    opcua)
      serve node opcua-server.mjs; ready 4840; record opcua 'tcp port 4840'; ask node opcua-client.mjs ;;
    bacnet)
      record bacnet 'udp port 47808'; serve node bacnet-device.mjs; ready 47808; ask node bacnet-client.mjs ;;
    knx)
      serve knxd -e 1.1.1 -E 1.1.2:8 -n knxd-gateway -D -T -R -S -b dummy:; ready 3671
      record knx 'udp port 3671'; ask node knx-client.mjs ;;
    amqp091 | amqp10)
      echo '[rabbitmq_amqp1_0].' >"$work/plugins"
      serve env RABBITMQ_NODENAME=r@localhost RABBITMQ_MNESIA_BASE="$work/mnesia" RABBITMQ_LOG_BASE="$work" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$work/plugins" RABBITMQ_SERVER_START_ARGS='-rabbit loopback_users []' \
        /usr/lib/rabbitmq/bin/rabbitmq-server
      ready 5672; record "$name" 'tcp port 5672'
      if [ "$name" = amqp091 ]; then ask node amqp-client.mjs; else ask /usr/bin/python3 proton-client.py; fi ;;
    websocket)
      serve node websocket-server.mjs; ready 8083; record websocket 'tcp port 8083 or tcp port 8084'
      ask node mqtt-client.mjs ws://10.9.0.1:8083/mqtt sensor secret-of-sensor
      ask node mqtt-client.mjs ws://10.9.0.1:8083/mqtt; ask node websocket-client.mjs ;;
    http2)
      serve node http2-server.mjs; ready 8080; record http2 'tcp port 8080'; ask node http2-client.mjs ;;
    h2c)
      mkdir -p "$work/www"; echo '<title>Sign in</title><input type=password>' >"$work/www/index.html"
      printf '%s\n' 'server.document-root = "'"$work"'/www"' 'server.port = 8081' 'mimetype.assign = (".html" => "text/html")' \
        'index-file.names = ("index.html")' 'server.feature-flags += ("server.h2proto" => "enable", "server.h2c" => "enable")' >"$work/lighttpd.conf"
      serve lighttpd -D -f "$work/lighttpd.conf"; ready 8081; record h2c 'tcp port 8081'
      ask curl -s --http2 -u admin:admin http://10.9.0.1:8081/index.html
      ask curl -s --http2 -d 'user=ada&password=lovelace' http://10.9.0.1:8081/missing
      ask nghttp -u http://10.9.0.1:8081/ http://10.9.0.1:8081/missing
      ask curl -s --http2-prior-knowledge -A thermostat/1.2 http://10.9.0.1:8081/index.html ;;
    lwm2m)
      serve coap-server-notls -A 10.9.0.1; ready 5683; record lwm2m 'udp port 5683'
      ask coap-client-notls -m post -t 40 -e '</>;rt="oma.lwm2m";ct=11543,</1/0>,</3/0>,</5/0>,</3303/0>' \
        'coap://10.9.0.1/rd?ep=urn:imei:350077523237513&lt=86400&lwm2m=1.1&b=U'
      ask coap-client-notls -m post 'coap://10.9.0.1/bs?ep=node-7&pct=112' ;;
    nats)
      serve nats-server -a 10.9.0.1 --user device --pass s3cr3t; ready 4222
      record nats 'tcp port 4222'; ask node nats-client.mjs ;;
    modbus | modbus-udp)
      transport=tcp; [ "$name" = modbus ] || transport=udp
      serve /usr/bin/python3 modbus-server.py $transport; ready 502; record "$name" "$transport port 502"
      ask /usr/bin/python3 modbus-client.py $transport ;;
    s7comm)
      serve node s7-server.mjs; ready 102; record s7comm 'tcp port 102'; ask node s7-client.mjs ;;
    dcp)
      record dcp 'ether proto 0x8892'; serve /usr/bin/python3 -u dcp-device.py; sleep 4; ask /usr/bin/python3 dcp-client.py ;;
  esac
  finish
  echo "$name: $(stat -c %s "$output/$name.pcap") bytes"
done
