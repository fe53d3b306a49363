/** Protocols of which the header alone is read: that they were spoken is all that is kept, with the connection. */
import { fieldHeaderProtocols } from '../decode/field-headers.ts';
import type { Observer } from './observer.ts';

export const fieldHeaderObserver: Observer = {
  protocols: fieldHeaderProtocols,
  event() {},
};
