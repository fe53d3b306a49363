/** Numbers, times and sizes in words. */
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const UNITS = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

export function ago(time: number, now = Date.now()): string {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(time - now) >= size) ?? ['minute', 0];
  return size === 0 ? 'just now' : RELATIVE.format(Math.round((time - now) / size), unit);
}

/** In the viewer's zone, to the second. */
export const exact = (time: number): string =>
  new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const day = (time: number): string =>
  new Date(time).toLocaleDateString('en-GB', { dateStyle: 'medium' });

export function bytes(count: number): string {
  const power = count < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** `smart-plug` → `Smart plug`. */
export function plain(name: string): string {
  const spaced = name.replaceAll(/[-_.]/g, ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export const nameOf = (device: { name: string; address: string; mac: string }): string =>
  device.name || device.address || device.mac;
