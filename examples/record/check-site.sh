#!/usr/bin/env bash
# check-site.sh [CAPTURE]: shows with tshark that everything the site is meant to do is really in the capture: for each
# claim the number of packets and the first ones. Exit 1 when a claim has too few.
set -euo pipefail
capture=${1:-$(dirname "${BASH_SOURCE[0]}")/../site.pcap}
wrong=0

# Subject, least number of packets, display filter, claim.
claims() {
  cat <<'CLAIMS'
camera     1 telnet.data contains "uid=0"                                            | AN-01 CH-01: telnet login as root, a shell answers
camera     1 http.request.uri=="/admin/" && http.authbasic=="admin:admin"            | AN-01 CH-02: HTTP Basic with the default
camera     1 http.set_cookie && ip.src==192.168.50.20                                | AN-01 CH-02: form login with the default, session cookie
camera     1 http.cookie && ip.dst==192.168.50.20                                    | CH-02: the session cookie goes in clear
camera     1 ftp.response.code==230                                                  | AN-01 CH-17: FTP login
camera     3 http.response.code==200 && http.response_for.uri contains "/config." | AN-05: configuration without login
camera    20 http.response.code==401 && http.response_for.uri contains "login.cgi"   | AN-07: 20 failed logins, none delayed
camera     1 tcp.payload contains 27:05:19:56 && ip.dst==192.168.50.20               | UP-01: firmware image in clear
camera     1 http.response_for.uri contains "peekcam-1.0.4" && http.content_length>65536 | UP-01: the image is larger than 64 KiB
camera     3 ssdp && ip.src==192.168.50.20 && http.request.method=="NOTIFY"          | SG-09: announces its version
camera     1 xml.cdata=="PK2003F2A10"                                                | SG-09: serial number in the description
camera     1 http contains "AddPortMapping" && ip.src==192.168.50.20                 | SG-07: asks for a port mapping
camera     1 http contains "AddPortMappingResponse"                                  | SG-07: and gets it
camera     1 ip.src==203.0.113.66 && ip.dst==192.168.50.20 && tcp.flags==2           | SG-06: a public address opens a session
camera     1 ip.src==192.168.50.20 && ip.dst==203.0.113.66 && http.response.code==200 | SG-06: and is answered
camera     1 ip.src==192.168.50.20 && ip.dst==203.0.113.53 && dns                    | SG-13: hard-wired resolver
camera     1 ip.src==203.0.113.123 && ip.dst==192.168.50.20 && ntp.flags.mode==4     | MO-12: time from an unlisted server
thermostat 4 mqtt.msgtype==1 && ip.src==192.168.50.21 && mqtt.passwd                 | CH-04 CH-05: MQTT password in clear
thermostat 1 mqtt.msgtype==8 && mqtt.topic=="#"                                      | AN-15: subscribes to everything
thermostat 1 mqtt.msgtype==9 && ip.dst==192.168.50.21 && mqtt.suback.qos<3           | AN-15: and is granted
thermostat 3 tls.handshake.type==1 && tls.handshake.version==0x0301 && ip.src==192.168.50.21 | CH-08: offers TLS 1.0 at most
thermostat 3 tls.handshake.type==2 && tls.handshake.version==0x0301 && ip.dst==192.168.50.21 | CH-07: TLS 1.0 negotiated
thermostat 3 tls.handshake.type==2 && tls.handshake.ciphersuite==0x002f              | CH-10: RSA key exchange
thermostat 3 tls.app_data && ip.src==192.168.50.21 && ip.dst==192.168.50.26          | CH-13: data after an expired certificate
hub        3 x509af.utcTime=="2023-01-01 00:00:00 (UTC)" && ip.src==192.168.50.26    | CH-12: its certificate ended in 2023
hub        1 mdns && ip.src==192.168.50.26 && dns.resp.name contains "_homehub"      | announces itself by mDNS
hub        1 http.authorization contains "Digest" && ip.dst==192.168.50.26           | good: Digest login
hub        1 ssh && ipv6.dst==fd50:5afe:c0de:50:dea6:32ff:fe0d:8426                  | good: SSH over a unique local address
plugs      2 http.request.method=="POST" && ip.dst==203.0.113.30                     | CH-03: telemetry in clear to a public address
plugs      2 coap.code==3 && ip.dst==192.168.50.22/31                                | CH-06: CoAP PUT in clear
plugs      2 coap.code==69 && ip.src==192.168.50.22/31 && coap.opt.uri_path_recon=="/relay" | CH-06: payload response in clear
plugs      2 ssh.host_key.rsa.n && ip.src==192.168.50.22/31                          | AN-09: the host key that both show
plugs      2 tls.handshake.certificate && ip.src==192.168.50.22/31                   | CH-15 CH-16: RSA 1024, SHA-1, same key
plugs      2 dtls.handshake.type==16 && udp contains "glowplug-fleet"                | AN-10: one PSK identity for both
inverter   1 mqtt.msgtype==1 && ip.dst==192.168.50.28 && !mqtt.username              | AN-04: anonymous client
inverter   1 mqtt.msgtype==2 && ip.src==192.168.50.28 && mqtt.connack.reason_code==0 | AN-04: accepted by its broker
inverter   1 mqtt.msgtype==1 && ip.src==192.168.50.28 && !mqtt.username              | AN-04 CH-04: anonymous to a clear cloud broker
inverter   1 mqtt.msgtype==2 && ip.dst==192.168.50.28 && mqtt.conack.val==0          | AN-04: accepted
inverter   1 http.authbasic=="admin:admin" && ip.dst==192.168.50.28                  | AN-01 AN-03 CH-02: same default as the camera
inverter   1 tls.handshake.type==2 && tls.handshake.ciphersuite==0xc010              | CH-09: NULL cipher suite
inverter   1 dtls.handshake.type==2 && dtls.handshake.version==0xfeff                | CH-11: DTLS 1.0
inverter   3 mqtt.msgtype==3 && mqtt.qos==3 && ip.src==192.168.50.28                 | MO-09: malformed MQTT
inverter   1 http.response.code==200 && ipv6.src==2001:db8:1::10                     | SG-12: web traffic over global IPv6
bulb      60 ip.src==192.168.50.27 && tcp.dstport==23 && tcp.flags==2 && ip.dst==203.0.113.0/24 | MO-01: SYNs to port 23
bulb      12 ftp.response.code==530 && ip.dst==192.168.50.27                         | MO-02: failed FTP sessions
bulb      26 http.response.code==401 && ip.dst==192.168.50.27                        | MO-11: refused
bulb      40 dns.qry.type==16 && dns.flags.response==1 && ip.dst==192.168.50.27      | MO-05: data in labels, answered
bulb       4 arp.opcode==2 && eth.src==70:87:9e:1c:5e:27 && arp.src.proto_ipv4==192.168.50.1 | SG-11: poses as the router
bulb       1 eth.dst==70:87:9e:1c:5e:27 && ip.dst==192.168.50.1                      | SG-11: and is believed
lock       3 tls.handshake.type==2 && tls.handshake.extensions.supported_version==0x0304 && ip.dst==192.168.50.24 | good: MQTT over TLS 1.3
lock       1 ntp.flags.mode==4 && ip.dst==192.168.50.24                              | good: local time
sensor     3 dtls.handshake.type==2 && dtls.handshake.version==0xfefd && ip.dst==192.168.50.25 | good: CoAP over DTLS 1.2
sensor     3 dtls.record.content_type==23 && ip.dst==192.168.50.25                   | good: and its data is answered
sensor     3 tls.handshake.type==2 && tls.handshake.extensions.supported_version==0x0304 && ip.dst==192.168.50.25 | good: HTTPS over TLS 1.3
laptop     3 tls.handshake.type==2 && tls.handshake.extensions.supported_version==0x0304 && ip.src==198.51.100.22 | good: HTTPS
laptop     1 tls.handshake.type==2 && tcp.srcport==853                               | SG-13: DNS over TLS past the local resolver
router     1 icmpv6.type==134 && eth.src==74:83:c2:1a:50:01                          | router advertisement, normal
router    10 dhcp.option.dhcp==5                                                     | DHCP leases, normal
CLAIMS
}

while IFS='|' read -r left claim; do
  read -r subject least filter <<<"$left"
  packets=$(tshark -r "$capture" -Y "$filter" -T fields -e frame.number 2>/dev/null) || packets=
  count=$(grep -c . <<<"$packets" || true)
  verdict=ok
  [ "$count" -ge "$least" ] || { verdict=MISSING; wrong=1; }
  printf '%-7s %-10s %3d  %-18s %s\n' "$verdict" "$subject" "$count" "$(head -3 <<<"$packets" | paste -sd' ')" "${claim# }"
done < <(claims)
exit "$wrong"
