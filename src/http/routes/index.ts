/** All routes of the API, a file for each thing that it is about. */
import type { System } from '../../app/system/index.ts';
import type { Routes, Server } from '../route.ts';
import { auditRoutes } from './audits.ts';
import { deviceRoutes } from './devices.ts';
import { factRoutes } from './facts.ts';
import { findingRoutes } from './findings.ts';
import { placeRoutes } from './places.ts';
import { postureRoutes } from './posture.ts';
import { uploadRoutes } from './uploads.ts';

const all: readonly Routes[] = [
  deviceRoutes,
  placeRoutes,
  findingRoutes,
  auditRoutes,
  uploadRoutes,
  postureRoutes,
  factRoutes,
];

export function routes(api: Server, system: System): void {
  for (const add of all) add(api, system);
}
