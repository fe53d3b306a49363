/**
 * Makers by the MAC's registered prefix. Few make one kind of thing only; the others lean, and makers of modules and
 * chips (Espressif, Texas Instruments, Murata, Realtek …) say nothing.
 */
import { type RuleLine, rulesAbout } from '../rule.ts';

const makers: readonly RuleLine[] = [
  // One kind of thing
  ['smart-speaker', 0.92, /^Sonos,/i],
  ['media-player', 0.85, /^Roku,/],
  ['vacuum', 0.92, /^(iRobot|Beijing Roborock|Ecovacs)/i],
  ['thermostat', 0.92, /^(ecobee|tado )/i],
  ['game-console', 0.92, /^(Nintendo|Sony (Interactive|Computer) Entertainment)/],
  [
    'camera',
    0.8,
    /^(Hangzhou (Hikvision|Ezviz)|Zhejiang Dahua|Axis Communications|Reolink|Vivotek|Mobotix|Amcrest)/i,
  ],
  ['camera', 0.75, /^(Arlo |Wyze|Blink by|Lorex|Hanwha|Shenzhen Reecam)/i],
  ['doorbell', 0.65, /^Ring (LLC|Solutions)/],
  ['printer', 0.85, /^(Brother ind|Lexmark|Kyocera Document|RICOH)/i],
  ['printer', 0.75, /^(Seiko Epson|Konica Minolta|Canon Inc|OKI ELECTRIC|Zebra Tech|Toshiba TEC)/i],
  ['nas', 0.85, /^(Synology|QNAP|ICP Electronics)/],
  ['tv', 0.8, /^(Vizio|TCL King|Hisense (Visual|Electric)|Vestel)/i],
  ['voip-phone', 0.88, /^(Yealink|Polycom|snom|Grandstream|Mitel|Gigaset Comm)/i],
  ['light-hub', 0.75, /^(Philips Lighting|Signify|Lutron)/],
  ['light-bulb', 0.75, /^(LIFX|Nanoleaf)/],
  ['scale', 0.5, /^Withings/],
  ['wearable', 0.6, /^(Fitbit|Garmin)/],
  ['wearable', 0.7, /^(Oculus|Facebook Tech)/],
  ['lock', 0.8, /^(August Home|Assa|Yale )/i],
  ['alarm', 0.75, /^(SimpliSafe|Honeywell (Life|Fire|Security))/],
  ['inverter', 0.88, /^(Enphase|SolarEdge|SMA Solar|Fronius)/i],
  ['ev-charger', 0.85, /^(Zaptec|Easee|Wallbox|ChargePoint|KEBA GmbH)/i],
  ['dev-board', 0.65, /^Raspberry Pi/],
  [
    'medical',
    0.75,
    /^(Philips (Medical|Patient|Healthcare)|Siemens Healthcare|Omron Healthcare|SonoSite)/i,
  ],
  // Industry and buildings
  ['plc', 0.65, /^(Rockwell Automation|WAGO|Beckhoff|HOST ENGINEERING|Turck|Festo|ifm e)/i],
  [
    'plc',
    0.5,
    /^(Siemens (AG|Industrial|Numerical)|Schneider Electric|Phoenix Contact|OMRON (Corp|Tateisi)|Mitsubishi Electric Corp)/i,
  ],
  [
    'gateway',
    0.6,
    /^(HMS Industrial|Moxa|Lantronix|Tridium|Distech|Delta Controls|Johnson Controls|Loxone)/i,
  ],
  ['meter', 0.5, /^(Landis|Itron|Schweitzer)/i],
  // Networks
  ['router', 0.7, /^AVM /],
  [
    'router',
    0.58,
    /^(ARRIS|Sagemcom Broadband|Technicolor|Compal Broadband|Cisco-Linksys|Routerboard|CZ\.NIC)/,
  ],
  ['router', 0.45, /^(NETGEAR|Zyxel|Juniper)/i],
  ['access-point', 0.7, /^(Ruckus|Aruba,|Cisco Meraki)/],
  ['access-point', 0.5, /^Ubiquiti/],
  ['smart-hub', 0.5, /^(eQ-3|Physical Graph|SmartThings|Athom|Fibar|Lumi United)/],
  // Personal tools
  [
    'phone',
    0.75,
    /\(Mobile Communications\)|^(OnePlus|HMD Global|Fairphone|vivo Mobile|Motorola Mobility|HTC Corp)/i,
  ],
  ['phone', 0.7, /^(Guangdong OPPO|Realme|Honor Device|Huawei Device|Xiaomi Comm)/i],
  ['phone', 0.3, /^(Apple|Samsung Electronics)/],
  ['computer', 0.35, /^Apple/],
  ['computer', 0.58, /^(Dell|LCFC|CLEVO|Lenovo$)/i],
  [
    'computer',
    0.5,
    /^(VMware|PCS Systemtechnik|GIGA-BYTE|ASRock|Micro-Star|Quanta Computer|Compal Info|Wistron Info)/i,
  ],
  ['computer', 0.5, /^(Intel |Rivet Networks|Hewlett Packard$|Microsoft Corp)/],
  ['server', 0.5, /^(Super Micro|Xensource)/],
  ['tv', 0.3, /^(Samsung Electronics|LG Electronics$|Panasonic)/i],
];

export const vendors = rulesAbout('vendor', makers);
