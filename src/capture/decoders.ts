/** All decoders and observers, in the order in which they are tried where no port gives a hint: strictest first. */
import { adbDecoder } from './decode/adb.ts';
import { adsDecoder } from './decode/ads.ts';
import { amqpDecoder } from './decode/amqp.ts';
import { arpDecoder } from './decode/arp.ts';
import { bacnetDecoder } from './decode/bacnet.ts';
import { cipIoDecoder } from './decode/cip-io.ts';
import { coapDecoder } from './decode/coap.ts';
import { dhcpDecoder } from './decode/dhcp.ts';
import { dhcpv6Decoder } from './decode/dhcpv6.ts';
import { dnp3Decoder } from './decode/dnp3.ts';
import { dnsDecoder, llmnrDecoder, mdnsDecoder, nbnsDecoder } from './decode/dns.ts';
import { dtlsDecoder } from './decode/dtls.ts';
import { eapolDecoder } from './decode/eapol.ts';
import { enipDecoder } from './decode/enip.ts';
import { espDecoder } from './decode/esp.ts';
import { fieldHeaderDecoders } from './decode/field-headers.ts';
import { finsDecoder } from './decode/fins.ts';
import { ftpDataDecoder } from './decode/ftp/data.ts';
import { ftpDecoder } from './decode/ftp.ts';
import { gdbDecoder } from './decode/gdb.ts';
import { httpDecoder } from './decode/http.ts';
import { http2Decoder } from './decode/http2.ts';
import { iec104Decoder } from './decode/iec104.ts';
import { ikeDecoder } from './decode/ike.ts';
import { imapDecoder } from './decode/imap.ts';
import { ircDecoder } from './decode/irc.ts';
import { knxDecoder } from './decode/knx.ts';
import { krb5Decoder } from './decode/krb5.ts';
import { mmsDecoder } from './decode/mms.ts';
import { modbusDecoder } from './decode/modbus.ts';
import { mqttDecoder } from './decode/mqtt.ts';
import { natPmpDecoder } from './decode/nat-pmp.ts';
import { natsDecoder } from './decode/nats.ts';
import { nbdsDecoder } from './decode/nbds.ts';
import { neighbourDecoder } from './decode/neighbour.ts';
import { ntpDecoder } from './decode/ntp.ts';
import { opcuaDecoder } from './decode/opcua.ts';
import { openvpnDecoder } from './decode/openvpn.ts';
import { watchPersonalData } from './decode/personal-data.ts';
import { pop3Decoder } from './decode/pop3.ts';
import { ppppDecoder } from './decode/pppp.ts';
import { profinetDecoder } from './decode/profinet.ts';
import { quicDecoder } from './decode/quic.ts';
import { rServicesDecoder } from './decode/r-services.ts';
import { radiusDecoder } from './decode/radius.ts';
import { rdpDecoder } from './decode/rdp.ts';
import { rfbDecoder } from './decode/rfb.ts';
import { rtpDecoder } from './decode/rtp.ts';
import { rtspDecoder } from './decode/rtsp.ts';
import { s7commDecoder, s7commPlusDecoder } from './decode/s7comm.ts';
import { sipDecoder } from './decode/sip.ts';
import { smartHomeDecoders } from './decode/smart-home.ts';
import { smbDecoder } from './decode/smb.ts';
import { smtpDecoder } from './decode/smtp.ts';
import { snmpDecoder } from './decode/snmp.ts';
import { ssdpDecoder } from './decode/ssdp.ts';
import { sshDecoder } from './decode/ssh.ts';
import { stunDecoder } from './decode/stun.ts';
import { syslogDecoder } from './decode/syslog.ts';
import { telnetDecoder } from './decode/telnet.ts';
import { tftpDecoder } from './decode/tftp.ts';
import { tlsDecoder } from './decode/tls.ts';
import { websocketDecoder } from './decode/websocket.ts';
import { wifiDecoder } from './decode/wifi.ts';
import { wireguardDecoder } from './decode/wireguard.ts';
import type { Decoder } from './decoder.ts';
import { adbObserver } from './observe/adb.ts';
import { adsObserver } from './observe/ads.ts';
import { amqpObserver } from './observe/amqp.ts';
import { bacnetObserver } from './observe/bacnet.ts';
import { coapObserver } from './observe/coap.ts';
import { dhcpObserver } from './observe/dhcp.ts';
import { dnp3Observer } from './observe/dnp3.ts';
import { dnsObserver } from './observe/dns.ts';
import { enipObserver } from './observe/enip.ts';
import { fieldHeaderObserver } from './observe/field-headers.ts';
import { finsObserver } from './observe/fins.ts';
import { ftpObserver } from './observe/ftp.ts';
import { gdbObserver } from './observe/gdb.ts';
import { httpObserver } from './observe/http.ts';
import { iec104Observer } from './observe/iec104.ts';
import { ikeObserver } from './observe/ike.ts';
import { kerberosObserver } from './observe/kerberos.ts';
import { knxObserver } from './observe/knx.ts';
import { mailObserver } from './observe/mail.ts';
import { mdnsObserver } from './observe/mdns.ts';
import { mmsObserver } from './observe/mms.ts';
import { modbusObserver } from './observe/modbus.ts';
import { mqttObserver } from './observe/mqtt.ts';
import { natPmpObserver } from './observe/nat-pmp.ts';
import { natsObserver } from './observe/nats.ts';
import { neighbourObserver } from './observe/neighbour.ts';
import { ntpObserver } from './observe/ntp.ts';
import type { Observer } from './observe/observer.ts';
import { opcuaObserver } from './observe/opcua.ts';
import { personalDataObserver } from './observe/personal-data.ts';
import { profinetObserver } from './observe/profinet.ts';
import { rServicesObserver } from './observe/r-services.ts';
import { radiusObserver } from './observe/radius.ts';
import { rdpObserver } from './observe/rdp.ts';
import { rfbObserver } from './observe/rfb.ts';
import { rtpObserver } from './observe/rtp.ts';
import { rtspObserver } from './observe/rtsp.ts';
import { s7commObserver } from './observe/s7comm.ts';
import { sipObserver } from './observe/sip.ts';
import { smartHomeObserver } from './observe/smart-home.ts';
import { smbObserver } from './observe/smb.ts';
import { snmpObserver } from './observe/snmp.ts';
import { ssdpObserver } from './observe/ssdp.ts';
import { sshObserver } from './observe/ssh.ts';
import { stunObserver } from './observe/stun.ts';
import { syslogObserver } from './observe/syslog.ts';
import { telnetObserver } from './observe/telnet.ts';
import { tftpObserver } from './observe/tftp.ts';
import { tlsObserver } from './observe/tls.ts';
import { tunnelObserver } from './observe/tunnel.ts';
import { websocketObserver } from './observe/websocket.ts';
import { wifiObserver } from './observe/wifi.ts';

export const decoders: readonly Decoder[] = [
  ftpDataDecoder,
  tlsDecoder,
  websocketDecoder,
  watchPersonalData(http2Decoder),
  watchPersonalData(httpDecoder),
  watchPersonalData(mqttDecoder),
  amqpDecoder,
  natsDecoder,
  sshDecoder,
  rfbDecoder,
  rtspDecoder,
  smbDecoder,
  adbDecoder,
  gdbDecoder,
  rServicesDecoder,
  openvpnDecoder,
  rdpDecoder,
  opcuaDecoder,
  imapDecoder,
  smtpDecoder,
  pop3Decoder,
  ircDecoder,
  ftpDecoder,
  dnp3Decoder,
  iec104Decoder,
  s7commDecoder,
  s7commPlusDecoder,
  mmsDecoder,
  enipDecoder,
  cipIoDecoder,
  modbusDecoder,
  telnetDecoder,
  quicDecoder,
  stunDecoder,
  wireguardDecoder,
  ppppDecoder,
  espDecoder,
  dtlsDecoder,
  bacnetDecoder,
  knxDecoder,
  profinetDecoder,
  sipDecoder,
  tftpDecoder,
  snmpDecoder,
  radiusDecoder,
  krb5Decoder,
  ikeDecoder,
  syslogDecoder,
  dhcpDecoder,
  dhcpv6Decoder,
  ...smartHomeDecoders,
  nbdsDecoder,
  adsDecoder,
  finsDecoder,
  ...fieldHeaderDecoders,
  natPmpDecoder,
  ssdpDecoder,
  mdnsDecoder,
  llmnrDecoder,
  nbnsDecoder,
  dnsDecoder,
  watchPersonalData(coapDecoder),
  ntpDecoder,
  rtpDecoder,
  arpDecoder,
  neighbourDecoder,
  eapolDecoder,
  wifiDecoder,
];

/** The protocols that events can be of, sorted. */
export const protocolNames = (): string[] =>
  [...new Set(observers.flatMap(({ protocols }) => protocols))].sort();

export const observers: readonly Observer[] = [
  tlsObserver,
  httpObserver,
  websocketObserver,
  mqttObserver,
  amqpObserver,
  natsObserver,
  modbusObserver,
  dnp3Observer,
  iec104Observer,
  s7commObserver,
  mmsObserver,
  enipObserver,
  opcuaObserver,
  bacnetObserver,
  knxObserver,
  profinetObserver,
  sshObserver,
  rfbObserver,
  rtspObserver,
  smbObserver,
  rtpObserver,
  stunObserver,
  adbObserver,
  gdbObserver,
  rServicesObserver,
  tunnelObserver,
  rdpObserver,
  ftpObserver,
  mailObserver,
  telnetObserver,
  sipObserver,
  tftpObserver,
  snmpObserver,
  radiusObserver,
  kerberosObserver,
  ikeObserver,
  syslogObserver,
  dhcpObserver,
  smartHomeObserver,
  adsObserver,
  finsObserver,
  fieldHeaderObserver,
  natPmpObserver,
  ssdpObserver,
  mdnsObserver,
  dnsObserver,
  coapObserver,
  ntpObserver,
  neighbourObserver,
  wifiObserver,
  personalDataObserver,
];
