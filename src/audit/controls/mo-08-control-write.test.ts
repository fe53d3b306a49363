import { describe, expect, it } from 'vitest';
import { expectationsFrom } from '../expectations/index.ts';
import { scene } from '../testing.ts';
import { controlWrite } from './mo-08-control-write.ts';

/** A controller, its panel that polls it all the time, and an engineering station. */
function plant() {
  const network = scene();
  const plc = network.device('192.168.10.4');
  const panel = network.device('192.168.10.9');
  const station = network.device('192.168.10.30');
  const polls = (at: number, until: number, reads = 500) => {
    const { first } = network.saw('polling', panel, plc, { at, reads });
    const polling = network.saw('polling', panel, plc, { at, reads });
    polling.last = { ...first, seconds: first.seconds + until - at };
  };
  return { ...network, plc, panel, station, polls };
}
const list = (...masters: string[]) => ({ allowed: masters, listed: true });

describe('MO-08 with a list of masters', () => {
  it('passes what listed masters command, by address, prefix, name or mark', () => {
    const { saw, judge, plc, panel } = plant();
    saw('control_write', panel, plc, { count: 12 });
    for (const entry of ['192.168.10.9', '192.168.10.8/31'])
      expect(judge(controlWrite, plc, list(entry))).toEqual({ verdict: 'pass', judged: 12 });
    expect(judge(controlWrite, panel, list('192.168.10.9'))).toMatchObject({ verdict: 'pass' });
  });

  it('knows a master by its MAC, and by its mark', () => {
    const { saw, judge, party, device, plc } = plant();
    const remote = party('203.0.113.9', { mac: '02:00:00:00:00:09' });
    saw('control_write', remote, plc);
    expect(judge(controlWrite, plc, list('02:00:00:00:00:09'))).toMatchObject({ verdict: 'pass' });
    const marked = device('192.168.10.31', {
      expected: {
        name: undefined,
        type: undefined,
        segment: undefined,
        lifeUntil: undefined,
        marks: ['master'],
      },
    });
    const other = device('192.168.10.5');
    saw('control_write', marked, other);
    expect(judge(controlWrite, other, list('192.168.99.1'))).toMatchObject({ verdict: 'pass' });
  });

  it('fails the controller that obeys a stranger, and the stranger', () => {
    const { saw, judge, plc, panel, station } = plant();
    saw('control_write', panel, plc);
    saw('control_write', station, plc, {
      operation: 'plc_stop',
      effect: 'mode',
      protocol: 's7comm',
    });
    for (const device of [plc, station]) {
      const judgement = judge(controlWrite, device, list('192.168.10.9'));
      expect(judgement).toMatchObject({
        verdict: 'fail',
        evidence: [
          {
            fields: {
              master: '192.168.10.30',
              protocol: 's7comm',
              operation: 'plc_stop',
              outcome: 'accepted',
            },
          },
        ],
      });
      expect(judgement).not.toHaveProperty('severity');
    }
    expect(judge(controlWrite, panel, list('192.168.10.9'))).toMatchObject({ verdict: 'pass' });
  });

  it('does not fail a controller that refuses, but who asked', () => {
    const { saw, judge, plc, station } = plant();
    saw('control_write', station, plc, { outcome: 'refused' });
    expect(judge(controlWrite, plc, list('192.168.10.9'))).toEqual({ verdict: 'pass', judged: 1 });
    expect(judge(controlWrite, station, list('192.168.10.9'))).toMatchObject({ verdict: 'fail' });
  });

  it('does not say that a controller obeyed where no answer was seen', () => {
    const { saw, judge, plc, station } = plant();
    saw('control_write', station, plc, { outcome: 'unknown' });
    expect(judge(controlWrite, plc, list())).toMatchObject({ verdict: 'not_visible' });
    expect(judge(controlWrite, station, list())).toMatchObject({ verdict: 'fail' });
  });

  it('puts what stops and programs before values', () => {
    const { saw, judge, plc, station } = plant();
    for (let i = 0; i < 9; i++) saw('control_write', station, plc, { station: `${i}` });
    saw('control_write', station, plc, { operation: 'request_download', effect: 'program' });
    expect(judge(controlWrite, plc, list())).toMatchObject({
      evidence: [{ fields: { operation: 'request_download' } }, ...Array(7).fill({})],
    });
  });
});

describe('MO-08 without a list', () => {
  it('passes who polls the controller throughout, second station and all', () => {
    const { saw, judge, plc, panel, station, polls } = plant();
    polls(0, 3600);
    saw('control_write', panel, plc, { at: 100 });
    const { first } = saw('polling', station, plc, { at: 0, reads: 400 });
    saw('polling', station, plc, { reads: 1 }).last = { ...first, seconds: first.seconds + 3000 };
    saw('control_write', station, plc, { at: 200 });
    // Nothing is judged by number: below a day in view it is no pass.
    for (const device of [plc, panel, station])
      expect(judge(controlWrite, device)).toEqual({ verdict: 'pass', judged: 0 });
  });

  it('fails a stranger amid the polling of others, less severely', () => {
    const { saw, judge, plc, panel, station, polls } = plant();
    polls(0, 3600);
    saw('control_write', panel, plc, { at: 100 });
    saw('control_write', station, plc, { at: 1800, operation: 'write_multiple_registers' });
    for (const device of [plc, station])
      expect(judge(controlWrite, device)).toMatchObject({
        verdict: 'fail',
        severity: 'high',
        note: expect.stringContaining('No masters are listed'),
        evidence: [{ fields: { master: '192.168.10.30', operation: 'write_multiple_registers' } }],
      });
    expect(judge(controlWrite, panel)).toMatchObject({ verdict: 'pass' });
  });

  it('a burst of reading makes no master', () => {
    const { saw, judge, plc, station, polls } = plant();
    polls(0, 3600);
    saw('polling', station, plc, { at: 1800, reads: 5_000 });
    saw('control_write', station, plc, { at: 1801 });
    expect(judge(controlWrite, plc)).toMatchObject({ verdict: 'fail', severity: 'high' });
  });

  it('does not judge the commissioning window: nobody polls yet', () => {
    const { saw, judge, plc, station, polls } = plant();
    saw('control_write', station, plc, {
      at: 10,
      operation: 'request_download',
      effect: 'program',
    });
    polls(600, 3600);
    for (const device of [plc, station])
      expect(judge(controlWrite, device)).toMatchObject({
        verdict: 'not_visible',
        why: expect.stringContaining('list the masters'),
      });
  });

  it('does not judge a stand-by that took over when the polling ended', () => {
    const { saw, judge, plc, station, polls } = plant();
    polls(0, 1800);
    saw('control_write', station, plc, { at: 2000 });
    expect(judge(controlWrite, plc)).toMatchObject({ verdict: 'not_visible' });
  });

  it('does not judge where only one commands and nobody polls', () => {
    const { saw, judge, plc, station } = plant();
    saw('control_write', station, plc);
    expect(judge(controlWrite, plc)).toMatchObject({ verdict: 'not_visible' });
  });

  it('a controller that refuses the stranger does not fail', () => {
    const { saw, judge, plc, polls, station } = plant();
    polls(0, 3600);
    saw('control_write', station, plc, { at: 1800, outcome: 'refused' });
    expect(judge(controlWrite, plc)).toMatchObject({ verdict: 'pass' });
  });
});

it('sees nothing where nobody commands', () => {
  const { judge, plc, polls } = plant();
  polls(0, 3600);
  expect(judge(controlWrite, plc)).toEqual({ verdict: 'not_seen' });
});

describe('masters in expectations.yaml', () => {
  const parameters = (...lines: string[]) =>
    expectationsFrom(['version: 1', ...lines].join('\n'), 'e.yaml').parametersOf('MO-08');

  it('are listed by address or mark, and nobody is listed by an empty list', () => {
    expect(parameters()).toMatchObject({ listed: false });
    expect(parameters('masters: []')).toMatchObject({ listed: true, allowed: [] });
    expect(parameters('masters: [192.168.10.9, "hmi-*"]')).toMatchObject({
      listed: true,
      allowed: ['192.168.10.9', 'hmi-*'],
    });
    expect(
      parameters('devices:', '  - match: { address: 192.168.10.9 }', '    marks: [master]'),
    ).toMatchObject({ listed: true });
  });

  it('mark the devices that they name', () => {
    const expectations = expectationsFrom('version: 1\nmasters: [192.168.10.9]', 'e.yaml');
    const found = { mac: undefined, addresses: ['192.168.10.9'], names: [] };
    expect(expectations.deviceFor(found)?.marks).toEqual(['master']);
  });
});
