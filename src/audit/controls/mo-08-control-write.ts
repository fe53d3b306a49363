/**
 * MO-08: a control write (outputs, set points, programs, stop and restart) comes from a master that nobody listed.
 * Decided from commands of Modbus, DNP3, S7, CIP, IEC 60870-5-104, BACnet, OPC UA, KNX and PROFINET and from the
 * answers to them. An outstation fails by obeying; refusing is what it should do, and is no failure. Who commands fails
 * whatever the answer.
 *
 * Masters are listed in the expectations. Where none are, only habits tell: whoever commands a device that others poll
 * all the time, without polling it as well, is a stranger, though perhaps an engineering station; whoever polls it
 * throughout is its master. Before the polling begins a device is being set up, and where nobody polls nothing is
 * known. MITRE ATT&CK for ICS T0855 (unauthorised command message), T0843 (program download).
 */
import type { HostId } from '../../capture/index.ts';
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import { type AllowList, allowList } from '../allow-list.ts';
import type { Evidence, Judgement } from '../control.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

const PROOFS_MAX = 8;

export const controlWrite = control({
  id: 'MO-08',
  practice: 'monitoring',
  severity: 'critical',
  title: 'Control write from an unlisted master',
  why: 'Industrial protocols carry out what anybody sends: a command from a stranger moves machines, or stops them.',
  fix: 'Find out who sends the commands. If it may, list it under masters in the expectations; otherwise take it off the network, and let only listed masters reach the controllers.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-5'],
    'etsi-303645:3.1.3': ['5.5-5'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'iec-62443-4-2:2019': ['CR 2.1', 'CR 3.1'],
  },
  floor: { sessions: 100, hours: 24 },
  parameters: {
    /** Masters besides devices with the mark `master`; set by `masters` in the expectations. */
    allowed: [] as readonly string[],
    /** Somebody said who may command, be it nobody. */
    listed: false,
    pollsMin: 20,
    /** Of the time in which anybody polls the device, how much a habitual master does. */
    spanShareMin: 0.25,
  },
  evaluate(device, network, { allowed, listed, pollsMin, spanShareMin }) {
    const writes = device.seen('control_write');
    if (writes.length === 0) return notSeen();
    if (listed) {
      const isListed = allowList(allowed);
      return judge(device, network, writes, (write) =>
        isMaster(masterOf(device, write), isListed, allowed) ? 'known' : 'stranger',
      );
    }
    const habits = new Habits(pollsMin, spanShareMin);
    const verdict = judge(device, network, writes, (write) => habits.standing(device, write));
    if (verdict.verdict === 'fail') return { ...verdict, severity: 'high', note: UNLISTED };
    // Habits show over a day, however many commands there are.
    return verdict.verdict === 'pass' ? pass(0) : verdict;
  },
});

const UNLISTED =
  'No masters are listed in the expectations: it is a stranger by its habits, since others poll the device all the time and it does not.';

type Write = Sighting<'control_write'>;
type Standing = 'known' | 'stranger' | 'undecided';

function judge(
  device: Device,
  network: Network,
  writes: readonly Write[],
  standingOf: (write: Write) => Standing,
): Judgement {
  const judged = writes.reduce((sum, { observation }) => sum + observation.count, 0);
  const standings = writes.map((write) => ({ write, standing: standingOf(write) }));
  const strange = standings.filter(({ standing }) => standing === 'stranger');
  const failing = strange.filter(({ write }) => isOwnDoing(write)).map(({ write }) => write);
  if (failing.length > 0) return fail(judged, proofsOf(device, network, failing));
  if (strange.some(({ write }) => write.observation.outcome === 'unknown'))
    return notVisible('a stranger commands it, and no answer to that is in the capture');
  if (standings.some(({ standing }) => standing === 'undecided'))
    return notVisible('who may command it is not known: list the masters in the expectations');
  return pass(judged);
}

/** Sending a command is the sender's doing; of the other side, carrying it out. */
function isOwnDoing({ role, observation }: Write): boolean {
  return role === 'client' || observation.outcome === 'accepted';
}

interface Master {
  readonly address: string;
  readonly mac: string | undefined;
  readonly name: string | undefined;
  readonly device: Device | undefined;
}

function masterOf(device: Device, { role, peer }: Write): Master {
  if (role === 'server') return peer;
  const { addresses, mac, names } = device;
  return { address: addresses[0] ?? '', mac, name: names[0]?.name, device };
}

function isMaster(
  { address, mac, name, device }: Master,
  isListed: AllowList,
  allowed: readonly string[],
): boolean {
  if (device?.expected?.marks.includes('master')) return true;
  if (mac !== undefined && allowed.some((entry) => entry.toLowerCase() === mac)) return true;
  return (device?.addresses ?? [address]).some((each) => isListed(each, name));
}

/** Program and mode before values, what was carried out before what was not. */
function proofsOf(device: Device, network: Network, writes: readonly Write[]): Evidence[] {
  const rank = ({ observation: { effect, outcome } }: Write): number =>
    (effect === 'value' ? 2 : 0) + (outcome === 'accepted' ? 0 : 1);
  return [...writes]
    .sort((one, other) => rank(one) - rank(other))
    .slice(0, PROOFS_MAX)
    .map((write) => {
      const { protocol, operation, effect, station, outcome, count } = write.observation;
      const { address, name, device: known } = masterOf(device, write);
      return evidence(network, write.observation, {
        master: known?.names[0]?.name ?? name ?? address,
        protocol,
        operation,
        effect,
        station,
        outcome,
        commands: count,
      });
    });
}

interface Polling {
  reads: number;
  from: number;
  to: number;
}

/** Who polls whom, all the time or not. */
class Habits {
  readonly #pollsMin: number;
  readonly #spanShareMin: number;
  readonly #masters = new Map<Device, Map<HostId, Polling>>();

  constructor(pollsMin: number, spanShareMin: number) {
    this.#pollsMin = pollsMin;
    this.#spanShareMin = spanShareMin;
  }

  standing(device: Device, { role, peer, observation }: Write): Standing {
    const outstation = role === 'server' ? device : peer.device;
    if (!outstation) return 'undecided';
    const masters = this.#mastersOf(outstation);
    if (masters.has(observation.client)) return 'known';
    const at = observation.first.seconds;
    const inOperation = [...masters.values()].some(({ from, to }) => from < at && at <= to);
    return inOperation ? 'stranger' : 'undecided';
  }

  /** Habitual masters of an outstation. */
  #mastersOf(outstation: Device): Map<HostId, Polling> {
    const known = this.#masters.get(outstation);
    if (known) return known;
    const polled = new Map<HostId, Polling>();
    for (const { role, observation } of outstation.seen('polling')) {
      if (role !== 'server') continue;
      const { client, reads, first, last } = observation;
      const polling = polled.get(client) ?? { reads: 0, from: first.seconds, to: last.seconds };
      polling.reads += reads;
      polling.from = Math.min(polling.from, first.seconds);
      polling.to = Math.max(polling.to, last.seconds);
      polled.set(client, polling);
    }
    let from = Number.POSITIVE_INFINITY;
    let to = 0;
    for (const polling of polled.values()) {
      from = Math.min(from, polling.from);
      to = Math.max(to, polling.to);
    }
    const spanMin = this.#spanShareMin * (to - from);
    const masters = new Map(
      [...polled].filter(
        ([, polling]) => polling.reads >= this.#pollsMin && polling.to - polling.from >= spanMin,
      ),
    );
    this.#masters.set(outstation, masters);
    return masters;
  }
}
