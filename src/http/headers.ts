/** What every answer says to the browser: nothing from elsewhere, nothing inline, no framing, no guessing of types. */
import type { Server } from './route.ts';

/** @param nonce - of the one style element that a page adds while it runs. */
export function contentPolicy(nonce?: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${nonce === undefined ? '' : ` 'nonce-${nonce}'`}`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const POLICY = contentPolicy();

export function securityHeaders(app: Server, publicUrl: string): void {
  const secure = publicUrl.startsWith('https:');
  app.addHook('onSend', async (request, reply) => {
    reply.headers({
      ...(reply.hasHeader('content-security-policy') ? {} : { 'content-security-policy': POLICY }),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy':
        'camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)',
      ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    });
    // What the API says of devices is nobody's to keep; files of the console have their own rule.
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'no-store');
  });
}
