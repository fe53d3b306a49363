/** The API by its description: types only, which the build erases. */
export type * from '../../../src/http/api-types.ts';
