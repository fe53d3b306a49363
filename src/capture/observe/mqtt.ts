/**
 * Folds MQTT packets into sessions: one record for all sessions of a client to a broker that were alike in client
 * id, credential and answer, with what was subscribed to, granted and published. A CONNECT with a credential is a
 * sign-in as well.
 */
import type {
  MqttConnack,
  MqttConnect,
  MqttMessage,
  MqttPublish,
  MqttSuback,
  MqttSubscribe,
} from '../decode/mqtt.ts';
import type { Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type MqttFields, type Observation, type Observations } from '../observations.ts';
import { noteLogin } from './login.ts';
import type { Observer } from './observer.ts';

/** Different client ids and credentials of one host at one broker that get records of their own. */
const IDENTITIES_MAX = 50;
/** Pairs of hosts whose identities are told apart. */
const PAIRS_MAX = 10_000;
const SESSIONS_MAX = 256;
const TOPICS_MAX = 200;
/** Topics kept in a whole run, over all records. */
const RUN_TOPICS_MAX = 100_000;
const TOPIC_CHARACTERS_MAX = 256;
const REFUSALS_MAX = 1_000;
const SUBSCRIPTIONS_MAX = 200;
/** SUBSCRIBEs without answer that are remembered of a session, and packets between CONNECT and CONNACK. */
const WAITING_MAX = 16;
const SECRETS_MAX = 64;
/** Where topics go that are too many to be counted apart. */
const OTHER_TOPICS = '…';

/** "Bad user name or password" and "not authorised" of CONNACK (3.1.1: 3.2.2.3; 5: 3.2.2.2). */
const CONNECT_REFUSED = [4, 5, 0x86, 0x87];
const NOT_AUTHORISED = 0x87;
const FAILURES_MIN = 0x80;

export const mqttObserver: Observer = {
  protocols: ['mqtt'],
  event(event, direction, flow, at, into) {
    let session = flow.session as Session | undefined;
    const packet = event as MqttMessage;
    if (packet.event === 'connect' && session) {
      session.end();
      session = undefined;
    }
    session ??= new Session(flow, into, at);
    flow.session = session;
    session.packet(packet, direction, at);
  },
  close(flow) {
    (flow.session as Session | undefined)?.end();
  },
};

/** What the sessions of a run share. */
interface RunState {
  /** Client ids with credentials, by client and broker. */
  readonly identities: Map<string, Set<string>>;
  topicsLeft: number;
}
const runs = new WeakMap<Observations, RunState>();

type Record = Observation<'mqtt'>;
type Subscription = MqttFields['subscriptions'][number];
type Interval = { readonly from: number; to: number };

class Session {
  readonly #flow: Flow;
  readonly #into: Observations;
  readonly #run: RunState;
  readonly #interval: Interval;
  #connect: MqttConnect | undefined;
  #connectAt: PacketRef;
  /** The record was asked for; it may be missing all the same, when there are too many. */
  #settled = false;
  #record: Record | undefined;
  /** Packets between CONNECT and CONNACK, which MQTT allows. */
  #early: { packet: MqttMessage; direction: Direction; at: PacketRef }[] = [];
  readonly #unanswered = new Map<number, Subscription[]>();
  #proved: [boolean, boolean] = [false, false];

  constructor(flow: Flow, into: Observations, at: PacketRef) {
    this.#flow = flow;
    this.#into = into;
    this.#connectAt = at;
    this.#interval = { from: timeOf(at), to: timeOf(at) };
    let run = runs.get(into);
    if (!run) {
      run = { identities: new Map(), topicsLeft: RUN_TOPICS_MAX };
      runs.set(into, run);
    }
    this.#run = run;
  }

  packet(packet: MqttMessage, direction: Direction, at: PacketRef): void {
    this.#interval.to = timeOf(at);
    if (packet.event === 'connect') {
      if (!('truncated' in packet)) this.#connect = packet as MqttConnect;
      this.#connectAt = at;
      return;
    }
    if (!this.#settled) {
      if (this.#connect && packet.event === 'connack' && !('truncated' in packet)) {
        this.#settle(packet as MqttConnack, at);
        return;
      }
      if (this.#connect) {
        if (this.#early.length < WAITING_MAX) this.#early.push({ packet, direction, at });
        return;
      }
      // The CONNECT was not in view: neither who it is nor what a CONNACK answers is known.
      this.#settle(undefined, at);
    }
    const record = this.#record;
    if (!record) return;
    record.last = at;
    this.#extend(record);
    this.#fold(record, packet, direction, at);
  }

  /** The connection ended, or begins anew. */
  end(): void {
    if (!this.#settled && this.#connect) this.#settle(undefined, this.#connectAt);
  }

  #settle(connack: MqttConnack | undefined, at: PacketRef): void {
    this.#settled = true;
    const connect = this.#connect;
    const assigned = connack?.properties?.assigned_client_identifier;
    const ownId = connect?.client_id || (typeof assigned === 'string' ? assigned : '');
    const returnCode = connack?.return_code;
    const refused = returnCode !== undefined && CONNECT_REFUSED.includes(returnCode);
    const { username, password, protocol_version: version = 0 } = connect ?? {};
    // Whoever guesses is one who guesses, whatever the passwords.
    const identity = `${ownId}\n${username ?? ''}\n${refused ? '' : (password?.hash ?? '')}`;
    const folded = connect !== undefined && this.#isOneOfMany(identity);
    const clientId = folded ? '' : ownId;
    if (connect) this.#noteLogin(connect, returnCode, folded ? undefined : clientId, at);

    const named = `${username !== undefined} ${password !== undefined}`;
    const key = `${folded ? named : identity}\n${folded}\n${version}\n${returnCode}`;
    const interval = this.#interval;
    const record = this.#into.note('mqtt', this.#flow, this.#connectAt, key, () => ({
      clientId,
      ...(folded && { folded }),
      protocolVersion: version,
      userName: username,
      password,
      authenticationMethod: methodOf(connect),
      keepAlive_s: connect?.keep_alive ?? 0,
      will: connect?.will?.topic,
      returnCode,
      subscriptions: [],
      published: new Map(),
      received: new Map(),
      messages: 0,
      from: interval.from,
      to: interval.to,
      sessions: [],
      refusals: [],
    }));
    this.#record = record;
    if (!record) return;
    if (record.sessions && record.sessions.length < SESSIONS_MAX) record.sessions.push(interval);
    if (password) keepSecrets(record, [password], this.#connectAt);
    if (connect?.masked) keepSecrets(record, connect.masked, this.#connectAt);
    record.last = at;
    if (connack) addProof(record, at);
    if (refused) refuse(record, at);
    this.#extend(record);
    for (const early of this.#early) this.#fold(record, early.packet, early.direction, early.at);
    this.#early = [];
  }

  #fold(record: Record, packet: MqttMessage, direction: Direction, at: PacketRef): void {
    if ('truncated' in packet && packet.event !== 'publish') return;
    switch (packet.event) {
      case 'publish':
        this.#publish(record, packet as MqttPublish, direction, at);
        break;
      case 'subscribe':
        this.#subscribe(record, packet as MqttSubscribe, at);
        break;
      case 'suback':
        this.#suback(record, packet as MqttSuback, at);
        break;
      case 'puback':
      case 'pubrec':
        if ('reason_code' in packet && packet.reason_code === NOT_AUTHORISED) refuse(record, at);
        break;
    }
    if ('masked' in packet && packet.masked) keepSecrets(record, packet.masked, at);
  }

  #publish(record: Record, packet: MqttPublish, direction: Direction, at: PacketRef): void {
    record.messages++;
    if (!this.#proved[direction]) {
      this.#proved[direction] = true;
      addProof(record, at);
    }
    const topics = direction === 0 ? record.published : record.received;
    let topic = packet.topic || packet.topic_by_alias || '';
    if (topic.length > TOPIC_CHARACTERS_MAX) topic = topic.slice(0, TOPIC_CHARACTERS_MAX);
    const count = topics.get(topic);
    if (count !== undefined) {
      topics.set(topic, count + 1);
    } else if (topics.size < TOPICS_MAX && this.#run.topicsLeft > 0) {
      this.#run.topicsLeft--;
      topics.set(topic, 1);
    } else {
      topics.set(OTHER_TOPICS, (topics.get(OTHER_TOPICS) ?? 0) + 1);
    }
  }

  #subscribe(record: Record, packet: MqttSubscribe, at: PacketRef): void {
    addProof(record, at);
    const asked: Subscription[] = [];
    for (const { topic, qos } of packet.topics) {
      const filter = topic.slice(0, TOPIC_CHARACTERS_MAX);
      let known = record.subscriptions.find((one) => one.filter === filter && one.qos === qos);
      if (!known) {
        known = { filter, qos, granted: undefined, at };
        if (record.subscriptions.length < SUBSCRIPTIONS_MAX) record.subscriptions.push(known);
      }
      asked.push(known);
    }
    if (this.#unanswered.size >= WAITING_MAX) this.#unanswered.clear();
    this.#unanswered.set(packet.message_id, asked);
  }

  #suback(record: Record, packet: MqttSuback, at: PacketRef): void {
    addProof(record, at);
    const asked = this.#unanswered.get(packet.message_id) ?? [];
    this.#unanswered.delete(packet.message_id);
    packet.qos_granted.forEach((code, i) => {
      if (code >= FAILURES_MIN) refuse(record, at);
      const subscription = asked[i];
      // Once granted it was granted, even if another session of the same client was refused.
      if (!subscription || (subscription.granted ?? FAILURES_MIN) < FAILURES_MIN) return;
      subscription.granted = code;
      subscription.at = at;
    });
  }

  /** A client that invents an id or user for each connection would fill the records: its later ones share one. */
  #isOneOfMany(identity: string): boolean {
    const { identities } = this.#run;
    const pair = `${this.#flow.client} ${this.#flow.server}`;
    let known = identities.get(pair);
    if (!known) {
      if (identities.size >= PAIRS_MAX) return true;
      known = new Set();
      identities.set(pair, known);
    }
    if (known.has(identity)) return false;
    if (known.size >= IDENTITIES_MAX) return true;
    known.add(identity);
    return false;
  }

  #noteLogin(
    connect: MqttConnect,
    returnCode: number | undefined,
    clientId: string | undefined,
    at: PacketRef,
  ): void {
    const { username, password } = connect;
    if (!username && !password?.length) return;
    const outcome =
      returnCode === 0
        ? 'accepted'
        : returnCode !== undefined && CONNECT_REFUSED.includes(returnCode)
          ? 'refused'
          : 'unknown';
    const login = noteLogin(this.#into, this.#flow, this.#connectAt, {
      protocol: 'mqtt',
      method: 'connect',
      user: username,
      secret: password,
      outcome,
      // Who guesses passwords under new ids is one who guesses.
      target: outcome === 'refused' ? undefined : clientId,
    });
    if (login && returnCode !== undefined) addProof(login, at);
  }

  /** The record spans its longest session. */
  #extend(record: Record): void {
    const { from, to } = this.#interval;
    if (to - from < record.to - record.from) return;
    record.from = from;
    record.to = to;
  }
}

function timeOf(at: PacketRef): number {
  return at.seconds + at.nanos / 1e9;
}

function methodOf(connect: MqttConnect | undefined): string | undefined {
  const method = connect?.properties?.authentication_method;
  return typeof method === 'string' ? method : undefined;
}

function refuse(record: Record, at: PacketRef): void {
  const { refusals } = record;
  if (refusals && refusals.length < REFUSALS_MAX) refusals.push(timeOf(at));
}

/** Only packets that are kept as proof are ever saved, so only their secrets need masking. */
function keepSecrets(
  record: Record,
  secrets: readonly Record['secrets'][number][],
  at: PacketRef,
): void {
  if (!record.packets.includes(at)) return;
  for (const secret of secrets) {
    if (secret.length === 0 || record.secrets.length >= SECRETS_MAX) continue;
    if (!record.secrets.some((known) => known.hash === secret.hash)) record.secrets.push(secret);
  }
}
