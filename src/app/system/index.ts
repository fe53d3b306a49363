/** Face of the running system (see docs/adr/0007). */

export { type Backup, type BackupOptions, makeBackup } from './backup/backup.ts';
export { type Restored, type RestoreOptions, restoreBackup } from './backup/restore.ts';
export { type Config, type ConfigFlags, readConfig } from './config.ts';
export { type Check, examine } from './doctor.ts';
export { type DataFolder, dataFolderAt } from './folders.ts';
export { scheduleInputSchema, scheduleSchema } from './scheduled.ts';
export { openSystem, System, type SystemOptions } from './system.ts';
export { type LocalCapture, siteNamed, takeIn } from './take-in.ts';
export { type Upload, uploadInputSchema, uploadSchema } from './uploads.ts';
