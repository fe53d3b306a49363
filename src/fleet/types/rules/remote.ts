/** What servers of streams say of themselves: the Server header of RTSP, and the realm that they ask a password for. */
import { type RuleLine, rulesAbout } from '../rule.ts';

const servers: readonly RuleLine[] = [
  [
    'camera',
    0.85,
    /Hikvision|\bDahua\b|Hipcam|IP-?Cam|Network ?Camera|\bAXIS\b|VIVOTEK|Avigilon|Reolink|Amcrest|Foscam/i,
    /^(TP-LINK|UBNT) Streaming|^D-Link/i,
  ],
  ['video-recorder', 0.85, /H264DVR|\b(NVR|DVR|XVR)\b/i],
  // Programs that anybody puts on anything.
  ['camera', 0.45, /^(Rtsp Server|Streaming Server|RTSP\/|LIVE555)/i],
  ['computer', 0.5, /^VLC\//i],
  ['media-player', 0.6, /^AirTunes\//i],
];

const realms: readonly RuleLine[] = [
  ['camera', 0.88, /^IP Camera\(/i, /^(AXIS_|Network ?Camera|HipcamRealServer|Hikvision)/i],
  ['video-recorder', 0.88, /^(Embedded Net DVR|DVRNVRDVS|NVR|DVR)\b/i],
];

export const remote = [...rulesAbout('rtsp server', servers), ...rulesAbout('rtsp realm', realms)];
