/** JSON that is written in pieces is the same document. */
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Output } from './output.ts';

async function written(value: unknown): Promise<string> {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const out = new Output(stream, { colour: false });
  out.json(value);
  await out.drain();
  return text;
}

test('any value, in one line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const text = await written(value);
      expect(text.endsWith('\n')).toBe(true);
      expect(text.slice(0, -1)).not.toContain('\n');
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('what is undefined is left out', async () => {
  expect(await written({ a: undefined, b: [1, { c: undefined }] })).toBe('{"b":[1,{}]}\n');
});
