/** What the API gives, under the names that its description and its clients have for it. */
import * as app from '../app/system/index.ts';
import * as audit from '../audit/records/index.ts';
import * as fleet from '../fleet/registry/index.ts';

export const auditSchema = audit.auditSchema.meta({ id: 'Audit' });
export const findingRecordSchema = audit.findingRecordSchema.meta({ id: 'Finding' });
export const findingDetailsSchema = audit.findingDetailsSchema.meta({ id: 'FindingDetails' });
export const registeredDeviceSchema = fleet.registeredDeviceSchema.meta({ id: 'Device' });
export const deviceDetailsSchema = fleet.deviceDetailsSchema.meta({ id: 'DeviceDetails' });
export const groupSchema = fleet.groupSchema.meta({ id: 'Group' });
export const segmentSchema = fleet.segmentSchema.meta({ id: 'Segment' });
export const siteSchema = fleet.siteSchema.meta({ id: 'Site' });
export const scheduleSchema = app.scheduleSchema.meta({ id: 'Schedule' });
export const uploadSchema = app.uploadSchema.meta({ id: 'Upload' });
