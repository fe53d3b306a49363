/**
 * The floors of the house: a room imports only from lower floors, practices never import each other,
 * and nobody imports past another room's face, `index.ts`.
 *
 * Parsed by swc: dependency-cruiser reads TypeScript with the compiler's JavaScript API, which
 * TypeScript 7 has no more.
 */
const practices = [
  'audit',
  'identity',
  'access',
  'channel',
  'vulnerabilities',
  'updates',
  'segmentation',
  'detection',
  'response',
  'ledger',
  'academy',
];

/** Bottom up. Rooms on one floor do not import each other. */
const floors = [
  ['base'],
  ['store'],
  ['bus'],
  ['capture'],
  ['fleet'],
  practices,
  ['app'],
  ['http'],
  ['cli'],
];

const inRooms = (rooms) => `^src/(${rooms.join('|')})/`;

/** Tests, and what a room offers to tests: neither is published. */
const forTests = '(\\.test|/testing)\\.ts$';

const floorRules = floors.flatMap((rooms, height) =>
  rooms.map((room) => ({
    name: `floor-of-${room}`,
    comment: `${room} imports only from lower floors: ${floors.slice(0, height).flat().join(', ') || 'none'}.`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '^src/', pathNot: inRooms([room, ...floors.slice(0, height).flat()]) },
  })),
);

export default {
  forbidden: [
    ...floorRules,
    {
      name: 'room-is-on-a-floor',
      comment: 'A new room needs its floor, in this file and in docs/ARCHITECTURE.md.',
      severity: 'error',
      from: { path: '^src/', pathNot: inRooms(floors.flat()) },
      to: {},
    },
    {
      name: 'face',
      comment:
        'Another room is imported through its index.ts only, or its second one (docs/adr/0007).',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: [
          '^src/$1/',
          '^src/([^/]+|base/yaml|fleet/registry|fleet/behaviour|audit/records|app/system)/index\\.ts$',
          '/testing\\.ts$',
        ],
      },
    },
    {
      name: 'scan-without-store',
      comment: 'What a scan loads does not load the store: docs/adr/0007.',
      severity: 'error',
      from: { path: '^src/(fleet|audit)/', pathNot: '^src/(fleet/registry|audit/records)/' },
      to: { path: '^src/(store|bus|fleet/registry|audit/records)/' },
    },
    {
      name: 'sources-stand-alone',
      comment: 'What is published imports neither tests nor benchmarks nor scripts.',
      severity: 'error',
      from: { path: '^src/', pathNot: forTests },
      to: { path: '^(test|bench|scripts|examples)/|(\\.test|/testing)\\.ts$' },
    },
    {
      name: 'no-cycle',
      comment: 'Files that need each other are one file, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import leads to a file or an installed package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'published-dependencies',
      comment: 'What is published imports only packages that are installed with it.',
      severity: 'error',
      from: { path: '^src/', pathNot: forTests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // Peers that recordings were made with: run by record.sh, with packages of their own.
    exclude: { path: '^test/vectors/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
