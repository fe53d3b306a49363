/** OWASP IoT Top 10, 2018: ten things to avoid. */
import { provisionsOf, type Standard } from './standard.ts';

export const owaspIotTop10: Standard = {
  id: 'owasp-iot-top10:2018',
  title: 'OWASP IoT Top 10',
  edition: '2018',
  provisions: provisionsOf('recommended', [
    ['I1', 'PTF', 'weak, guessable or hard-coded passwords'],
    ['I2', 'TP', 'network services that are insecure or not needed'],
    ['I3', 'PT', 'insecure interfaces around the device: web, API, cloud, app'],
    ['I4', 'TEF', 'no secure update mechanism'],
    ['I5', 'FE', 'insecure or outdated components'],
    ['I6', 'TD', 'too little protection of privacy'],
    ['I7', 'TPF', 'insecure transfer and storage of data'],
    ['I8', 'ED', 'no device management'],
    ['I9', 'PT', 'insecure default settings'],
    ['I10', 'D', 'no physical hardening'],
  ]),
};
