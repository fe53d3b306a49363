#!/bin/bash
# Records the captures of this folder: real servers and clients in two network namespaces joined by one cable.
# usage: record.sh OUTPUT [NAME...], as root. See README.md for the programs it needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath "$1"); shift
names=${*:-opcua bacnet knx amqp091 amqp10 websocket http2 h2c lwm2m nats dcp modbus modbus-udp s7comm
  smtp imap pop3 tftp snmp syslog radius krb5 sip ike}
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

. "$here/offices.sh"
for name in $names; do
  case $name in
    smtp | imap | pop3 | tftp | snmp | syslog | radius | krb5 | sip | ike) office "$name" ;;
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
    rtsp)
      serve /usr/bin/python3 rtsp-server.py; ready 8557; record rtsp 'host 10.9.0.1'
      for stream in 'udp 8554' 'tcp 8554' 'tcp admin:12345@8555' 'udp admin:12345@8556' 'tcp admin:wrong@8556' 'tcp 8556'; do
        set -- $stream; user=; port=$2; case $2 in *@*) user=${2%@*}@ port=${2#*@} ;; esac
        ask ffmpeg -v error -probesize 32 -analyzeduration 0 -rtsp_transport "$1" -t 0.3 -i "rtsp://${user}10.9.0.1:$port/live" -f null -
      done
      ask timeout 3 gst-launch-1.0 -q rtspsrc location=rtsp://10.9.0.1:8557/live ! fakesink ;;
    call)
      mkdir -p "$work/pcap"; tcpdump -qr /usr/share/sip-tester/g711a.pcap -c 20 -w "$work/pcap/g711a.pcap" 2>/dev/null
      cp /usr/share/sip-tester/dtmf_2833_1.pcap "$work/pcap"
      serve sipp -sn uas -rtp_echo -i 10.9.0.1 -p 5060 -nostdin; ready 5060; record call 'udp'
      ask sipp -sn uac_pcap -i 10.9.0.2 -m 1 -nostdin 10.9.0.1:5060 ;;
    turn)
      serve turnserver -n --log-file stdout -L 10.9.0.1 -E 10.9.0.1 -r example.org -a -u cam:hunter22 --no-tls --no-dtls --no-cli \
        --allow-loopback-peers --relay-threads 1 --db "$work/turn.db" --pidfile "$work/turn.pid"
      ready 3478; record turn 'port 3478'
      ask turnutils_stunclient 10.9.0.1
      ask turnutils_uclient -u cam -w hunter22 -y -n 1 -m 1 -l 32 10.9.0.1
      ask turnutils_uclient -t -u cam -w hunter22 -y -n 1 -m 1 -l 32 10.9.0.1
      ask turnutils_uclient -u cam -w wrong -y -n 1 -m 1 -l 32 10.9.0.1 ;;
    vnc)
      serve Xvfb :91 -screen 0 64x48x16 -nolisten tcp; sleep 2
      x11vnc -storepasswd hunter22 "$work/right" >/dev/null 2>&1
      serve x11vnc -display :91 -rfbport 5900 -nopw -forever -shared -quiet -desktop 'panel 7'
      serve x11vnc -display :91 -rfbport 5901 -rfbauth "$work/right" -forever -shared -quiet
      ready 5900; ready 5901; record vnc 'tcp portrange 5900-5901'
      for screen in '5900' "5901 -PasswordFile=$work/right"; do
        set -- $screen
        ask timeout 3 xvfb-run -a vncviewer "10.9.0.1::$1" ${2:-} -AlertOnFatalError=0 -ReconnectOnError=0
      done ;;
    smb)
      mkdir -p "$work/share" "$work/samba"; echo hello >"$work/share/hello.txt"; chmod -R 777 "$work/share"
      printf '%s\n' '[global]' 'netbios name = NAS7' 'workgroup = HOME' 'map to guest = Bad User' 'server min protocol = NT1' \
        'ntlm auth = ntlmv1-permitted' "private dir = $work/samba" "lock directory = $work/samba" "state directory = $work/samba" \
        "cache directory = $work/samba" "pid directory = $work/samba" "ncalrpc dir = $work/samba" 'server signing = auto' \
        'disable spoolss = yes' 'load printers = no' '[public]' "path = $work/share" 'guest ok = yes' 'read only = no' >"$work/smb.conf"
      chmod 755 "$work"; printf 'hunter22\nhunter22\n' | smbpasswd -c "$work/smb.conf" -s -a root >/dev/null
      serve smbd -F --no-process-group -s "$work/smb.conf" --debug-stdout; ready 445; record smb 'tcp port 445 or tcp port 139'
      smb() { ask smbclient -s /dev/null -W HOME -n LAPTOP3 "$@"; }
      smb //10.9.0.1/public -U root%hunter22 -m SMB3 -c 'get hello.txt /dev/null'
      smb //10.9.0.1/public -U root%hunter22 -m SMB2_10 -c ls
      smb //10.9.0.1/public -N -m SMB3 -c ls
      smb //10.9.0.1/public -U root%wrong -m SMB3 -c ls
      smb //10.9.0.1/public -U root%hunter22 -m NT1 --option='client min protocol=NT1' -c ls
      smb //10.9.0.1/public -U root%hunter22 -m SMB3 --client-protection=encrypt -c ls
      smb //NAS7/public -I 10.9.0.1 -p 139 -N -m NT1 --option='client min protocol=NT1' -c ls ;;
    gdb)
      serve gdbserver 10.9.0.1:2345 /bin/sleep 30; ready 2345; record gdb 'tcp port 2345'
      ask gdb -q -batch -nx -ex 'set sysroot /' -ex 'target remote 10.9.0.1:2345' -ex 'info registers' -ex 'x/4xb $sp' -ex kill ;;
    openvpn)
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=server -keyout "$work/s.key" -out "$work/s.crt" 2>/dev/null
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=client -keyout "$work/c.key" -out "$work/c.crt" 2>/dev/null
      openvpn --genkey secret "$work/ta.key"
      record openvpn 'port 1194 or port 1195 or port 1196 or port 1197'
      for way in 'udp 1194' 'udp 1195 --tls-auth ta.key' 'udp 1196 --tls-crypt ta.key' 'tcp 1197'; do
        set -- $way; transport=$1 port=$2; shift 2
        server_proto=$transport client_proto=$transport; [ "$transport" = udp ] || { server_proto=tcp-server; client_proto=tcp-client; }
        serve openvpn --dev null --proto "$server_proto" --port "$port" --tls-server --dh none --ca c.crt --cert s.crt --key s.key --ping 1 "$@"
        ready "$port"
        ask timeout 4 openvpn --dev null --proto "$client_proto" --nobind --remote 10.9.0.1 "$port" --tls-client --ca s.crt --cert c.crt --key c.key --ping 1 "$@"
      done ;;
    natpmp)
      nft() { ip netns exec "$server" nft "$@"; }
      nft -f - <<'RULES'
table inet filter {
  chain miniupnpd { }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
  chain forward { type filter hook forward priority 0; jump miniupnpd; }
  chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
  chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; }
}
RULES
      ip -n "$server" link add outside type veth peer name beyond; ip -n "$server" address add 11.9.0.5/24 dev outside; ip -n "$server" link set outside up; ip -n "$server" link set beyond up
      printf '%s\n' 'ext_ifname=outside' 'listening_ip=cable' 'enable_natpmp=yes' 'enable_upnp=no' 'secure_mode=no' 'uuid=00000000-0000-0000-0000-000000000001' 'upnp_forward_chain=miniupnpd' \
        'upnp_nat_chain=prerouting_miniupnpd' 'upnp_nat_postrouting_chain=postrouting_miniupnpd' 'allow 1024-65535 10.9.0.0/24 1024-65535' 'deny 0-65535 0.0.0.0/0 0-65535' >"$work/miniupnpd.conf"
      serve miniupnpd -d -f "$work/miniupnpd.conf"; ready 5351; record natpmp 'udp port 5351'
      ask natpmpc -g 10.9.0.1 -a 8080 8080 tcp 3600; ask natpmpc -g 10.9.0.1 -a 8080 8080 tcp 0
      ask /usr/bin/python3 pcp-client.py ;;
    dcp)
      record dcp 'ether proto 0x8892'; serve /usr/bin/python3 -u dcp-device.py; sleep 4; ask /usr/bin/python3 dcp-client.py ;;
  esac
  finish
  echo "$name: $(stat -c %s "$output/$name.pcap") bytes"
done
