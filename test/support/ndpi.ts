/**
 * What nDPI says of the flows of a capture: its name of the protocol and the risks it sees, read from the text that
 * ndpiReader prints (`ndpiReader -v 2`), as its own regression tests keep it.
 */

/** nDPI's word on one flow. */
export interface NdpiFlow {
  /** Same for both directions: `tcp 192.0.2.1:80 192.0.2.2:40000`, of ICMP and the like without ports. */
  readonly key: string;
  /** Parts of the name: `TLS.Amazon` is a protocol and what it serves. */
  readonly names: readonly string[];
  /** `DPI` when the content told; all else is a guess from a port, an address or a DNS answer. */
  readonly confidence: string;
  readonly risks: readonly string[];
}

const FLOW =
  /^\t\d+\t(\S+) (\[[^\]]+\]|[\d.]+)(?::(\d+))? <?-> (\[[^\]]+\]|[\d.]+)(?::(\d+))? .*?\[proto: (?:\w+:)?[\d.]+\/([^\]]+)\]/;

export function readNdpi(text: string): NdpiFlow[] {
  return text.split('\n').flatMap((line) => {
    const match = FLOW.exec(line);
    if (!match) return [];
    const [, carrier, from, fromPort, to, toPort, name] = match;
    const risks = /\[Risk: (\*\* .*? \*\*)\]/.exec(line)?.[1] ?? '';
    return {
      key: flowKey(carrier!, bare(from!), Number(fromPort ?? 0), bare(to!), Number(toPort ?? 0)),
      names: name!.split('.'),
      confidence: /\]\[Confidence: ([^\]]+)\]/.exec(line)?.[1] ?? '',
      risks: [...risks.matchAll(/\*\* (.*?) \*\*/g)].map(([, risk]) => risk!),
    };
  });
}

/** The two ends in either order, with the carrier. */
export function flowKey(
  carrier: string,
  from: string,
  fromPort: number,
  to: string,
  toPort: number,
): string {
  const name = carrier.toLowerCase();
  const ported = name === 'tcp' || name === 'udp';
  const end = (address: string, port: number): string => (ported ? `${address}:${port}` : address);
  return [name, ...[end(from, fromPort), end(to, toPort)].sort()].join(' ');
}

function bare(address: string): string {
  return address.replace(/^\[|\]$/g, '');
}
