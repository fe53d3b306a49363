/**
 * EU Cyber Resilience Act, Regulation (EU) 2024/2847, Annex I: I(…) are the properties of products (Part I), II(…)
 * the handling of vulnerabilities (Part II). Reporting duties apply from 2026-09-11, the whole from 2027-12-11.
 */
import { provisionsOf, type Standard } from './standard.ts';

export const euCra: Standard = {
  id: 'eu-cra:2024-2847',
  title: 'EU Cyber Resilience Act, Annex I',
  edition: 'Regulation (EU) 2024/2847',
  provisions: provisionsOf('mandatory', [
    ['I(1)', 'D', 'the level of security fits the risks'],
    ['I(2)(a)', 'FE', 'no known exploitable vulnerabilities'],
    ['I(2)(b)', 'PTD', 'secure by default, and can be reset'],
    [
      'I(2)(c)',
      'ETD',
      'security updates, automatic by default, with opt-out, notice and postponement',
    ],
    ['I(2)(d)', 'TPE', 'access is controlled, and unauthorised access reported'],
    ['I(2)(e)', 'TPF', 'data is confidential, stored and in transit'],
    [
      'I(2)(f)',
      'TPF',
      'data, commands, programs and settings keep their integrity, and corruption is reported',
    ],
    ['I(2)(g)', 'DT', 'only data that is needed is processed'],
    ['I(2)(h)', 'DT', 'essential functions stay available, also after an incident'],
    ['I(2)(i)', 'T', 'little harm to other devices and networks'],
    ['I(2)(j)', 'PTF', 'a small attack surface'],
    ['I(2)(k)', 'FD', 'the impact of an incident is reduced by mitigations'],
    ['I(2)(l)', 'ED', 'internal activity is recorded and monitored, with opt-out'],
    ['I(2)(m)', 'D', 'all data and settings can be removed for good'],
    ['II(1)', 'FD', 'components are identified, with an SBOM of the top level at least'],
    ['II(2)', 'ED', 'vulnerabilities are remedied without delay, apart from features'],
    ['II(3)', 'D', 'security is tested and reviewed regularly'],
    ['II(4)', 'D', 'mended vulnerabilities are published'],
    ['II(5)', 'D', 'there is a policy of coordinated disclosure'],
    ['II(6)', 'D', 'a contact address; information is shared on own and third-party parts'],
    ['II(7)', 'TED', 'updates are distributed securely'],
    ['II(8)', 'ED', 'updates come without delay, free of charge, with an advisory'],
  ]),
};
