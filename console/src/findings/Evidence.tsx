/** What proves a finding: decoded fields, and the packets themselves. */
import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Answers, download } from '../api/client.ts';
import { useMay } from '../frame/session.tsx';
import { Asked } from '../parts/states.tsx';
import { exact, many, plain } from '../parts/words.ts';
import { hex, readPackets } from './packets.ts';

type Finding = Answers['GET /findings/{id}'];

/** As in the report. */
interface Piece {
  readonly packets?: readonly number[];
  readonly time?: string;
  readonly flow?: string | null;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export function Evidence({ finding }: { finding: Finding }) {
  const may = useMay();
  const [shown, setShown] = useState(false);
  const pieces = finding.evidence as readonly Piece[];
  return (
    <>
      {pieces.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name, and stay in order.
        <div className="evidence" key={index}>
          <div className="small soft">
            {piece.flow}
            {piece.time && ` · ${exact(Date.parse(piece.time))}`}
            {piece.packets && piece.packets.length > 0 && ` · packet ${piece.packets.join(', ')}`}
          </div>
          <dl className="fields">
            {Object.entries(piece.fields ?? {}).map(([name, value]) => (
              <Field key={name} name={name} value={value} />
            ))}
          </dl>
        </div>
      ))}
      {finding.slice?.bytes && may('evidence.read') && (
        <div className="acts">
          <Button variant="light" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? 'Hide packets' : 'Show packets'}
          </Button>
          <Anchor href={`/api/v1/findings/${finding.id}/packets`} download underline="always">
            Download pcapng
          </Anchor>
        </div>
      )}
      {shown && <Packets finding={finding.id} />}
    </>
  );
}

function Field({ name, value }: { name: string; value: unknown }) {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return (
    <>
      <dt>{plain(name)}</dt>
      <dd>
        <code>{text}</code>
      </dd>
    </>
  );
}

function Packets({ finding }: { finding: string }) {
  const packets = useQuery({
    queryKey: ['packets', finding],
    queryFn: async () => readPackets(await download(`/findings/${finding}/packets`)),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Asked of={packets}>
      {(packets) => (
        <section className="stack" aria-label="Packets">
          <p className="small soft">{many(packets.length, 'packet')}, with their secrets masked.</p>
          {packets.map(({ time, bytes, length }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: packets stay in their order.
            <div key={index}>
              <div className="small soft">
                {index + 1}. {time === undefined ? 'time unknown' : exact(time)} · {length} bytes
              </div>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard. */}
              <pre className="hex mono" tabIndex={0}>
                {hex(bytes)}
              </pre>
            </div>
          ))}
        </section>
      )}
    </Asked>
  );
}
