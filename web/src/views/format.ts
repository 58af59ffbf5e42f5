// Numbers and times for people.

export function count(value: number): string {
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const) {
    if (Math.abs(value) >= size) return `${Number((value / (unit === 'k' ? 1e3 : size)).toPrecision(3))} ${unit}`;
  }
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

export function bytes(value: number): string {
  for (const [size, unit] of [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const) {
    if (value >= size) return `${Number((value / size).toPrecision(3))} ${unit}`;
  }
  return `${value} B`;
}

export function seconds(value: number): string {
  if (value < 0.0995) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${Number(value.toPrecision(value < 10 ? 2 : 3))} s`;
  if (value < 3600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  if (value < 86400) return `${Math.floor(value / 3600)} h ${Math.round((value % 3600) / 60)} min`;
  return `${Math.floor(value / 86400)} d ${Math.round((value % 86400) / 3600)} h`;
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
export const date = (iso: string): string => {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : full.format(time);
};

export const plural = (value: number, word: string): string => `${count(value)} ${word}${value === 1 ? '' : 's'}`;
