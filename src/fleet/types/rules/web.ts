/** What web servers and clients say: products, titles, user agents, certificates. */
import { type RuleLine, rulesAbout } from '../rule.ts';

const servers: readonly RuleLine[] = [
  [
    'camera',
    0.92,
    /Hikvision-Webs|App-webs\/|IP-?Camera|Netwave|IPCam|Network Camera|AXIS|VIVOTEK/i,
  ],
  ['video-recorder', 0.9, /DNVRS-Webs|DVRDVS-Webs|DVRWEB|NVR/],
  ['camera', 0.7, /^uc-httpd/i],
  [
    'printer',
    0.92,
    /HP HTTP Server|HP-ChaiSOE|CANON HTTP|KS_HTTP|EPSON|^debut\/|Lexmark|PRINT_SERVER|RICOH/i,
  ],
  ['router', 0.8, /RouterOS|TP-LINK Router|Router Webserver|FRITZ!Box|ZyXEL-RomPager|\bDSL\b/i],
  ['router', 0.5, /RomPager|micro_httpd/i],
  ['nas', 0.85, /Synology|QNAP|ReadyNAS/i],
  ['smart-speaker', 0.95, /Sonos/i],
  ['plc', 0.9, /Schneider-WEB|WAGO_Webs|SIMATIC|Siemens.*S7|Rockwell|Allen-Bradley|A-B WWW/i],
  ['gateway', 0.8, /Niagara|Anybus|MoxaHttp|Lantronix|Digi/i],
  ['voip-phone', 0.92, /^(snom|Grandstream|Yealink|Polycom|Cisco\/SPA)/i],
  ['smart-plug', 0.6, /Tasmota|Shelly/i],
  ['tv', 0.9, /WebOS|BRAVIA|SmartTV|Tizen/i],
  ['smart-hub', 0.9, /Home ?Assistant|openHAB|deCONZ|IPSwitch/i],
  ['3d-printer', 0.9, /OctoPrint|Moonraker/i],
];

const titles: readonly RuleLine[] = [
  ['router', 0.85, /\brouter\b|RouterOS|FRITZ!Box|LuCI|DD-WRT|pfSense|OPNsense|EdgeOS|\bDSL\b/i],
  ['access-point', 0.8, /Access Point|UniFi|Range Extender/i],
  ['switch', 0.8, /Smart Switch|Managed Switch|ProSAFE/i],
  ['camera', 0.88, /Network Camera|IP ?Cam|Webcam|\bDCS-\d|Camera/i],
  ['video-recorder', 0.88, /\b(NVR|DVR)\b/],
  ['printer', 0.9, /LaserJet|OfficeJet|DeskJet|Printer|\bMFC-|EpsonNet/i],
  ['nas', 0.9, /DiskStation|Synology|\bQNAP\b|TrueNAS|\bNAS\b/i],
  ['smart-hub', 0.9, /Home Assistant|openHAB|Hubitat|Homematic|ioBroker|Domoticz/i],
  ['inverter', 0.9, /Inverter|Fronius|Sunny (Boy|Tripower|WebBox)|SolarEdge|Solar-Log/i],
  ['plc', 0.88, /SIMATIC|\bPLC\b|ControlLogix|CompactLogix|Modicon|WAGO/i],
  ['ev-charger', 0.9, /Wallbox|Charging Station|go-e/i],
  ['3d-printer', 0.9, /OctoPrint|Mainsail|Fluidd/i],
  ['server', 0.7, /Proxmox|VMware ESXi|Pi-hole|Plex|Jellyfin|iDRAC|iLO/],
];

const userAgents: readonly RuleLine[] = [
  ['tv', 0.92, /SMART-?TV|SmartTV|HbbTV|Web0S|NetCast|BRAVIA|VIZIO|AFT[A-Z]\w? |Android TV/i],
  ['media-player', 0.9, /\bRoku\b|CrKey|AppleTV|tvOS|\bKodi\b/i],
  ['game-console', 0.95, /PlayStation|Xbox|Nintendo/i],
  ['phone', 0.92, /\biPhone\b|iOS.*iPhone/],
  ['tablet', 0.92, /\biPad\b|Kindle|Silk\//],
  ['phone', 0.82, /Android.*Mobile/],
  ['phone', 0.55, /^Dalvik\/|okhttp\//],
  ['computer', 0.88, /Windows NT|Macintosh|X11; (Linux|Ubuntu|CrOS)/],
  [
    'computer',
    0.88,
    /Microsoft (NCSI|BITS|-CryptoAPI)|Microsoft-CryptoAPI|Windows-Update-Agent|MSDW/,
  ],
  ['computer', 0.6, /Debian APT|^libdnf|PackageKit|^Homebrew/],
  ['phone', 0.4, /CaptiveNetworkSupport|CFNetwork\//],
  ['computer', 0.35, /CaptiveNetworkSupport/],
  ['smart-speaker', 0.92, /\bSonos\b|AlexaMediaPlayer|\bEcho\//i],
  ['scale', 0.6, /^Withings/i],
  ['camera', 0.85, /IPCam|IP Camera|Hikvision|Dahua/i],
];

const subjects: readonly RuleLine[] = [
  ['camera', 0.85, /Hikvision|IP ?Camera|Axis Communications|Dahua|Reolink/i],
  ['printer', 0.85, /HP Jetdirect|Canon.*Printer|EPSON|Brother/i],
  ['nas', 0.85, /synology|QNAP/i],
  ['router', 0.85, /fritz\.box|OpenWrt|router|ASUS.*(RT-|router)|MikroTik|pfSense|OPNsense/i],
  ['access-point', 0.7, /UBNT|UniFi|Ubiquiti/i],
  ['light-hub', 0.95, /Philips Hue|O=Signify/i],
  ['media-player', 0.7, /Chromecast|Google.*Cast/i],
  ['tv', 0.85, /SmartTV|Samsung.*TV|LG webOS/i],
  ['voip-phone', 0.92, /CN=SEP[0-9A-F]{12}/i],
  ['smart-speaker', 0.9, /Sonos/i],
  ['smart-hub', 0.8, /homeassistant|SmartThings/i],
  ['plc', 0.85, /SIMATIC|S7-1[25]00|Rockwell/i],
];

export const web = [
  ...rulesAbout('http server', servers),
  ...rulesAbout('http title', titles),
  ...rulesAbout('http user agent', userAgents),
  ...rulesAbout('certificate subject', subjects),
];
