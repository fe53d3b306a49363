/**
 * The report: the one shape that `scan --json` prints, that the other writers draw from, and that `--baseline` reads
 * back. Its JSON Schema is docs/report.schema.json (`node scripts/report-schema.ts`). Stable: fields are added, never
 * renamed or taken away. What is not known is null; what was not asked for (coverage, comparison) is absent.
 */
import { z } from 'zod';
import { SEVERITIES, STANDARD_IDS } from '../control.ts';
import { REPORT_SCHEMA } from './version.ts';

const count = z.int().nonnegative();
const time = z.string().describe('RFC 3339, UTC, with nanoseconds');
const deviceId = z
  .string()
  .describe('`mac:aa:bb:cc:dd:ee:ff`, or `ip:192.0.2.1` where no MAC is known');
const controlId = z.string().describe('e.g. `CH-07`');
const severity = z.enum(SEVERITIES);
const scope = z.enum([
  'private',
  'public',
  'link_local',
  'multicast',
  'broadcast',
  'loopback',
  'unspecified',
]);

const captureFile = z.object({
  path: z.string(),
  format: z.string().describe('pcap, pcapng; what it was compressed with is not told apart'),
  packets: count,
  bytes: count.describe('of the packets as they were on the wire'),
});

export const captureSchema = z.object({
  files: z.array(captureFile),
  packets: count,
  bytes: count.describe('of the packets as they were on the wire'),
  flows: count,
  from: time.nullable(),
  to: time.nullable(),
  duration_s: z.number().nonnegative(),
  linkTypes: z.record(z.string(), count).describe('packets by link type'),
  protocols: z.record(z.string(), count).describe('application events by protocol'),
  notDecoded: z
    .record(z.string(), count)
    .describe('packets that were read and not understood, by reason'),
  dropped: z
    .record(z.string(), count)
    .describe('what was seen and not kept because a bound was reached, by kind'),
});

const peerSchema = z.object({
  address: z.string(),
  name: z.string().nullable(),
  device: deviceId.nullable().describe('set when the peer is a device of this report'),
  scope,
  sameSegment: z.boolean(),
  services: z.array(z.string()).describe('e.g. `tcp/443 tls`'),
  bytesOut: count,
  bytesIn: count,
  packetsOut: count,
  packetsIn: count,
});

const severityCounts = z.object({
  critical: count,
  high: count,
  medium: count,
  low: count,
  info: count,
});

const typeCandidate = z.object({ type: z.string(), probability: z.number() });

export const deviceSchema = z.object({
  id: deviceId,
  mac: z.string().nullable(),
  randomisedMac: z.boolean(),
  addresses: z.array(z.string()),
  names: z.array(z.string()).describe('best first'),
  nameSources: z.array(z.object({ name: z.string(), source: z.string() })),
  vendor: z.string().nullable(),
  roles: z.array(z.string()),
  segment: z.string().nullable(),
  type: z.string().nullable(),
  typeCandidates: z.array(typeCandidate),
  typeEvidence: z.array(
    z.object({ rule: z.string(), text: z.string(), file: z.string(), packet: count }),
  ),
  typeSources: z
    .object({
      corrected: z.string().nullable().describe('what the expectations say it is; it holds'),
      stated: z
        .object({ type: z.string().nullable(), candidates: z.array(typeCandidate) })
        .describe('by what it says of itself; the reasons are in typeEvidence'),
      behaviour: z
        .object({
          type: z
            .string()
            .nullable()
            .describe('null: none that was taught, or too little was seen'),
          set: z.array(z.string()).describe('types that it may be, look-alikes among them'),
          candidates: z.array(typeCandidate),
          nearest: z.string().nullable().describe('the type that it comes nearest to'),
          reasons: z
            .array(z.object({ text: z.string(), weight: z.number() }))
            .describe('what spoke for the type (positive) and against it, as a share of all votes'),
          doubts: z.array(z.string()).describe('what is not known of the nearest type'),
          advice: z.array(z.string()).describe('what would make it surer'),
          packets: count.describe('packets that were looked at'),
        })
        .nullable()
        .describe('by how it behaves; null when no model was asked'),
    })
    .optional()
    .describe('the kinds of evidence for the type, each by itself'),
  description: z.record(z.string(), z.string()).describe('what it says of itself'),
  services: z.array(
    z.object({
      transport: z.enum(['tcp', 'udp']),
      port: count,
      protocol: z.string().nullable(),
      product: z.string().nullable(),
      clients: count,
    }),
  ),
  peers: z.array(peerSchema),
  spoken: z
    .array(
      z.object({
        protocol: z.string().describe('where no decoder recognised it, its carrier'),
        protection: z
          .enum(['encrypted', 'clear', 'both', 'unknown'])
          .describe('whether what was said could be read on the way'),
        packets: count,
        bytes: count,
      }),
    )
    .optional()
    .describe('protocols, the most spoken first'),
  bytesSent: count,
  bytesReceived: count,
  packetsSent: count,
  packetsReceived: count,
  firstSeen: time,
  lastSeen: time,
  expected: z
    .object({
      name: z.string().nullable(),
      type: z.string().nullable(),
      segment: z.string().nullable(),
      lifeUntil: z.string().nullable(),
      marks: z.array(z.string()),
    })
    .nullable()
    .describe('the entry of expectations.yaml that matched'),
  posture: z
    .object({
      worst: severity.nullable().describe('of the findings that are not accepted'),
      findings: severityCounts.describe('that are not accepted'),
      accepted: count,
      pass: count,
      notSeen: count,
      notVisible: count,
    })
    .describe('the state of all controls of this device'),
});

const provisions = z.record(z.string(), z.array(z.string())).describe('by `scheme:version`');

export const findingSchema = z.object({
  control: controlId,
  practice: z.string(),
  device: deviceId,
  severity,
  title: z.string(),
  note: z.string().nullable().describe('what is particular about this case'),
  why: z.string(),
  fix: z.string(),
  evidence: z.array(
    z.object({
      file: z.string(),
      packets: z.array(count).describe('numbers within the file, from 1'),
      time: time.describe('of the first of them: RFC 3339, UTC, with nanoseconds'),
      flow: z.string(),
      fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
  ),
  provisions,
  fingerprint: z.string().describe('the same for the same control and device in every report'),
  status: z.enum(['new', 'accepted']),
  acceptance: z
    .object({
      reason: z.string(),
      owner: z.string(),
      expires: z.string().describe('ISO date, the last day on which it holds'),
      expired: z.boolean(),
    })
    .nullable(),
});

const floor = z.object({ sessions: z.number().optional(), hours: z.number().optional() });

export const verdictSchema = z.object({
  control: controlId,
  device: deviceId,
  verdict: z.enum(['pass', 'fail', 'not_seen', 'not_visible']),
  why: z.string().nullable(),
  floor: z
    .object({ required: floor, seen: z.object({ sessions: z.number(), hours: z.number() }) })
    .nullable()
    .describe(
      'how much a pass needs (either suffices), and how much was in view; null when nothing was judged',
    ),
});

export const coverageSchema = z.object({
  standard: z.enum(STANDARD_IDS),
  title: z.string(),
  edition: z.string(),
  counts: z.object({
    pass: count,
    fail: count,
    partly: count,
    notSeen: count,
    notVisible: count,
    notAssessed: count,
  }),
  provisions: z.array(
    z.object({
      id: z.string(),
      gist: z.string().describe('in our words; read the standard for what it says'),
      status: z.enum(['mandatory', 'recommended']),
      condition: z.string().nullable().describe('when it applies, by the standard’s own key'),
      how: z
        .array(z.enum(['traffic', 'probe', 'firmware', 'inventory', 'declaration']))
        .describe('what can assess it, best first'),
      result: z.enum(['pass', 'fail', 'partly', 'not_seen', 'not_visible', 'not_assessed']),
      controls: z.array(controlId).describe('that judge it from traffic'),
      devices: z.object({ pass: count, fail: count, notSeen: count, notVisible: count }),
      reason: z.string().nullable().describe('why it is not decided'),
    }),
  ),
});

const findingKey = z.object({
  fingerprint: z.string(),
  control: controlId,
  device: deviceId,
  severity,
  title: z.string(),
});

export const comparisonSchema = z.object({
  baseline: z.object({ path: z.string(), from: time.nullable(), to: time.nullable() }),
  new: z.array(findingKey).describe('findings that the baseline does not hold'),
  gone: z
    .array(
      findingKey.extend({ now: z.enum(['pass', 'not_seen', 'not_visible', 'device_not_seen']) }),
    )
    .describe('findings of the baseline that are no more; only `pass` proves that it is fixed'),
  changed: z.array(
    findingKey.extend({
      changes: z.array(z.string()),
      worse: z.boolean().describe('graver than before, or no longer accepted'),
    }),
  ),
  devices: z.object({ new: z.array(deviceId), gone: z.array(deviceId) }),
});

export const errorSchema = z.object({
  file: z.string().nullable().describe('null for an error that is not of a file'),
  offset: count.nullable().describe('bytes from the start of the file, uncompressed'),
  message: z.string(),
});

export const reportSchema = z.object({
  schema: z.literal(REPORT_SCHEMA),
  tool: z.object({ name: z.string(), version: z.string() }),
  capture: captureSchema,
  summary: z.object({
    verdict: z.string().describe('one sentence'),
    devices: count,
    devicesWithFindings: count,
    findings: severityCounts.describe('that are not accepted'),
    accepted: count,
    verdicts: z.object({ pass: count, fail: count, notSeen: count, notVisible: count }),
  }),
  devices: z.array(deviceSchema).describe('most at risk first'),
  findings: z.array(findingSchema).describe('most severe first'),
  verdicts: z.array(verdictSchema).describe('every control on every device'),
  coverage: z.array(coverageSchema).optional(),
  comparison: comparisonSchema.optional(),
  errors: z.array(errorSchema),
});

export type Report = z.infer<typeof reportSchema>;
export type ReportCapture = z.infer<typeof captureSchema>;
export type ReportDevice = z.infer<typeof deviceSchema>;
export type ReportFinding = z.infer<typeof findingSchema>;
export type ReportVerdict = z.infer<typeof verdictSchema>;
export type ReportError = z.infer<typeof errorSchema>;
export type Coverage = z.infer<typeof coverageSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
