/**
 * Where things are in the memory that the packet kernel (packets.as.ts, WebAssembly) shares with TypeScript. Words
 * are of 32 bits and counted from the start of the memory, so are doubles; offsets in a flow's record from its start.
 * Both languages read this file: plain constants only.
 */

// The packet at hand, and what its headers say: words.
/** From 1 in each file. */
export const NUMBER = 0;
export const FILE = 1;
/** Length on the wire, link header included. */
export const WIRE_BYTES = 2;
export const SECONDS = 3;
export const NANOS = 4;
/** The frame is at [START, STOP). */
export const START = 5;
export const STOP = 6;
/** Offset of the sender's MAC, 0 without one. */
export const SENDER_MAC = 7;
/** Offset of the receiver's MAC, 0 without one. */
export const RECEIVER_MAC = 8;
/** The receiver's MAC is a group's. */
export const GROUP = 9;
export const VLAN = 10;
export const PROTOCOL = 11;
export const FAMILY = 12;
/** The 32 bits of IPv4 addresses, or the numbers of IPv6 ones. */
export const SOURCE = 13;
export const TARGET = 14;
export const SOURCE_PORT = 15;
export const TARGET_PORT = 16;
/** Flags of the TCP header, 0 for other packets. */
export const CONTROL = 17;
/** Offset of the transport header; of a fragment: of its bytes. */
export const TRANSPORT = 18;
/** The payload is at [PAYLOAD, END): none, unless PAYLOAD < END. */
export const PAYLOAD = 19;
export const END = 20;
/** Length of the payload on the wire; the capture may have cut it. */
export const PAYLOAD_BYTES = 21;
/** Offset of the header that says how a fragment belongs: IPv4's own, IPv6's fragment header. */
export const FRAGMENT_HEADER = 22;
/** Its flow, and who sent it: 0 the client, 1 the server. */
export const FLOW = 23;
export const SIDE = 24;
/** It began its flow, and knocks on the server's door: an answer would complete it. */
export const KNOCKS = 25;

// What the kernel counts, and why it stopped: words.
export const WHY = 32;
export const TRUNCATED = 33;
export const FRAGMENTS = 34;
export const BAD_HEADERS = 35;
/** The first and the latest packet of the file, by time. */
export const FIRST_NUMBER = 36;
export const FIRST_SECONDS = 37;
export const FIRST_NANOS = 38;
export const LAST_NUMBER = 39;
export const LAST_SECONDS = 40;
export const LAST_NANOS = 41;
/** Flows begun; the number of the next record that was never used. */
export const BEGUN = 42;
export const FREE_RECORD = 43;
/** The record that was given back last; each knows the one before by its NEXT. */
export const GIVEN_BACK = 44;
/** One more than there are of each kind. */
export const MACS = 45;
export const IPV6S = 46;
export const HOSTS = 47;
/** Addresses that could not be given a number of their own. */
export const OVERFLOWS = 48;
/** One more than there are connections; flows that were added to none because there were too many. */
export const CONNECTIONS = 49;
export const CONNECTIONS_DROPPED = 50;
/** Flows without an answer that were told apart. */
export const UNANSWERED = 51;

// Doubles.
/** When the packet came, in seconds since 1970, exact to about 0.2 µs. */
export const TIME = 32;
export const PACKETS = 33;
export const BYTES = 34;
/** From when to when the file's packets are. */
export const FROM = 35;
export const TO = 36;

// Why the kernel stopped.
/** It did not: there is no whole record left. */
export const NOTHING = 0;
/** The packet was counted, and somebody may want to look at it. */
export const LOOK = 1;
/** There is no record for the packet's new flow: evict one, then `follow` again. */
export const FULL = 2;
/** The packet's flow is over, silent too long or closed: end it, then `follow` again. */
export const OVER = 3;
/** A link layer or an EtherType that the kernel does not know. */
export const ODD = 4;
export const FRAGMENT = 5;

// Numbers that are given out: all tables are bounded, and what does not fit shares number 0.
export const MACS_MAX = 1 << 16;
export const IPV6S_MAX = 1 << 17;
export const HOSTS_MAX = 1 << 17;
export const CONNECTIONS_MAX = 1 << 16;
/** Words of a key. */
export const MAC_WORDS = 2;
export const IPV6_WORDS = 4;
export const HOST_WORDS = 3;
/** Client, server, server port << 8 | protocol. */
export const CONNECTION_WORDS = 3;

// Areas of the memory, in bytes. Each table has twice as many slots as keys.
/** Where frames from elsewhere and reassembled datagrams are copied to. */
export const SCRATCH = 0x1_0000;
export const SCRATCH_BYTES = 0x6_0000;
export const REASSEMBLED = 0x7_0000;
/** Where captures are read to. */
export const INPUT = 0x8_0000;
export const INPUT_BYTES = 0x8_0000;
/** A byte a port: bit 1, a TCP decoder's; bit 2, a UDP decoder's. */
export const SERVICE_PORTS = 0x10_0000;
export const MAC_SLOTS = 0x11_0000;
export const MAC_KEYS = 0x19_0000;
export const IPV6_SLOTS = 0x21_0000;
export const IPV6_KEYS = 0x31_0000;
export const HOST_SLOTS = 0x51_0000;
export const HOST_KEYS = 0x61_0000;
/** Four doubles a host, each kind in a row: bytes sent and received, packets sent and received. */
export const HOST_SUMS = 0x79_0000;
/** Two bytes a host: its flows that nobody answered, of those told apart. */
export const HOST_UNANSWERED = 0xb9_0000;
export const CONNECTION_SLOTS = 0xbd_0000;
export const CONNECTION_KEYS = 0xc5_0000;
export const CONNECTION_RECORDS = 0xd1_0000;
/** Heads of the flow table's chains; behind them the records. */
export const TABLE = 0x131_0000;

// A flow's record, 128 bytes: words, then doubles.
export const RECORD_BYTES = 128;
export const KEY_LOW = 0;
export const KEY_HIGH = 1;
export const KEY_PORTS = 2;
export const KEY_META = 3;
export const NEXT = 4;
export const FLAGS = 5;
export const CLIENT_HOST = 6;
export const SERVER_HOST = 7;
export const SERVER_MAC = 8;
export const BEGUN_FILE = 9;
export const BEGUN_PACKET = 10;
/** Two words: the client's packets, the server's. */
export const SIDE_PACKETS = 11;
export const BEGUN_NANOS = 13;
export const LATEST_PACKET = 14;
export const LATEST_FILE = 15;
export const RECOGNISED = 28;
export const BEGUN_SECONDS = 8;
export const LATEST_TIME = 9;
/** Two doubles each: the client's, the server's. */
export const SIDE_BYTES = 10;
export const SIDE_PAYLOAD = 12;

// A connection's record, 96 bytes: words, then doubles.
export const CONNECTION_BYTES = 96;
/** Of the flow that ended first. */
export const FIRST_CLIENT_PORT = 0;
export const FIRST_FLAGS = 1;
export const FIRST_FLOW_FILE = 2;
export const FIRST_FLOW_PACKET = 3;
export const FIRST_FLOW_NANOS = 4;
export const FLOWS = 5;
export const ESTABLISHED = 6;
export const ANSWERED = 7;
export const REFUSED = 8;
export const SPOKEN = 9;
/** The latest packet of all its flows. */
export const LAST_FILE = 10;
export const LAST_PACKET = 11;
export const FIRST_FLOW_SECONDS = 6;
export const LAST_TIME = 7;
/** Two doubles each: the client's, the server's. */
export const SUM_BYTES = 8;
export const SUM_PACKETS = 10;

// Flags of a flow.
/** The client is the end that sorts first. */
export const LOW_IS_CLIENT = 1;
export const SYN_SEEN = 2;
export const SYN_ACK_SEEN = 4;
export const RESET_SEEN = 8;
export const FIN_CLIENT = 16;
export const FIN_SERVER = 32;
/** No decoder wants this flow's payload (any more). */
export const IGNORED = 64;
/** Set when the client is certain; otherwise it is inferred from ports. */
export const OPENING_SEEN = 128;
export const MULTICAST = 256;
/** The client opened it to a destination that was new to it, and that has not answered yet. */
export const NEW_DESTINATION = 512;
/** Early segments of its stream wait for bytes: acknowledgements tell whether these are lost. */
export const EARLY = 1024;
/** It is being decoded. */
export const DECODED = 2048;
export const IN_USE = 1 << 30;

// Silent for so long, a flow makes room first, and begins anew when it speaks again.
export const TCP_IDLE_S = 3600;
export const OTHER_IDLE_S = 300;

export const ICMP = 1;
export const IGMP = 2;
export const TCP = 6;
export const UDP = 17;
export const ICMPV6 = 58;
/** Not IANA's: ARP, and frames of other types. */
export const ARP = 254;
export const OTHER = 255;
export const FAMILY_IPV4 = 4;
export const FAMILY_IPV6 = 6;

/** Established flows that are over sooner are counted as short sessions. */
export const SHORT_SESSION_S = 30;
/** Flows without an answer that are told apart: of one host, and of all. */
export const UNANSWERED_A_HOST_MAX = 256;
export const UNANSWERED_MAX = 20_000;

export const TCP_FIN = 1;
export const TCP_SYN = 2;
export const TCP_RST = 4;
export const TCP_ACK = 16;

/** Set in the number that stands for a host without an address: no IPv6 address has such a number, and no host such an IPv4 one. */
export const NO_ADDRESS = 0x0080_0000;
/** In a flow's META: the source had no address. */
export const META_NO_ADDRESS = 1 << 24;
