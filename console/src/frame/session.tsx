/** Who is signed in and what they may do; the dialog that asks for a proof without leaving the page. */
import { Button, Modal, TextInput } from '@mantine/core';
import { startAuthentication } from '@simplewebauthn/browser';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { passkeyOptions, problemText } from '../access/passkey.ts';
import { SignInForm } from '../access/SignInForm.tsx';
import { type Answers, call, keepCsrf, onProof } from '../api/client.ts';

type Me = Answers['GET /me'];

export function useMe() {
  return useQuery({
    queryKey: ['me'],
    queryFn: async (): Promise<Me> => {
      const me = await call('GET /me');
      keepCsrf(me.csrf);
      return me;
    },
    staleTime: 60_000,
  });
}

/** Asks the one table of permissions, as the server told it for this person. */
export function useMay(): (permission: string) => boolean {
  const { data } = useMe();
  return (permission) => data?.permissions.some(({ name }) => name === permission) ?? false;
}

export function May({ permission, children }: { permission: string; children: ReactNode }) {
  return useMay()(permission) ? children : null;
}

/** Opens when a call needs a proof; the call waits for it. */
export function Proofs() {
  const [asked, setAsked] = useState<'sign-in' | 'step-up'>();
  const answer = useRef<(proved: boolean) => void>(undefined);
  const waiting = useRef<Promise<boolean>>(undefined);
  useEffect(() => {
    onProof((what) => {
      // Calls that fail together wait for one proof.
      waiting.current ??= new Promise<boolean>((resolve) => {
        answer.current = resolve;
        setAsked(what);
      }).finally(() => {
        waiting.current = undefined;
      });
      return waiting.current;
    });
    return () => onProof(undefined);
  }, []);
  const close = (proved: boolean) => {
    setAsked(undefined);
    answer.current?.(proved);
  };
  return (
    <Modal
      opened={asked !== undefined}
      onClose={() => close(false)}
      title={asked === 'step-up' ? 'Is it you?' : 'Your session ended'}
    >
      {asked === 'step-up' ? (
        <StepUp done={() => close(true)} />
      ) : (
        <div className="stack">
          <p className="soft">Sign in again to go on. What you typed is still here.</p>
          <SignInForm done={() => close(true)} />
        </div>
      )}
    </Modal>
  );
}

function StepUp({ done }: { done: () => void }) {
  const [code, setCode] = useState('');
  const [wrong, setWrong] = useState('');
  const attempt = async (prove: () => Promise<{ csrf: string }>) => {
    try {
      setWrong('');
      keepCsrf((await prove()).csrf);
      done();
    } catch (error) {
      setWrong(problemText(error));
    }
  };
  const byPasskey = () =>
    attempt(async () => {
      const { ceremony, options } = await call('POST /step-up/passkey/begin');
      const response = await startAuthentication({ optionsJSON: passkeyOptions(options) });
      return call('POST /step-up/passkey', { body: { ceremony, response } });
    });
  const byCode = (event: FormEvent) => {
    event.preventDefault();
    void attempt(() => call('POST /step-up/code', { body: { code } }));
  };
  return (
    <div className="stack">
      <p className="soft">What you are about to do reaches far, so it needs a fresh proof.</p>
      <Button onClick={byPasskey}>Use passkey</Button>
      <form className="stack" onSubmit={byCode}>
        <TextInput
          label="Or a code of your authenticator app"
          value={code}
          autoComplete="one-time-code"
          onChange={({ currentTarget }) => setCode(currentTarget.value)}
        />
        {code && (
          <Button type="submit" variant="light">
            Confirm with code
          </Button>
        )}
      </form>
      {wrong && <p role="alert">{wrong}</p>}
    </div>
  );
}
