/**
 * What the bounded head of a body tells: the sign-in form of a page, its title, a UPnP device description
 * (UPnP Device Architecture 2.0, section 2.3), and the credentials of a request.
 */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { maskSecrets, mayHoldSecret } from '../payload.ts';
import { ownText } from './head.ts';
import { Findings, readJson, readMultipart, readUrlencoded, readXml, xmlText } from './secrets.ts';

/** Bytes of a body that are looked at: of a request's form, of a page or XML answer, of anything else (for its magic). */
export const FORM_BYTES_MAX = 4_096;
export const PAGE_BYTES_MAX = 16_384;
export const MAGIC_BYTES_MAX = 512;

/** Secrets that are masked in one answer. */
const ANSWER_SECRETS_MAX = 32;
const TITLE_CHARACTERS_MAX = 120;
const FIELD_CHARACTERS_MAX = 128;

/** How a body of a media type is read; undefined: not at all. */
export type BodyKind = 'form' | 'multipart' | 'json' | 'xml' | 'html' | 'text' | 'dns' | undefined;

/** @param type - the media type, without parameters, in lower case. */
export function bodyKind(type: string | undefined): BodyKind {
  if (!type) return undefined;
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type === 'multipart/form-data') return 'multipart';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (type.endsWith('/json') || type.endsWith('+json')) return 'json';
  if (type === 'text/plain') return 'text';
  if (type === 'application/dns-message') return 'dns';
  if (type.endsWith('/xml') || type.endsWith('+xml')) return 'xml';
  return undefined;
}

/** Finds the credentials in a request's body. */
export function readRequestBody(kind: BodyKind, body: string, found: Findings): void {
  if (kind === 'form') readUrlencoded(body, found);
  else if (kind === 'multipart') readMultipart(body, found);
  else if (kind === 'xml') readXml(body, found);
  else if (kind === 'json') readJson(body, found);
  // Devices send forms and JSON under any type.
  else if (/^\s*[{[]/.test(body)) readJson(body, found);
  else if (/^[\w.%[\]-]{1,64}=/.test(body)) readUrlencoded(body, found);
}

const VALUE_OF_INPUT =
  /<input\b[^>]{0,256}?\bvalue\s{0,4}=\s{0,4}["']([^"'<>]{1,256})["'][^>]{0,256}/gi;
const NAMES_SECRET =
  /type\s*=\s*["']?password|(?:name|id)\s*=\s*["']?[\w.-]{0,32}(?:pass|pwd|psk|secret|token|key)/i;

/** Finds what an answer gives away, so that it can be masked where the packet is saved. */
export function readAnswerSecrets(
  kind: BodyKind,
  body: string,
  sealer: SecretSealer,
  into: Secret[],
): void {
  if (into.length >= ANSWER_SECRETS_MAX) return;
  const found: Secret[] = [];
  if (mayHoldSecret(body)) maskSecrets(body, sealer, found);
  if (kind === 'xml') {
    const elements = new Findings(sealer);
    readXml(body, elements);
    found.push(...elements.wire);
  } else if (kind === 'html') {
    for (const [input, value] of body.matchAll(VALUE_OF_INPUT))
      if (NAMES_SECRET.test(input)) found.push(sealer.seal(value as string));
  }
  into.push(...found.filter(({ length }) => length >= 4).slice(0, ANSWER_SECRETS_MAX));
}

export interface Page {
  readonly title: string | undefined;
  readonly loginForm: boolean;
}

const PASSWORD_INPUT = /<input\b[^>]{0,512}?\btype\s{0,4}=\s{0,4}["']?password\b/i;
const SIGN_IN =
  /\b(?:log[ -]?[io]n|sign[ -]?in|anmeld|authenticat|password required|unauthori[sz]ed)/i;
const TITLE = /<title\b[^>]{0,128}>([^<]{0,512})/i;

/** Reads the beginning of an HTML page. */
export function readPage(html: string): Page {
  const text = TITLE.exec(html)?.[1];
  const title = text === undefined ? undefined : shortText(text, TITLE_CHARACTERS_MAX);
  const loginForm = PASSWORD_INPUT.test(html) || (title !== undefined && SIGN_IN.test(title));
  return { title: title || undefined, loginForm };
}

/** The elements of a UPnP device description, under their own names in snake_case. */
export interface DeviceDescription {
  readonly device_type: string | undefined;
  readonly friendly_name: string | undefined;
  readonly manufacturer: string | undefined;
  readonly model_name: string | undefined;
  readonly model_number: string | undefined;
  readonly model_description: string | undefined;
  readonly serial_number: string | undefined;
  readonly udn: string | undefined;
}

/** Reads a UPnP device description; undefined when the XML is none. */
export function readDescription(xml: string): DeviceDescription | undefined {
  if (!xml.includes('urn:schemas-upnp-org:device')) return undefined;
  return {
    device_type: element(xml, 'deviceType'),
    friendly_name: element(xml, 'friendlyName'),
    manufacturer: element(xml, 'manufacturer'),
    model_name: element(xml, 'modelName'),
    model_number: element(xml, 'modelNumber'),
    model_description: element(xml, 'modelDescription'),
    serial_number: element(xml, 'serialNumber'),
    udn: element(xml, 'UDN'),
  };
}

/**
 * Text of the first element of this name, whatever its namespace prefix.
 * @param max - characters that are kept.
 */
export function element(xml: string, name: string, max = FIELD_CHARACTERS_MAX): string | undefined {
  let from = 0;
  for (let tries = 0; tries < 8; tries++) {
    const at = xml.indexOf(name, from);
    if (at < 0) return undefined;
    from = at + name.length;
    // `<name>` or `<prefix:name attribute="…">`, opening.
    const open = xml.lastIndexOf('<', at);
    if (open < 0 || xml[open + 1] === '/') continue;
    if (open + 1 !== at && (at - open > 33 || xml[at - 1] !== ':')) continue;
    const after = xml[from];
    if (after !== '>' && after !== ' ') continue;
    const close = xml.indexOf('>', from);
    if (close < 0 || close - from > 256 || xml[close - 1] === '/') continue;
    const stop = xml.indexOf('<', close);
    const text = shortText(xml.slice(close + 1, stop < 0 ? undefined : stop), max);
    return text === '' ? undefined : text;
  }
  return undefined;
}

function shortText(text: string, max: number): string {
  return ownText(
    xmlText(text.slice(0, 4 * max))
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, max),
  );
}
