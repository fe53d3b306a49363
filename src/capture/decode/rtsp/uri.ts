/** Secrets in the addresses of streams, where cameras like to have them: in the authority, the query and the path. */
import { type Findings, isSecretName, maskUrl } from '../http/secrets.ts';

/** Pairs inside a path: `/user=admin_password=1234_channel=1`, `/user=admin&password=1234&channel=1`. */
const PAIR = /(^|[/&_;,])([a-z][a-z0-9]{0,24})=([^/&_;,?\s]{0,128})/gi;
const USER = /^(?:user|usr|username|account|login)$/i;
const PASSWORD = /pass|pwd|^pw$/i;
const SEGMENT_CHARACTERS_MIN = 12;

export interface MaskedUri {
  readonly uri: string;
  /** A part of the path is as long and random as a key, so whoever knows it needs no other. */
  readonly secretPath: boolean;
}

export function maskUri(text: string, found: Findings): MaskedUri {
  const url = maskUrl(text, found);
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  let user: string | undefined;
  const secrets: string[] = [];
  const masked = path.replace(PAIR, (whole, mark: string, name: string, value: string) => {
    if (USER.test(name)) user ??= value;
    if (!isSecretName(name)) return whole;
    if (PASSWORD.test(name)) secrets.push(value);
    return value === '' ? whole : `${mark}${name}=${found.mask(value)}`;
  });
  for (const secret of secrets) if (secret !== '' || user) found.add('url', user, secret);
  return {
    uri: query < 0 ? masked : masked + url.slice(query),
    secretPath: path
      .replace(/^[a-z]+:\/\/[^/]*/i, '')
      .split('/')
      .some(isRandom),
  };
}

/** Long, of letters and digits in turn: words and numbers are not. */
function isRandom(segment: string): boolean {
  if (segment.length < SEGMENT_CHARACTERS_MIN || !/^[\w-]+$/.test(segment)) return false;
  // Changes between letters and digits, and between capitals and small letters inside a word.
  const changes = segment.match(/[a-z]\d|\d[a-z]|[a-z][A-Z]/gi)?.length ?? 0;
  const digits = segment.match(/\d/g)?.length ?? 0;
  return digits >= 2 && changes >= 4;
}
