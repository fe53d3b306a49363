/**
 * What each event of a local protocol means: who the sender is, what it asked, or what it answered. A table from
 * protocols to functions; the folding into observations is in ../smart-home.ts.
 */
import type { DahuaEvent } from '../../decode/dahua.ts';
import type { KasaRequestEvent, KasaResponseEvent } from '../../decode/kasa.ts';
import type { LifxEvent } from '../../decode/lifx.ts';
import type { MakerDiscoveryEvent } from '../../decode/maker-discovery.ts';
import type { MatterEvent } from '../../decode/matter.ts';
import type { MaxCubeEvent } from '../../decode/max-cube.ts';
import type { MiioEvent } from '../../decode/miio.ts';
import type { SadpEvent } from '../../decode/sadp.ts';
import type { TdpEvent } from '../../decode/tdp.ts';
import type { TuyaEvent } from '../../decode/tuya.ts';
import type { WeaveEvent } from '../../decode/weave.ts';
import type { WizEvent } from '../../decode/wiz.ts';
import type { WsDiscoveryEvent } from '../../decode/ws-discovery.ts';
import type { YeelightCommandEvent, YeelightDiscoveryEvent } from '../../decode/yeelight.ts';
import type { AppEvent } from '../../decoder.ts';
import type { IdentificationFields, LocalControlFields } from '../../observations.ts';

type Operation = Pick<LocalControlFields, 'operation' | 'effect' | 'protection'>;

export interface Report {
  readonly identity?: Partial<Omit<IdentificationFields, 'protocol'>>;
  readonly asked?: Operation & { readonly protocol: string; readonly number: string };
  readonly answered?: {
    readonly number: string;
    readonly outcome: LocalControlFields['outcome'];
    /** What was answered, where the answer says and its question may not have been in view. */
    readonly operation?: Operation;
  };
}

type Reader<E extends AppEvent = AppEvent> = (event: E) => Report | undefined;

const READERS: Readonly<Record<string, Reader<never>>> = {
  kasa: readKasa as Reader<never>,
  tdp: readTdp as Reader<never>,
  wiz: readWiz as Reader<never>,
  yeelight: readYeelight as Reader<never>,
  lifx: readLifx as Reader<never>,
  tuya: readTuya as Reader<never>,
  miio: readMiio as Reader<never>,
  matter: readMatter as Reader<never>,
  dahua: readDahua as Reader<never>,
  sadp: readSadp as Reader<never>,
  ws_discovery: readWsDiscovery as Reader<never>,
  max_cube: readMaxCube as Reader<never>,
  weave: readWeave as Reader<never>,
  ubnt: readAnnouncement('Ubiquiti') as Reader<never>,
  dlink_ddp: readAnnouncement('D-Link') as Reader<never>,
  edimax: readAnnouncement('Edimax') as Reader<never>,
  eq3_max: readAnnouncement('eQ-3') as Reader<never>,
  hf_lpb: readAnnouncement(undefined) as Reader<never>,
};

export const smartHomeProtocols: readonly string[] = Object.keys(READERS);

export function reportOf(event: AppEvent): Report | undefined {
  return READERS[event.protocol]?.(event as never);
}

/** Names by which a method says that it changes nothing. */
const READS = /^(get|read|query|list|is|probe|search|find|echo|count|check|scan)/i;

function effectOf(method: string): 'read' | 'change' {
  return READS.test(method) ? 'read' : 'change';
}

function without(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

function readKasa(event: KasaRequestEvent | KasaResponseEvent): Report | undefined {
  const operation = `${event.module}.${event.method}`;
  const what = { operation, effect: effectOf(event.method), protection: 'none' } as const;
  if (event.event === 'request') return { asked: { ...what, protocol: 'kasa', number: operation } };
  const { model, sw_ver, hw_ver, alias, mac, device_id, err_code, position_given } = event;
  const identity = {
    maker: 'TP-Link',
    model,
    version: sw_ver,
    serial: device_id,
    name: alias,
    more: without({ hw_ver, mac, position: position_given ? 'given' : undefined }),
  };
  const outcome = err_code === undefined || err_code === 0 ? 'accepted' : 'refused';
  return {
    ...(model === undefined ? {} : { identity }),
    answered: { number: operation, outcome, operation: what },
  };
}

function readTdp(event: TdpEvent): Report | undefined {
  if (event.event === 'probe') return undefined;
  const { device_type, device_model, device_id, factory_default, encrypt_type } = event;
  const more = without({
    device_type,
    encrypt_type,
    pairing: factory_default === undefined ? undefined : factory_default ? 'open' : 'closed',
  });
  return { identity: { maker: 'TP-Link', model: device_model, serial: device_id, more } };
}

function readWiz(event: WizEvent): Report | undefined {
  const { method, id, success, mac, module_name, fw_version } = event;
  const number = `${method} ${id ?? ''}`;
  const what = { operation: method, effect: effectOf(method), protection: 'none' } as const;
  if (event.event === 'request') {
    // What the lamp sends of its own accord.
    if (/^(syncPilot|firstBeat|syncSystemConfig)$/i.test(method))
      return fw_version || module_name ? { identity: wizIdentity(event) } : undefined;
    return { asked: { ...what, protocol: 'wiz', number } };
  }
  const outcome = event.event === 'error' || success === false ? 'refused' : 'accepted';
  return {
    ...(module_name || fw_version || mac ? { identity: wizIdentity(event) } : {}),
    answered: { number, outcome, operation: what },
  };
}

function wizIdentity({ module_name, fw_version, mac }: WizEvent): NonNullable<Report['identity']> {
  return { maker: 'WiZ', model: module_name, version: fw_version, more: without({ mac }) };
}

function readYeelight(event: YeelightDiscoveryEvent | YeelightCommandEvent): Report | undefined {
  switch (event.event) {
    case 'search':
    case 'notification':
      return undefined;
    case 'search_response':
    case 'advertisement': {
      const { model, fw_ver, id, name } = event;
      return { identity: { maker: 'Yeelight', model, version: fw_ver, serial: id, name } };
    }
    case 'command': {
      const operation = event.method ?? '';
      const what = { operation, effect: effectOf(operation), protection: 'none' } as const;
      return { asked: { ...what, protocol: 'yeelight', number: String(event.id ?? '') } };
    }
    case 'result': {
      const outcome = event.success ? 'accepted' : 'refused';
      return { answered: { number: String(event.id ?? ''), outcome } };
    }
  }
}

function readLifx(event: LifxEvent): Report | undefined {
  const number = `${event.source} ${event.sequence}`;
  const name = event.event;
  if (/^(get|set)_|^echo_request/.test(name)) {
    const what = { operation: name, effect: effectOf(name), protection: 'none' } as const;
    return { asked: { ...what, protocol: 'lifx', number } };
  }
  const { vendor, product, version, label } = event;
  const tells = product !== undefined || version !== undefined || label !== undefined;
  const identity = {
    maker: vendor === undefined || vendor === 1 ? 'LIFX' : undefined,
    model: product === undefined ? undefined : `product ${product}`,
    version,
    name: label,
  };
  const outcome = name === 'state_unhandled' ? 'refused' : 'accepted';
  return { ...(tells ? { identity } : {}), answered: { number, outcome } };
}

/** Messages of a session that is set up under the device's key; those that come before it are no commands. */
const TUYA_COMMANDS = /^(control|control_new|dp_query|dp_query_new|status|update_dps|unbind)$/;

function readTuya(event: TuyaEvent): Report | undefined {
  const { gw_id, product_key, active, version, command } = event;
  if (/^(udp|udp_new|broadcast_lpv34|ap_config_new)$/.test(event.event)) {
    if (gw_id === undefined) return undefined;
    const pairing = active === undefined ? undefined : active === 2 ? 'closed' : 'open';
    const more = without({ protocol_version: version, pairing });
    return { identity: { maker: 'Tuya', model: product_key, serial: gw_id, more } };
  }
  if (!TUYA_COMMANDS.test(event.event) || event.event === 'status') return undefined;
  const number = String(command);
  if (event.return_code !== undefined)
    return { answered: { number, outcome: event.return_code === 0 ? 'accepted' : 'refused' } };
  const effect = /query/.test(event.event) ? 'read' : 'change';
  const protection = event.clear ? 'none' : 'key';
  return { asked: { operation: event.event, effect, protection, protocol: 'tuya', number } };
}

function readMiio(event: MiioEvent): Report | undefined {
  if (event.event === 'hello_response') {
    const serial = event.did === undefined ? undefined : String(event.did);
    const identity = { maker: 'Xiaomi', serial };
    if (event.token === undefined) return { identity };
    const operation = { operation: 'hello', effect: 'key', protection: 'none' } as const;
    return { identity, answered: { number: 'hello', outcome: 'accepted', operation } };
  }
  if (event.event === 'hello') return undefined;
  // Both sides' messages look alike; that the device answers shows that the asker had its key.
  const what = { operation: 'message', effect: 'change', protection: 'key' } as const;
  return { asked: { ...what, protocol: 'miio', number: 'message' } };
}

function readMatter(event: MatterEvent): Report | undefined {
  switch (event.event) {
    case 'pbkdf_param_request':
    case 'case_sigma1': {
      const operation = event.event === 'case_sigma1' ? 'case' : 'pase';
      const number = String(event.exchange_id);
      return {
        asked: { operation, effect: 'change', protection: 'key', protocol: 'matter', number },
      };
    }
    case 'status_report': {
      const outcome = event.general_code === 0 ? 'accepted' : 'refused';
      return { answered: { number: String(event.exchange_id), outcome } };
    }
    default:
      return undefined;
  }
}

function readDahua(event: DahuaEvent): Report | undefined {
  const { device_type, vendor, version, serial_no, mac } = event;
  if (device_type === undefined && serial_no === undefined) return undefined;
  // The machine's name is its serial number unless somebody changed it.
  const name = event.machine_name === serial_no ? undefined : event.machine_name;
  const maker = vendor === undefined || /^(general|private)$/i.test(vendor) ? 'Dahua' : vendor;
  const more = without({ mac });
  return { identity: { maker, model: device_type, version, serial: serial_no, name, more } };
}

function readSadp(event: SadpEvent): Report | undefined {
  if (event.event === 'probe') return undefined;
  const { device_description, device_sn, software_version, activated, mac } = event;
  const password = activated === undefined ? undefined : activated ? 'set' : 'never set';
  return {
    identity: {
      maker: 'Hikvision',
      model: device_description,
      version: software_version,
      serial: device_sn,
      more: without({ mac, password }),
    },
  };
}

function readWsDiscovery(event: WsDiscoveryEvent): Report | undefined {
  if (!/^(hello|probe_matches)$/.test(event.event)) return undefined;
  const { types, hardware, name } = event;
  if (types.length === 0 && hardware === undefined && name === undefined) return undefined;
  const more = without({ types: types.join(' ') || undefined });
  return { identity: { model: hardware, name, more } };
}

function readMaxCube(event: MaxCubeEvent): Report | undefined {
  const { serial, firmware, type } = event;
  if (event.event === 'hello')
    return { identity: { maker: 'eQ-3', model: 'MAX! Cube', version: firmware, serial } };
  if (event.event === 'message') {
    return { answered: { number: type.toLowerCase(), outcome: 'accepted' } };
  }
  // `s:` sends to a radiator, `m:`, `a:`, `z:`, `t:` change the cube; the others ask.
  const effect = /^[smatzfu]$/.test(type) ? 'change' : 'read';
  const asked = {
    operation: `${type}:`,
    effect,
    protection: 'none',
    protocol: 'max_cube',
  } as const;
  return { asked: { ...asked, number: type } };
}

function readWeave(_event: WeaveEvent): undefined {
  return undefined;
}

function readAnnouncement(maker: string | undefined): Reader<MakerDiscoveryEvent> {
  return ({ event, model, version, serial, name, mac }) =>
    event === 'request'
      ? undefined
      : { identity: { maker, model, version, serial, name, more: without({ mac }) } };
}
