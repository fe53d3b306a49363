/** NISTIR 8259A (2020), IoT device cybersecurity capability core baseline; the keys are ours. */
import { provisionsOf, type Standard } from './standard.ts';

export const nistir8259a: Standard = {
  id: 'nistir-8259a:2020',
  title: 'NISTIR 8259A',
  edition: '2020',
  provisions: provisionsOf('recommended', [
    [
      'DI',
      'TE',
      'device identification: the device can be told from every other, logically and physically',
    ],
    ['DC', 'PED', 'device configuration: settings can be changed, and by the authorised alone'],
    ['DP', 'TPF', 'data protection: what is stored and sent is protected from reading and change'],
    [
      'LA',
      'TP',
      'logical access to interfaces: only the authorised reach local and network interfaces',
    ],
    ['SU', 'TEF', 'software update: by the authorised alone, through a secure mechanism'],
    ['CS', 'ETD', 'cybersecurity state awareness: the device reports its state to the authorised'],
  ]),
};
