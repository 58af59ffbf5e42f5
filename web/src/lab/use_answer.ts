// What the service answers to a question that a view asks when it appears and whenever `keys` change. The answer before stays
// until the next one is there; one that comes too late is not listened to.
import { useEffect, useState } from 'preact/hooks';
import { asProblem } from '../api/problem';

export interface Answer<T> {
  found: T | null;
  problem: string; // '' where there is none
}

export function useAnswer<T>(ask: () => Promise<T>, keys: readonly unknown[]): Answer<T> {
  const [found, setFound] = useState<T | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let gone = false;
    setProblem('');
    ask()
      .then((answer) => {
        if (!gone) setFound(() => answer);
      })
      .catch((error: unknown) => {
        if (!gone) setProblem(asProblem(error).message);
      });
    return () => {
      gone = true;
    };
  }, keys);
  return { found, problem };
}
