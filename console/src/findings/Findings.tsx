/** The inbox: findings from the gravest on, worked through by keyboard. */
import { Button, Checkbox, Kbd, Modal, Select } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { type Answers, call } from '../api/client.ts';
import { useAsk } from '../frame/queries.ts';
import { useMay, useMe } from '../frame/session.tsx';
import { Head, Severity } from '../parts/page.tsx';
import { Asked, Empty } from '../parts/states.tsx';
import { many } from '../parts/words.ts';
import { Accept, useAssign, useReopen } from './acts.tsx';
import { Finding } from './Finding.tsx';

type Item = Answers['GET /findings']['items'][number];
type Search = ReturnType<typeof route.useSearch>;
const route = getRouteApi('/inside/findings');

export function Findings() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { open, ...filter } = search;
  const set = (more: Partial<Search>) =>
    void navigate({ search: (before) => ({ ...before, ...more }), replace: true });
  const findings = useInfiniteQuery({
    queryKey: ['GET /findings', filter],
    queryFn: ({ pageParam: cursor, signal }) =>
      call('GET /findings', { query: { ...filter, limit: 100, cursor }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const count = useAsk('GET /findings/count', { query: filter });
  const items = findings.data?.pages.flatMap((page) => page.items) ?? [];
  const [help, setHelp] = useState(false);
  return (
    <>
      <Head
        title="Findings"
        lead={count.data ? many(count.data.count, `${search.state ?? 'open'} finding`) : ' '}
      >
        <Button variant="default" onClick={() => setHelp(true)}>
          Keys <Kbd ml={8}>?</Kbd>
        </Button>
      </Head>
      <Filters search={search} set={set} />
      <Asked of={findings}>
        {() =>
          items.length === 0 && !open ? (
            <section className="sheet">
              <Empty title={search.state ? 'Nothing here' : 'Nothing is open'}>
                <p>No finding matches what you chose.</p>
              </Empty>
            </section>
          ) : (
            <Inbox
              items={items}
              open={open}
              set={set}
              help={() => setHelp(true)}
              more={findings.hasNextPage ? () => void findings.fetchNextPage() : undefined}
            />
          )
        }
      </Asked>
      <Modal opened={help} onClose={() => setHelp(false)} title="Keys">
        <Keys />
      </Modal>
    </>
  );
}

function Filters({ search, set }: { search: Search; set: (more: Partial<Search>) => void }) {
  const { data: me } = useMe();
  const { data: tally } = useAsk('GET /findings/count', {
    query: { by: 'control', state: search.state },
  });
  const { data: controls } = useAsk('GET /controls');
  const kinds = (tally?.by ?? []).map(({ value, count }) => ({
    value: String(value),
    label: `${controls?.find(({ id }) => id === value)?.title ?? value} (${count})`,
  }));
  return (
    <div className="filters">
      <Select
        label="State"
        data={[
          { value: 'open', label: 'Open' },
          { value: 'accepted', label: 'Accepted' },
          { value: 'fixed', label: 'Fixed' },
        ]}
        value={search.state ?? 'open'}
        allowDeselect={false}
        onChange={(state) => set({ state: state === 'open' ? undefined : (state ?? undefined) })}
      />
      <Select
        label="Severity"
        placeholder="All"
        clearable
        data={[
          { value: '5', label: 'Critical' },
          { value: '4', label: 'High or worse' },
          { value: '3', label: 'Medium or worse' },
        ]}
        value={search.severity ?? null}
        onChange={(severity) => set({ severity: severity ?? undefined })}
      />
      <Select
        className="wide"
        label="Control"
        placeholder="All"
        clearable
        searchable
        data={kinds}
        value={search.control ?? null}
        onChange={(control) => set({ control: control ?? undefined })}
      />
      <Select
        label="Owner"
        placeholder="Anybody"
        clearable
        data={[
          { value: me?.id ?? '-', label: 'Me' },
          { value: 'none', label: 'Nobody yet' },
        ]}
        value={search.assignee ?? null}
        onChange={(assignee) => set({ assignee: assignee ?? undefined })}
      />
      {search.device && (
        <Button variant="light" onClick={() => set({ device: undefined })}>
          One device only: show all
        </Button>
      )}
    </div>
  );
}

interface InboxProps {
  readonly items: readonly Item[];
  readonly open: string | undefined;
  readonly set: (more: Partial<Search>) => void;
  readonly help: () => void;
  readonly more: (() => void) | undefined;
}

function Inbox({ items, open, set, help, more }: InboxProps) {
  const may = useMay();
  const { data: me } = useMe();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [accepting, setAccepting] = useState<readonly string[]>();
  const assign = useAssign();
  const reopen = useReopen();
  const now = open ?? items[0]?.id;
  const at = items.findIndex(({ id }) => id === now);
  const targets = chosen.size > 0 ? [...chosen] : now ? [now] : [];
  const list = useRef<HTMLUListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows what is looked at.
  useEffect(() => {
    list.current?.querySelector('.now')?.scrollIntoView({ block: 'nearest' });
  }, [now]);
  const go = (step: number) => {
    const next = items[Math.max(0, Math.min(items.length - 1, at + step))];
    if (next) set({ open: next.id });
  };
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  useHotkeys([
    ['j', () => go(1)],
    ['k', () => go(-1)],
    ['x', () => now && toggle(now)],
    ['a', () => may('findings.accept') && targets.length > 0 && setAccepting(targets)],
    ['u', () => may('findings.accept') && targets.length > 0 && reopen(targets)],
    ['m', () => may('findings.work') && me && assign.mutate({ findings: targets, to: me.id })],
    ['c', () => document.getElementById('comment')?.focus()],
    ['shift+?', help],
    ['?', help],
  ]);
  return (
    <div className="inbox">
      <section className="sheet list" aria-label="Findings">
        <ul ref={list}>
          {items.map((item) => (
            <li key={item.id} className={item.id === now ? 'now' : ''}>
              {may('findings.work') && (
                <Checkbox
                  aria-label={`Choose ${item.title} on ${item.deviceName}`}
                  checked={chosen.has(item.id)}
                  onChange={() => toggle(item.id)}
                />
              )}
              <Link
                to="/findings"
                search={(before) => ({ ...before, open: item.id })}
                replace
                aria-current={item.id === now ? 'true' : undefined}
              >
                <span className="title">{item.title}</span>
                <span className="small soft">{item.deviceName}</span>
              </Link>
              <Severity of={item.severity} />
            </li>
          ))}
          {more && (
            <li>
              <Button variant="default" onClick={more}>
                Show more
              </Button>
            </li>
          )}
        </ul>
      </section>
      <div className="stack">
        {chosen.size > 0 && (
          <section className="bar" aria-label="Chosen findings">
            <b>{many(chosen.size, 'finding')} chosen</b>
            {may('findings.accept') && (
              <Button onClick={() => setAccepting(targets)}>Accept them</Button>
            )}
            {me && (
              <Button
                variant="default"
                onClick={() => assign.mutate({ findings: targets, to: me.id })}
              >
                Take them
              </Button>
            )}
            <Button variant="subtle" onClick={() => setChosen(new Set())}>
              Clear
            </Button>
          </section>
        )}
        {now && <Finding id={now} accept={() => setAccepting([now])} />}
      </div>
      <Accept
        findings={accepting}
        close={() => {
          setAccepting(undefined);
          setChosen(new Set());
        }}
      />
    </div>
  );
}

const KEYS = [
  ['j', 'next finding'],
  ['k', 'finding before'],
  ['x', 'choose it, to act on several'],
  ['a', 'accept the risk'],
  ['u', 'take an acceptance back'],
  ['m', 'make it mine'],
  ['c', 'comment'],
  ['?', 'this list'],
] as const;

const Keys = () => (
  <dl className="facts">
    {KEYS.map(([key, what]) => (
      <Pair key={key} name={key} what={what} />
    ))}
  </dl>
);

const Pair = ({ name, what }: { name: string; what: string }) => (
  <>
    <dt>
      <Kbd>{name}</Kbd>
    </dt>
    <dd>{what}</dd>
  </>
);
