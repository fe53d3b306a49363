/** Personal data that somebody sent to the Internet in clear: of which kind, in which protocol; the data as a hash. */
import { ON_THE_WIRE, type PersonalDataEvent } from '../decode/personal-data.ts';
import { maskIn } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

export const personalDataObserver: Observer = {
  protocols: ['personal_data'],
  event(event, direction, flow, at, into) {
    const { event: data, carrier, where, value, [ON_THE_WIRE]: wire } = event as PersonalDataEvent;
    const parties = senderAsClient(flow, direction);
    const key = `${data} ${carrier} ${where}`;
    const record = into.note('personal_data', parties, at, key, () => ({
      protocol: carrier,
      data,
      where,
      value,
    }));
    if (record) maskIn(record, at, [wire]);
  },
};
