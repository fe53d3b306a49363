/** Names of people, as far as one may know them. */
import { useAsk } from '../frame/queries.ts';
import { useMay, useMe } from '../frame/session.tsx';

export function usePeople() {
  const may = useMay();
  const { data: me } = useMe();
  const { data } = useAsk('GET /people', { query: { limit: 200 } }, may('people.read'));
  const people = data?.items ?? [];
  const active = people.filter(({ status }) => status === 'active');
  return {
    people: active.length > 0 || !me ? active : [{ id: me.id, name: me.name }],
    nameOf: (id: string): string =>
      people.find((person) => person.id === id)?.name ?? (id === me?.id ? me.name : 'a colleague'),
  };
}
