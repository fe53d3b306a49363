/** All devices: searched, filtered and sorted by the server, drawn only where one looks. */
import { Checkbox, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { type Answers, call } from '../api/client.ts';
import { UploadButton } from '../audits/UploadButton.tsx';
import { useAsk } from '../frame/queries.ts';
import { useMay } from '../frame/session.tsx';
import { Head, Severity } from '../parts/page.tsx';
import { Asked, Empty } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { many, nameOf, plain } from '../parts/words.ts';
import { BulkEdit } from './BulkEdit.tsx';

export type Device = Answers['GET /devices']['items'][number];
type Search = ReturnType<typeof route.useSearch>;
const route = getRouteApi('/inside/devices');
const ROW_PX = 44;
const COLUMNS = [
  ['name', 'Device'],
  ['type', 'Type'],
  ['vendor', 'Vendor'],
  [undefined, 'Address'],
  ['worst', 'Worst'],
  ['posture', 'Posture'],
  ['lastSeen', 'Last seen'],
] as const;
const CRITICALITIES = ['low', 'normal', 'high', 'essential'];

export function Devices() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { sort = 'lastSeen', order = 'desc', ...filter } = search;
  const set = (more: Partial<Search>) =>
    void navigate({ search: (before) => ({ ...before, ...more }), replace: true });
  const count = useAsk('GET /devices/count', { query: filter });
  const devices = useInfiniteQuery({
    queryKey: ['GET /devices', search],
    queryFn: ({ pageParam, signal }) =>
      call('GET /devices', {
        query: { ...filter, sort, order, limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const items = devices.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Head title="Devices" lead={count.data ? many(count.data.count, 'device') : ' '}>
        <UploadButton />
      </Head>
      <Filters search={search} set={set} />
      <Asked of={devices}>
        {() =>
          items.length === 0 ? (
            <section className="sheet">
              <Empty title="No device here">
                <p>Nothing matches. Change the filters, or upload a capture with more devices.</p>
              </Empty>
            </section>
          ) : (
            <Grid
              {...{ items, sort, order, set, chosen, setChosen }}
              total={count.data?.count ?? items.length}
              more={() => {
                if (devices.hasNextPage && !devices.isFetching) void devices.fetchNextPage();
              }}
            />
          )
        }
      </Asked>
      {chosen.size > 0 && (
        <BulkEdit
          devices={items.filter(({ id }) => chosen.has(id))}
          ids={[...chosen]}
          clear={() => setChosen(new Set())}
        />
      )}
    </>
  );
}

function Filters({ search, set }: { search: Search; set: (more: Partial<Search>) => void }) {
  const [typed, setTyped] = useState(search.search ?? '');
  const ask = useDebouncedCallback((text: string) => set({ search: text || undefined }), 150);
  const types = useAsk('GET /devices/count', { query: { by: 'type' } });
  const kinds = (types.data?.by ?? []).flatMap(({ value, count }) =>
    value ? [{ value, label: `${plain(value)} (${count})` }] : [],
  );
  return (
    <div className="filters">
      <TextInput
        className="wide"
        label="Search"
        placeholder="Name, address, vendor, model …"
        type="search"
        value={typed}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value);
          ask(currentTarget.value);
        }}
      />
      <Select
        label="Type"
        placeholder="All"
        clearable
        searchable
        data={kinds}
        value={search.type ?? null}
        onChange={(type) => set({ type: type ?? undefined })}
      />
      <Select
        label="Open findings"
        placeholder="Any or none"
        clearable
        data={[
          { value: '5', label: 'Critical' },
          { value: '4', label: 'High or worse' },
          { value: '3', label: 'Medium or worse' },
        ]}
        value={search.worst ?? null}
        onChange={(worst) => set({ worst: worst ?? undefined })}
      />
      <Select
        label="Criticality"
        placeholder="All"
        clearable
        data={CRITICALITIES.map((value) => ({ value, label: plain(value) }))}
        value={search.criticality ?? null}
        onChange={(criticality) => set({ criticality: criticality ?? undefined })}
      />
    </div>
  );
}

interface GridProps {
  readonly items: readonly Device[];
  readonly total: number;
  readonly sort: string;
  readonly order: string;
  readonly set: (more: Partial<Search>) => void;
  readonly chosen: ReadonlySet<string>;
  readonly setChosen: (chosen: ReadonlySet<string>) => void;
  readonly more: () => void;
}

function Grid(props: GridProps) {
  const { items, total, sort, order, set, chosen, setChosen, more } = props;
  const may = useMay();
  const place = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const drawn = rows.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - 20) more();
  }, [last, items.length, more]);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const all = items.length > 0 && items.every(({ id }) => chosen.has(id));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot draw a part of its rows.
    <div className="grid" ref={place} role="grid" aria-label="Devices" aria-rowcount={total + 1}>
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above; its cells hold what takes the focus. */}
      <div className="heads" role="row" aria-rowindex={1}>
        <Cell head>
          {may('devices.describe') && (
            <Checkbox
              aria-label="Choose all that are shown"
              checked={all}
              indeterminate={!all && chosen.size > 0}
              onChange={() => setChosen(all ? new Set() : new Set(items.map(({ id }) => id)))}
            />
          )}
          <span className="unseen">Choose</span>
        </Cell>
        {COLUMNS.map(([field, title]) => (
          <Cell key={title} head sorted={field && field === sort ? order : undefined}>
            {field ? (
              <button
                type="button"
                onClick={() =>
                  set({ sort: field, order: field === sort && order === 'asc' ? 'desc' : 'asc' })
                }
              >
                {title} {field === sort ? (order === 'asc' ? '↑' : '↓') : ''}
              </button>
            ) : (
              <span className="small soft">{title}</span>
            )}
          </Cell>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see above. */}
      <div className="body" role="rowgroup" style={{ height: rows.getTotalSize() }}>
        {drawn.map(({ index, start }) => {
          const device = items[index];
          if (!device) return null;
          return (
            // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above.
            <div
              key={device.id}
              role="row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Cell>
                {may('devices.describe') && (
                  <Checkbox
                    aria-label={`Choose ${nameOf(device)}`}
                    checked={chosen.has(device.id)}
                    onChange={() => toggle(device.id)}
                  />
                )}
              </Cell>
              <Row device={device} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Row({ device }: { device: Device }) {
  return (
    <>
      <Cell>
        <Link to="/devices/$id" params={{ id: device.id }}>
          {nameOf(device)}
        </Link>
        {device.criticality !== 'normal' && (
          <span className="small soft"> · {device.criticality}</span>
        )}
      </Cell>
      <Cell>{device.type ? plain(device.type) : <span className="soft">not known</span>}</Cell>
      <Cell>{device.vendor || <span className="soft">not known</span>}</Cell>
      <Cell>
        <code>{device.address || device.mac}</code>
      </Cell>
      <Cell>
        <Severity of={device.worst} />
      </Cell>
      <Cell>{device.posture ?? <span className="soft">–</span>}</Cell>
      <Cell>
        <span className="small">
          <Time at={device.lastSeen} />
        </span>
      </Cell>
    </>
  );
}

function Cell(props: { head?: boolean; sorted?: string | undefined; children?: React.ReactNode }) {
  const { head, sorted, children } = props;
  if (!head)
    return (
      // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above.
      <div role="gridcell">{children}</div>
    );
  const way = sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined;
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above.
    <div role="columnheader" aria-sort={way}>
      {children}
    </div>
  );
}
