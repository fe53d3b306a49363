/** Questions to the API: kept, asked again when the server tells of a change, and not asked again where it refused. */
import { notifications } from '@mantine/notifications';
import { QueryClient, useMutation, useQuery } from '@tanstack/react-query';
import { type Answers, type Asked, type Call, call, Refused } from '../api/client.ts';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (count, error) => !(error instanceof Refused) && count < 5,
    },
  },
});

/** What the API answers, kept under the call and what was asked. */
export function useAsk<C extends Call>(name: C, asked: Asked<C> = {}, enabled = true) {
  return useQuery<Answers[C]>({
    queryKey: [name, asked.path ?? {}, asked.query ?? {}],
    queryFn: ({ signal }) => call(name, { ...asked, signal }),
    enabled,
  });
}

export function tell(message: string, wrong = false): void {
  notifications.show({ message, color: wrong ? 'red' : 'teal', autoClose: wrong ? 12_000 : 6_000 });
}

/** Something that is done; afterwards the pages look anew, and what is refused is told. */
export function useAct<Input = void, Output = unknown>(
  act: (input: Input) => Promise<Output>,
  done?: string | ((output: Output, input: Input) => string | undefined),
) {
  return useMutation<Output, Error, Input>({
    mutationFn: act,
    onSuccess: async (output, input) => {
      const said = typeof done === 'function' ? done(output, input) : done;
      if (said) tell(said);
      await queries.invalidateQueries();
    },
    onError: (error) => tell(error.message, true),
  });
}
