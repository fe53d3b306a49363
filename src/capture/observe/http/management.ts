/**
 * Services over HTTP by which a device is administered from afar: Docker's API, and TR-069 (CWMP), in which the device
 * calls its configuration server with an Inform, and is called back by a connection request.
 */
import { element } from '../../decode/http/body.ts';
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from '../../decode/http/events.ts';
import type { PacketRef } from '../../decoder.ts';
import { addProof, type Observations, type Parties } from '../../observations.ts';
import { noteAdministration } from '../administration.ts';
import { noteIdentification } from '../identification.ts';
import { pathPattern } from './path.ts';

/** IANA's port of CWMP connection requests (TR-069 amendment 6, 3.2.2). */
const CWMP_PORT = 7547;
/** What administration by CWMP is noted to be about, where the device itself called. */
export const INFORM = 'inform';
const CWMP = /urn:dslforum-org:cwmp-1-\d/;
const INFORM_ELEMENT = /<(?:[\w-]{1,32}:)?Inform[\s>]/;
/** Docker and Podman, which speaks the same. */
const DOCKER_SERVER = /^(?:Docker|Libpod)\/(\S{1,32})/;
const DOCKER_PATH =
  /^(?:\/v\d\.\d{1,3})?\/(?:_ping|version|info|events|containers|images|exec|volumes|networks|build|auth|system\/df)(?:[/?]|$)/;
const GUARDED = new Set([401, 403, 407]);

/** Notes an exchange that belongs to one of them. */
export function noteManagement(
  request: HttpRequestEvent,
  answer: HttpResponseEvent | undefined,
  path: string,
  parties: Parties,
  at: PacketRef,
  answeredAt: PacketRef | undefined,
  into: Observations,
): void {
  const docker = DOCKER_SERVER.exec(answer?.server ?? '');
  if (docker && DOCKER_PATH.test(request.url)) {
    note('docker', request, answer, path, parties, at, answeredAt, into, docker[1]);
    return;
  }
  const { body } = request[BEHIND];
  if (body && CWMP.test(body) && INFORM_ELEMENT.test(body)) inform(body, parties, at, into);
  else if (parties.serverPort === CWMP_PORT && request.http_method === 'GET')
    note('cwmp', request, answer, path, parties, at, answeredAt, into);
}

function note(
  protocol: 'docker' | 'cwmp',
  request: HttpRequestEvent,
  answer: HttpResponseEvent | undefined,
  path: string,
  parties: Parties,
  at: PacketRef,
  answeredAt: PacketRef | undefined,
  into: Observations,
  version?: string,
): void {
  const status = answer?.status;
  const refused = status !== undefined && GUARDED.has(status);
  const granted = status !== undefined && status < 300;
  const scheme = request.authorization?.scheme ?? answer?.www_authenticate?.split(' ', 1)[0];
  const record = noteAdministration(into, parties, at, {
    protocol,
    answered: answer !== undefined,
    version,
    security: answer ? (scheme?.toLowerCase() ?? 'none') : undefined,
    access: granted ? 'granted' : refused ? 'refused' : 'unknown',
    anonymous: granted && request.authorization === undefined,
    target: pathPattern(path),
  });
  if (record && answeredAt) addProof(record, answeredAt);
}

/** The device says what it is, and to whom it listens. */
function inform(body: string, parties: Parties, at: PacketRef, into: Observations): void {
  const { carrier, client, server, clientPort, serverPort, openingSeen, multicast } = parties;
  const device: Parties = {
    ...{ carrier, client: server, server: client, clientPort: serverPort },
    ...{ serverPort: clientPort, openingSeen, multicast },
  };
  noteAdministration(into, device, at, {
    protocol: 'cwmp',
    answered: true,
    access: 'granted',
    target: INFORM,
  });
  noteIdentification(into, device, at, 'cwmp', {
    maker: element(body, 'Manufacturer'),
    model: element(body, 'ProductClass'),
    serial: element(body, 'SerialNumber'),
  });
}
