// One line that says what is wrong, with a button for the mend where there is one.
import type { ComponentChildren } from 'preact';
import type { Problem } from '../api/problem';
import { panel } from './panels';

export function Notice({ text, children }: { text: string; children?: ComponentChildren }) {
  return (
    <p class="notice" role="alert">
      <span>{text}</span>
      {children}
    </p>
  );
}

export function ProblemNotice({ problem, onRetry }: { problem: Problem; onRetry: () => void }) {
  return (
    <Notice text={problem.message}>
      {problem.needsKey ? (
        <button type="button" onClick={() => panel.set('key')}>
          Enter a key
        </button>
      ) : (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </Notice>
  );
}
