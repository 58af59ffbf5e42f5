// The funnel as bars: what is left, and what each step took. A step opens to its reasons, which choose the samples.
import type { Counts, Step, Wanted } from '../api/corpus';
import { bytes, count } from '../views/format';
import { funnelRows, lengthRows, percent, share, type FunnelRow, type Measure } from './funnel';

// What a bar is of: the part that stays, and behind it the part that goes.
export function Bar({ left, gone = 0 }: { left: number; gone?: number }) {
  return (
    <svg class="share-bar" width="100%" height="14" aria-hidden="true">
      <rect class="bar-ground" width="100%" height="14" rx="3" />
      <rect class="bar-left" width={`${left * 100}%`} height="14" rx="3" />
      <rect class="bar-gone" x={`${left * 100}%`} width={`${gone * 100}%`} height="14" rx="3" />
    </svg>
  );
}

const shown = (row: { documents: number; bytes: number }, measure: Measure): string =>
  measure === 'bytes' ? bytes(row.bytes) : count(row.documents);

export function FunnelPlot({
  counts,
  steps,
  measure,
  wanted,
  onWant,
}: {
  counts: Counts;
  steps: Step[]; // with the reasons of all sources
  measure: Measure;
  wanted: Wanted;
  onWant: (wanted: Wanted) => void;
}) {
  const whole = counts.read[measure];
  const row = (one: FunnelRow, at: number) => {
    const open = one.step !== '' && wanted.step === one.step && wanted.verdict === 'drop';
    const cells = (
      <>
        <span class="funnel-label">{one.label}</span>
        <Bar left={one.left} gone={one.gone} />
        <span class="right">{count(one.count.documents)}</span>
        <span class="right">{bytes(one.count.bytes)}</span>
        <span class="right">{percent(one.step ? one.gone : one.left)}</span>
      </>
    );
    if (!one.step)
      return (
        <li key={at} class="funnel-whole">
          <div class="funnel-row">{cells}</div>
        </li>
      );
    const reasons = steps.find((step) => step.step === one.step)?.reasons ?? [];
    return (
      <li key={at}>
        <button
          type="button"
          class="funnel-row"
          aria-expanded={open}
          aria-label={`${one.label}: dropped ${count(one.count.documents)} documents, ${bytes(one.count.bytes)}, ${percent(one.gone)}`}
          onClick={() => onWant(open ? { verdict: 'keep' } : { verdict: 'drop', step: one.step })}
        >
          {cells}
        </button>
        {open && (
          <ul class="reasons">
            {reasons.map((reason) => (
              <li key={reason.reason}>
                <button
                  type="button"
                  class="funnel-row"
                  aria-pressed={wanted.reason === reason.reason}
                  onClick={() =>
                    onWant({
                      verdict: 'drop',
                      step: one.step,
                      ...(wanted.reason === reason.reason ? {} : { reason: reason.reason }),
                    })
                  }
                >
                  <span class="funnel-label">{reason.reason}</span>
                  <Bar left={0} gone={share(reason[measure], Math.max(1, one.count[measure]))} />
                  <span class="right">{count(reason.documents)}</span>
                  <span class="right">{bytes(reason.bytes)}</span>
                  <span class="right">{percent(share(reason[measure], whole))}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </li>
    );
  };
  return (
    <div class="funnel" role="group" aria-label={`The funnel: ${shown(counts.kept, measure)} kept of ${shown(counts.read, measure)}`}>
      <div class="funnel-row funnel-head" aria-hidden="true">
        <span />
        <span />
        <span class="right">Documents</span>
        <span class="right">Bytes</span>
        <span class="right">Share</span>
      </div>
      <ol>{funnelRows(counts, measure).map(row)}</ol>
    </div>
  );
}

export function LengthPlot({ counts }: { counts: Counts }) {
  const rows = lengthRows(counts.read_lengths, counts.kept_lengths);
  const most = Math.max(1, ...rows.map((row) => row.read));
  return (
    <div class="table" tabIndex={0} role="region" aria-label="Documents by length">
      <table class="lengths">
        <thead>
          <tr>
            <th class="right">From</th>
            <th class="wide">Read, and kept of it</th>
            <th class="right">Read</th>
            <th class="right">Kept</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const kept = share(row.kept, most);
            return (
              <tr key={row.from}>
                <td class="right">{bytes(row.from)}</td>
                <td>
                  <Bar left={kept} gone={Math.max(0, share(row.read, most) - kept)} />
                </td>
                <td class="right">{count(row.read)}</td>
                <td class="right">{count(row.kept)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
