# Sourced by record.sh: services of an office's network, which need accounts, keys and configuration of their own.

office() { # NAME: starts its service, records what clients say to it
  local name=$1 kind id version proposal
  chmod 755 "$work"
  printf 'Subject: motion\nFrom: cam@example.com\nTo: guard@example.com\n\nSomebody is at the door.\n' >"$work/message"
  "${name}_service" && "${name}_clients"
}

certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=mail.example.com -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
  chmod 644 "$work/key.pem"
}

smtp_service() {
  certificate
  cat >"$work/exim.conf" <<END
primary_hostname = mail.example.com
spool_directory = $work/exim
log_file_path = $work/exim-%slog
local_interfaces = 10.9.0.1
daemon_smtp_ports = 25
tls_advertise_hosts = *
tls_certificate = $work/cert.pem
tls_privatekey = $work/key.pem
chunking_advertise_hosts = *
acl_smtp_rcpt = take
keep_environment =
begin acl
take:
  accept
begin routers
drop:
  driver = redirect
  data = :blackhole:
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{cam}}{eq{\$auth3}{s3cret-of-cam}}}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{\$auth1}{cam}}{eq{\$auth2}{s3cret-of-cam}}}}
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = s3cret-of-cam
END
  mkdir -p "$work/exim"; chown -R Debian-exim "$work/exim"; chmod 777 "$work"
  serve exim4 -C "$work/exim.conf" -bdf -q1h; ready 25; record smtp 'tcp port 25'
}
smtp_clients() {
  local to=(--server 10.9.0.1 --from cam@example.com --to guard@example.com --data "$work/message")
  for kind in PLAIN LOGIN CRAM-MD5; do ask swaks "${to[@]}" --auth $kind --auth-user cam --auth-password s3cret-of-cam; done
  ask swaks "${to[@]}" --auth PLAIN --auth-user cam --auth-password wrong-of-cam
  ask curl -sk --ssl-reqd --mail-from cam@example.com --mail-rcpt guard@example.com -u cam:s3cret-of-cam -T "$work/message" smtp://10.9.0.1
  ask /usr/bin/python3 -c 'import smtplib; s = smtplib.SMTP("10.9.0.1"); s.ehlo(); s.sendmail("cam@example.com", ["guard@example.com"], open("message").read()); s.quit()'
}

dovecot_service() { # PORT
  certificate
  mkdir -p "$work/home/cam/new" "$work/home/cam/cur" "$work/home/cam/tmp"
  cp "$work/message" "$work/home/cam/new/1"; chown -R mail:mail "$work/home"
  echo 'cam:{plain}s3cret-of-cam' >"$work/users"; chmod 644 "$work/users"
  cat >"$work/dovecot.conf" <<END
protocols = imap pop3
listen = 10.9.0.1
base_dir = $work/dovecot
state_dir = $work/dovecot
log_path = $work/dovecot.log
ssl = yes
ssl_cert = <$work/cert.pem
ssl_key = <$work/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 apop
mail_location = maildir:$work/home/%u
first_valid_uid = 1
passdb {
  driver = passwd-file
  args = scheme=plain $work/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$work/home/%u
}
END
  serve dovecot -F -c "$work/dovecot.conf"; ready "$1"; record "$name" "tcp port $1"
}
imap_service() { dovecot_service 143; }
imap_clients() {
  local to=imap://10.9.0.1
  ask curl -s --login-options AUTH=PLAIN -u cam:s3cret-of-cam -T "$work/message" $to/INBOX
  ask curl -s --login-options AUTH=LOGIN -u cam:s3cret-of-cam "$to/INBOX;MAILINDEX=1"
  ask curl -s --login-options AUTH=CRAM-MD5 -u cam:s3cret-of-cam $to/
  ask curl -s --login-options AUTH=PLAIN -u cam:wrong-of-cam $to/
  ask /usr/bin/python3 -c 'import imaplib; m = imaplib.IMAP4("10.9.0.1"); m.xatom("ID", "(\"name\" \"recorder\")"); m.login("cam", "s3cret-of-cam"); m.select(); m.search(None, "ALL"); m.logout()'
  ask curl -sk --ssl-reqd -u cam:s3cret-of-cam $to/
}
pop3_service() { dovecot_service 110; }
pop3_clients() {
  local to=pop3://10.9.0.1
  ask curl -s --login-options AUTH=PLAIN -u cam:s3cret-of-cam $to/
  ask curl -s --login-options AUTH=CRAM-MD5 -u cam:s3cret-of-cam $to/1
  ask curl -s --login-options AUTH=+APOP -u cam:s3cret-of-cam $to/
  ask curl -s --login-options AUTH=PLAIN -u cam:wrong-of-cam $to/
  ask /usr/bin/python3 -c 'import poplib; p = poplib.POP3("10.9.0.1"); p.user("cam"); p.pass_("s3cret-of-cam"); p.retr(1); p.quit()'
  ask curl -sk --ssl-reqd -u cam:s3cret-of-cam $to/
}

tftp_service() {
  mkdir -p "$work/files"; chmod 777 "$work/files"
  { printf hsqs; head -c 9000 /dev/zero | tr '\0' x; } >"$work/files/fw.bin"
  serve in.tftpd -L -s -c -a 10.9.0.1:69 "$work/files"; ready 69; record tftp udp
}
tftp_clients() {
  ask tftp 10.9.0.1 -m binary -c get fw.bin; ask tftp 10.9.0.1 -m binary -c put message config.txt
  ask tftp 10.9.0.1 -m binary -c get nothing; ask curl -s --tftp-blksize 1024 -o /dev/null tftp://10.9.0.1/fw.bin
}

snmp_service() {
  mkdir -p "$work/snmp"
  cat >"$work/snmpd.conf" <<END
agentaddress udp:10.9.0.1:161
rocommunity public
rwcommunity s3cret-community
rouser cam priv
createUser cam SHA authentic-words AES private-words
sysDescr Recorded Printer 7, firmware 1.2.3
sysObjectID 1.3.6.1.4.1.32473.7
sysName printer-7
sysContact guard@example.com
sysServices 72
END
  serve env SNMP_PERSISTENT_DIR="$work/snmp" snmpd -f -Lo -C -c "$work/snmpd.conf"; ready 161; record snmp 'udp port 161 or udp port 162'
}
snmp_clients() {
  local system=1.3.6.1.2.1.1 v3='-v3 -l authPriv -a SHA -x AES -X private-words'
  ask snmpgetnext -v2c -c public 10.9.0.1 $system $system.1.0 $system.4.0; ask snmpget -v1 -c public 10.9.0.1 $system.1.0
  ask snmpbulkget -v2c -c public 10.9.0.1 1.3.6.1.2.1.2; ask snmpget -r0 -t1 -v2c -c guess 10.9.0.1 $system.1.0
  ask snmpset -v2c -c s3cret-community 10.9.0.1 $system.6.0 s cellar; ask snmpset -v2c -c public 10.9.0.1 $system.6.0 s attic
  ask snmpget $v3 -u cam -A authentic-words 10.9.0.1 $system.5.0
  ask snmpget $v3 -u cam -A guessed-words 10.9.0.1 $system.5.0; ask snmpget $v3 -u nobody -A guessed-words 10.9.0.1 $system.5.0
  ask snmptrap -v1 -c public 10.9.0.1 1.3.6.1.4.1.8072.3.2.10 10.9.0.2 0 0 100; ask snmptrap -v2c -c public 10.9.0.1 100 1.3.6.1.6.3.1.1.5.1
}

syslog_service() {
  printf '%s\n' 'module(load="imudp")' 'input(type="imudp" address="10.9.0.1" port="514")' \
    'module(load="imtcp")' 'input(type="imtcp" address="10.9.0.1" port="514")' "*.* $work/received" >"$work/rsyslog.conf"
  serve rsyslogd -n -i "$work/rsyslog.pid" -f "$work/rsyslog.conf"; ready 514; record syslog 'port 514'
}
syslog_clients() {
  local to='logger -n 10.9.0.1 -P 514 -t camd'
  ask unshare -u sh -c "hostname cam-7; $to -d --rfc3164 -p daemon.warning 'motion in the cellar'
    $to -d --rfc5424 -p auth.err --msgid ID7 --sd-id origin@32473 --sd-param 'zone=\"1\"' 'somebody at the door'
    $to -T --rfc5424 -p local3.info 'counted by lines'; $to -T --octet-count --rfc5424 -p local3.debug 'counted by octets'"
}

radius_service() {
  cp -r /etc/freeradius/3.0 "$work/raddb"; chmod -R go+rX "$work/raddb"
  printf 'cam Cleartext-Password := "s3cret-of-cam"\n' >"$work/raddb/mods-config/files/authorize"
  printf 'client ap {\n ipaddr = 10.9.0.2\n secret = s3cret-of-ap\n}\n' >"$work/raddb/clients.conf"
  sed -i 's/^\tuser = freerad/#/; s/^\tgroup = freerad/#/' "$work/raddb/radiusd.conf"
  serve freeradius -f -d "$work/raddb"; ready 1812; record radius udp
}
radius_clients() {
  for kind in pap chap mschap eap-md5; do ask radtest -t $kind cam s3cret-of-cam 10.9.0.1 0 s3cret-of-ap; done
  ask radtest cam wrong-of-cam 10.9.0.1 0 s3cret-of-ap
  ask sh -c 'echo "Acct-Status-Type=Start,Acct-Session-Id=7,User-Name=cam,NAS-Identifier=ap-7" | radclient 10.9.0.1 acct s3cret-of-ap'
}

krb5_service() {
  for kind in udp:1465 tcp:1; do
    printf '%s\n' [libdefaults] 'default_realm = EXAMPLE.COM' 'dns_lookup_kdc = false' 'rdns = false' "udp_preference_limit = ${kind#*:}" \
      [realms] 'EXAMPLE.COM = {' 'kdc = 10.9.0.1' '}' [domain_realm] 'printer-7 = EXAMPLE.COM' >"$work/krb5-${kind%:*}.conf"
  done
  cat >"$work/kdc.conf" <<END
[kdcdefaults]
 kdc_listen = 10.9.0.1:88
 kdc_tcp_listen = 10.9.0.1:88
[realms]
 EXAMPLE.COM = {
  database_name = $work/principal
  key_stash_file = $work/stash
  supported_enctypes = aes256-cts:normal arcfour-hmac:normal
  default_principal_flags = +preauth
 }
END
  local -x KRB5_KDC_PROFILE=$work/kdc.conf KRB5_CONFIG=$work/krb5-udp.conf
  kdb5_util create -s -P master-of-the-recording >/dev/null 2>&1
  kadmin.local -q 'addprinc -pw s3cret-of-cam cam' >/dev/null 2>&1
  kadmin.local -q 'addprinc -randkey -e arcfour-hmac:normal http/printer-7' >/dev/null 2>&1
  serve krb5kdc -n -P "$work/kdc.pid"; ready 88; record krb5 'port 88'
}
krb5_clients() {
  for kind in udp tcp; do
    local with=(env KRB5_CONFIG="$work/krb5-$kind.conf" KRB5CCNAME=FILE:"$work/$kind")
    ask "${with[@]}" sh -c 'echo s3cret-of-cam | kinit cam'; ask "${with[@]}" kvno http/printer-7
  done
  ask "${with[@]}" sh -c 'echo wrong-of-cam | kinit cam'; ask "${with[@]}" sh -c 'echo x | kinit nobody'
}

sip_service() {
  serve sipp -sn uas -i 10.9.0.1 -p 5060 -nostdin; ready 5060; record sip 'port 5060 or port 5080'
}
sip_clients() {
  cat >"$work/register.xml" <<'END'
<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="register">
  <send><![CDATA[
REGISTER sip:[remote_ip] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:door-7@example.com>;tag=[call_number]
To: <sip:door-7@example.com>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:door-7@[local_ip]:[local_port]>
User-Agent: Recorded Door 7
Content-Length: 0

]]></send>
  <recv response="401" auth="true"/>
  <send><![CDATA[
REGISTER sip:[remote_ip] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:door-7@example.com>;tag=[call_number]
To: <sip:door-7@example.com>
Call-ID: [call_id]
CSeq: 2 REGISTER
Contact: <sip:door-7@[local_ip]:[local_port]>
[authentication username=door-7 password=s3cret-of-door]
User-Agent: Recorded Door 7
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
END
  cat >"$work/registrar.xml" <<'END'
<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="registrar">
  <recv request="REGISTER"/>
  <send><![CDATA[
SIP/2.0 401 Unauthorized
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
WWW-Authenticate: Digest realm="example.com", nonce="47ebe028cda119c35d4877b383027d28", algorithm=MD5
Content-Length: 0

]]></send>
  <recv request="REGISTER"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Contact:]
Server: Recorded Exchange 1.2
Content-Length: 0

]]></send>
</scenario>
END
  ask sipp -sn uac -i 10.9.0.2 -m 1 -nostdin 10.9.0.1:5060
  serve sipp -sf "$work/registrar.xml" -i 10.9.0.1 -p 5080 -nostdin; ready 5080
  ask sipp -sf "$work/register.xml" -i 10.9.0.2 -m 1 -nostdin 10.9.0.1:5080
}

# Tunnels as NAME:VERSION:PROPOSAL, tried one after the other: IKEv2, a weak one, and the main mode of IKEv1.
tunnels='strong:2:aes256-sha256-modp2048 weak:2:aes128-sha1-modp1024 old:1:aes128-md5-modp1024'
swan() { # NAMESPACE LOCAL REMOTE: charon with a /run of its own
  mkdir -p "$work/$2"
  printf '%s\n' 'charon {' 'install_routes = no' 'load_modular = yes' 'plugins {' 'include /etc/strongswan.d/charon/*.conf' \
    'vici {' "socket = unix://$work/$2/vici" '}' '}' '}' >"$work/$2/strongswan.conf"
  { echo 'connections {'
    for kind in $tunnels; do
      IFS=: read -r id version proposal <<<"$kind"
      printf '%s\n' "$id {" "version = $version" "proposals = $proposal" "local_addrs = $2" "remote_addrs = $3" \
        'local {' 'auth = psk' "id = $2" '}' 'remote {' 'auth = psk' "id = $3" '}' \
        'children {' "$id-child {" "local_ts = $2/32" "remote_ts = $3/32" '}' '}' '}'
    done
    printf '%s\n' '}' 'secrets {' 'ike {' 'secret = s3cret-of-the-tunnel' '}' '}'; } >"$work/$2/swanctl.conf"
  (exec ip netns exec "$1" env STRONGSWAN_CONF="$work/$2/strongswan.conf" \
    sh -c 'mount -t tmpfs none /run && exec /usr/lib/ipsec/charon' >"$work/$2.log" 2>&1 </dev/null) &
  until [ -S "$work/$2/vici" ]; do sleep 0.1; done
  swanctl --load-all --uri "unix://$work/$2/vici" --file "$work/$2/swanctl.conf" >>"$work/$2.log" 2>&1
}
ike_service() {
  swan "$server" 10.9.0.1 10.9.0.2; swan "$client" 10.9.0.2 10.9.0.1; record ike 'port 500 or port 4500'
}
ike_clients() {
  local to=(--uri "unix://$work/10.9.0.2/vici" --timeout 10)
  for kind in $tunnels; do
    ask swanctl --initiate --child "${kind%%:*}-child" "${to[@]}"; ask swanctl --terminate --ike "${kind%%:*}" "${to[@]}"
  done
}
