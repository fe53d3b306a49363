/**
 * ETSI EN 303 645, cyber security for consumer Internet of Things, V2.1.1 (2020-06) and V3.1.3 (2024-09). Most
 * identifiers stand in both; the later edition splits some of them and adds a few.
 */
import { means, type Provision, type Standard } from './standard.ts';

/** Status as its tables write it: M or R, then conditions: C1 (numbered), F(a) (where feature a exists). */
type Status = string;
type Row = readonly [id: string, v21: Status, v31: Status, how: string, gist: string];

/** Provisions that stand in both editions. */
const BOTH: readonly Row[] = [
  [
    '5.1-1',
    'M C1',
    'M F(a)',
    'PTFD',
    'outside factory state, passwords are unique per device or chosen by the user',
  ],
  [
    '5.1-2',
    'M C2',
    'M F(b)',
    'FD',
    'pre-installed passwords cannot be guessed from one device to the next',
  ],
  [
    '5.1-3',
    'M',
    'M F(c)',
    'TP',
    'users are authenticated with cryptography of current best practice',
  ],
  ['5.1-4', 'M C8', 'M F(d)', 'DP', 'the authentication value can be changed simply'],
  ['5.1-5', 'M C5', 'M C14 F(e)', 'PT', 'login over the network resists guessing by brute force'],
  [
    '5.2-1',
    'M',
    'M',
    'D',
    'a public disclosure policy names a contact and the times of acknowledgement and status',
  ],
  ['5.2-2', 'R', 'R', 'ED', 'disclosed vulnerabilities are acted on in time'],
  ['5.2-3', 'R', 'R', 'FED', 'the maker watches for vulnerabilities and mends them during support'],
  ['5.3-1', 'R', 'R F(f)', 'FD', 'every software component can be updated securely'],
  ['5.3-2', 'M C5', 'M C15', 'EPF', 'there is a secure way to install updates'],
  ['5.3-3', 'M C12', 'M F(g)', 'D', 'updating is simple for the user'],
  [
    '5.3-5',
    'R C12',
    'R F(g)',
    'TE',
    'the device looks for security updates after set-up and then regularly',
  ],
  ['5.3-7', 'M C12', 'M F(g)', 'TF', 'the update mechanism uses cryptography of best practice'],
  ['5.3-8', 'M C12', 'M C12', 'ED', 'security updates come in time'],
  [
    '5.3-9',
    'R C12',
    'R F(g)',
    'PF',
    'the device checks authenticity and integrity of updates itself',
  ],
  [
    '5.3-10',
    'M C11 C12',
    'M F(j)',
    'PFT',
    'updates from the network are verified through a trust relationship',
  ],
  [
    '5.3-11',
    'R C12',
    'R C12',
    'D',
    'the user learns that a security update is due and what it mitigates',
  ],
  [
    '5.3-12',
    'R C12',
    'R C12',
    'D',
    'the user is warned when an update interrupts the basic function',
  ],
  ['5.3-13', 'M', 'M', 'DE', 'the support period is published clearly'],
  [
    '5.3-14',
    'R C3 C4',
    'R C3',
    'D',
    'for what cannot be updated: the reason, the replacement plan and the support period are published',
  ],
  ['5.3-16', 'M', 'M', 'DE', 'the model can be recognised from a label or a physical interface'],
  ['5.4-1', 'M', 'M F(k)', 'FD', 'sensitive parameters are stored securely'],
  ['5.4-2', 'M C10', 'M F(l)', 'D', 'a hard-coded identity resists tampering'],
  ['5.4-3', 'M', 'M', 'F', 'no critical secrets are hard-coded in software'],
  [
    '5.4-4',
    'M',
    'M F(m)',
    'ETF',
    'secrets of update and service channels are unique to each device',
  ],
  ['5.5-1', 'M', 'M', 'TP', 'communication uses cryptography of best practice'],
  ['5.5-2', 'R', 'R', 'FD', 'reviewed implementations serve network and cryptography'],
  ['5.5-3', 'R', 'R', 'FD', 'algorithms and primitives can be updated'],
  ['5.5-4', 'R', 'R', 'TP', 'functions are reachable over the network only after authentication'],
  [
    '5.5-5',
    'M',
    'M F(n)',
    'PT',
    'security settings change over the network only after authentication',
  ],
  ['5.5-6', 'R', 'R F(o)', 'T', 'critical parameters are encrypted in transit'],
  [
    '5.5-7',
    'M',
    'M F(o)',
    'TP',
    'critical parameters stay confidential on interfaces that are reachable remotely',
  ],
  ['5.5-8', 'M', 'M C16', 'ED', 'critical parameters are managed by a secure process'],
  ['5.6-1', 'M', 'M F(p)', 'PT', 'unused interfaces are disabled'],
  ['5.6-2', 'M', 'M', 'TP', 'little security-relevant information is given before authentication'],
  ['5.6-3', 'R', 'R', 'D', 'no physical interface is exposed needlessly'],
  ['5.6-5', 'R', 'R', 'PTF', 'only services that the use needs are enabled'],
  ['5.6-6', 'R', 'R', 'FD', 'code is reduced to what the function needs'],
  ['5.6-7', 'R', 'R', 'FE', 'software runs with least privilege'],
  ['5.6-8', 'R', 'R', 'DF', 'hardware controls access to memory'],
  ['5.6-9', 'R', 'R', 'DF', 'software is developed by a secure process'],
  ['5.7-1', 'R', 'R', 'DF', 'secure boot verifies the software'],
  [
    '5.7-2',
    'R',
    'R F(s)',
    'EDT',
    'an unauthorised change raises an alert, and contact is kept to what the alert needs',
  ],
  ['5.8-1', 'R', 'R F(t)', 'T', 'personal data between device and service is confidential'],
  [
    '5.8-2',
    'M',
    'M F(u)',
    'T',
    'sensitive personal data between device and service is confidential',
  ],
  ['5.8-3', 'M', 'M F(v)', 'D', 'external sensors are documented for the user'],
  ['5.9-1', 'R', 'R', 'TD', 'outages of network and power are provided for'],
  [
    '5.9-2',
    'R',
    'R',
    'TD',
    'works locally without the network and recovers cleanly from loss of power',
  ],
  ['5.9-3', 'R', 'R', 'T', 'reconnects in an orderly way that spares the infrastructure'],
  [
    '5.10-1',
    'R C6',
    'R F(w)',
    'ET',
    'telemetry that is collected is examined for security anomalies',
  ],
  ['5.11-1', 'M', 'M', 'D', 'the user can erase user data from the device simply'],
  ['5.11-2', 'R', 'R F(x)', 'D', 'the user can remove personal data from services simply'],
  ['5.11-3', 'R', 'R', 'D', 'deletion is explained clearly'],
  ['5.11-4', 'R', 'R', 'D', 'deletion is confirmed clearly'],
  ['5.12-1', 'R', 'R', 'D', 'set-up and upkeep need few decisions'],
  ['5.12-2', 'R', 'R', 'D', 'secure set-up is explained'],
  ['5.12-3', 'R', 'R', 'D', 'how to check that the set-up is secure is explained'],
  ['6-1', 'M', 'M', 'D', 'what personal data is processed, how, by whom and why is told clearly'],
  ['6-2', 'M C7', 'M F(y)', 'D', 'consent is obtained validly'],
  ['6-4', 'R C6', 'R F(w)', 'TD', 'telemetry holds only the personal data that it needs'],
  ['6-5', 'M C6', 'M F(w)', 'D', 'what telemetry is collected, by whom and why is told'],
];

/** Provisions of V2.1.1 that V3.1.3 renamed or split: id, status, how, gist. */
const ONLY_V21: readonly (readonly [string, Status, string, string])[] = [
  ['4-1', 'M', 'D', 'each recommendation not met is justified in writing'],
  ['5.3-4', 'R C12', 'ETD', 'updates are automatic'],
  [
    '5.3-6',
    'R C9 C12',
    'DE',
    'automation and notices are on at first, and the user may switch them off or postpone',
  ],
  ['5.3-15', 'R C3 C4', 'ETD', 'what cannot be updated can be isolated, and its hardware replaced'],
  ['5.6-4', 'M C13', 'DFP', 'debug interfaces that can be reached are disabled in software'],
  ['5.13-1', 'M', 'PTF', 'input is validated'],
  ['6-3', 'M', 'D', 'consent can be withdrawn'],
];

/** Provisions of V3.1.3 that V2.1.1 does not have under that identifier. */
const ONLY_V31: readonly (readonly [string, Status, string, string])[] = [
  ['5.0-1', 'M', 'D', 'each recommendation not met is justified in writing'],
  ['5.1-2A', 'R', 'TED', 'machines should not sign in to each other with passwords'],
  ['5.3-4A', 'R F(g)', 'ETD', 'updates can be automated'],
  ['5.3-4B', 'R F(h)', 'ETD', 'automatic updates are switched on at set-up, with consent'],
  [
    '5.3-6A',
    'R F(h)',
    'DE',
    'automatic updates are on at first, and the user may switch them off or postpone',
  ],
  [
    '5.3-6B',
    'R F(i)',
    'DE',
    'update notices are on at first, and the user may switch them off or postpone',
  ],
  ['5.3-15A', 'R C3', 'ETD', 'what cannot be updated can be isolated'],
  ['5.3-15B', 'R C3', 'ED', 'the hardware of what cannot be updated can be replaced'],
  ['5.6-4A', 'M F(q)', 'DFP', 'debug interfaces are disabled in software'],
  ['5.6-4B', 'R F(r)', 'DFP', 'physical debug ports are disabled'],
  ['5.13-1A', 'M', 'PF', 'input from people is validated'],
  ['5.13-1B', 'M', 'PTF', 'input from network and service interfaces is validated'],
  ['6-3A', 'M F(y)', 'D', 'consent can be withdrawn'],
  ['6-3B', 'M F(y)', 'D', 'withdrawal of consent takes effect'],
  ['6-6', 'M F(z)', 'DT', 'personal data is minimised, kept no longer than needed and disposed of'],
  ['6-7', 'R F(aa)', 'DT', 'personal data is aggregated'],
  ['6-8', 'R F(z)', 'DT', 'personal data is made anonymous'],
];

/** What became of an identifier of V2.1.1 in V3.1.3. A pass on a split one needs both halves. All others stand. */
export const SPLITS_V21_TO_V31: Readonly<Record<string, readonly string[]>> = {
  '4-1': ['5.0-1'],
  '5.3-4': ['5.3-4A', '5.3-4B'],
  '5.3-6': ['5.3-6A', '5.3-6B'],
  '5.3-15': ['5.3-15A', '5.3-15B'],
  '5.6-4': ['5.6-4A', '5.6-4B'],
  '5.13-1': ['5.13-1A', '5.13-1B'],
  '6-3': ['6-3A', '6-3B'],
};
/** New in V3.1.3, without a predecessor. */
export const NEW_IN_V31: readonly string[] = ['5.1-2A', '6-6', '6-7', '6-8'];

const CONDITIONS_V21: Readonly<Record<string, string>> = {
  C1: 'passwords are used',
  C2: 'there are pre-installed passwords',
  C3: 'the software cannot be updated',
  C4: 'the device is constrained',
  C5: 'the device is not constrained',
  C6: 'telemetry is collected',
  C7: 'processing rests on consent',
  C8: 'users are authenticated',
  C9: 'there are automatic updates or notices',
  C10: 'the identity is hard-coded',
  C11: 'updates come over the network',
  C12: 'there is an update mechanism',
  C13: 'a debug port can be reached',
};
const CONDITIONS_V31: Readonly<Record<string, string>> = {
  C3: CONDITIONS_V21.C3,
  C12: CONDITIONS_V21.C12,
  C14: 'no constraint prevents a defence against brute force',
  C15: 'no constraint prevents updating',
  C16: 'there are critical security parameters',
};

function provision(
  id: string,
  status: Status,
  how: string,
  gist: string,
  conditions: Readonly<Record<string, string>>,
): Provision {
  const [letter, ...when] = status.split(' ');
  const spelt = when.map((key) =>
    conditions[key] ? `${key}: ${conditions[key]}` : `${key}: where that feature exists`,
  );
  return {
    id,
    gist,
    status: letter === 'M' ? 'mandatory' : 'recommended',
    condition: spelt.length > 0 ? spelt.join('; ') : undefined,
    how: means(how),
  };
}

/** In the order of the document: 4-1 before 5.1-1, 5.3-9 before 5.3-10, 5.3-4A before 5.3-4B. */
const inOrder = (one: Provision, other: Provision): number =>
  one.id.localeCompare(other.id, 'en', { numeric: true });

export const etsi303645v21: Standard = {
  id: 'etsi-303645:2.1.1',
  title: 'ETSI EN 303 645',
  edition: 'V2.1.1 (2020-06)',
  provisions: [
    ...BOTH.map(([id, status, , how, gist]) => provision(id, status, how, gist, CONDITIONS_V21)),
    ...ONLY_V21.map(([id, status, how, gist]) => provision(id, status, how, gist, CONDITIONS_V21)),
  ].sort(inOrder),
};

export const etsi303645v31: Standard = {
  id: 'etsi-303645:3.1.3',
  title: 'ETSI EN 303 645',
  edition: 'V3.1.3 (2024-09)',
  provisions: [
    ...BOTH.map(([id, , status, how, gist]) => provision(id, status, how, gist, CONDITIONS_V31)),
    ...ONLY_V31.map(([id, status, how, gist]) => provision(id, status, how, gist, CONDITIONS_V31)),
  ].sort(inOrder),
};
