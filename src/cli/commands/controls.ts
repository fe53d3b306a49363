/** `fleetward controls [ID]`: what the audit checks, one control explained, and what a standard asks of traffic. */
import type {
  ControlDescription,
  ControlEntry,
  ProvisionEntry,
  Standard,
} from '../../audit/index.ts';
import { closest, ExitCode, UsageError } from '../../base/index.ts';
import { command } from '../command.ts';
import type { Output } from '../output.ts';
import { wrapped } from '../wrap.ts';

export const controls = command({
  name: 'controls',
  summary: 'List what the audit checks, or explain one control',
  arguments: [{ name: 'control', summary: 'a control to explain, such as AN-01' }],
  options: {
    standard: {
      flags: '--standard <name>',
      summary: 'the provisions of a standard, and what decides each',
    },
  },
  examples: [
    ['controls', 'all of them'],
    ['controls AN-01', 'why it matters, how to fix it, what it serves'],
    ['controls --standard uk-psti', 'what traffic can and cannot decide'],
  ],
  async run({ out, json }, { arguments: [id], options }) {
    const audit = await import('../../app/index.ts');
    if (options.standard !== undefined) {
      const standards = audit.findStandards(options.standard);
      if (standards.length === 0) throw unknownStandard(options.standard, audit.standardNames());
      const listed = standards.map((standard) => ({
        standard,
        provisions: audit.listProvisions(standard),
      }));
      if (json) {
        out.json(
          listed.map(({ standard: { id, title, edition }, provisions }) => ({
            standard: id,
            title,
            edition,
            provisions,
          })),
        );
      } else
        for (const { standard, provisions } of listed) printStandard(out, standard, provisions);
    } else if (id !== undefined) {
      const control = audit.findControl(id);
      if (!control) throw unknownControl(id, audit.listControls());
      const description = audit.describeControl(control);
      if (json) out.json(description);
      else printControl(out, description);
    } else {
      const entries = audit.listControls();
      if (json) out.json(entries);
      else printList(out, entries);
    }
    return ExitCode.fine;
  },
});

function printList(out: Output, entries: readonly ControlEntry[]): void {
  let practice = '';
  for (const entry of entries) {
    if (entry.practice !== practice) {
      if (practice !== '') out.print();
      practice = entry.practice;
      out.print(out.style('bold', practice));
    }
    out.print(`  ${entry.id}  ${entry.severity.padEnd(8)}  ${entry.title}`);
  }
  out.print();
  out.print(`${entries.length} controls. fleetward controls ID explains one.`);
}

function printControl(out: Output, control: ControlDescription): void {
  const paragraph = (label: string, text: string): void => {
    out.print();
    out.print(out.style('bold', label));
    for (const line of wrapped(text, out.width - 2)) out.print(`  ${line}`);
  };
  out.print(
    `${out.style('bold', `${control.id}  ${control.title}`)}  (${control.severity}, ${control.practice})`,
  );
  paragraph('Why it matters', control.why);
  paragraph('How to fix it', control.fix);
  const { sessions, hours } = control.floor;
  const floor = [
    ...(sessions === undefined ? [] : [`${sessions} sessions judged`]),
    ...(hours === undefined ? [] : [`${hours} hours in view`]),
  ];
  paragraph(
    'What a pass needs',
    `${floor.join(', or ')}; less is “not seen”, which is never a pass.`,
  );
  const parameters = Object.entries(control.parameters);
  if (parameters.length > 0) {
    paragraph(
      'Thresholds (expectations.yaml may change them)',
      parameters.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', '),
    );
  }
  if (control.exempt.length > 0)
    paragraph('Not judged for devices marked', control.exempt.join(', '));
  out.print();
  out.print(out.style('bold', 'Serves'));
  if (control.serves.length === 0)
    out.print('  no provision of the standards here; good practice all the same');
  for (const { title, id, gist } of control.serves) {
    const [first = '', ...rest] = wrapped(`${title} ${id}: ${gist}`, out.width - 2);
    out.print(`  ${first}`);
    for (const line of rest) out.print(`    ${line}`);
  }
}

function printStandard(
  out: Output,
  standard: Standard,
  provisions: readonly ProvisionEntry[],
): void {
  const decided = provisions.filter(({ controls: deciding }) => deciding.length > 0).length;
  out.print(out.style('bold', `${standard.title} (${standard.edition})`));
  out.print(`Traffic has a say in ${decided} of ${provisions.length} provisions.`);
  out.print();
  for (const { id, gist, controls: deciding, reason } of provisions) {
    const verdict = deciding.length > 0 ? deciding.join(' ') : `not assessed: ${reason}`;
    const [first = '', ...rest] = wrapped(`${gist} — ${verdict}`, out.width - 13);
    out.print(`  ${id.padEnd(10)} ${first}`);
    for (const line of rest) out.print(`${' '.repeat(13)}${line}`);
  }
  out.print();
}

function unknownControl(id: string, entries: readonly ControlEntry[]): UsageError {
  const near = closest(
    id.toUpperCase(),
    entries.map((entry) => entry.id),
  );
  const hint = near === undefined ? 'fleetward controls lists them' : `did you mean ${near}?`;
  return new UsageError('unknown-control', `there is no control ${id}; ${hint}`);
}

function unknownStandard(name: string, names: readonly string[]): UsageError {
  return new UsageError(
    'unknown-standard',
    `there is no standard “${name}” here; there are ${names.join(', ')}.`,
  );
}
