/**
 * UP-01: an update image travelled to the device in clear (HTTP, FTP, TFTP).
 * Decided from a transfer's first bytes (image formats) or its type and name, and its size; an ordinary archive or
 * document is no update image. An image in pieces (HTTP ranges) is added up when its first piece shows the format.
 * A signature fetched beside it makes the case milder: the device may verify what it cannot keep secret.
 */
import { isImageFormat, isUpdateImage } from '../../capture/index.ts';
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen } from '../control.ts';
import { evidence } from '../evidence.ts';

const SIGNATURE_ENDING = /\.(sig|sign|signature|asc|p7s|p7m|minisig|gpg)$/i;

export const clearUpdate = control({
  id: 'UP-01',
  practice: 'updates',
  severity: 'high',
  title: 'Update image fetched in clear',
  why: 'Whoever sits on the path can read the image, withhold it or replace it; only a signature that the device checks would stop the last.',
  fix: 'Fetch updates over TLS with the server’s certificate checked. Sign images and let the device verify them before it installs.',
  provisions: {
    'etsi-303645:2.1.1': ['5.3-7'],
    'etsi-303645:3.1.3': ['5.3-7'],
    'eu-cra:2024-2847': ['II(7)'],
    'nistir-8259a:2020': ['SU'],
    'owasp-iot-top10:2018': ['I4'],
    'owasp-isvs:1.0': ['3.4.12'],
  },
  floor: {},
  parameters: { imageMin_bytes: 65_536 },
  evaluate(device, network, { imageMin_bytes }) {
    const images = arrivals(device).filter((pieces) => isImage(pieces, imageMin_bytes));
    if (images.length === 0) {
      return notSeen('no update image in clear; one inside TLS cannot be told from other traffic');
    }
    const signed = images.every(([first]) => signatureBeside(device, first.observation.name));
    const proof = images
      .flatMap((pieces) => pieces.slice(0, 4))
      .map(({ observation }) =>
        evidence(network, observation, {
          protocol: observation.protocol,
          name: observation.name,
          bytes: observation.bytes,
          magic: observation.magic,
          content_type: observation.contentType,
        }),
      );
    return signed
      ? fail(images.length, proof, {
          severity: 'medium',
          note: 'A signature was fetched beside the image, so the device may verify it.',
        })
      : fail(images.length, proof);
  },
});

type Transfer = Sighting<'transfer'>;

/** What came to the device, pieces of one file from one sender together. */
function arrivals(device: Device): [Transfer, ...Transfer[]][] {
  const files = new Map<string, [Transfer, ...Transfer[]]>();
  for (const transfer of device.seen('transfer')) {
    const { toClient, name, protocol } = transfer.observation;
    if (toClient !== (transfer.role === 'client')) continue;
    const key = `${transfer.peer.host} ${protocol} ${name}`;
    const known = files.get(key);
    if (known) known.push(transfer);
    else files.set(key, [transfer]);
  }
  return [...files.values()];
}

function isImage(pieces: readonly Transfer[], least: number): boolean {
  const largest = Math.max(...pieces.map(({ observation }) => observation.bytes));
  const whole = pieces.reduce((sum, { observation: o }) => sum + o.bytes * o.count, 0);
  if (pieces.some(({ observation }) => isImageFormat(observation.magic))) return whole > least;
  const image = pieces.some(({ observation: { magic, name, contentType } }) =>
    isUpdateImage(magic, name, contentType),
  );
  return image && largest > least;
}

function signatureBeside(device: Device, name: string): boolean {
  const beside = (other: string) =>
    SIGNATURE_ENDING.test(fileName(other)) &&
    stem(fileName(other).replace(SIGNATURE_ENDING, '')) === stem(fileName(name));
  return (
    device.seen('transfer').some(({ observation }) => beside(observation.name)) ||
    device
      .seen('http')
      .some(
        ({ role, observation: { path, status } }) =>
          role === 'client' && status === 200 && beside(path),
      )
  );
}

/** The last part of a path or address, without its query. */
const fileName = (path: string): string =>
  path
    .replace(/[?#].*$/s, '')
    .split(/[/\\]/)
    .at(-1) ?? '';
const stem = (file: string): string => file.replace(/\.[a-z0-9]{1,5}$/i, '').toLowerCase();
