/** The frame of pages for people who are not in yet. */
import { type ReactNode, useEffect } from 'react';
import mark from '../mark.svg';

export function Door(props: { title: string; lead?: string; children: ReactNode }) {
  const { title, lead, children } = props;
  useEffect(() => {
    document.title = `${title} · Fleetward`;
  }, [title]);
  return (
    <div className="door">
      <main>
        <span className="brand">
          <img src={mark} alt="" /> Fleetward
        </span>
        <div className="sheet">
          <div>
            <h1>{title}</h1>
            {lead && <p className="soft">{lead}</p>}
          </div>
          {children}
        </div>
      </main>
    </div>
  );
}
