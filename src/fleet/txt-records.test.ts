import { describe, expect, it } from 'vitest';
import { describeTxt, type TxtDescription } from './txt-records.ts';

const told = (service: string, fields: Record<string, string>, instance?: string): TxtDescription =>
  describeTxt({ service, instance, fields });

describe('what text records say', () => {
  it('tells whether a HomeKit accessory is still open to pairing', () => {
    expect(told('_hap._tcp.local', { md: 'Eve Energy', sf: '1', ci: '7' })).toEqual({
      model: 'Eve Energy',
      pairing: 'open',
    });
    expect(told('_hap._tcp.local', { md: 'Eve Energy', sf: '0' })).toMatchObject({
      pairing: 'closed',
    });
  });

  it('reads a Matter device that waits for its owner', () => {
    const fields = { VP: '4996+22', CM: '1', D: '3840', DT: '266', DN: 'Plug' };
    expect(told('_matterc._udp.local', fields)).toEqual({
      model: 'vendor 4996 product 22',
      name: 'Plug',
      pairing: 'open',
      'matter discriminator': '3840',
    });
    expect(told('_matterc._udp.local', { ...fields, CM: '0' }).pairing).toBe('closed');
  });

  it('reads a Thread border router', () => {
    const fields = {
      vn: 'HomeAssistant',
      mn: 'OpenThreadBorderRouter',
      tv: '1.3.0',
      nn: 'ha-thread',
    };
    expect(told('_meshcop._udp.local', fields)).toEqual({
      maker: 'HomeAssistant',
      model: 'OpenThreadBorderRouter',
      'thread version': '1.3.0',
      'thread network': 'ha-thread',
    });
  });

  it('takes the model of miIO devices from their instance', () => {
    expect(told('_miio._udp.local', { epoch: '1' }, 'yeelink-light-color3_miio12345678')).toEqual({
      maker: 'Xiaomi',
      model: 'yeelink.light.color3',
    });
  });

  it('tells an ESPHome device whose interface is in clear', () => {
    const fields = { version: '2024.5.0', board: 'esp32dev', friendly_name: 'Boiler' };
    expect(told('_esphomelib._tcp.local', fields)).toMatchObject({
      model: 'esp32dev',
      version: '2024.5.0',
      'esphome api': 'in clear',
    });
    const encrypted = { ...fields, api_encryption: 'Noise_NNpsk0_25519_ChaChaPoly_SHA256' };
    expect(told('_esphomelib._tcp.local', encrypted)['esphome api']).toBe('encrypted');
  });

  it('reads printers, cast devices, Hue, Shelly and others by their own keys', () => {
    expect(told('_ipp._tcp.local', { product: '(HP LaserJet 400)', usb_MFG: 'HP' })).toEqual({
      maker: 'HP',
      model: 'HP LaserJet 400',
    });
    expect(told('_googlecast._tcp.local', { md: 'Nest Mini', fn: 'Kitchen', ve: '05' })).toEqual({
      model: 'Nest Mini',
      name: 'Kitchen',
    });
    expect(told('_hue._tcp.local', { modelid: 'BSB002' })).toMatchObject({ model: 'BSB002' });
    expect(told('_shelly._tcp.local', { gen: '2', app: 'PlusPlugS', ver: '1.0.8' })).toEqual({
      maker: 'Shelly',
      model: 'PlusPlugS',
      version: '1.0.8',
    });
  });

  it('reads services that it does not know by what makers have in common', () => {
    expect(told('_acme._tcp.local', { Manufacturer: 'Acme', MD: 'A1', fw_version: '2.0' })).toEqual(
      {
        maker: 'Acme',
        model: 'A1',
        version: '2.0',
      },
    );
    expect(told('_acme._tcp.local', {})).toEqual({});
  });
});
