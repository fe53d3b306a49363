/**
 * Organisations whose certificates browsers trust or trusted, by the words of their issuer names. Used to tell a
 * public certificate from one of a private authority, never to trust either.
 */
import type { CertificateSummary } from '../../capture/index.ts';

const AUTHORITIES =
  /DigiCert|Let's Encrypt|Internet Security Research Group|\bISRG\b|GlobalSign|Sectigo|COMODO|USERTRUST|AddTrust|GeoTrust|RapidSSL|VeriSign|Symantec|thawte|Entrust|GoDaddy|Go Daddy|Starfield|\bAmazon\b|Google (Trust Services|Inc|Internet Authority)|Microsoft (IT|RSA|ECC|Azure|Corporation|Internet)|Baltimore|Cybertrust|StartCom|WoSign|Certum|Unizeto|Buypass|QuoVadis|SwissSign|T-TeleSec|T-Systems|Deutsche Telekom Security|Actalis|IdenTrust|Digital Signature Trust|Network Solutions|TrustAsia|AffirmTrust|Trustwave|SecureTrust|HARICA|SSL\.com|SSL Corp|ZeroSSL|Equifax|GTE|Apple (Public|IST|Inc)|Gandi|Certigna|Camerfirma|Izenpe|SECOM|Cloudflare|TeliaSonera|Telia|KEYNECTIS|Dhimyotis|D-TRUST|GDCA|CFCA|TWCA|Chunghwa|e-Szigno|Microsec|NetLock|Alpha?SSL|Terena|GEANT/i;

/** Whether any certificate of a chain was issued by one of them. */
export function isPublicAuthority(chain: readonly CertificateSummary[]): boolean {
  return chain.some(({ issuer, selfSigned }) => !selfSigned && AUTHORITIES.test(issuer));
}
