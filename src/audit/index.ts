/** Face of the room audit: what is wrong with each device, with proof, and what the standards say of it. */

export * from './catalogue.ts';
export * from './control.ts';
export { controls } from './controls/index.ts';
export * from './evaluate.ts';
export { type Expectations, expectationsFrom, readExpectations } from './expectations/index.ts';
export { compare, readBaseline } from './report/compare.ts';
export { buildReport, type ReportParts } from './report/json.ts';
export type {
  Comparison,
  Coverage,
  Report,
  ReportCapture,
  ReportDevice,
  ReportError,
  ReportFinding,
  ReportVerdict,
} from './report/model.ts';
export { type TerminalOptions, terminalReport } from './report/terminal.ts';
export { coverage } from './standards/coverage.ts';
export * from './standards/index.ts';
