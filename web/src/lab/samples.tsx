// Documents of a corpus drawn by lot, each with the place that a step saw.
import { useEffect, useState } from 'preact/hooks';
import { decisions, type Decision, type Place, type Wanted } from '../api/corpus';
import { CopyButton } from '../views/copy';
import { bytes, count, plural } from '../views/format';
import { marked } from './funnel';
import { useAnswer } from './use_answer';

export const where = ({ file, place }: Pick<Place, 'file' | 'place'>): string => (place ? `${file}, ${place}` : file);

const verdicts = { drop: 'dropped', change: 'changed', skip: 'not read', keep: 'kept' };

function what(decision: Decision): string {
  if (decision.cuts)
    return decision.cuts
      .map((cut) => `${cut.reason}: ${plural(cut.count, 'cut')}, ${bytes(cut.bytes)}`)
      .join(' · ');
  const figure = decision.figure === undefined ? '' : `: ${count(decision.figure)}`;
  const limit = decision.figure === undefined || decision.limit === undefined ? '' : ` (limit ${count(decision.limit)})`;
  return `${decision.reason ?? ''}${figure}${limit}`;
}

export function Excerpt({ decision }: { decision: Decision }) {
  const [before, place, behind] = marked(decision.excerpt, decision.mark);
  return (
    <blockquote class="excerpt" tabIndex={0}>
      {before}
      {place && <mark>{place}</mark>}
      {behind}
    </blockquote>
  );
}

export function DecisionCard({ decision }: { decision: Decision }) {
  return (
    <article class="decision">
      <header>
        <b>{where(decision)}</b>
        <span class={`pill verdict-${decision.verdict}`}>{verdicts[decision.verdict]}</span>
        {decision.id && <CopyButton text={decision.id} label={`Copy the id ${decision.id}`} />}
      </header>
      <p class="soft">
        {decision.source}
        {decision.bytes > 0 && ` · ${bytes(decision.bytes)}`}
        {decision.step && ` · ${decision.step}`}
        {what(decision) && ` · ${what(decision)}`}
      </p>
      {decision.of && (
        <p class="soft">
          a copy of {where(decision.of)} in {decision.of.source}
        </p>
      )}
      {decision.excerpt && <Excerpt decision={decision} />}
    </article>
  );
}

export function Samples({ id, wanted, title }: { id: string; wanted: Wanted; title: string }) {
  const [seed, setSeed] = useState(1);
  const key = JSON.stringify(wanted);
  useEffect(() => setSeed(1), [key]);
  const { found, problem } = useAnswer(() => decisions(id, wanted, seed), [id, key, seed]);
  const list = found?.data ?? null;
  return (
    <section class="samples" aria-label="Samples">
      <header class="row">
        <h2>{title}</h2>
        <button type="button" onClick={() => setSeed(seed + 1)}>
          Others
        </button>
      </header>
      {problem && (
        <p class="notice" role="alert">
          <span>{problem}</span>
        </p>
      )}
      <div aria-live="polite">
        {list === null ? (
          !problem && <p class="soft">Drawing…</p>
        ) : list.length === 0 ? (
          <p class="soft">There is none.</p>
        ) : (
          <div class="decisions">
            {list.map((decision, at) => (
              <DecisionCard key={`${decision.id}${at}`} decision={decision} />
            ))}
          </div>
        )}
      </div>
    </section>
  );
}
