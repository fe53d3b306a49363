/** Base: what every room may use, and what depends on nothing. */
export * from './errors.ts';
export * from './text.ts';
export * from './address.ts';
export * from './secret.ts';
export * from './time.ts';
