/** All commands, in the order in which help lists them. Each is loaded only when it is asked for. */
import type { Command } from './command.ts';

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.ts')).demo,
  scan: async () => (await import('./commands/scan.ts')).scan,
  identify: async () => (await import('./commands/identify.ts')).identify,
  train: async () => (await import('./commands/train.ts')).train,
  decode: async () => (await import('./commands/decode.ts')).decode,
  up: async () => (await import('./commands/up.ts')).up,
  devices: async () => (await import('./commands/devices.ts')).devices,
  findings: async () => (await import('./commands/findings.ts')).findings,
  audits: async () => (await import('./commands/audits.ts')).audits,
  people: async () => (await import('./commands/people.ts')).people,
  access: async () => (await import('./commands/access.ts')).access,
  jobs: async () => (await import('./commands/jobs.ts')).jobs,
  backup: async () => (await import('./commands/backup.ts')).backup,
  restore: async () => (await import('./commands/restore.ts')).restore,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  controls: async () => (await import('./commands/controls.ts')).controls,
  completion: async () => (await import('./commands/completion.ts')).completion,
};
