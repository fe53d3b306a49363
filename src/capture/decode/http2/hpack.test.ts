import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../../../test/support/peers.ts';
import { HpackDecoder } from './hpack.ts';
import { huffmanText } from './huffman.ts';

function reader(decoder = new HpackDecoder()) {
  return (hex: string): string[] => {
    const fields: string[] = [];
    const bytes = bytesOf(hex);
    const wrong = decoder.read(bytes, 0, bytes.length, (name, value) => {
      fields.push(`${name}: ${value}`);
    });
    return wrong ? [...fields, `! ${wrong}`] : fields;
  };
}

describe('the examples of RFC 7541, appendix C', () => {
  it('C.2: single fields', () => {
    expect(reader()('400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572')).toEqual([
      'custom-key: custom-header',
    ]);
    expect(reader()('040c 2f73 616d 706c 652f 7061 7468')).toEqual([':path: /sample/path']);
    expect(reader()('1008 7061 7373 776f 7264 0673 6563 7265 74')).toEqual(['password: secret']);
    expect(reader()('82')).toEqual([':method: GET']);
  });

  const requests = [
    [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
    [
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
      'cache-control: no-cache',
    ],
    [
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ],
  ];

  it('C.3: requests in a row, whose table grows', () => {
    const read = reader();
    expect(
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ].map(read),
    ).toEqual(requests);
  });

  it('C.4: the same, with Huffman codes', () => {
    const read = reader();
    expect(
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ].map(read),
    ).toEqual(requests);
  });

  it('C.6: responses in a row, with eviction from a table of 256 bytes', () => {
    const read = reader();
    const date = (second: number) => `date: Mon, 21 Oct 2013 20:13:${second} GMT`;
    // The update of the table's size that sets the stage.
    expect(read('3fe101')).toEqual([]);
    expect(
      read(
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      ),
    ).toEqual([
      ':status: 302',
      'cache-control: private',
      date(21),
      'location: https://www.example.com',
    ]);
    expect(read('4883 640e ffc1 c0bf')).toEqual([
      ':status: 307',
      'cache-control: private',
      date(21),
      'location: https://www.example.com',
    ]);
    expect(
      read(
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      ),
    ).toEqual([
      ':status: 200',
      'cache-control: private',
      date(22),
      'location: https://www.example.com',
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ]);
  });
});

describe('what breaks the specification', () => {
  it.each([
    ['an index that nothing has', 'be', 'index without a table entry'],
    ['index 0', '80', 'index without a table entry'],
    ['a string beyond the block', '400a 63', 'string beyond the block'],
    ['an integer without end', 'ffff ffff ffff ff', 'invalid integer'],
    ['a table larger than allowed', '3fff ffff 03', 'table larger than allowed'],
    ['EOS in a string', '0084 ffff ffff 00', 'invalid Huffman code'],
    ['padding that is not ones', '0081 0000', 'invalid Huffman code'],
  ])('%s', (_, hex, reason) => {
    expect(reader()(hex).at(-1)).toBe(`! ${reason}`);
  });

  it('keeps the table within its size, whatever is put into it', () => {
    const decoder = new HpackDecoder();
    const read = reader(decoder);
    // 5,000 entries of 34 bytes, of which 120 fit into 4,096.
    for (let i = 0; i < 5_000; i++) read('4001 6101 62');
    // Index 181 is the oldest of them.
    expect(read('ff36')).toEqual(['a: b']);
    expect(read('ff37').at(-1)).toBe('! index without a table entry');
  });
});

describe('Huffman codes', () => {
  it('knows every byte and the longest codes', () => {
    // RFC 7541, appendix B: 0x0a is 3ffffffc of 30 bits, then padding.
    expect(huffmanText(bytesOf('ff ff ff f3'), 0, 4)).toBe('\n');
    expect(huffmanText(bytesOf(''), 0, 0)).toBe('');
  });
});
