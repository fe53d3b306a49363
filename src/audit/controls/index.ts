/** Every control, in the order of the catalogue. Adding one is adding its file and its name here. */
import type { Control } from '../control.ts';
import { defaultCredential } from './an-01-default-credential.ts';
import { sharedCredential } from './an-03-shared-credential.ts';
import { anonymousMqtt } from './an-04-anonymous-mqtt.ts';
import { openConfiguration } from './an-05-open-configuration.ts';
import { openRtsp } from './an-06-open-rtsp.ts';
import { unlimitedGuesses } from './an-07-unlimited-guesses.ts';
import { wellKnownCommunity } from './an-08-well-known-community.ts';
import { sharedSshKey } from './an-09-shared-ssh-key.ts';
import { sharedPskIdentity } from './an-10-shared-psk-identity.ts';
import { clientIdClash } from './an-14-client-id-clash.ts';
import { broadSubscription } from './an-15-broad-subscription.ts';
import { telnet } from './ch-01-telnet.ts';
import { clearHttpCredential } from './ch-02-clear-http-credential.ts';
import { clearUpload } from './ch-03-clear-upload.ts';
import { clearMqtt } from './ch-04-clear-mqtt.ts';
import { clearMqttCredential } from './ch-05-clear-mqtt-credential.ts';
import { clearCoap } from './ch-06-clear-coap.ts';
import { oldTls } from './ch-07-old-tls.ts';
import { oldTlsOffer } from './ch-08-old-tls-offer.ts';
import { weakCipher } from './ch-09-weak-cipher.ts';
import { noForwardSecrecy } from './ch-10-no-forward-secrecy.ts';
import { oldDtls } from './ch-11-old-dtls.ts';
import { invalidOwnCertificate } from './ch-12-invalid-own-certificate.ts';
import { ignoresBadCertificate } from './ch-13-ignores-bad-certificate.ts';
import { weakCertificate } from './ch-15-weak-certificate.ts';
import { sharedCertificateKey } from './ch-16-shared-certificate-key.ts';
import { clearFileTransfer } from './ch-17-clear-file-transfer.ts';
import { clearMedia } from './ch-18-clear-media.ts';
import { clearPersonalData } from './ch-19-clear-personal-data.ts';
import { weakWifi } from './ch-20-weak-wifi.ts';
import { opcuaWithoutSecurity } from './ch-21-opcua-without-security.ts';
import { noPostQuantum } from './ch-22-no-post-quantum.ts';
import { scanning } from './mo-01-scanning.ts';
import { loginAttempts } from './mo-02-login-attempts.ts';
import { dnsTunnel } from './mo-05-dns-tunnel.ts';
import { controlWrite } from './mo-08-control-write.ts';
import { malformed } from './mo-09-malformed.ts';
import { authorisationFailures } from './mo-11-authorisation-failures.ts';
import { time } from './mo-12-time.ts';
import { publicSession } from './sg-06-public-session.ts';
import { portMapping } from './sg-07-port-mapping.ts';
import { remoteAdministration } from './sg-08-remote-administration.ts';
import { tellingServices } from './sg-09-telling-services.ts';
import { reflector } from './sg-10-reflector.ts';
import { impostor } from './sg-11-impostor.ts';
import { uncoveredIpv6 } from './sg-12-uncovered-ipv6.ts';
import { foreignResolver } from './sg-13-foreign-resolver.ts';
import { wayPastTheGateway } from './sg-14-way-past-the-gateway.ts';
import { clearUpdate } from './up-01-clear-update.ts';

export const controls: readonly Control[] = [
  defaultCredential,
  sharedCredential,
  anonymousMqtt,
  openConfiguration,
  openRtsp,
  unlimitedGuesses,
  wellKnownCommunity,
  sharedSshKey,
  sharedPskIdentity,
  clientIdClash,
  broadSubscription,
  telnet,
  clearHttpCredential,
  clearUpload,
  clearMqtt,
  clearMqttCredential,
  clearCoap,
  oldTls,
  oldTlsOffer,
  weakCipher,
  noForwardSecrecy,
  oldDtls,
  invalidOwnCertificate,
  ignoresBadCertificate,
  weakCertificate,
  sharedCertificateKey,
  clearFileTransfer,
  clearMedia,
  clearPersonalData,
  weakWifi,
  opcuaWithoutSecurity,
  noPostQuantum,
  clearUpdate,
  publicSession,
  portMapping,
  remoteAdministration,
  tellingServices,
  reflector,
  impostor,
  uncoveredIpv6,
  foreignResolver,
  wayPastTheGateway,
  scanning,
  loginAttempts,
  dnsTunnel,
  controlWrite,
  malformed,
  authorisationFailures,
  time,
];
