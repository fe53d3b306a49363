/** Base: what every room may use, and what depends on nothing. */

export * from './address.ts';
export * from './closest.ts';
export * from './errors.ts';
export * from './key-ring.ts';
export * from './ports.ts';
export * from './remembered.ts';
export * from './secret.ts';
export * from './text.ts';
export * from './time.ts';
