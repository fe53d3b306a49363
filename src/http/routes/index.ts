/** All routes of the API, a file for each thing that it is about. */
import type { System } from '../../app/system/index.ts';
import { eventRoutes } from '../events/follow.ts';
import type { Routes, Server } from '../route.ts';
import { accountRoutes } from './account.ts';
import { approvalRoutes } from './approvals.ts';
import { auditRoutes } from './audits.ts';
import { controlRoutes } from './controls.ts';
import { deviceRoutes } from './devices.ts';
import { factRoutes } from './facts.ts';
import { findingRoutes } from './findings.ts';
import { groupRoutes } from './groups.ts';
import { jobRoutes } from './jobs.ts';
import { peopleRoutes } from './people.ts';
import { placeRoutes } from './places.ts';
import { postureRoutes } from './posture.ts';
import { scheduleRoutes } from './schedules.ts';
import { signInRoutes } from './sign-in.ts';
import { uploadRoutes } from './uploads.ts';

const all: readonly Routes[] = [
  signInRoutes,
  accountRoutes,
  peopleRoutes,
  approvalRoutes,
  deviceRoutes,
  groupRoutes,
  placeRoutes,
  findingRoutes,
  auditRoutes,
  uploadRoutes,
  postureRoutes,
  factRoutes,
  jobRoutes,
  scheduleRoutes,
  controlRoutes,
  eventRoutes,
];

export function routes(api: Server, system: System): void {
  for (const add of all) add(api, system);
  api.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () =>
    api.swagger(),
  );
}
