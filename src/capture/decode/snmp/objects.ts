/** Managed objects that say what an agent is: SNMPv2-MIB, ENTITY-MIB, HOST-RESOURCES-MIB and Printer-MIB. */

/** Without an instance: that is `.0` of a scalar, a row's index otherwise. */
const TELLING = new Map([
  ['1.3.6.1.2.1.1.1', 'sysDescr'],
  ['1.3.6.1.2.1.1.2', 'sysObjectID'],
  ['1.3.6.1.2.1.1.5', 'sysName'],
  ['1.3.6.1.2.1.47.1.1.1.1.8', 'entPhysicalHardwareRev'],
  ['1.3.6.1.2.1.47.1.1.1.1.9', 'entPhysicalFirmwareRev'],
  ['1.3.6.1.2.1.47.1.1.1.1.10', 'entPhysicalSoftwareRev'],
  ['1.3.6.1.2.1.47.1.1.1.1.11', 'entPhysicalSerialNum'],
  ['1.3.6.1.2.1.47.1.1.1.1.12', 'entPhysicalMfgName'],
  ['1.3.6.1.2.1.47.1.1.1.1.13', 'entPhysicalModelName'],
  ['1.3.6.1.2.1.25.3.2.1.3', 'hrDeviceDescr'],
  ['1.3.6.1.2.1.43.5.1.1.17', 'prtGeneralSerialNumber'],
]);
const MIB_2 = '1.3.6.1.2.1.';

/** The name of the object that an instance belongs to, where it is a telling one. */
export function tellingObject(instance: string): string | undefined {
  if (!instance.startsWith(MIB_2)) return undefined;
  return TELLING.get(instance.slice(0, instance.lastIndexOf('.')));
}
