/** Facts in words: who did what to what, when and why. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { usePeople } from '../access/usePeople.ts';
import { type Answers, call } from '../api/client.ts';
import { Asked } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { plain } from '../parts/words.ts';

type Fact = Answers['GET /facts']['items'][number];

export function Facts(props: { device?: string; action?: string; subject?: string }) {
  const { device, action, subject } = props;
  const facts = useInfiniteQuery({
    queryKey: ['facts', props],
    queryFn: ({ pageParam: cursor, signal }) =>
      device
        ? call('GET /devices/{id}/facts', {
            path: { id: device },
            query: { cursor, limit: 15 },
            signal,
          })
        : call('GET /facts', { query: { cursor, action, subject, limit: 50 }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  return (
    <Asked of={facts}>
      {({ pages }) => (
        <>
          {pages[0]?.items.length === 0 && <p className="soft">Nothing happened yet.</p>}
          <ul className="rows">
            {pages
              .flatMap(({ items }) => items)
              .map((fact) => (
                <One key={fact.id} fact={fact} here={device} />
              ))}
          </ul>
          {facts.hasNextPage && (
            <div>
              <Button
                variant="default"
                loading={facts.isFetchingNextPage}
                onClick={() => void facts.fetchNextPage()}
              >
                Show older
              </Button>
            </div>
          )}
        </>
      )}
    </Asked>
  );
}

function One({ fact, here }: { fact: Fact; here: string | undefined }) {
  const { nameOf } = usePeople();
  const { actor, action, subjects, reason, time, body } = fact;
  const control = (body as { control?: unknown } | null)?.control;
  const other = subjects.filter(({ id }) => id !== here);
  return (
    <li className="line">
      <span className="grow">
        <span className="title">{plain(action)}</span>
        {typeof control === 'string' && <span> {control}</span>}{' '}
        <span className="soft">by {actor.kind === 'person' ? nameOf(actor.id) : actor.kind}</span>
        {reason && <div className="small soft">“{reason}”</div>}
        <div className="small">
          {other.map(({ kind, id }) => (
            <Subject key={kind + id} kind={kind} id={id} />
          ))}
        </div>
      </span>
      <span className="small soft">
        <Time at={Date.parse(time)} />
      </span>
    </li>
  );
}

function Subject({ kind, id }: { kind: string; id: string }) {
  if (kind === 'device')
    return (
      <Link className="chip" to="/devices/$id" params={{ id }}>
        device
      </Link>
    );
  if (kind === 'finding')
    return (
      <Link className="chip" to="/findings" search={{ open: id }}>
        finding
      </Link>
    );
  return null;
}
