/**
 * CH-17: FTP or TFTP.
 * Decided from PASS in clear (no AUTH TLS before it, RFC 4217) and from files that TFTP carried (RFC 1350). Anonymous
 * FTP gives no password away and is medium. Network boot by TFTP inside the segment is how it is made, and no failure.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { isAnonymous } from '../credentials.ts';
import { proofs } from '../proofs.ts';
import { answersForProtocol } from '../responsibility.ts';

/** File names of network boot: PXE, iPXE, GRUB, U-Boot scripts, Raspberry Pi. */
const NETWORK_BOOT =
  /pxelinux|lpxelinux|ipxe|undionly|syslinux|bootx64|boot(aa64|ia32)|grub|\.efi$|\.kpxe$|\.0$|boot\.(scr|scr\.uimg|ipxe|txt)$|vmlinuz|initrd|initramfs|ldlinux|bootcode\.bin|start\d?\.elf|cmdline\.txt|config\.txt|wdsnbp/i;

export const clearFileTransfer = control({
  id: 'CH-17',
  practice: 'encryption',
  severity: 'high',
  title: 'FTP or TFTP in use',
  why: 'Passwords and files cross the network in clear, and nobody notices when they are changed on the way.',
  fix: 'Use SFTP or HTTPS for files, or FTP over TLS where nothing else is to be had. Turn the old service off.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)', 'I(2)(f)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I2', 'I7'],
    'owasp-isvs:1.0': ['3.2.3'],
  },
  floor: { sessions: 1, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const sessions = device.seen('ftp').filter(answersForProtocol);
    const files = device
      .seen('transfer')
      .filter(({ observation }) => observation.protocol === 'tftp' && observation.bytes > 0);
    if (sessions.length + files.length === 0) return notSeen(askedInVain(device));

    const signIns = sessions.filter(isInClear);
    const transfers = files.filter(
      ({ observation, peer }) => !(peer.sameSegment && NETWORK_BOOT.test(observation.name)),
    );
    if (signIns.length + transfers.length > 0) {
      const anonymous =
        transfers.length === 0 && signIns.every(({ observation }) => isAnonymous(observation.user));
      return fail(
        sessions.length + files.length,
        [
          ...proofs(network, signIns, ({ observation }) => ({
            protocol: 'ftp',
            user: observation.user,
            password_sent: observation.passwordSent,
            auth_tls: observation.secured,
          })),
          ...proofs(network, transfers, ({ observation }) => ({
            protocol: 'tftp',
            file: observation.name,
            bytes: observation.bytes,
            to_client: observation.toClient,
          })),
        ],
        anonymous ? { severity: 'medium', note: 'Only anonymous sign-ins were seen.' } : {},
      );
    }
    const secured = sessions.filter(({ observation }) => observation.secured);
    if (secured.length > 0) return pass(secured.length);
    return sessions.length > 0 ? notVisible('No sign-in was in view.') : notSeen();
  },
});

/** Whoever answers such a request gives the device what he likes; but nobody did. */
function askedInVain(device: Device): string | undefined {
  const asked = device
    .seen('tftp')
    .filter(({ role, observation: o }) => role === 'client' && o.outcome !== 'answered');
  const [first] = asked;
  if (!first || asked.length < device.seen('tftp').length) return undefined;
  return `it asked for ${first.observation.file} by TFTP, and nobody gave it`;
}

function isInClear({ role, observation }: Sighting<'ftp'>): boolean {
  const { secured, passwordSent, banner } = observation;
  if (secured || !passwordSent) return false;
  return role === 'client' || banner !== undefined || observation.openingSeen;
}
