/** Two audits beside each other: what is new, gone and changed. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { call } from '../api/client.ts';
import { useAsk } from '../frame/queries.ts';
import { Head, Severity, Sheet } from '../parts/page.tsx';
import { Asked, Empty } from '../parts/states.tsx';
import { plain } from '../parts/words.ts';

interface Entry {
  readonly fingerprint: string;
  readonly control: string;
  readonly device: string;
  readonly severity: string;
  readonly title: string;
  readonly now?: string;
  readonly changes?: readonly string[];
}
interface Comparison {
  readonly new: readonly Entry[];
  readonly gone: readonly Entry[];
  readonly changed: readonly Entry[];
  readonly devices: { readonly new: readonly string[]; readonly gone: readonly string[] };
}

const route = getRouteApi('/inside/audits/compare');

export function Compare() {
  const { one = '', other = '' } = route.useSearch();
  // Ids sort by time: the later one is held against the earlier.
  const [before = '', after = ''] = [one, other].toSorted();
  const first = useAsk('GET /audits/{id}', { path: { id: before } }, before !== '');
  const second = useAsk('GET /audits/{id}', { path: { id: after } }, after !== '');
  const comparison = useQuery({
    queryKey: ['comparison', after, before],
    queryFn: () =>
      call('GET /audits/{id}/comparison', { path: { id: after }, query: { with: before } }),
    enabled: before !== '' && after !== '',
  });
  if (!before || !after)
    return (
      <Empty title="Choose two audits first">
        <Link to="/audits">To the audits</Link>
      </Empty>
    );
  return (
    <>
      <Head
        title="What changed"
        lead={`${second.data?.name ?? '…'} (later), held against ${first.data?.name ?? '…'}`}
      >
        <Link to="/audits">All audits</Link>
      </Head>
      <Asked of={comparison}>{(data) => <Sides of={data as unknown as Comparison} />}</Asked>
    </>
  );
}

function Sides({ of }: { of: Comparison }) {
  const { devices } = of;
  return (
    <>
      <p>
        Devices: {devices.new.length} new, {devices.gone.length} not seen again.
      </p>
      <div className="columns">
        <Entries title="New findings" none="No finding is new." entries={of.new} />
        <div className="stack">
          <Entries title="Gone" none="None is gone." entries={of.gone} />
          <Entries title="Changed" none="None changed." entries={of.changed} />
        </div>
      </div>
    </>
  );
}

function Entries(props: { title: string; none: string; entries: readonly Entry[] }) {
  const { title, none, entries } = props;
  return (
    <Sheet title={title} more={String(entries.length)}>
      {entries.length === 0 && <p className="soft">{none}</p>}
      <ul className="rows">
        {entries.map(({ fingerprint, severity, title, device, control, now, changes }) => (
          <li className="line" key={fingerprint}>
            <Severity of={severity} />
            <span className="grow">
              <span className="title">{title}</span>{' '}
              <span className="small soft">
                {control} on {device}
              </span>
              {now && <div className="small">Now: {plain(now.replaceAll('_', ' '))}</div>}
              {changes?.map((change) => (
                <div className="small" key={change}>
                  {change}
                </div>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
