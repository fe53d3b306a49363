/** Face of the running system (see docs/adr/0007). */

export { type Config, type ConfigFlags, PORT_DEFAULT, parseConfig, readConfig } from './config.ts';
export { type DataFolder, dataFolder } from './folders.ts';
export { openSystem, System, type SystemOptions } from './system.ts';
export { type LocalCapture, siteNamed, takeIn } from './take-in.ts';
export { type Upload, uploadInputSchema, uploadSchema } from './uploads.ts';
