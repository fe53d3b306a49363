/**
 * Finds e-mail addresses, exact positions and IMEIs in a text, in time linear in its length. Rather too few than too
 * many: a number is a position only by its name, and an IMEI by its name or where it is all of the text.
 */

export type PersonalKind = 'email' | 'position' | 'imei';

export interface FoundText {
  readonly kind: PersonalKind;
  /** In one form, whatever the wire's: lower case, decoded. */
  readonly value: string;
  readonly wire: string;
}

/** Of one text. */
const FOUND_MAX = 8;

export function findPersonal(text: string): FoundText[] {
  const found: FoundText[] = [];
  findEmails(text, found);
  findPositions(text, found);
  findImeis(text, found);
  return found;
}

function add(found: FoundText[], kind: PersonalKind, value: string, wire: string): void {
  if (found.length >= FOUND_MAX) return;
  if (!found.some((each) => each.kind === kind && each.value === value))
    found.push({ kind, value, wire });
}

const LOCAL_MAX = 64;
const DOMAIN_MAX = 128;
const LOCAL_CHARACTER = /[A-Za-z0-9._%+-]/;
const DOMAIN = /^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,24}(?![\w-])/;
/** Names of tests and of nobody: RFC 2606 and 6761, and what documents use. */
const NOBODYS_DOMAIN =
  /(^|\.)(example|test|invalid|localhost|local|example\.(com|net|org)|domain\.com|email\.com|mail\.com|acme\.com|foo\.com|bar\.com|lan|internal)$/i;
/** Ends of file names that look like domains: `logo@2x.png`. */
const FILE_ENDING =
  /\.(png|jpe?g|gif|svg|webp|bmp|ico|css|js|mjs|html?|json|xml|txt|log|bin|zip|gz|so|py|sh)$/i;
/** Addresses of a function and not of a person. */
const ROLE =
  /^(no-?reply|do-?not-?reply|postmaster|hostmaster|webmaster|abuse|support|info|contact|sales|admin|administrator|root|nobody|user|username|name|test|tester|foo|bar|someone|you|your\.?(name|email)|email|mail|git|www|daemon|mailer-daemon)$/i;

/** Around each `@`, also where it is percent-encoded. */
function findEmails(text: string, found: FoundText[]): void {
  for (const sign of ['@', '%40']) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + sign.length)) {
      if (found.length >= FOUND_MAX) return;
      let from = at;
      while (from > 0 && at - from < LOCAL_MAX && LOCAL_CHARACTER.test(text[from - 1])) from--;
      // In forms what stands before is encoded as well: `=`, `&`.
      const local = text.slice(from, at).replace(/^.*%(?:3D|26|22|3C|20|3A)/i, '');
      const begin = at - local.length;
      if (local === '' || local.startsWith('.') || isAccount(text, begin)) continue;
      const domain = DOMAIN.exec(text.slice(at + sign.length, at + sign.length + DOMAIN_MAX))?.[0];
      if (!domain || NOBODYS_DOMAIN.test(domain) || FILE_ENDING.test(domain)) continue;
      const person = decoded(local);
      if (ROLE.test(person) || person.includes('%')) continue;
      add(found, 'email', `${person}@${domain}`.toLowerCase(), `${local}${sign}${domain}`);
    }
  }
}

/** `//name@host` and `https://name:password@host` name an account at a server. */
const ACCOUNT = /\/\/[^\s/"'<>]{0,64}$/;
function isAccount(text: string, begin: number): boolean {
  return ACCOUNT.test(text.slice(Math.max(0, begin - 66), begin));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `"lat": 48.13712, "lng": 11.57539` and alike, in JSON, forms and XML: both within 64 characters of each other. */
const LATITUDE =
  /(?<![a-z])lat(?:itude)?(?:_deg)?["'\s]{0,3}(?:[:=>]|%3A|%22%3A)["'\s]{0,3}(-?\d{1,2}\.\d{3,15})/gi;
const LONGITUDE =
  /(?<![a-z])(?:lon|lng|long|longitude)(?:_deg)?["'\s]{0,3}(?:[:=>]|%3A|%22%3A)["'\s]{0,3}(-?\d{1,3}\.\d{3,15})/gi;
const NEAR = 96;
/** NMEA 0183: degrees and minutes with a letter. */
const NMEA =
  /\$G[A-Z](?:GGA|RMC|GLL)[^\r\n$]{0,40}?,(\d{4}\.\d{2,8}),([NS]),(\d{5}\.\d{2,8}),([EW])/g;

function findPositions(text: string, found: FoundText[]): void {
  const longitudes = [...text.matchAll(LONGITUDE)];
  for (const latitude of text.matchAll(LATITUDE)) {
    const longitude = longitudes.find(({ index }) => Math.abs(index - latitude.index) <= NEAR);
    if (!longitude) continue;
    const [north, east] = [Number(latitude[1]), Number(longitude[1])];
    if (!isPosition(north, east)) continue;
    const from = Math.min(latitude.index, longitude.index);
    const to = Math.max(latitude.index + latitude[0].length, longitude.index + longitude[0].length);
    add(found, 'position', `${north},${east}`, text.slice(from, to));
  }
  for (const { 0: wire, 1: north, 2: ns, 3: east, 4: ew } of text.matchAll(NMEA)) {
    const latitude = degrees(north) * (ns === 'S' ? -1 : 1);
    const longitude = degrees(east) * (ew === 'W' ? -1 : 1);
    if (isPosition(latitude, longitude))
      add(found, 'position', `${latitude.toFixed(6)},${longitude.toFixed(6)}`, wire);
  }
}

/** Where nothing is known, devices say 0; both whole thousandths of nothing are no place either. */
function isPosition(latitude: number, longitude: number): boolean {
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return false;
  return Math.abs(latitude) > 0.001 && Math.abs(longitude) > 0.001;
}

/** `4807.038` is 48° 07.038'. */
function degrees(text: string): number {
  const value = Number(text);
  const whole = Math.floor(value / 100);
  return whole + (value - whole * 100) / 60;
}

const NAMED_IMEI =
  /imei(?:_?(?:number|no|sv|1|2))?["'\s]{0,3}(?:[:=>/]|%3A|%22%3A)["'\s]{0,3}(\d{15})(?!\d)/gi;
/** Reporting bodies that allocate today (TS.06): what begins with something else is another number. */
const ALLOCATED = /^(?:01|35|86|91|99)/;
/** From documents and emulators. */
const EXAMPLES = new Set([
  '490154203237518',
  '358240051111110',
  '352099001761481',
  '000000000000000',
  '012345678901237',
]);

function findImeis(text: string, found: FoundText[]): void {
  for (const { 1: number } of text.matchAll(NAMED_IMEI))
    if (isImei(number)) add(found, 'imei', number, number);
  // As a client identifier, or a level of a topic, it stands alone.
  if (text.length > 256) return;
  for (const part of text.split(/[/:_-]/))
    if (part.length === 15 && /^\d{15}$/.test(part) && ALLOCATED.test(part) && isImei(part))
      add(found, 'imei', part, part);
}

/** The last digit is a check digit (ISO/IEC 7812-1, annex B: Luhn). */
function isImei(number: string): boolean {
  if (EXAMPLES.has(number) || /^(\d)\1+$/.test(number)) return false;
  let sum = 0;
  for (let i = 0; i < number.length; i++) {
    const digit = Number(number[i]);
    const counted = i % 2 === 1 ? digit * 2 : digit;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}
