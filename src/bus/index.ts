/** Bus: facts to those who act on them, and jobs that outlive a request. */

export { type Consumer, FactBus, type FactHandler } from './facts.ts';
export { type Job, type JobKind, type JobRun, Jobs } from './jobs.ts';
export { type Schedule, type ScheduleInput, Schedules } from './schedules.ts';
