/** What the browser and the server say to each other about passkeys, and what people are told when it fails. */
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  startRegistration,
} from '@simplewebauthn/browser';

export const passkeyOptions = (options: unknown) =>
  options as PublicKeyCredentialRequestOptionsJSON;

/** Makes a passkey by the server's options. */
export async function makePasskey(options: unknown) {
  const made = await startRegistration({
    optionsJSON: options as PublicKeyCredentialCreationOptionsJSON,
  });
  return registrationBody(made);
}

function registrationBody(made: RegistrationResponseJSON) {
  const { clientDataJSON, attestationObject, transports } = made.response;
  return {
    id: made.id,
    rawId: made.rawId,
    type: made.type,
    response: { clientDataJSON, attestationObject, ...(transports ? { transports } : {}) },
  };
}

export function problemText(error: unknown): string {
  if (error instanceof Error && error.name === 'NotAllowedError')
    return 'The browser gave no passkey: it was cancelled, or took too long. Try again.';
  if (error instanceof Error && error.name === 'InvalidStateError')
    return 'This device has a passkey here already; sign in with it.';
  return error instanceof Error ? error.message : 'That did not work; try again.';
}

/** A name that tells one passkey from another, until its owner finds a better one. */
export function deviceName(agent = navigator.userAgent): string {
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'CrOS', 'Linux'].find((name) =>
    agent.includes(name),
  );
  return `Passkey on ${system ?? 'this device'}`;
}
