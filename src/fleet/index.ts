/** Face of the room fleet: the inventory that every practice reads. */
export * from './device.ts';
export { type InventoryExpectations, inventory, type Typing } from './inventory.ts';
export { isDeviceType } from './types/vocabulary.ts';
