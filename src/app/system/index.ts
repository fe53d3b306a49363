/** Face of the running system (see docs/adr/0007). */

export { type DataFolder, dataFolder } from './folders.ts';
export { openSystem, System, type SystemOptions } from './system.ts';
export { type Upload, uploadInputSchema, uploadSchema } from './uploads.ts';
