/** The head of a page and the sheets on it. */
import { type ReactNode, useEffect } from 'react';

export function Head(props: { title: string; lead?: ReactNode; children?: ReactNode }) {
  const { title, lead, children } = props;
  useEffect(() => {
    document.title = `${title} · Fleetward`;
  }, [title]);
  return (
    <div className="head">
      <div>
        <h1>{title}</h1>
        {lead && <div className="soft">{lead}</div>}
      </div>
      {children && <div className="acts">{children}</div>}
    </div>
  );
}

export function Sheet(props: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section className="sheet" aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        {props.more && <span className="small soft">{props.more}</span>}
      </header>
      {props.children}
    </section>
  );
}

/** What is wider than a phone scrolls in itself, also by keyboard. */
export const Scroll = ({ children }: { children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll only what has the focus.
  <div className="scroll" tabIndex={0}>
    {children}
  </div>
);

export const SEVERITIES = ['none', 'info', 'low', 'medium', 'high', 'critical'] as const;

export function Severity({ of }: { of: string | number }) {
  const name = typeof of === 'number' ? (SEVERITIES[of] ?? 'none') : of;
  return <span className={`severity ${name}`}>{name}</span>;
}

export function Meter({ value, label }: { value: number; label: string }) {
  return (
    <svg className="meter" width="100%" height="8" role="img" aria-label={label}>
      <rect width={`${value}%`} height="8" rx="4" fill="var(--brand)" />
    </svg>
  );
}
