/**
 * Judges what two ends of a tunnel agreed on by IKE (RFC 2409, RFC 7296). The initiator answers for what it offered and
 * got; the responder for choosing badly although it was offered better.
 */
import { type IkeChoice, isWeakIkeAlgorithm } from '../capture/index.ts';
import type { Device, Network, Sighting } from '../fleet/index.ts';
import { fail, type Judgement, notSeen, pass } from './control.ts';
import { proofs } from './proofs.ts';

export function judgeTunnels(device: Device, network: Network): Judgement {
  const agreed = device.seen('ike').filter(({ observation }) => observation.chosen !== undefined);
  if (agreed.length === 0) return notSeen();
  const failing = agreed.filter(isAtFault);
  const good = agreed.filter(({ observation }) => weakIn(observation.chosen).length === 0).length;
  if (failing.length === 0)
    return good > 0 ? pass(good) : notSeen('The device was offered no better tunnel.');
  return fail(
    good + failing.length,
    proofs(network, failing, ({ observation: { version, exchange, chosen } }) => ({
      protocol: `IKE version ${version}`,
      exchange,
      weak: weakIn(chosen).join(', '),
      encryption: chosen?.encryption,
      group: chosen?.group,
      authentication: chosen?.authentication,
    })),
  );
}

function isAtFault({ role, observation: { chosen, offered } }: Sighting<'ike'>): boolean {
  const weak = weakIn(chosen);
  if (role === 'client' || weak.length === 0) return weak.length > 0;
  return weak.every((name) =>
    offered.some((other) => classOf(other) === classOf(name) && !isWeakIkeAlgorithm(other)),
  );
}

function weakIn(chosen: IkeChoice | undefined): string[] {
  if (!chosen) return [];
  const { encryption, integrity, prf, group } = chosen;
  return [encryption, integrity, prf, group].filter(
    (name) => name !== undefined && isWeakIkeAlgorithm(name),
  ) as string[];
}

/** Algorithms compete with those of their class: `ENCR_…` and `Enc…`, `Modp…`, `Ecp…` and `Group…`, and so on. */
function classOf(name: string): string {
  if (/^enc/i.test(name)) return 'encryption';
  if (/^prf/i.test(name)) return 'prf';
  return /^auth_|^hash/i.test(name) ? 'integrity' : 'group';
}
