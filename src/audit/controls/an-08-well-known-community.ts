/**
 * AN-08: an SNMP agent answers to the community `public` or `private`.
 * Decided from responses of SNMP 1 and 2c (RFC 1157; RFC 3416, 4.2): an agent drops what bears a community that it
 * does not know, so a request without a response is only somebody's scan, and an error of access is a refusal.
 * Version 3 has users instead and passes. Whoever asks does not fail, unless the agent is outside the inventory.
 */
import { control, fail, notSeen, pass } from '../control.ts';
import { proofs } from '../proofs.ts';

export const wellKnownCommunity = control({
  id: 'AN-08',
  practice: 'authentication',
  severity: 'high',
  title: 'SNMP answers to a well-known community',
  why: 'The community is the only password of SNMP 1 and 2c, and these two are the first that anybody tries: what the device tells of itself and its network is open to all.',
  fix: 'Turn SNMP off if nobody uses it, else use version 3 with authentication and encryption. Until then give it a community of its own, read-only, for the manager’s address alone.',
  provisions: {
    'etsi-303645:2.1.1': ['5.1-1'],
    'etsi-303645:3.1.3': ['5.1-1'],
    'eu-cra:2024-2847': ['I(2)(b)', 'I(2)(d)'],
    'uk-psti:2023': ['Sch1-1'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const exchanges = device
      .seen('snmp')
      .filter(({ role, peer }) => role === 'server' || !peer.device)
      .filter(({ observation }) => observation.operation !== 'notify');
    const answered = exchanges.filter(({ observation }) => observation.outcome === 'accepted');
    if (answered.length === 0) {
      return exchanges.length > 0 ? notSeen('asked by SNMP, and did not answer') : notSeen();
    }
    const judged = answered.reduce((sum, { observation }) => sum + observation.count, 0);
    const failing = answered.filter(({ observation }) => observation.wellKnown !== undefined);
    if (failing.length === 0) return pass(judged);
    const written = failing.some(({ observation }) => observation.operation === 'write');
    return fail(
      judged,
      proofs(network, failing, ({ observation, peer, role }) => ({
        version: observation.version === 2 ? '2c' : String(observation.version),
        community: observation.wellKnown,
        operation: observation.operation,
        exchanges: observation.count,
        [role === 'server' ? 'manager' : 'agent']: peer.name ?? peer.address,
      })),
      written
        ? { severity: 'critical', note: 'It let itself be written to under that community.' }
        : {},
    );
  },
});
