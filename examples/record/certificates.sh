# shellcheck shell=bash
# Keys and certificates of the site, new at each recording. Sourced by record-site.sh.

# issue NAME SUBJECT-ALT-NAMES: a good leaf (P-256, SHA-256) signed by the cloud's CA.
issue() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -subj "/CN=$1" \
    -keyout "$CERTS/$1.key" -out "$CERTS/$1.csr"
  openssl x509 -req -in "$CERTS/$1.csr" -CA "$CERTS/ca.pem" -CAkey "$CERTS/ca.key" -days 90 -sha256 \
    -extfile <(printf 'basicConstraints=CA:FALSE\nsubjectAltName=%s\n' "$2") -out "$CERTS/$1.pem"
}

# self_signed NAME KEY-TYPE DIGEST COMMON-NAME
self_signed() {
  openssl req -x509 -newkey "$2" -nodes "-$3" -days 3650 -subj "/O=Factory/CN=$4" \
    -keyout "$CERTS/$1.key" -out "$CERTS/$1.pem"
}

# expired NAME COMMON-NAME: self-signed, valid from 2021 to 2023.
expired() {
  local dir=$CERTS/expired
  mkdir -p "$dir"; : >"$dir/index"; echo 01 >"$dir/serial"
  printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\npolicy=p\n[p]\ncommonName=supplied\n' \
    "$dir" "$dir" "$dir" >"$dir/conf"
  openssl req -newkey rsa:2048 -nodes -sha256 -subj "/CN=$2" -keyout "$CERTS/$1.key" -out "$CERTS/$1.csr"
  openssl ca -batch -config "$dir/conf" -selfsign -keyfile "$CERTS/$1.key" -in "$CERTS/$1.csr" -md sha256 \
    -startdate 20210101000000Z -enddate 20230101000000Z -notext -out "$CERTS/$1.pem"
}

make_certificates() {
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
      -subj '/O=Example Cloud/CN=Example Cloud Root' -keyout "$CERTS/ca.key" -out "$CERTS/ca.pem"
    issue mqtt.boltwise.example DNS:mqtt.boltwise.example
    issue boltwise-901124 DNS:boltwise-901124
    issue ingest.airnode.example DNS:ingest.airnode.example
    issue coap.airnode.example DNS:coap.airnode.example
    issue airnode-6a3325 DNS:airnode-6a3325
    issue www.shop.example DNS:www.shop.example
    issue dns.resolver.example "DNS:dns.resolver.example,IP:$RESOLVER"
    self_signed legacy rsa:2048 sha256 legacy.warmly.example
    self_signed plug rsa:1024 sha1 glowplug # one key for every plug, weak, signed with SHA-1
    expired hub "$(field hub 4).lan"
    dropbearkey -t rsa -s 2048 -f "$CERTS/plug.ssh"
    dropbearkey -t ed25519 -f "$CERTS/hub.ssh"
  } >"$LOGS/certificates.log" 2>&1
  cat "$CERTS/hub.pem" "$CERTS/hub.key" >"$CERTS/hub.both"
  chmod -R a+rX "$CERTS"
}
