/**
 * SG-08: a service by which the device is administered or debugged answers.
 * Decided from the protocol's own bytes on both sides (ADB, RFB, RDP, SMB, Docker, GDB, rlogin, rsh, CWMP), never from a port or
 * an attempt. Let in without any proof is critical; a guarded service is high, and what a computer, a server or a
 * storage is for. TR-069 is called back by the configuration server that the device itself calls, which is how it is made.
 */
import type { AdministrationProtocol } from '../../capture/index.ts';
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { isBehindTerminator } from '../responsibility.ts';

type Session = Sighting<'administration'>;

const NAMES: Readonly<Record<AdministrationProtocol, string>> = {
  adb: 'Android debug bridge',
  rfb: 'VNC',
  rdp: 'remote desktop',
  smb: 'SMB',
  cwmp: 'TR-069',
  docker: 'Docker API',
  gdb: 'GDB',
  rlogin: 'rlogin',
  rsh: 'rsh',
};
/** What people work with from afar, or put their files on. */
const WORK: ReadonlySet<AdministrationProtocol> = new Set(['rfb', 'rdp', 'smb']);
const WORKPLACES = new Set(['computer', 'server', 'nas']);

export const remoteAdministration = control({
  id: 'SG-08',
  practice: 'segmentation',
  severity: 'critical',
  title: 'Remote administration or debugging is open',
  why: 'Whoever reaches such a service can take the device over, and worms look for nothing else.',
  fix: 'Switch the service off, as the makers’ own hardening guides say. Where it is needed, let it listen only to those who administer, and ask for a key.',
  provisions: {
    'etsi-303645:2.1.1': ['5.6-4', '5.6-1'],
    'etsi-303645:3.1.3': ['5.6-4A', '5.6-4B', '5.6-1'],
    'eu-cra:2024-2847': ['I(2)(j)'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I2'],
    'owasp-isvs:1.0': ['3.2.2'],
    'iec-62443-4-2:2019': ['EDR 2.13', 'CR 7.7'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const asked = device
      .seen('administration')
      .filter((session) => session.role === 'server' && !isBehindTerminator(session, network));
    const informed = new Set(asked.filter(isInform).map(({ peer }) => peer.address));
    const answered = asked.filter(
      (session) => session.observation.answered && !isInform(session) && !isHalfSeen(session),
    );
    const failing = answered.filter(
      (session) => !isOwnServer(session, device, informed) && !isWork(session, device),
    );
    if (failing.length > 0) {
      const open = failing.filter(isOpen);
      return fail(
        answered.length,
        proofs(network, open.length > 0 ? open : failing, ({ observation: o, peer }) => ({
          protocol: o.protocol,
          version: o.version,
          security: o.security,
          access: o.access,
          target: o.target,
          signing_required: o.signing,
          client: peer.name ?? peer.address,
        })),
        { ...(open.length > 0 ? {} : { severity: 'high' as const }), note: noteOf(failing) },
      );
    }
    if (answered.length > 0) return pass(answered.length);
    if (asked.some(isHalfSeen)) return notVisible('The sessions began before the capture.');
    return notSeen(
      asked.some(({ observation }) => !observation.answered) ? 'asked in vain' : undefined,
    );
  },
});

const isInform = ({ observation: o }: Session): boolean =>
  o.protocol === 'cwmp' && o.target === 'inform';

/** Who serves was not seen: the answer may be the other side's. */
const isHalfSeen = ({ observation: { carrier, openingSeen, protocol } }: Session): boolean =>
  carrier === 'tcp' && !openingSeen && (protocol === 'rlogin' || protocol === 'rsh');

/** The configuration server that the device calls: by an Inform in clear, or, under TLS, by any session of its own. */
function isOwnServer(
  { observation, peer }: Session,
  device: Device,
  informed: ReadonlySet<string>,
): boolean {
  if (observation.protocol !== 'cwmp' || observation.anonymous) return false;
  return (
    informed.has(peer.address) ||
    device
      .seen('connection')
      .some(
        ({ role, peer: other, observation: o }) =>
          role === 'client' && other.address === peer.address && o.answered > 0,
      )
  );
}

/** Let in without any proof. Windows lets anybody say hello (IPC$), which opens nothing yet. */
const isOpen = ({ observation: { anonymous, protocol, target } }: Session): boolean =>
  anonymous && !(protocol === 'smb' && (target === undefined || target === 'IPC$'));

/** Guarded, and what such a device is for; version 1 of SMB is for nothing any more. */
function isWork(session: Session, { type }: Device): boolean {
  const { observation: o } = session;
  if (!WORK.has(o.protocol) || isOpen(session) || !WORKPLACES.has(type ?? '')) return false;
  return !(o.protocol === 'smb' && o.access === 'granted' && /^[A-Z]/.test(o.version ?? ''));
}

function noteOf(failing: readonly Session[]): string {
  const names = [...new Set(failing.map(({ observation }) => NAMES[observation.protocol]))].sort();
  const open = failing.some(isOpen);
  return `Answers: ${names.join(', ')}${open ? '; somebody was let in without any proof' : ''}.`;
}
