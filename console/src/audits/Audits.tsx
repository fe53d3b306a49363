/** Audits: what was read, what it found, its report, and two of them beside each other. */
import { Anchor, Button, Checkbox, Progress } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Answers, call } from '../api/client.ts';
import { useAct, useAsk } from '../frame/queries.ts';
import { May, useMay } from '../frame/session.tsx';
import { Head, Scroll } from '../parts/page.tsx';
import { Asked, Empty } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { bytes, many, plain } from '../parts/words.ts';
import { UploadButton } from './UploadButton.tsx';

type Audit = Answers['GET /audits']['items'][number];

export function Audits() {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const audits = useAsk('GET /audits', { query: { limit: 25, cursor: cursors.at(-1) } });
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const navigate = useNavigate();
  const toggle = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-2));
  const compare = () =>
    void navigate({ to: '/audits/compare', search: { one: chosen[0], other: chosen[1] } });
  return (
    <>
      <Head title="Audits" lead="Every capture that was read, newest first. Choose two to compare.">
        <Button variant="default" disabled={chosen.length !== 2} onClick={compare}>
          Compare two
        </Button>
        <UploadButton />
      </Head>
      <Asked of={audits}>
        {({ items, next }) =>
          items.length === 0 ? (
            <section className="sheet">
              <Empty title="No audit yet">
                <p>Upload a capture, and its devices and findings appear within moments.</p>
              </Empty>
            </section>
          ) : (
            <section className="sheet" aria-label="Audits">
              <Scroll>
                <table className="plain">
                  <thead>
                    <tr>
                      <th>
                        <span className="unseen">Compare</span>
                      </th>
                      <th>Capture</th>
                      <th>State</th>
                      <th>What it says</th>
                      <th className="number">Size</th>
                      <th>When</th>
                      <th>Report</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((audit) => (
                      <Row
                        key={audit.id}
                        audit={audit}
                        chosen={chosen.includes(audit.id)}
                        toggle={() => toggle(audit.id)}
                      />
                    ))}
                  </tbody>
                </table>
              </Scroll>
              <div className="acts">
                {cursors.length > 0 && (
                  <Button variant="default" onClick={() => setCursors(cursors.slice(0, -1))}>
                    Newer
                  </Button>
                )}
                {next && (
                  <Button variant="default" onClick={() => setCursors([...cursors, next])}>
                    Older
                  </Button>
                )}
              </div>
            </section>
          )
        }
      </Asked>
    </>
  );
}

function Row(props: { audit: Audit; chosen: boolean; toggle: () => void }) {
  const { audit, chosen, toggle } = props;
  const { id, name, state, summary, source, created, error } = audit;
  return (
    <tr>
      <td>
        <Checkbox
          aria-label={`Compare ${name}`}
          checked={chosen}
          disabled={state !== 'done'}
          onChange={toggle}
        />
      </td>
      <td>
        <b>{name}</b>
        <div className="small soft">{plain(source)}</div>
      </td>
      <td>
        <State audit={audit} />
      </td>
      <td className="words">
        {summary?.verdict ?? error?.message ?? ''}
        {summary && (
          <div className="small soft">
            {many(summary.opened, 'finding')} opened, {summary.fixed} fixed, {summary.reopened}{' '}
            reopened
          </div>
        )}
      </td>
      <td className="number">{summary ? bytes(summary.bytes) : ''}</td>
      <td>
        <Time at={created} />
      </td>
      <td>
        {state === 'done' && (
          <Anchor
            href={`/api/v1/audits/${id}/report?format=html`}
            download
            underline="always"
            aria-label={`HTML report of ${name}`}
          >
            HTML
          </Anchor>
        )}
      </td>
    </tr>
  );
}

function State({ audit: { state, job } }: { audit: Audit }) {
  const may = useMay();
  const runs = state === 'running' || state === 'waiting';
  const { data } = useAsk(
    'GET /jobs/{id}',
    { path: { id: job ?? '' } },
    runs && job !== null && may('jobs.read'),
  );
  const cancel = useAct(
    () => call('POST /jobs/{id}/cancel', { path: { id: job ?? '' } }),
    'The audit ends at its next step.',
  );
  const tone = state === 'done' ? 'good' : state === 'failed' ? 'critical' : 'info';
  return (
    <>
      <span className={`severity ${tone}`}>{state}</span>
      {runs && data && data.progress !== null && (
        <Progress mt={6} value={100 * data.progress} aria-label="Progress of the audit" />
      )}
      {runs && job && (
        <May permission="jobs.manage">
          <Button size="compact-xs" variant="subtle" onClick={() => cancel.mutate()}>
            Cancel
          </Button>
        </May>
      )}
    </>
  );
}
