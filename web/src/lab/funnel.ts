// The numbers of a curated corpus as they are drawn: what is left after each step, lengths, and the marked place of an
// excerpt.
import type { Count, Counts } from '../api/corpus';

export type Measure = 'bytes' | 'documents';

export interface FunnelRow {
  step: string; // "" of what was read, and of what was kept
  label: string;
  count: Count; // that was dropped here; of the first and the last row: that there is
  left: number; // of what was read, from 0 to 1, behind this step
  gone: number; // in this step, from 0 to 1
}

export const share = (part: number, whole: number): number => (whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0);

export function percent(value: number): string {
  if (value > 0 && value < 0.0005) return '<0.1%';
  return `${(value * 100).toFixed(1)}%`;
}

export function funnelRows(counts: Counts, measure: Measure): FunnelRow[] {
  const whole = counts.read[measure];
  const rows: FunnelRow[] = [{ step: '', label: 'read', count: counts.read, left: whole > 0 ? 1 : 0, gone: 0 }];
  // Steps that cut text out of documents make them shorter, so that what is kept is less than what was not dropped.
  let left = whole;
  for (const step of counts.dropped) {
    left = Math.max(0, left - step[measure]);
    rows.push({
      step: step.step,
      label: step.step,
      count: { documents: step.documents, bytes: step.bytes },
      left: share(left, whole),
      gone: share(step[measure], whole),
    });
  }
  rows.push({ step: '', label: 'kept', count: counts.kept, left: share(counts.kept[measure], whole), gone: 0 });
  return rows;
}

export interface LengthRow {
  from: number; // bytes
  read: number;
  kept: number;
}

// The lengths that there are, from the shortest to the longest.
export function lengthRows(read: number[], kept: number[]): LengthRow[] {
  const rows = read.map((value, at) => ({ from: 2 ** at, read: value, kept: kept[at] ?? 0 }));
  const there = (row: LengthRow): boolean => row.read > 0 || row.kept > 0;
  const first = rows.findIndex(there);
  return first < 0 ? [] : rows.slice(first, rows.findLastIndex(there) + 1);
}

// An excerpt in three parts: before the marked place, it, and behind it. The mark counts bytes of UTF-8.
export function marked(excerpt: string, [begin, end]: [number, number]): [string, string, string] {
  const bytes = new TextEncoder().encode(excerpt);
  const from = Math.min(Math.max(0, begin), bytes.length);
  const to = Math.min(Math.max(from, end), bytes.length);
  const text = new TextDecoder();
  return [text.decode(bytes.slice(0, from)), text.decode(bytes.slice(from, to)), text.decode(bytes.slice(to))];
}
