// Rows of metrics as the columns that curves are drawn from, and the events between them. A run that went back to a
// checkpoint counts on from there: what stood behind it is dropped.
import type { MetricsRow } from '../api/lab';

export type Axis = 'step' | 'tokens' | 'minutes';

export interface RunEvent {
  step: number;
  text: string;
}

export interface Curves {
  rows: MetricsRow[]; // each with a step, which only grows
  events: RunEvent[];
}

export const noCurves = (): Curves => ({ rows: [], events: [] });

const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

function eventText(row: MetricsRow): string {
  if (row['event'] === 'rollback')
    return `went back from step ${row['from'] ?? '?'} to the checkpoint of step ${row['step']}`;
  if (row['event'] === 'skip')
    return `left out batch ${row['batch'] ?? '?'} at step ${row['step']}: its loss was ${row['loss'] ?? 'no number'}`;
  return `${row['event']} at step ${row['step']}`;
}

export function extend(curves: Curves, more: MetricsRow[]): Curves {
  const rows = [...curves.rows];
  const events = [...curves.events];
  for (const row of more) {
    const step = number(row['step']);
    if (step === null) continue;
    if (typeof row['event'] === 'string') {
      events.push({ step, text: eventText(row) });
      if (row['event'] === 'rollback') while (rows.length > 0 && (rows.at(-1)!['step'] as number) > step) rows.pop();
      continue;
    }
    while (rows.length > 0 && (rows.at(-1)!['step'] as number) > step) rows.pop();
    const last = rows.at(-1);
    if (last && last['step'] === step) rows[rows.length - 1] = { ...last, ...row };
    else rows.push(row);
  }
  return { rows, events };
}

// x and one column for each name; null where a row has none.
export function columns(curves: Curves, axis: Axis, names: string[]): (number | null)[][] {
  const x = (row: MetricsRow): number | null =>
    axis === 'minutes' ? (number(row['seconds']) ?? 0) / 60 : number(row[axis]);
  const rows = curves.rows.filter((row) => x(row) !== null);
  return [rows.map(x), ...names.map((name) => rows.map((row) => number(row[name])))];
}

// The last number of this name.
export function latest(curves: Curves, name: string): number | null {
  return number(curves.rows.findLast((row) => number(row[name]) !== null)?.[name]);
}
