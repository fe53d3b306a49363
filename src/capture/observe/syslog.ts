/** Who sends its log to whom: host names and programs, and how severe it was at worst. */
import type { SyslogEvent } from '../decode/syslog.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

const APPS_MAX = 32;

export const syslogObserver: Observer = {
  protocols: ['syslog'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as SyslogEvent;
    if (event.event === 'malformed') return;
    const { hostname: hostName, app_name: app, severity } = event;
    const parties = senderAsClient(flow, direction);
    const record = into.note('syslog', parties, at, hostName ?? '', () => ({
      hostName,
      apps: [],
      messages: 0,
      severity,
    }));
    if (!record) return;
    record.messages++;
    record.severity = Math.min(record.severity, severity);
    if (app !== undefined && record.apps.length < APPS_MAX && !record.apps.includes(app))
      record.apps.push(app);
  },
};
