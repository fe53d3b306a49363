/**
 * Writes the reference part of docs/decode.md, the events and fields of each protocol, from the interfaces of the
 * decoders' events and their comments: `node scripts/decode-doc.ts`. It reads as much TypeScript as those files use:
 * interfaces with plain fields, `extends`, one type parameter for the event's name, and lists of names.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly comment: string;
}
interface Declaration {
  readonly name: string;
  readonly parents: readonly string[];
  readonly fields: readonly Field[];
  readonly comment: string;
  /** Of the tag `@events`, where the type of the event's name is just text. */
  readonly tagged: readonly string[];
}
/** What one protocol's files declare. */
interface Source {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** Types that are other types, and constants: lists of names, and numbers. */
  readonly aliases: ReadonlyMap<string, string>;
}

const root = fileURLToPath(new URL('../', import.meta.url));
const decodeFolder = join(root, 'src/capture/decode');
const document = join(root, 'docs/decode.md');
const MARK = '<!-- Below: written by scripts/decode-doc.ts. -->';

/** Protocol as a heading → its files (a file and the folder of its name), in the order of the page. */
const PROTOCOLS: readonly (readonly [title: string, file: string])[] = [
  ['tls, dtls', 'tls'],
  ['quic', 'quic'],
  ['mqtt', 'mqtt'],
  ['amqp', 'amqp'],
  ['nats', 'nats'],
  ['http and upnp', 'http'],
  ['http2', 'http2'],
  ['websocket', 'websocket'],
  ['coap', 'coap'],
  ['dns, mdns, llmnr, nbns', 'dns'],
  ['dhcp', 'dhcp'],
  ['dhcpv6', 'dhcpv6'],
  ['ssh', 'ssh'],
  ['telnet', 'telnet'],
  ['rfb', 'rfb'],
  ['rtsp', 'rtsp'],
  ['rtp and rtcp', 'rtp'],
  ['stun', 'stun'],
  ['rdp', 'rdp'],
  ['smb', 'smb'],
  ['adb', 'adb'],
  ['gdb', 'gdb'],
  ['rlogin, rsh, rexec', 'r-services'],
  ['wireguard', 'wireguard'],
  ['openvpn', 'openvpn'],
  ['esp', 'esp'],
  ['pppp', 'pppp'],
  ['ftp and ftp_data', 'ftp'],
  ['smtp', join('mail', 'smtp-events')],
  ['imap', join('mail', 'imap-events')],
  ['pop3', join('mail', 'pop3-events')],
  ['irc', join('mail', 'irc-events')],
  ['sip', 'sip'],
  ['snmp', 'snmp'],
  ['radius', 'radius'],
  ['krb5', 'krb5'],
  ['ike', 'ike'],
  ['syslog', 'syslog'],
  ['tftp', 'tftp'],
  ['ntp', 'ntp'],
  ['ssdp', 'ssdp'],
  ['nat_pmp and pcp', 'nat-pmp'],
  ['modbus', 'modbus'],
  ['dnp3', 'dnp3'],
  ['iec104', 'iec104'],
  ['s7comm and s7comm_plus', 's7comm'],
  ['enip and cip_io', 'enip'],
  ['opcua', 'opcua'],
  ['bacnet', 'bacnet'],
  ['knx', 'knx'],
  ['profinet', 'profinet'],
  ['matter', 'matter'],
  ['tuya', 'tuya'],
  ['kasa', 'kasa'],
  ['tdp', 'tdp'],
  ['miio', 'miio'],
  ['yeelight', 'yeelight'],
  ['wiz', 'wiz'],
  ['lifx', 'lifx'],
  ['weave', 'weave'],
  ['nbds', 'nbds'],
  ['mms', 'mms'],
  ['fins', 'fins'],
  ['ads', 'ads'],
  ['hart_ip, c37118, c1222, someip, trdp, cnp_ip, ether_sio, zabbix', 'field-headers'],
  ['max_cube', 'max-cube'],
  ['ws_discovery', 'ws-discovery'],
  ['sadp', 'sadp'],
  ['dahua', 'dahua'],
  ['ubnt, dlink_ddp, edimax, eq3_max, hf_lpb', 'maker-discovery'],
  ['personal_data', 'personal-data'],
  ['wifi', 'wifi'],
  ['eapol', 'eapol'],
  ['arp', 'arp'],
  ['ndp', 'neighbour'],
];

/** What several decoders use. */
const SHARED = new Set(['payload.ts', 'sdp.ts', 'wifi-elements.ts', join('http', 'secrets.ts')]);

/** Fields that every line has, and those of `malformed`, which the page explains once. */
const COMMON = new Set(['protocol', 'event']);
const BASES = /^(AppEvent|MalformedEvent)$/;

function sourceOf(file: string): Source {
  const paths = readdirSync(decodeFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => SHARED.has(path) || path === `${file}.ts` || path.startsWith(`${file}${sep}`))
    .filter((path) => path.endsWith('.ts') && !basename(path).includes('.test.'));
  const declarations = new Map<string, Declaration>();
  const aliases = new Map<string, string>();
  for (const path of paths.sort()) {
    const text = readFileSync(join(decodeFolder, path), 'utf8');
    for (const declaration of interfacesIn(text)) declarations.set(declaration.name, declaration);
    for (const [, name, value] of text.matchAll(/^(?:export )?type (\w+) =([^;]+);/gm))
      aliases.set(name!, value!.trim());
    for (const [, name, value] of text.matchAll(
      /^(?:export )?const (\w+) = \[([^\]]*)\] as const/gm,
    ))
      aliases.set(name!, value!.trim());
    for (const [, name, value] of text.matchAll(/^(?:export )?const (\w+) = ([\d_]+);/gm))
      aliases.set(name!, value!.replace('_', ','));
  }
  return { declarations, aliases };
}

function interfacesIn(text: string): Declaration[] {
  const found: Declaration[] = [];
  const head =
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?(?:export )?interface (\w+)(?:<[^{]*?>)?(\s+extends [^{]+)? \{\n/g;
  for (const match of text.matchAll(head)) {
    const start = match.index + match[0].length;
    const body = text.slice(start, text.indexOf('\n}', start) + 1);
    const [comment = '', events = ''] = (match[1] ?? '').split('@events');
    found.push({
      name: match[2]!,
      tagged: plainComment(events).split(', ').filter(Boolean),
      parents: (match[3] ?? '')
        .replace(/^\s+extends /, '')
        .split(/,\s*(?![^<]*>)/)
        .filter(Boolean),
      fields: fieldsIn(body),
      comment: plainComment(comment),
    });
  }
  return found;
}

/** A field begins at two spaces; what is deeper belongs to its type. */
function fieldsIn(body: string): Field[] {
  const fields: Field[] = [];
  const field =
    /(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}(?:readonly )?(\w+)(\??):([\s\S]*?);\n(?= {2}\S|$)/g;
  for (const [, comment = '', name, optional, type] of body.matchAll(field)) {
    const plain = type!.replaceAll(/\s+/g, ' ').trim();
    fields.push({
      name: name!,
      type: plain.replace(/ \| undefined$/, ''),
      optional: optional === '?' || plain.endsWith('| undefined'),
      comment: plainComment(comment),
    });
  }
  return fields;
}

function plainComment(comment: string): string {
  return comment
    .replaceAll(/\n\s*\*?/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The event names that a type stands for: literals, a list of names, or an alias of them. */
function eventNames(type: string, { aliases }: Source): string[] {
  const list = /\(typeof (\w+)\)\[number\]/g;
  const lists = [...type.matchAll(list)].flatMap(([, name]) => quoted(aliases.get(name!) ?? ''));
  const named = aliases.get(type.trim());
  return [
    ...lists,
    ...quoted(type),
    ...(named ? eventNames(named, { aliases, declarations: new Map() }) : []),
  ];
}

const quoted = (text: string): string[] =>
  [...text.matchAll(/'([^']+)'/g)].map(([, name]) => name!);

/** Events as [names, declaration], in the order of the files. */
function eventsOf(source: Source): [string[], Declaration][] {
  const events: [string[], Declaration][] = [];
  for (const declaration of source.declarations.values()) {
    const own = declaration.fields.find(({ name }) => name === 'event');
    const generic = declaration.parents.find((parent) => parent.includes('<'));
    const names =
      own && own.type !== 'E' ? eventNames(own.type, source) : eventNames(generic ?? '', source);
    if (names.length > 0) events.push([names, declaration]);
    else if (declaration.tagged.length > 0) events.push([[...declaration.tagged], declaration]);
  }
  for (const [name, value] of source.aliases) {
    const base = /^(\w+)<('.*')>$/.exec(value);
    if (base)
      events.push([
        quoted(base[2]!),
        { name, parents: [`${base[1]}<>`], fields: [], comment: '', tagged: [] },
      ]);
  }
  return events;
}

function words(type: string, source: Source, depth = 0): string {
  const plain = type.replace(/^readonly /, '').replace(/^\((.*)\)$/, '$1');
  if (plain.endsWith('[]')) {
    const item = plain.slice(0, -2).replace(/^\((.*)\)$/, '$1');
    return `list of ${words(item, source, depth)}`;
  }
  if (plain === 'string') return 'text';
  if (plain === 'true') return '`true`';
  if (plain === 'boolean') return '`true` or `false`';
  if (plain === 'Secret') return 'keyed hash';
  if (plain === 'number') return 'number';
  if (/^'[^|]*'( \| '[^|]*')*$/.test(plain))
    return quoted(plain)
      .map((each) => `\`${each}\``)
      .join(', ');
  if (plain.includes(' | '))
    return [
      ...new Set(
        plain
          .split(' | ')
          .filter(Boolean)
          .map((each) => words(each, source, depth)),
      ),
    ].join(' or ');
  if (plain.startsWith('Readonly<Record') || plain.startsWith('Record')) return 'object';
  if (plain.startsWith('{')) {
    const names = [...plain.matchAll(/(\w+)\??:/g)].map(([, name]) => `\`${name}\``);
    return `object: ${names.join(', ')}`;
  }
  const declaration = source.declarations.get(plain);
  if (declaration && depth < 1) {
    const names = allFields(declaration, source).map(({ name }) => `\`${name}\``);
    return `object: ${names.join(', ')}`;
  }
  const alias = source.aliases.get(plain);
  if (alias !== undefined && /^\|? ?'/.test(alias))
    return quoted(alias)
      .map((each) => `\`${each}\``)
      .join(', ');
  return declaration || alias ? 'object' : plain === 'MqttProperties' ? 'object' : `\`${plain}\``;
}

function allFields(declaration: Declaration, source: Source): Field[] {
  const inherited = declaration.parents.flatMap((parent) => {
    const base = source.declarations.get(parent.replace(/<.*/, ''));
    if (base) return allFields(base, source);
    // A record of listed names.
    const record = source.aliases.get(parent);
    if (!record?.startsWith('Record<')) return [];
    return eventNames(record, source).map((name) => ({
      name,
      type: 'string',
      optional: false,
      comment: '',
    }));
  });
  return [...inherited, ...declaration.fields].filter(({ name }) => !COMMON.has(name));
}

function section(title: string, file: string): string[] {
  const source = sourceOf(file);
  const events = eventsOf(source).filter(([names]) => !names.includes('malformed'));
  // What several events share is told once, before them.
  const shared = new Map<string, number>();
  for (const [, { parents }] of events)
    for (const parent of new Set(parents.map((each) => each.replace(/<.*/, ''))))
      shared.set(parent, (shared.get(parent) ?? 0) + 1);
  const isShared = (name: string): boolean => !BASES.test(name) && (shared.get(name) ?? 0) > 1;
  const bases = [...source.declarations.values()].filter(({ name }) => isShared(name));
  const lines = [`## ${title}`, ''];
  for (const base of bases) {
    const fields = allFields(base, source);
    if (fields.length === 0) continue;
    const named = events
      .filter(([, { parents }]) => parents.some((each) => each.replace(/<.*/, '') === base.name))
      .flatMap(([names]) => names);
    const whom =
      named.length === events.flatMap(([names]) => names).length
        ? 'every event'
        : named.map((each) => `\`${each}\``).join(', ');
    lines.push(`Of ${whom}:`, '', ...table(fields, source));
  }
  for (const [names, declaration] of events) {
    const own = allFields(
      {
        ...declaration,
        parents: declaration.parents.filter((each) => !isShared(each.replace(/<.*/, ''))),
      },
      source,
    );
    lines.push(`### ${headingOf(names, declaration, title, source)}`, '');
    if (declaration.comment) lines.push(escaped(declaration.comment, source), '');
    if (own.length > 0) lines.push(...table(own, source), ...nested(own, source));
    else if (!declaration.comment) lines.push('No fields of its own.', '');
  }
  return lines;
}

function headingOf(
  names: string[],
  declaration: Declaration,
  title: string,
  source: Source,
): string {
  if (names.includes('unassigned')) return 'Any of them, too long to be held';
  const heading = names.map((name) => `\`${name}\``).join(', ');
  const protocol = title.includes(' and ') ? protocolOf(declaration, source) : undefined;
  return protocol === undefined || title.startsWith(`${protocol} `)
    ? heading
    : `${heading} (${protocol})`;
}

function protocolOf(declaration: Declaration, source: Source): string | undefined {
  const own = declaration.fields.find(({ name }) => name === 'protocol');
  if (own) return quoted(own.type)[0];
  for (const parent of declaration.parents) {
    const base = source.declarations.get(parent);
    const protocol = base && protocolOf(base, source);
    if (protocol) return protocol;
  }
  return undefined;
}

/** What objects inside hold, where that needs words. */
function nested(fields: readonly Field[], source: Source): string[] {
  const declared = Map.groupBy(fields, ({ type }) =>
    source.declarations.get(type.replace(/^readonly /, '').replace(/\[\]$/, '')),
  );
  return [...declared].flatMap(([declaration, holders]) => {
    if (!declaration?.fields.some(({ comment }) => comment !== '')) return [];
    const names = holders.map(({ name }) => `\`${name}\``).join(', ');
    return [`In ${names}:`, '', ...table(allFields(declaration, source), source)];
  });
}

function table(fields: readonly Field[], source: Source): string[] {
  return [
    '| field | holds | |',
    '| --- | --- | --- |',
    ...fields.map(({ name, type, optional, comment }) => {
      const holds = words(type, source) + (optional ? ', or absent' : '');
      return `| \`${name}\` | ${holds} | ${escaped(comment, source)} |`;
    }),
    '',
  ];
}

/** Comments name constants, say “undefined” for what a line lacks, and escape nothing. */
function escaped(text: string, { aliases }: Source): string {
  return text
    .replaceAll(/\b[A-Z_]+_MAX\b/g, (name) => aliases.get(name) ?? name)
    .replaceAll(/\bundefined\b/g, 'absent')
    .replaceAll(/\bUndefined\b/g, 'Absent')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;');
}

const [before] = readFileSync(document, 'utf8').split(MARK);
const reference = PROTOCOLS.flatMap(([title, file]) => section(title, file));
writeFileSync(document, `${before}${MARK}\n\n${reference.join('\n').trimEnd()}\n`);
