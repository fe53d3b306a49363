/** What stands where there is nothing (yet), or where something went wrong. */
import { Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';

export const Loading = () => (
  <div className="empty" role="status">
    <Loader size="sm" aria-hidden />
    <span className="unseen">Loading</span>
  </div>
);

export function Broken({ error }: { error: unknown }) {
  return (
    <div className="empty" role="alert">
      <h2>This cannot be shown</h2>
      <p>{error instanceof Error ? error.message : 'Something unexpected happened.'}</p>
      <Button variant="default" onClick={() => window.location.reload()}>
        Try again
      </Button>
    </div>
  );
}

export const Missing = () => (
  <Empty title="There is no such page">
    <p>
      The address may be old. <a href="/">Go to the overview</a>
    </p>
  </Empty>
);

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Shows what a question brought, or why it brought nothing. */
export function Asked<T>(props: {
  of: { data: T | undefined; error: Error | null };
  children: (data: T) => ReactNode;
}) {
  const { data, error } = props.of;
  if (data !== undefined) return props.children(data);
  return error ? <Broken error={error} /> : <Loading />;
}
