/**
 * What is agreed to be done over clear HTTP, and pages that are open on purpose: exceptions that controls over HTTP
 * make. Hosts are lower-case, paths without the query's values.
 */

/** Asked by operating systems to learn whether the internet is there; nothing of value is sent. */
const CONNECTIVITY_HOSTS =
  /^(connectivitycheck\.(gstatic|android)\.com|clients[13]\.google\.com|captive\.(apple|g\.aaplimg)\.com|(www\.)?(msftconnecttest|msftncsi)\.com|ipv6\.msftconnecttest\.com|detectportal\.firefox\.com|connectivity-check\.ubuntu\.com|nmcheck\.gnome\.org|network-test\.debian\.org|conncheck\.opensuse\.org|connectivitycheck\.platform\.hicloud\.com|connect\.rom\.miui\.com|cp\.cloudflare\.com|spectrum\.s3\.amazonaws\.com|edge-http\.microsoft\.com)$/;
const CONNECTIVITY_PATHS =
  /^\/(generate_204|gen_204|hotspot-detect\.html|library\/test\/success\.html|success\.txt|canonical\.html|connecttest\.txt|ncsi\.txt|check_network_status\.txt)$/;

/** Status of certificates and time stamps: their answers are signed (RFC 6960, 3161), so they travel in clear. */
const SIGNED_HOSTS =
  /^(ocsp\d*|crl\d*|timestamp|tsa|pki|status)\.|\.ocsp\.|^ss\.symcd\.com$|\.symcd\.com$/;
const SIGNED_TYPES =
  /^application\/(ocsp-request|timestamp-query|pkix-crl|x-pki-message|pkcs10|pkixcmp)\b/i;

/** Bodies that say of themselves that they are encrypted. */
const ENCRYPTED_TYPES = /^application\/(jose|cose|pkcs7-mime)\b|encrypted\b/i;

export function isConnectivityCheck(host: string | undefined, path: string): boolean {
  return CONNECTIVITY_HOSTS.test(bare(host)) || CONNECTIVITY_PATHS.test(path);
}

export function isSignedExchange(host: string | undefined, type: string | undefined): boolean {
  return SIGNED_TYPES.test(type ?? '') || SIGNED_HOSTS.test(bare(host));
}

export function isEncryptedBody(type: string | undefined): boolean {
  return ENCRYPTED_TYPES.test(type ?? '');
}

/** Paths by which products name the pages and calls that show or change their settings. */
const CONFIGURATION_PATH =
  /(^|[/_.-])(admin|administration|config|configuration|configure|settings?|setup|sysconf|sysinfo|network|wan|wlan|wifi|wireless|firmware|upgrade|reboot|factory|reset|backup|restore|users?|accounts?|passwords?|param|management|maintenance|diagnostics?|provision(ing)?|system|security|firewall)([/_.?-]|$)|\/(goform|HNAP1|cgi-bin\/(luci|webproc|param)|axis-cgi|camera-cgi|ISAPI|onvif)\//i;

/** Calls of widespread firmware that switch or set something: Tasmota, Shelly, WLED. */
const CONTROL_CALL = /^\/(cm|rpc\/[\w.]+|(relay|light|roller)\/\d+|json\/(state|cfg))$/;

/**
 * Open on purpose, or no configuration at all: signing in and out, languages, files that build a page, descriptions
 * that discovery points to, and what a bridge tells everybody before pairing.
 */
const OPEN_BY_DESIGN =
  /(log-?(in|out|on|off)|sign-?(in|out)|auth|session|captcha|locale|lang(uage)?|i18n|favicon|robots\.txt|\.well-known)|\.(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|bmp|woff2?|ttf|eot|otf|mp[34]|wav|swf|jar)$|\.xml$|^\/api\/(config|[^/]{1,10}\/config)$|^\/(setup\/eureka_info|query\/device-info|ssdp|upnp|dial|apps)\b/i;

/** A long random part in a path is a key by itself (capability URL). */
const KEY_IN_PATH =
  /(^|[/;=])(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{20,}([/;?]|$)|[;?&](stok|sid|session|token|auth|key|api_?key)\b/i;

/** Whether a path is one that shows or changes settings, and that nobody should be served without signing in. */
export function isConfigurationPath(path: string): boolean {
  const [page = ''] = path.split('?', 1);
  return (
    (CONFIGURATION_PATH.test(page) || CONTROL_CALL.test(page)) &&
    !OPEN_BY_DESIGN.test(page) &&
    !KEY_IN_PATH.test(path)
  );
}

/** Lower-case host without port and closing dot. */
function bare(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}
