/**
 * CH-21: an OPC UA session without message security.
 * Decided from secure channels with policy None that carried more than discovery: GetEndpoints and FindServers use
 * None by design (OPC 10000-4, 5.4), and a client that asks them and then opens a protected channel does as it should.
 * A user's password that crossed in clear makes it critical. A session that was refused shows that the server asks for
 * more; the client that tried answers for trying.
 */
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { answersForConfiguration, isBehindTerminator } from '../responsibility.ts';

export const opcuaWithoutSecurity = control({
  id: 'CH-21',
  practice: 'encryption',
  severity: 'medium',
  title: 'OPC UA session without message security',
  why: 'Anybody on the path can read the process values and slip in writes of their own.',
  fix: 'Remove the endpoint with security policy None from the server, and let clients use SignAndEncrypt with Basic256Sha256 or better.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)', 'I(2)(f)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'iec-62443-4-2:2019': ['CR 3.1', 'CR 4.1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const channels = device
      .seen('opcua')
      .filter(
        (channel) =>
          answersForConfiguration(channel, device) && !isBehindTerminator(channel, network),
      );
    const used = channels.filter(({ observation }) => observation.use === 'session');
    if (used.length === 0)
      return notSeen(channels.length > 0 ? 'Only discovery was seen.' : undefined);
    const known = used.filter(({ observation }) => observation.securityPolicy !== undefined);
    if (known.length === 0) return notVisible('How the secure channel was opened was not in view.');
    const failing = known.filter(
      ({ role, observation: { securityPolicy, session } }) =>
        securityPolicy === 'None' && (role === 'client' || session !== 'refused'),
    );
    if (failing.length === 0) return pass(known.length);
    const password = failing.some(({ observation }) => observation.passwordInClear);
    return fail(
      known.length,
      proofs(network, failing, ({ observation, peer }) => ({
        security_policy: observation.securityPolicy,
        security_mode: observation.securityMode,
        session: observation.session,
        user_token: observation.userToken,
        password_in_clear: observation.passwordInClear,
        endpoint: observation.endpointUrl,
        peer: peer.name ?? peer.address,
      })),
      password ? { severity: 'critical', note: 'A user’s password crossed in clear.' } : {},
    );
  },
});
