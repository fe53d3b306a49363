/**
 * Rules for device types: what a device says of itself → what it is. Data only, in files by what they read; the
 * judging is in type-of.ts. From public registries and makers' documents: IANA service names, UPnP device classes,
 * HomeKit and Matter device numbers, DHCP vendor classes, default host names, and the clouds that products call.
 */

import type { TypeRule } from './rule.ts';
import { announced } from './rules/announced.ts';
import { buildings } from './rules/buildings.ts';
import { hostNames } from './rules/host-names.ts';
import { industrial } from './rules/industrial.ts';
import { lookups } from './rules/lookups.ts';
import { network } from './rules/network.ts';
import { ownProtocols } from './rules/own-protocols.ts';
import { remote } from './rules/remote.ts';
import { vendors } from './rules/vendors.ts';
import { web } from './rules/web.ts';

export const rules: readonly TypeRule[] = [
  ...announced,
  ...hostNames,
  ...web,
  ...lookups,
  ...network,
  ...ownProtocols,
  ...remote,
  ...industrial,
  ...buildings,
  ...vendors,
];
