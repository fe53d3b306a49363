/** Live changes: each fact that the server tells makes the pages look anew, a few times a second at most. */
import { useEffect, useState } from 'react';
import { queries } from './queries.ts';

const AGAIN_MS = 400;

export function useLive(): 'live' | 'lost' | 'joining' {
  const [state, setState] = useState<'live' | 'lost' | 'joining'>('joining');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;
    const look = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries();
      }, AGAIN_MS);
    };
    // The browser connects again by itself and says where it was.
    const source = new EventSource('/api/v1/events');
    source.onopen = () => {
      setState('live');
      if (wasLost) look();
    };
    source.onerror = () => {
      wasLost = true;
      setState('lost');
    };
    source.addEventListener('fact', look);
    source.addEventListener('stale', look);
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, []);
  return state;
}
