/** Zeek's logs (tab-separated, `#fields` names the columns), as its baselines hold them. */
export function readZeekLog(text: string): Readonly<Record<string, string>>[] {
  const lines = text.split('\n');
  const names =
    lines
      .find((line) => line.startsWith('#fields\t'))
      ?.split('\t')
      .slice(1) ?? [];
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i], value])));
}
