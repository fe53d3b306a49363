/**
 * Folds the messages of OPC UA into secure channels with what they were used for, sign-ins, commands, and what servers
 * and clients say of themselves.
 */
import type { Secret } from '../../base/index.ts';
import type {
  OpcUaEvent,
  OpcUaOpenSecureChannel,
  OpcUaRequest,
  OpcUaResponse,
} from '../decode/opcua.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, type OpcUaFields, type Parties } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { maskIn, noteLogin } from './login.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

const PACKETS_MAX = 8;
const OFFERED_MAX = 16;
/** What a client may ask before it is anybody (OPC 10000-4, 5.4). */
const DISCOVERY = new Set([
  'find_servers_request',
  'find_servers_on_network_request',
  'get_endpoints_request',
  'register_server_request',
  'register_server2_request',
]);
/** Services that keep a session running and neither ask nor change anything of the process. */
const HOUSEKEEPING = /^(create|activate|close)_session_|^cancel_|_secure_channel_/;
const COMMANDS: Readonly<Record<string, Command>> = {
  write_request: { operation: 'write', effect: 'value' },
  call_request: { operation: 'call', effect: 'value' },
  history_update_request: { operation: 'history_update', effect: 'value' },
};

export const opcuaObserver: Observer = {
  protocols: ['opcua'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as OpcUaEvent;
    if (event.event === 'malformed') return;
    flow.session ??= new Connection(flow, into);
    (flow.session as Connection).event(event, direction, at);
  },
  close(flow, at) {
    (flow.session as Connection | undefined)?.close(at);
  },
};

/** One TCP connection, which carries one secure channel (OPC 10000-6, 6.7.1). */
class Connection {
  readonly #flow: Flow;
  readonly #into: Observations;
  /** With the OPC UA client as client; it may be the server that opened (reverse hello). */
  #parties: Parties | undefined;
  #mastery: Mastery | undefined;
  #endpointUrl: string | undefined;
  #policy: string | undefined;
  #mode: OpcUaFields['securityMode'];
  #use: OpcUaFields['use'] = 'none';
  #session: OpcUaFields['session'] = 'none';
  #userToken: string | undefined;
  /** Of the create_session_request that waits for its answer. */
  #createId: number | undefined;
  #signIn: { readonly request: OpcUaRequest; readonly at: PacketRef } | undefined;
  #passwordAt: { readonly password: Secret; readonly at: PacketRef } | undefined;
  readonly #offered = new Set<string>();
  #server: { uri?: string; product?: string; name?: string } = {};
  #build: Readonly<Record<string, string>> | undefined;
  #saidAt: PacketRef | undefined;
  readonly #packets: PacketRef[] = [];

  constructor(flow: Flow, into: Observations) {
    this.#flow = flow;
    this.#into = into;
  }

  event(event: OpcUaEvent, direction: Direction, at: PacketRef): void {
    switch (event.event) {
      case 'hello':
      case 'reverse_hello':
        this.#endpointUrl = (event as { endpoint_url: string }).endpoint_url;
        break;
      case 'acknowledge':
      case 'error':
        break;
      case 'open_secure_channel_request':
      case 'open_secure_channel_response':
        this.#open(event as OpcUaOpenSecureChannel, direction, at);
        break;
      case 'encrypted_message':
        this.#prove(at);
        this.#use = 'session';
        if (this.#policy !== 'None') this.#mode ??= 'sign_and_encrypt';
        break;
      default:
        if ('status' in event) this.#response(event as OpcUaResponse, direction, at);
        else this.#request(event as OpcUaRequest, direction, at);
    }
  }

  #open(event: OpcUaOpenSecureChannel, direction: Direction, at: PacketRef): void {
    const isRequest = event.event === 'open_secure_channel_request';
    this.#parties ??= isRequest
      ? senderAsClient(this.#flow, direction)
      : senderAsServer(this.#flow, direction);
    this.#prove(at);
    this.#policy = event.security_policy;
    this.#mode = event.security_mode ?? this.#mode;
  }

  #request(event: OpcUaRequest, direction: Direction, at: PacketRef): void {
    this.#parties ??= senderAsClient(this.#flow, direction);
    if (event.signed && this.#policy !== undefined) this.#mode ??= 'sign';
    if (event.event === 'close_secure_channel_request') return;
    if (DISCOVERY.has(event.event)) {
      if (this.#use === 'none') this.#use = 'discovery';
    } else if (this.#use !== 'session' || event.event === 'activate_session_request') {
      this.#use = 'session';
      this.#prove(at);
    }
    if (event.event === 'create_session_request') {
      this.#createId = event.request_id;
      this.#endpointUrl ??= event.endpoint_url;
      this.#saysClient(event, direction, at);
    } else if (event.event === 'activate_session_request') {
      this.#endSignIn('unknown');
      this.#signIn = { request: event, at };
      this.#userToken = event.user_token ?? this.#userToken;
      if (event.password) this.#passwordAt = { password: event.password, at };
    } else if (!HOUSEKEEPING.test(event.event) && !DISCOVERY.has(event.event)) {
      this.#mastery ??= new Mastery(this.#into, this.#parties, 'opcua');
      this.#mastery.request(event.request_id, undefined, COMMANDS[event.event], at);
    }
  }

  #response(event: OpcUaResponse, direction: Direction, at: PacketRef): void {
    this.#parties ??= senderAsServer(this.#flow, direction);
    if (event.signed && this.#policy !== undefined) this.#mode ??= 'sign';
    for (const { security_policy, security_mode } of event.endpoints ?? []) {
      if (this.#offered.size < OFFERED_MAX)
        this.#offered.add(`${security_policy} ${security_mode}`);
    }
    if (event.application) this.#saysServer(event, at);
    if (event.build_info) {
      this.#build = { ...this.#build, ...event.build_info };
      this.#saidAt ??= at;
    }
    const good = event.status === 'Good';
    const isFault = event.event === 'service_fault';
    if (event.request_id === this.#createId) {
      this.#createId = undefined;
      this.#session = good && !isFault ? 'created' : 'refused';
      this.#prove(at);
    } else if (event.request_id === this.#signIn?.request.request_id) {
      if (good && !isFault) this.#session = 'activated';
      else if (this.#session !== 'activated') this.#session = 'refused';
      this.#endSignIn(good && !isFault ? 'accepted' : 'refused', at);
    } else if (isFault || !HOUSEKEEPING.test(event.event)) {
      const accepted = good && (event.results?.some((result) => result === 'Good') ?? true);
      this.#mastery?.answer(event.request_id, undefined, accepted && !isFault, at);
    }
  }

  #endSignIn(outcome: 'accepted' | 'refused' | 'unknown', answer?: PacketRef): void {
    const { request, at } = this.#signIn ?? {};
    this.#signIn = undefined;
    if (answer) this.#prove(answer);
    if (request?.user_token !== 'user_name' || !at || !this.#parties) return;
    const login = noteLogin(this.#into, this.#parties, at, {
      protocol: 'opcua',
      method: 'user_name',
      user: request.username,
      secret: request.password,
      outcome,
      target: undefined,
    });
    if (login && answer) addProof(login, answer);
  }

  /** A client that names itself is the one that says so. */
  #saysClient({ application }: OpcUaRequest, direction: Direction, at: PacketRef): void {
    if (!application) return;
    noteIdentification(
      this.#into,
      senderAsServer(this.#flow, direction),
      at,
      'opcua',
      { name: application.application_name },
      {
        'opcua application uri': application.application_uri,
        'opcua product uri': application.product_uri,
      },
    );
  }

  #saysServer({ application }: OpcUaResponse, at: PacketRef): void {
    const { application_uri, product_uri, application_name } = application ?? {};
    this.#saidAt ??= at;
    this.#server = {
      uri: this.#server.uri || application_uri || '',
      product: this.#server.product || product_uri || '',
      name: this.#server.name || application_name || '',
    };
  }

  #prove(at: PacketRef): void {
    if (this.#packets.length < PACKETS_MAX) this.#packets.push(at);
  }

  close(at: PacketRef): void {
    this.#endSignIn('unknown');
    this.#mastery?.end();
    if (!this.#parties) return;
    this.#identify(this.#parties);
    const fields: OpcUaFields = {
      securityPolicy: this.#policy,
      securityMode: this.#mode,
      use: this.#use,
      session: this.#session,
      userToken: this.#userToken,
      passwordInClear: this.#passwordAt !== undefined,
      endpointUrl: this.#endpointUrl,
      serverName: this.#server.name || undefined,
      offered: [...this.#offered],
    };
    const { offered, ...rest } = fields;
    const key = [...Object.values(rest), offered.join(' ')].join('\n');
    const record = this.#into.note(
      'opcua',
      this.#parties,
      this.#packets[0] ?? at,
      key,
      () => fields,
    );
    if (!record) return;
    for (const packet of this.#packets) addProof(record, packet);
    if (this.#passwordAt) maskIn(record, this.#passwordAt.at, [this.#passwordAt.password]);
    record.last = at;
  }

  #identify(parties: Parties): void {
    if (!this.#saidAt) return;
    const { manufacturer_name, product_name, software_version, build_number } = this.#build ?? {};
    const { uri, product, name } = this.#server;
    noteIdentification(
      this.#into,
      parties,
      this.#saidAt,
      'opcua',
      { maker: manufacturer_name, model: product_name, version: software_version, name },
      {
        'opcua application uri': uri,
        'opcua product uri': product,
        'opcua build number': build_number,
      },
    );
  }
}
