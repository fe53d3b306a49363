# shellcheck shell=bash disable=SC2153,SC2154  # variables of record-site.sh
# The services of the internet side, the router and the devices. Sourced by record-site.sh.

# accounts NAME USER PASSWORD: the device's own root (or other) account, for telnet, FTP and SSH.
accounts() {
  local dir=/etc/netns/$1 home=$RUN/home-$1
  mkdir -p "$dir" "$home"
  printf '%s\n' "$2:x:$([ "$2" = root ] && echo 0:0 || echo 1000:1000)::$home:/bin/sh" >>"$dir/passwd"
  printf '%s:%s:19000::::::\n' "$2" "$(openssl passwd -6 "$3")" >>"$dir/shadow"
  grep -E '^(nobody|avahi):' /etc/passwd >>"$dir/passwd"
  chown "$([ "$2" = root ] && echo 0 || echo 1000)" "$home"
}

# web NAME ADDRESS PORT ROOT [EXTRA CONFIGURATION]: a lighttpd.
web() {
  local conf=$RUN/web-$1-$2-$3.conf
  {
    printf 'server.modules = ("mod_auth", "mod_authn_file", "mod_cgi", "mod_openssl")\n'
    printf 'server.document-root = "%s"\nserver.bind = "%s"\nserver.port = %s\n' "$4" "$2" "$3"
    printf 'index-file.names = ("index.html")\ncgi.assign = (".cgi" => "/bin/sh")\n'
    printf 'mimetype.assign = (".html" => "text/html", ".xml" => "text/xml", ".json" => "application/json", "" => "application/octet-stream")\n'
    printf '%s\n' "${5:-}"
  } >"$conf"
  start "$1" "web-$2-$3" lighttpd -D -f "$conf"
}

tls() { printf 'ssl.engine = "enable"\nssl.pemfile = "%s/%s.pem"\nssl.privkey = "%s/%s.key"\nssl.openssl.ssl-conf-cmd = (%s)\n' "$CERTS" "$1" "$CERTS" "$1" "$2"; }

# page FILE: writes standard input below the web root.
page() { mkdir -p "$(dirname "$WWW/$1")"; cat >"$WWW/$1"; }

# receiver FILE: a CGI program that takes a request's body and answers with JSON.
receiver() { printf 'cat >/dev/null\nprintf "Content-Type: application/json\\r\\n\\r\\n{\\"accepted\\":true}\\n"\n' | page "$1"; }

start_internet() {
  # Name server, plain and over TLS.
  cat >"$RUN/unbound.conf" <<CONF
server:
  interface: $RESOLVER@53
  interface: $RESOLVER@853
  tls-service-key: $CERTS/dns.resolver.example.key
  tls-service-pem: $CERTS/dns.resolver.example.pem
  access-control: 0.0.0.0/0 allow
  username: ""
  chroot: ""
  pidfile: ""
  directory: "$RUN"
  use-syslog: no
  do-ip6: no
  module-config: "iterator"
  local-zone: "." refuse
  local-zone: "example." static
  local-data: "mqtt.warmly.example. 600 A $CLOUD_MQTT"
  local-data: "legacy.warmly.example. 600 A $LEGACY"
  local-data: "mqtt.boltwise.example. 600 A $LOCK_MQTT"
  local-data: "firmware.peekcam.example. 600 A $FIRMWARE"
  local-data: "time.peekcam.example. 600 A $TIME"
  local-data: "ingest.airnode.example. 600 A $INGEST"
  local-data: "coap.airnode.example. 600 A $SENSOR_COAP"
  local-data: "www.shop.example. 600 A $SHOP"
  local-data: "telemetry.glowplug.example. 600 A $TELEMETRY"
  local-data: "coap.glowplug.example. 600 A $PLUG_COAP"
  local-data: "cloud.sunbox.example. 600 A $LEGACY"
  local-data: "cloud6.sunbox.example. 600 AAAA $CLOUD6"
  local-data: "dns.resolver.example. 600 A $RESOLVER"
  local-zone: "t.lumo-sync.example." redirect
  local-data: "t.lumo-sync.example. 5 TXT 'ok'"
remote-control:
  control-enable: no
CONF
  start internet resolver unbound -d -c "$RUN/unbound.conf"

  # Message brokers: one that lets anybody in, in clear; one with TLS 1.3 and client certificates.
  touch "$RUN/warmly.passwords"
  mosquitto_passwd -b "$RUN/warmly.passwords" warmly-520b21 'h3ating-4-all'
  chmod a+r "$RUN/warmly.passwords"
  printf 'listener 1883 %s\nallow_anonymous true\npassword_file %s\n' "$CLOUD_MQTT" "$RUN/warmly.passwords" >"$RUN/mqtt-cloud.conf"
  printf 'listener 8883 %s\ncafile %s\ncertfile %s\nkeyfile %s\ntls_version tlsv1.3\nrequire_certificate true\nuse_identity_as_username true\n' \
    "$LOCK_MQTT" "$CERTS/ca.pem" "$CERTS/mqtt.boltwise.example.pem" "$CERTS/mqtt.boltwise.example.key" >"$RUN/mqtt-lock.conf"
  start internet mqtt-cloud mosquitto -c "$RUN/mqtt-cloud.conf"
  start internet mqtt-lock mosquitto -c "$RUN/mqtt-lock.conf"

  # Web: firmware and telemetry in clear, ingestion and a shop with TLS 1.3.
  mkdir -p "$WWW/firmware"
  python3 "$here/record/firmware.py" "$WWW/firmware/peekcam-1.0.4.bin"
  receiver telemetry/v1.cgi
  receiver ingest/v1.cgi
  page sunbox/grid.json <<<'{"export_limit_w":4600}'
  page shop/index.html <<<'<!doctype html><title>Shop</title><h1>Welcome</h1>'
  local modern='"MinProtocol" => "TLSv1.3"'
  web internet "$FIRMWARE" 80 "$WWW/firmware"
  web internet "$TELEMETRY" 80 "$WWW/telemetry"
  web internet "[$CLOUD6]" 80 "$WWW/sunbox"
  web internet "$INGEST" 443 "$WWW/ingest" "$(tls ingest.airnode.example "$modern")"
  web internet "$SHOP" 443 "$WWW/shop" "$(tls www.shop.example "$modern")"

  # Old servers: TLS 1.0 with RSA key exchange, TLS 1.2 without encryption, DTLS 1.0.
  page legacy/report <<<'accepted'
  local legacy=(env -C "$WWW/legacy" OPENSSL_CONF=/dev/null openssl s_server -cert "$CERTS/legacy.pem" -key "$CERTS/legacy.key")
  start internet tls10 "${legacy[@]}" -WWW -tls1 -cipher 'AES128-SHA:@SECLEVEL=0' -accept "$LEGACY:443"
  start internet tlsnull "${legacy[@]}" -WWW -tls1_2 -cipher 'ECDHE-RSA-NULL-SHA:@SECLEVEL=0' -accept "$LEGACY:8443"
  start internet dtls10 "${legacy[@]}" -dtls1 -cipher 'ECDHE-RSA-AES128-SHA:@SECLEVEL=0' -quiet -accept "$LEGACY:4433"

  # CoAP over DTLS: pre-shared keys for the plugs, certificates for the sensor.
  start internet coaps-plug coap-server-openssl -A "$PLUG_COAP" -k 'glow-in-the-dark' -h glowplug -d 10
  start internet coaps-sensor coap-server-openssl -A "$SENSOR_COAP" -c "$CERTS/coap.airnode.example.pem" \
    -j "$CERTS/coap.airnode.example.key" -C "$CERTS/ca.pem" -d 10

  time_server internet "$TIME"
  listening internet 53; listening internet 1883; listening internet 8883; listening internet 8443
}

# time_server NAME ADDRESS: chrony, without touching the clock.
time_server() {
  printf 'bindaddress %s\nallow all\nlocal stratum 2\ncmdport 0\npidfile %s/chrony-%s.pid\n' "$2" "$RUN" "$1" >"$RUN/chrony-$1.conf"
  start "$1" time chronyd -x -d -u root -f "$RUN/chrony-$1.conf"
}

start_router() {
  local name
  {
    printf 'interface=lan0\nbind-dynamic\nno-hosts\nno-resolv\nserver=%s\ndomain=lan\nlocal=/lan/\nexpand-hosts\n' "$RESOLVER"
    printf 'dhcp-authoritative\ndhcp-leasefile=%s/leases\ndhcp-range=192.168.50.100,192.168.50.199,1h\nno-ping\n' "$RUN"
    printf 'dhcp-option=option:ntp-server,%s\nenable-ra\ndhcp-range=fd50:5afe:c0de:50::,ra-stateless\ndhcp-range=2001:db8:50::,ra-stateless\n' "$ROUTER_IP"
    printf 'host-record=router.lan,%s\n' "$ROUTER_IP"
    for name in $(device_names); do printf 'dhcp-host=%s,%s\n' "$(field "$name" 2)" "$(address "$name")"; done
  } >"$RUN/dnsmasq.conf"
  start router dnsmasq dnsmasq -k -u root -C "$RUN/dnsmasq.conf"
  time_server router 0.0.0.0
}

# The UPnP gateway starts when the LAN has its address.
start_gateway() {
  ip netns exec router nft -f - <<'NFT'
table inet filter {
  chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
  chain miniupnpd { }
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
  chain prerouting_miniupnpd { }
  chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; }
  chain postrouting_miniupnpd { }
}
NFT
  cat >"$RUN/miniupnpd.conf" <<CONF
ext_ifname=wan0
ext_ip=8.8.4.4
ipv6_disable=yes
notify_interval=60
listening_ip=lan0
port=5000
enable_upnp=yes
enable_natpmp=no
secure_mode=yes
system_uptime=no
friendly_name=Site gateway
manufacturer_name=Example
model_name=Gateway
serial=00000000
uuid=5afec0de-0001-4000-8000-000000000001
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow 1024-65535 192.168.50.0/24 1-65535
deny 0-65535 0.0.0.0/0 0-65535
CONF
  # Its banner would name the kernel of the recording machine: leave that out.
  sed 's|Debian/%s UPnP|Linux%.0s UPnP|g' /usr/sbin/miniupnpd >"$RUN/miniupnpd"
  chmod +x "$RUN/miniupnpd"
  start router upnp "$RUN/miniupnpd" -d -f "$RUN/miniupnpd.conf" -P "$RUN/miniupnpd.pid"
  listening router 1900
}

start_devices() {
  start_gateway
  start_camera
  start_plugs
  start_hub
  start_inverter
}

start_camera() {
  local ip; ip=$(address camera)
  # telnet and FTP log in by PAM against the device's own accounts
  printf 'auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n' | tee /etc/pam.d/login >/etc/pam.d/vsftpd
  rm -f /etc/motd
  accounts camera root xc3511
  accounts camera admin admin
  printf 'telnet stream tcp nowait root /usr/sbin/telnetd telnetd -h\n' >"$RUN/inetd.conf"
  start camera inetd inetutils-inetd -d "$RUN/inetd.conf"

  head -c 3000 "$WWW/firmware/peekcam-1.0.4.bin" >"$RUN/home-camera/snapshot.jpg"
  cat >"$RUN/vsftpd.conf" <<CONF
listen=YES
listen_ipv6=NO
background=NO
anonymous_enable=NO
local_enable=YES
chroot_local_user=YES
allow_writeable_chroot=YES
write_enable=YES
seccomp_sandbox=NO
isolate_network=NO
session_support=NO
pam_service_name=vsftpd
secure_chroot_dir=$RUN/empty
ftpd_banner=PeekCam FTP ready
CONF
  start camera ftp vsftpd "$RUN/vsftpd.conf"

  page camera/config.html <<<'<!doctype html><title>PeekCam setup</title><form method="post"><input name="ssid" value="site-iot"><input name="psk" value="not-a-secret-at-all"><input name="rtsp_port" value="554"></form>'
  page camera/api/config.json <<<'{"device":"PeekCam IPC","firmware":"1.0.3","wifi":{"ssid":"site-iot"},"cloud":{"enabled":true},"telnet":true}'
  page camera/admin/index.html <<<'<!doctype html><title>PeekCam administration</title><h1>Users, network, firmware</h1>'
  page camera/login.cgi <<'CGI' # a login form that never slows a guesser down
body=$(head -c "$CONTENT_LENGTH")
if [ "$body" = 'user=admin&password=admin' ]; then
  printf 'Set-Cookie: session=7c1d0e5b; Path=/\r\nContent-Type: application/json\r\n\r\n{"login":true}\n'
else
  printf 'Status: 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n{"login":false}\n'
fi
CGI
  page camera/users.cgi <<'CGI'
case $HTTP_COOKIE in
  *session=7c1d0e5b*) printf 'Content-Type: application/json\r\n\r\n{"users":["admin","viewer"]}\n' ;;
  *) printf 'Status: 401 Unauthorized\r\n\r\n' ;;
esac
CGI
  page camera/description.xml <<XML
<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion><device>
<deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType><friendlyName>PeekCam IPC</friendlyName>
<manufacturer>PeekCam</manufacturer><modelName>IPC-200</modelName><modelNumber>1.0.3</modelNumber>
<serialNumber>PK2003F2A10</serialNumber><UDN>uuid:5afec0de-0020-4000-8000-08ea403f2a10</UDN>
<presentationURL>http://$ip/config.html</presentationURL></device></root>
XML
  printf 'admin:admin\n' >"$RUN/basic.users"
  web camera "$ip" 80 "$WWW/camera" "auth.backend = \"plain\"
auth.backend.plain.userfile = \"$RUN/basic.users\"
auth.require = (\"/admin/\" => (\"method\" => \"basic\", \"realm\" => \"PeekCam\", \"require\" => \"valid-user\"))"
  start camera ssdp python3 "$here/record/ssdp.py" device "$ip"
  listening camera 23; listening camera 21; listening camera 80
}

# Both plugs come with the same SSH host key, TLS key and DTLS identity: the factory image was cloned.
start_plugs() {
  local name
  page plug/status <<<'{"on":true,"watt":42.5}'
  for name in plug1 plug2; do
    accounts "$name" root "$name-Yz81"
    start "$name" ssh dropbear -F -E -r "$CERTS/plug.ssh" -p 22 -P "$RUN/$name-ssh.pid"
    start "$name" coap coap-server-notls -A "$(address "$name")" -d 10
    start "$name" tls env -C "$WWW/plug" OPENSSL_CONF=/dev/null openssl s_server -cert "$CERTS/plug.pem" -key "$CERTS/plug.key" -WWW \
      -tls1_2 -cipher 'ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0' -accept "$(address "$name"):443"
    listening "$name" 22; listening "$name" 443; listening "$name" 5683
  done
}

start_hub() {
  local ip; ip=$(address hub)
  accounts hub root 'Quiet-Otter-Lamp-19'
  start hub ssh dropbear -F -E -r "$CERTS/hub.ssh" -p 22 -P "$RUN/hub-ssh.pid"

  page hub/index.html <<<'<!doctype html><title>HomeHub</title><form method="post" action="/login"><input name="user"><input name="password" type="password"></form>'
  page hub/settings/index.html <<<'<!doctype html><title>HomeHub settings</title><h1>Rooms</h1>'
  receiver hub/report.cgi
  printf 'owner:HomeHub:%s\n' "$(printf 'owner:HomeHub:Quiet-Otter-Lamp-19' | md5sum | cut -d' ' -f1)" >"$RUN/digest.users"
  web hub "$ip" 80 "$WWW/hub" "auth.backend = \"htdigest\"
auth.backend.htdigest.userfile = \"$RUN/digest.users\"
auth.require = (\"/settings/\" => (\"method\" => \"digest\", \"algorithm\" => \"MD5\", \"realm\" => \"HomeHub\", \"require\" => \"valid-user\"))
server.tag = \"\""
  web hub "$ip" 443 "$WWW/hub" "$(tls hub '"MinProtocol" => "TLSv1.2", "MaxProtocol" => "TLSv1.2"')
server.tag = \"\""

  mkdir -p /etc/netns/hub/avahi/services
  cat >/etc/netns/hub/avahi/avahi-daemon.conf <<CONF
[server]
host-name=$(field hub 4)
allow-interfaces=eth0
enable-dbus=no
[publish]
publish-hinfo=no
publish-workstation=no
[rlimits]
CONF
  cat >/etc/netns/hub/avahi/services/homehub.service <<'XML'
<?xml version="1.0" standalone="no"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>HomeHub Living Room</name><service><type>_homehub._tcp</type><port>443</port>
<txt-record>model=HH-2</txt-record></service><service><type>_http._tcp</type><port>80</port></service></service-group>
XML
  start hub mdns avahi-daemon --no-drop-root --no-chroot
  listening hub 80; listening hub 443; listening hub 5353
}

start_inverter() {
  local ip; ip=$(address inverter)
  printf 'listener 1883 %s\nallow_anonymous true\n' "$ip" >"$RUN/mqtt-inverter.conf"
  start inverter mqtt mosquitto -c "$RUN/mqtt-inverter.conf"
  page inverter/index.html <<<'<!doctype html><title>SunBox</title><h1>Grid code, export limit</h1>'
  web inverter "$ip" 80 "$WWW/inverter" "auth.backend = \"plain\"
auth.backend.plain.userfile = \"$RUN/basic.users\"
auth.require = (\"/\" => (\"method\" => \"basic\", \"realm\" => \"SunBox\", \"require\" => \"valid-user\"))"
  listening inverter 1883; listening inverter 80
}
