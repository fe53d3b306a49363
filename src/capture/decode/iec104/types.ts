/** Type identifications and causes of IEC 60870-5-101 (7.2, 7.3), as 60870-5-104 (2006) uses them. */
import { type Layout, layout } from '../layout.ts';

export interface AsduType {
  /** e.g. `M_SP_NA_1`. */
  readonly name: string;
  /** An information object behind its address, the time tag apart; undefined where lengths vary. */
  readonly layout: Layout | undefined;
  /** Octets of the time tag at its end: 0, 3 (CP24Time2a) or 7 (CP56Time2a). */
  readonly time: number;
}

const QUALITY = 'bl sb nt iv';
const SIQ = `[spi _:3 ${QUALITY}]`;
const DIQ = `[dpi:2 _:2 ${QUALITY}]`;
const QDS = `[ov _:3 ${QUALITY}]`;
const VTI = '[vti:7 transient]';
const BSI = 'u32 bitstring';
const NVA = 'i16 nva';
const SVA = 'i16 value';
const R32 = 'f32 value';
const BCR = 'i32 value [sequence:5 cy ca iv]';
const QDP = '[_:3 ei bl sb nt iv]';
const SEP = '[es:2 _ ei bl sb nt iv] u16 elapsed_ms';
const SPE = `u8 start_events ${QDP} u16 elapsed_ms`;
const OCI = `u8 output_circuits ${QDP} u16 elapsed_ms`;
const SCO = '[scs _ qu:5 se]';
const DCO = '[dcs:2 qu:5 se]';
const RCO = '[rcs:2 qu:5 se]';
const QOS = '[ql:7 se]';
const QPM = '[kpa:6 lpc pop]';
const CP24 = 3;
const CP56 = 7;

const TABLE: readonly (readonly [
  id: number,
  name: string,
  layout: string | undefined,
  time?: number,
])[] = [
  [1, 'M_SP_NA_1', SIQ],
  [2, 'M_SP_TA_1', SIQ, CP24],
  [3, 'M_DP_NA_1', DIQ],
  [4, 'M_DP_TA_1', DIQ, CP24],
  [5, 'M_ST_NA_1', `${VTI} ${QDS}`],
  [6, 'M_ST_TA_1', `${VTI} ${QDS}`, CP24],
  [7, 'M_BO_NA_1', `${BSI} ${QDS}`],
  [8, 'M_BO_TA_1', `${BSI} ${QDS}`, CP24],
  [9, 'M_ME_NA_1', `${NVA} ${QDS}`],
  [10, 'M_ME_TA_1', `${NVA} ${QDS}`, CP24],
  [11, 'M_ME_NB_1', `${SVA} ${QDS}`],
  [12, 'M_ME_TB_1', `${SVA} ${QDS}`, CP24],
  [13, 'M_ME_NC_1', `${R32} ${QDS}`],
  [14, 'M_ME_TC_1', `${R32} ${QDS}`, CP24],
  [15, 'M_IT_NA_1', BCR],
  [16, 'M_IT_TA_1', BCR, CP24],
  [17, 'M_EP_TA_1', SEP, CP24],
  [18, 'M_EP_TB_1', SPE, CP24],
  [19, 'M_EP_TC_1', OCI, CP24],
  [20, 'M_PS_NA_1', `u16 status u16 changes ${QDS}`],
  [21, 'M_ME_ND_1', NVA],
  [30, 'M_SP_TB_1', SIQ, CP56],
  [31, 'M_DP_TB_1', DIQ, CP56],
  [32, 'M_ST_TB_1', `${VTI} ${QDS}`, CP56],
  [33, 'M_BO_TB_1', `${BSI} ${QDS}`, CP56],
  [34, 'M_ME_TD_1', `${NVA} ${QDS}`, CP56],
  [35, 'M_ME_TE_1', `${SVA} ${QDS}`, CP56],
  [36, 'M_ME_TF_1', `${R32} ${QDS}`, CP56],
  [37, 'M_IT_TB_1', BCR, CP56],
  [38, 'M_EP_TD_1', SEP, CP56],
  [39, 'M_EP_TE_1', SPE, CP56],
  [40, 'M_EP_TF_1', OCI, CP56],
  [45, 'C_SC_NA_1', SCO],
  [46, 'C_DC_NA_1', DCO],
  [47, 'C_RC_NA_1', RCO],
  [48, 'C_SE_NA_1', `${NVA} ${QOS}`],
  [49, 'C_SE_NB_1', `${SVA} ${QOS}`],
  [50, 'C_SE_NC_1', `${R32} ${QOS}`],
  [51, 'C_BO_NA_1', BSI],
  [58, 'C_SC_TA_1', SCO, CP56],
  [59, 'C_DC_TA_1', DCO, CP56],
  [60, 'C_RC_TA_1', RCO, CP56],
  [61, 'C_SE_TA_1', `${NVA} ${QOS}`, CP56],
  [62, 'C_SE_TB_1', `${SVA} ${QOS}`, CP56],
  [63, 'C_SE_TC_1', `${R32} ${QOS}`, CP56],
  [64, 'C_BO_TA_1', BSI, CP56],
  [70, 'M_EI_NA_1', '[coi_r:7 coi_i]'],
  [100, 'C_IC_NA_1', 'u8 qoi'],
  [101, 'C_CI_NA_1', '[rqt:6 frz:2]'],
  [102, 'C_RD_NA_1', ''],
  [103, 'C_CS_NA_1', '', CP56],
  [104, 'C_TS_NA_1', 'u16 test_pattern'],
  [105, 'C_RP_NA_1', 'u8 qrp'],
  [106, 'C_CD_NA_1', 'u16 delay_ms'],
  [107, 'C_TS_TA_1', 'u16 test_counter', CP56],
  [110, 'P_ME_NA_1', `${NVA} ${QPM}`],
  [111, 'P_ME_NB_1', `${SVA} ${QPM}`],
  [112, 'P_ME_NC_1', `${R32} ${QPM}`],
  [113, 'P_AC_NA_1', 'u8 qpa'],
  [120, 'F_FR_NA_1', 'u16 file u24 file_length [frq:7 refused]'],
  [121, 'F_SR_NA_1', 'u16 file u8 section u24 section_length [srq:7 refused]'],
  [122, 'F_SC_NA_1', 'u16 file u8 section [scq:4 error:4]'],
  [123, 'F_LS_NA_1', 'u16 file u8 section u8 lsq u8 checksum'],
  [124, 'F_AF_NA_1', 'u16 file u8 section [afq:4 error:4]'],
  [125, 'F_SG_NA_1', undefined],
  [126, 'F_DR_TA_1', 'u16 file u24 file_length [status:5 lfd for fa]', CP56],
  [127, 'F_SC_NB_1', undefined],
];

const TYPES = new Map<number, AsduType>(
  TABLE.map(([id, name, text, time = 0]) => [
    id,
    { name, layout: text === undefined ? undefined : layout(text), time },
  ]),
);

/** Undefined for reserved and private ones. */
export function typeOf(id: number): AsduType | undefined {
  return TYPES.get(id);
}

const CAUSES: Readonly<Record<number, string>> = {
  1: 'periodic',
  2: 'background_scan',
  3: 'spontaneous',
  4: 'initialised',
  5: 'request',
  6: 'activation',
  7: 'activation_confirmation',
  8: 'deactivation',
  9: 'deactivation_confirmation',
  10: 'activation_termination',
  11: 'return_information_remote',
  12: 'return_information_local',
  13: 'file_transfer',
  14: 'authentication',
  15: 'authentication_session_key',
  16: 'authentication_user_role',
  20: 'interrogated_by_station',
  37: 'requested_by_counter',
  44: 'unknown_type_identification',
  45: 'unknown_cause',
  46: 'unknown_common_address',
  47: 'unknown_object_address',
};
/** Of station interrogation and of counter interrogation: a cause for each group. */
const GROUPS_FIRST = 21;
const GROUPS_LAST = 36;
const COUNTER_GROUPS_FIRST = 38;
const COUNTER_GROUPS_LAST = 41;

/** Undefined for reserved and private ones. */
export function causeName(cause: number): string | undefined {
  if (cause >= GROUPS_FIRST && cause <= GROUPS_LAST)
    return `interrogated_by_group_${cause - GROUPS_FIRST + 1}`;
  if (cause >= COUNTER_GROUPS_FIRST && cause <= COUNTER_GROUPS_LAST)
    return `requested_by_counter_group_${cause - COUNTER_GROUPS_FIRST + 1}`;
  return CAUSES[cause];
}
