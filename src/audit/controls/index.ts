/** Every control, in the order of the catalogue. Adding one is adding its file and its name here. */
import type { Control } from '../control.ts';

export const controls: readonly Control[] = [];
