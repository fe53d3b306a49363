/** The catalogue of controls and standards, as the command line and the API show it. */
export {
  describeControl,
  findControl,
  findStandards,
  listControls,
  listProvisions,
  standardNames,
} from '../audit/index.ts';
