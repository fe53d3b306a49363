/** Names by number: services (their types' binary encodings, OPC 10000-6, A), status codes (OPC 10000-6, A.2), policies. */

/** Request's type → name of the service; its response's type is three higher unless listed. */
const SERVICES: readonly (readonly [request: number, name: string, response?: number])[] = [
  [422, 'find_servers'],
  [428, 'get_endpoints'],
  [437, 'register_server'],
  [446, 'open_secure_channel'],
  [452, 'close_secure_channel'],
  [461, 'create_session'],
  [467, 'activate_session'],
  [473, 'close_session'],
  [479, 'cancel'],
  [488, 'add_nodes'],
  [494, 'add_references'],
  [500, 'delete_nodes'],
  [506, 'delete_references'],
  [527, 'browse'],
  [533, 'browse_next'],
  [554, 'translate_browse_paths_to_node_ids'],
  [560, 'register_nodes'],
  [566, 'unregister_nodes'],
  [615, 'query_first'],
  [621, 'query_next'],
  [631, 'read'],
  [664, 'history_read'],
  [673, 'write'],
  [700, 'history_update'],
  [712, 'call'],
  [751, 'create_monitored_items'],
  [763, 'modify_monitored_items'],
  [769, 'set_monitoring_mode'],
  [775, 'set_triggering'],
  [781, 'delete_monitored_items'],
  [787, 'create_subscription'],
  [793, 'modify_subscription'],
  [799, 'set_publishing_mode'],
  [826, 'publish'],
  [832, 'republish'],
  [841, 'transfer_subscriptions'],
  [847, 'delete_subscriptions'],
  [12_208, 'find_servers_on_network', 12_209],
  [12_211, 'register_server2', 12_212],
];
const SERVICE_FAULT = 397;

export interface ServiceMessage {
  /** `read_request`. */
  readonly event: string;
  readonly service: string;
  readonly response: boolean;
}

const byType = new Map<number, ServiceMessage>([
  [SERVICE_FAULT, { event: 'service_fault', service: '', response: true }],
]);
for (const [request, service, response = request + 3] of SERVICES) {
  byType.set(request, { event: `${service}_request`, service, response: false });
  byType.set(response, { event: `${service}_response`, service, response: true });
}

export function serviceOf(type: number): ServiceMessage | undefined {
  return byType.get(type);
}

/** Codes that tell of security or of what was refused; others are shown by number. */
const STATUS: Readonly<Record<number, string>> = {
  0: 'Good',
  32769: 'BadUnexpectedError',
  32770: 'BadInternalError',
  32775: 'BadDecodingError',
  32778: 'BadTimeout',
  32779: 'BadServiceUnsupported',
  32780: 'BadShutdown',
  32781: 'BadServerNotConnected',
  32782: 'BadServerHalted',
  32786: 'BadCertificateInvalid',
  32787: 'BadSecurityChecksFailed',
  32788: 'BadCertificateTimeInvalid',
  32789: 'BadCertificateIssuerTimeInvalid',
  32790: 'BadCertificateHostNameInvalid',
  32791: 'BadCertificateUriInvalid',
  32792: 'BadCertificateUseNotAllowed',
  32794: 'BadCertificateUntrusted',
  32797: 'BadCertificateRevoked',
  32799: 'BadUserAccessDenied',
  32800: 'BadIdentityTokenInvalid',
  32801: 'BadIdentityTokenRejected',
  32802: 'BadSecureChannelIdInvalid',
  32804: 'BadNonceInvalid',
  32805: 'BadSessionIdInvalid',
  32806: 'BadSessionClosed',
  32807: 'BadSessionNotActivated',
  32808: 'BadSubscriptionIdInvalid',
  32819: 'BadNodeIdInvalid',
  32820: 'BadNodeIdUnknown',
  32821: 'BadAttributeIdInvalid',

  32826: 'BadNotReadable',
  32827: 'BadNotWritable',
  32828: 'BadOutOfRange',
  32829: 'BadNotSupported',
  32852: 'BadSecurityModeRejected',
  32853: 'BadSecurityPolicyRejected',
  32854: 'BadTooManySessions',
  32855: 'BadUserSignatureInvalid',
  32856: 'BadApplicationSignatureInvalid',
  32857: 'BadNoValidCertificates',
  32883: 'BadWriteNotSupported',
  32884: 'BadTypeMismatch',
  32885: 'BadMethodInvalid',
  32893: 'BadTcpServerTooBusy',
  32894: 'BadTcpMessageTypeInvalid',
  32895: 'BadTcpSecureChannelUnknown',
  32896: 'BadTcpMessageTooLarge',
  32899: 'BadTcpEndpointUrlInvalid',
  32902: 'BadSecureChannelClosed',
  32903: 'BadSecureChannelTokenUnknown',
  32939: 'BadInvalidArgument',
};

/** The name of a status code, or `0x80b90000`; its lower half are details. */
export function statusName(code: number): string {
  return STATUS[code >>> 16] ?? `0x${(code >>> 0).toString(16).padStart(8, '0')}`;
}

/** `Basic256Sha256` of the policy's address. */
export function policyName(uri: string): string {
  return uri.slice(uri.lastIndexOf('#') + 1).slice(0, 64);
}

export const SECURITY_MODES = ['invalid', 'none', 'sign', 'sign_and_encrypt'] as const;
export const APPLICATION_TYPES = [
  'server',
  'client',
  'client_and_server',
  'discovery_server',
] as const;
export const USER_TOKENS = ['anonymous', 'user_name', 'certificate', 'issued_token'];
