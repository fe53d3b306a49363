/** How a URL is named in observations. */
import { remembered } from '../../../base/index.ts';

const PATH_CHARACTERS_MAX = 256;

/** The path with the names of its parameters: `/login?user&password`. */
export const pathOf = remembered((url) => {
  const from = /^[a-z]{2,10}:\/\//i.test(url) ? url.indexOf('/', url.indexOf('//') + 2) : 0;
  const target = from < 0 ? '/' : url.slice(from, from + 4 * PATH_CHARACTERS_MAX);
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const names = query < 0 ? '' : `?${target.slice(query + 1).replace(/=[^&]*/g, '')}`;
  // A string of its own, so that it does not keep the URL alive.
  return Buffer.from((path + names).slice(0, PATH_CHARACTERS_MAX)).toString();
});

/** Paths that differ in numbers and identifiers only have the same. */
export const pathPattern = remembered((path) => path.replace(/[0-9a-f]{8,}|\d{2,}/gi, '*'));
