/** `fleetward devices …`: the inventory of a running instance. */

import { ExitCode, UsageError } from '../../base/index.ts';
import type { DeviceDetails, DevicePatch, RegisteredDevice } from '../../fleet/registry/index.ts';
import type { Context } from '../command.ts';
import { command, commandWithVerbs } from '../command.ts';
import { remoteOptions, wholeNumber } from '../options.ts';
import { type Client, connect } from '../remote/client.ts';
import { moment, printFields, printTable } from '../remote/table.ts';

const CRITICALITIES = ['low', 'normal', 'high', 'essential'] as const;
const SORTS = ['name', 'type', 'vendor', 'lastSeen', 'firstSeen', 'worst', 'posture'] as const;
const RANKS = ['', 'info', 'low', 'medium', 'high', 'critical'];
const LIMIT = 50;

const filterOptions = {
  search: { flags: '--search <words>', summary: 'words in names, addresses, vendor, model' },
  type: { flags: '--type <type...>', summary: 'of these types' },
  segment: { flags: '--segment <id...>', summary: 'in these segments (ids; none)' },
  tag: { flags: '--tag <tag...>', summary: 'with all of these tags' },
  retired: { flags: '--retired', summary: 'those out of service' },
} as const;

interface Filter {
  readonly search?: string | undefined;
  readonly type?: string[] | undefined;
  readonly segment?: string[] | undefined;
  readonly tag?: string[] | undefined;
  readonly retired: boolean;
}

const queryOf = ({ search, type, segment, tag, retired }: Filter) => ({
  ...{ search, type, segment, tag },
  retired: retired || undefined,
});

const list = command({
  name: 'list',
  summary: 'List devices',
  arguments: [],
  options: {
    ...filterOptions,
    sort: { flags: '--sort <field>', summary: 'order (default lastSeen)', choices: SORTS },
    limit: {
      flags: '--limit <number>',
      summary: `at most so many (default ${LIMIT})`,
      parse: wholeNumber,
    },
    ...remoteOptions,
  },
  examples: [
    ['devices list --search camera', 'what is called so'],
    ['devices list --sort worst --limit 10', 'those most at risk'],
  ],
  async run(context, { options }) {
    const { out, err, json } = context;
    const client = connect(options, context);
    const limit = options.limit ?? LIMIT;
    const devices: RegisteredDevice[] = [];
    const query = { ...queryOf(options), sort: options.sort };
    for await (const device of client.all('/devices', query, limit)) devices.push(device);
    if (json) {
      out.json(devices);
      return ExitCode.fine;
    }
    printTable(out, devices, [
      { title: 'ID', of: ({ id }) => id },
      { title: 'NAME', of: ({ name }) => name },
      { title: 'TYPE', of: ({ type }) => type },
      { title: 'ADDRESS', of: ({ address }) => address },
      { title: 'WORST', of: ({ worst }) => RANKS[worst] },
      { title: 'OPEN', of: ({ openFindings }) => openFindings },
      { title: 'LAST SEEN', of: ({ lastSeen }) => moment(lastSeen) },
    ]);
    if (devices.length === limit) err.print(`the first ${limit}; --limit shows more`);
    return ExitCode.fine;
  },
});

const show = command({
  name: 'show',
  summary: 'Show all that is known of a device',
  arguments: [{ name: 'device', summary: 'its id', required: true }],
  options: remoteOptions,
  examples: [['devices show 0192…', 'by the id that the list shows']],
  async run(context, { arguments: [id], options }) {
    const device = await connect(options, context).get('/devices/{id}', { id });
    if (context.json) context.out.json(device);
    else printDevice(context, device);
    return ExitCode.fine;
  },
});

const set = command({
  name: 'set',
  summary: 'Say something of a device; an empty text takes it back',
  arguments: [{ name: 'device', summary: 'its id', required: true }],
  options: {
    name: { flags: '--name <text>', summary: 'what people call it' },
    type: { flags: '--type <text>', summary: 'what it is' },
    vendor: { flags: '--vendor <text>', summary: 'who made it' },
    model: { flags: '--model <text>', summary: 'which model' },
    version: { flags: '--firmware <text>', summary: 'which version of its software' },
    segment: { flags: '--segment <id>', summary: 'where it belongs' },
    owner: { flags: '--owner <id>', summary: 'the person who answers for it' },
    criticality: {
      flags: '--criticality <level>',
      summary: 'essential: stopping it could hurt people',
      choices: CRITICALITIES,
    },
    tags: { flags: '--tags <tag...>', summary: 'in place of those that it has' },
    notes: { flags: '--notes <text>', summary: 'in place of those that it has' },
    retire: { flags: '--retire', summary: 'it is out of service' },
    revive: { flags: '--revive', summary: 'it is in service again' },
    ...remoteOptions,
  },
  examples: [
    ['devices set 0192… --name "front door" --criticality high', 'for one device'],
    ['devices set 0192… --owner ""', 'to take back what was said'],
  ],
  async run(context, { arguments: [id], options }) {
    const { tags, retire, revive, criticality, notes } = options;
    if (retire && revive)
      throw new UsageError('options-clash', '--retire and --revive exclude each other.');
    const texts = ['name', 'type', 'vendor', 'model', 'version', 'segment', 'owner'] as const;
    const given = texts
      .filter((field) => options[field] !== undefined)
      .map((field) => [field, options[field] || null]);
    const patch: DevicePatch = {
      ...Object.fromEntries(given),
      ...(criticality === undefined ? {} : { criticality }),
      ...(notes === undefined ? {} : { notes }),
      ...(tags === undefined ? {} : { tags: tags.filter(Boolean) }),
      ...(retire || revive ? { retired: retire } : {}),
    };
    if (Object.keys(patch).length === 0)
      throw new UsageError('nothing-to-set', 'say what to set, such as --name; see --help.');
    const device = await connect(options, context).send('PATCH', '/devices/{id}', {
      params: { id },
      body: patch,
    });
    if (context.json) context.out.json(device);
    else printDevice(context, device);
    return ExitCode.fine;
  },
});

const importDevices = command({
  name: 'import',
  summary: 'Take what people say of devices from a CSV or JSON file',
  arguments: [
    {
      name: 'file',
      summary: 'as devices export writes it; devices are found by id, mac or address',
      required: true,
      completes: 'file',
    },
  ],
  options: {
    dryRun: { flags: '--dry-run', summary: 'only say what would change' },
    ...remoteOptions,
  },
  examples: [
    ['devices import owners.csv --dry-run', 'columns such as mac,name,criticality,tags'],
    ['devices import owners.csv', 'the same for good'],
  ],
  async run(context, { arguments: [file], options }) {
    const { importFrom } = await import('../remote/device-files.ts');
    const client: Client = connect(options, context);
    const { changed, same, faults } = await importFrom(client, file, options.dryRun);
    const { out, err, json } = context;
    for (const { line, message } of faults) err.print(`${file}, row ${line}: ${message}`);
    if (json) out.json({ changed, same, faults });
    else
      out.print(
        `${changed} devices ${options.dryRun ? 'would change' : 'changed'}, ${same} are so already, ${faults.length} rows could not be taken.`,
      );
    return faults.length > 0 ? ExitCode.input : ExitCode.fine;
  },
});

const exportDevices = command({
  name: 'export',
  summary: 'Write all devices as CSV, or with --json as JSON',
  arguments: [],
  options: {
    ...filterOptions,
    out: { flags: '-o, --out <file>', summary: 'in place of standard output', completes: 'file' },
    ...remoteOptions,
  },
  examples: [
    ['devices export -o devices.csv', 'for a spreadsheet'],
    ['devices export --json > devices.json', 'for programs'],
  ],
  async run(context, { options }) {
    const { exportTo } = await import('../remote/device-files.ts');
    const devices: RegisteredDevice[] = [];
    const client = connect(options, context);
    for await (const device of client.all('/devices', {
      ...queryOf(options),
      sort: 'name',
      order: 'asc',
    }))
      devices.push(device);
    const text = exportTo(devices, context.json);
    if (options.out === undefined) context.out.print(text.trimEnd());
    else {
      const { writeFileWhole } = await import('../write-file.ts');
      writeFileWhole(options.out, text);
      context.err.print(`${devices.length} devices: ${options.out}`);
    }
    return ExitCode.fine;
  },
});

export const devices = commandWithVerbs('devices', 'Look after the devices of a running instance', [
  list,
  show,
  set,
  importDevices,
  exportDevices,
]);

function printDevice({ out }: Context, device: DeviceDetails): void {
  const { name, type, vendor, model, version, mac, address, criticality, notes } = device;
  printFields(out, {
    Id: device.id,
    ...{ Name: name, Type: type, Vendor: vendor, Model: model, Firmware: version },
    ...{ MAC: mac, Address: address, 'Known by': device.keys.join(', ') },
    ...{ Segment: device.segment, Owner: device.owner, Criticality: criticality },
    ...{ Tags: device.tags.join(', '), Notes: notes },
    'First seen': moment(device.firstSeen),
    'Last seen': moment(device.lastSeen),
    Retired: moment(device.retired),
    Findings: `${device.openFindings} open, ${device.acceptedFindings} accepted`,
    Posture: device.posture === null ? 'not judged yet' : `${Math.round(device.posture)} of 100`,
  });
}
