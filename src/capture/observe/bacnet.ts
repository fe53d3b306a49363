/**
 * Folds BACnet's services into polling and commands, what devices say of themselves, and passwords that went with a
 * command. Both sides of a flow may ask: workstation and controller use the same port.
 */
import type { BacnetError, BacnetEvent, BacnetRefusal, BacnetService } from '../decode/bacnet.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations } from '../observations.ts';
import { vendorName } from './bacnet-vendors.ts';
import { noteIdentification } from './identification.ts';
import { noteLogin } from './login.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

const value = (operation: string): Command => ({ operation, effect: 'value' });
const program = (operation: string): Command => ({ operation, effect: 'program' });
const mode = (operation: string): Command => ({ operation, effect: 'mode' });

const COMMANDS = new Map<string, Command>(
  [
    value('write_property'),
    value('write_property_multiple'),
    value('add_list_element'),
    value('remove_list_element'),
    value('write_group'),
    value('life_safety_operation'),
    program('atomic_write_file'),
    program('create_object'),
    program('delete_object'),
    mode('device_communication_control'),
    mode('reinitialize_device'),
  ].map((command) => [command.operation, command]),
);
/** Properties of a Device object that say what it is. */
const IDENTITY: Readonly<Record<string, 'maker' | 'model' | 'version' | 'serial' | 'name'>> = {
  vendor_name: 'maker',
  model_name: 'model',
  firmware_revision: 'version',
  serial_number: 'serial',
  object_name: 'name',
};
const MORE: Readonly<Record<string, string>> = {
  application_software_version: 'bacnet application version',
  description: 'bacnet description',
  location: 'bacnet location',
};
/** What sends for others. */
const ROUTER = 'BACnet router';
const PASSWORDS_MAX = 16;
/** Number of an unconfirmed command, which nobody answers. */
const UNANSWERED = -1;

export const bacnetObserver: Observer = {
  protocols: ['bacnet'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as BacnetEvent;
    if (event.event === 'malformed') return;
    flow.session ??= new Exchanges(flow, into);
    (flow.session as Exchanges).event(event, direction, at);
  },
  close(flow, at) {
    (flow.session as Exchanges | undefined)?.close(at);
  },
};

/** What one side says of itself, put together from several answers. */
interface Said {
  readonly fields: Record<string, string>;
  readonly more: Record<string, string>;
  readonly at: PacketRef;
}
interface Password {
  readonly request: BacnetService;
  readonly at: PacketRef;
  readonly direction: Direction;
}

class Exchanges {
  readonly #flow: Flow;
  readonly #into: Observations;
  /** By the direction of requests. */
  readonly #masteries: [Mastery | undefined, Mastery | undefined] = [undefined, undefined];
  /** By the direction of answers. */
  readonly #said: [Said | undefined, Said | undefined] = [undefined, undefined];
  readonly #passwords = new Map<string, Password>();

  constructor(flow: Flow, into: Observations) {
    this.#flow = flow;
    this.#into = into;
  }

  event(event: BacnetEvent, direction: Direction, at: PacketRef): void {
    const { event: name } = event;
    if (name === 'i_am') this.#iAm(event as BacnetService, direction, at);
    else if (name === 'i_am_router_to_network') this.#say(direction, at).more.device_type = ROUTER;
    else if (name === 'error' || name === 'reject' || name === 'abort') {
      const refusal = event as BacnetError | BacnetRefusal;
      this.#answer(refusal.invoke_id, refusal.source, false, direction, at);
    } else if (!('invoke_id' in event)) {
      const command = COMMANDS.get(name);
      if (command) this.#request(UNANSWERED, event as BacnetService, command, direction, at);
    } else if (name.endsWith('_request')) {
      const request = event as BacnetService;
      const service = name.slice(0, -'_request'.length);
      this.#request(request.invoke_id ?? 0, request, COMMANDS.get(service), direction, at);
    } else if (name.endsWith('_ack') && name !== 'segment_ack') {
      const answer = event as BacnetService;
      this.#answer(answer.invoke_id ?? 0, answer.source, true, direction, at);
      this.#identity(answer, direction, at);
    }
  }

  #request(
    key: number,
    event: BacnetService,
    command: Command | undefined,
    direction: Direction,
    at: PacketRef,
  ): void {
    if ((event.segment ?? 0) > 0) return;
    this.#masteries[direction] ??= new Mastery(
      this.#into,
      senderAsClient(this.#flow, direction),
      'bacnet',
    );
    this.#masteries[direction].request(key, networkOf(event.destination), command, at);
    if (!event.password) return;
    if (this.#passwords.size >= PASSWORDS_MAX) this.#settlePasswords();
    this.#passwords.set(`${direction} ${key}`, { request: event, at, direction });
  }

  #answer(
    key: number,
    source: string | undefined,
    accepted: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const asked: Direction = direction === 0 ? 1 : 0;
    this.#masteries[asked]?.answer(key, networkOf(source), accepted, at);
    const id = `${asked} ${key}`;
    const password = this.#passwords.get(id);
    if (!password) return;
    this.#passwords.delete(id);
    this.#notePassword(password, accepted ? 'accepted' : 'refused', at);
  }

  /** The password that goes with a command (clauses 16.1.1.1.3 and 16.4.1.1.2) is in clear, always. */
  #notePassword(
    { request, at, direction }: Password,
    outcome: 'accepted' | 'refused' | 'unknown',
    answer?: PacketRef,
  ): void {
    const login = noteLogin(this.#into, senderAsClient(this.#flow, direction), at, {
      protocol: 'bacnet',
      method: request.event.slice(0, -'_request'.length),
      user: undefined,
      secret: request.password,
      outcome,
      target: undefined,
    });
    if (login && answer) addProof(login, answer);
  }

  #settlePasswords(): void {
    for (const password of this.#passwords.values()) this.#notePassword(password, 'unknown');
    this.#passwords.clear();
  }

  #say(direction: Direction, at: PacketRef): Said {
    this.#said[direction] ??= { fields: {}, more: {}, at };
    return this.#said[direction];
  }

  /** A device behind a router does not say what the router is, but that it is one. */
  #iAm({ source, device_instance, vendor_id }: BacnetService, direction: Direction, at: PacketRef) {
    const { fields, more } = this.#say(direction, at);
    if (source !== undefined) {
      more.device_type = ROUTER;
      return;
    }
    if (device_instance === undefined || vendor_id === undefined) return;
    more['bacnet device instance'] = String(device_instance);
    more['bacnet vendor id'] = String(vendor_id);
    const vendor = vendorName(vendor_id);
    if (vendor) fields.maker ??= vendor;
  }

  #identity(answer: BacnetService, direction: Direction, at: PacketRef): void {
    if (answer.source !== undefined) return;
    const { object, property, value: read } = answer;
    for (const each of answer.properties ?? [{ object, property, value: read }]) {
      if (!each.object?.startsWith('device:') || typeof each.value !== 'string') continue;
      const field = IDENTITY[each.property ?? ''];
      const other = MORE[each.property ?? ''];
      if (field) this.#say(direction, at).fields[field] = each.value;
      else if (other) this.#say(direction, at).more[other] = each.value;
    }
  }

  close(_at: PacketRef): void {
    for (const mastery of this.#masteries) mastery?.end();
    this.#settlePasswords();
    for (const direction of [0, 1] as const) {
      const said = this.#said[direction];
      if (!said) continue;
      const parties = senderAsServer(this.#flow, direction);
      noteIdentification(this.#into, parties, said.at, 'bacnet', said.fields, said.more);
    }
  }
}

/** The network behind a router that an address lies in. */
function networkOf(address: string | undefined): number | undefined {
  return address === undefined ? undefined : Number.parseInt(address, 10);
}
