/**
 * UK Product Security and Telecommunications Infrastructure regime: the Security Requirements for Relevant
 * Connectable Products Regulations 2023 (SI 2023/1007), in force since 2024-04-29. Schedule 1, by paragraph.
 */
import { provisionsOf, type Standard } from './standard.ts';

export const ukPsti: Standard = {
  id: 'uk-psti:2023',
  title: 'UK PSTI security requirements',
  edition: 'SI 2023/1007, Schedule 1',
  provisions: provisionsOf('mandatory', [
    [
      'Sch1-1',
      'PTFD',
      'passwords are unique per product or chosen by the user, and not built on counters, public data or plain serial numbers',
    ],
    [
      'Sch1-2',
      'D',
      'how to report a security issue is published, with contact and times of acknowledgement and status',
    ],
    ['Sch1-3', 'DE', 'the least support period is published, with its end date'],
  ]),
};
