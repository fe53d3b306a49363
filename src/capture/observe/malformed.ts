/** Units are counted by the flow's decoding now (../units.ts); these do nothing and go with their last caller. */
export function noteUnit(..._unused: unknown[]): void {}
export function noteMalformed(..._unused: unknown[]): void {}
