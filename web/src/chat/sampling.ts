// How answers are to be written: what the settings offer, and the fields of a request that come of it.

export interface Sampling {
  system: string;
  temperature: number | null; // null: the server's own
  top_p: number | null;
  top_k: number | null;
  min_p: number | null;
  max_tokens: number | null;
  seed: number | null;
  presence_penalty: number | null;
  frequency_penalty: number | null;
  repetition_penalty: number | null;
  stop: string; // texts, one a line
}

export const usualSampling = (): Sampling => ({
  system: '',
  temperature: 0.8,
  top_p: null,
  top_k: null,
  min_p: null,
  max_tokens: null,
  seed: null,
  presence_penalty: null,
  frequency_penalty: null,
  repetition_penalty: null,
  stop: '',
});

export type NumberName = Exclude<keyof Sampling, 'system' | 'stop'>;

export interface Control {
  name: NumberName;
  label: string;
  hint: string;
  low: number;
  high: number;
  step: number;
  usual: number; // what the server does where nothing is said
  slider: boolean;
}

export const controls: Control[] = [
  {
    name: 'temperature',
    label: 'Temperature',
    hint: '0 always takes the likeliest token; higher is bolder',
    low: 0,
    high: 2,
    step: 0.05,
    usual: 1,
    slider: true,
  },
  {
    name: 'top_p',
    label: 'Top p',
    hint: 'Choose among the likeliest tokens that make up this probability',
    low: 0,
    high: 1,
    step: 0.01,
    usual: 1,
    slider: true,
  },
  {
    name: 'min_p',
    label: 'Min p',
    hint: 'Leave out tokens less likely than this part of the likeliest',
    low: 0,
    high: 1,
    step: 0.01,
    usual: 0,
    slider: true,
  },
  {
    name: 'top_k',
    label: 'Top k',
    hint: 'Choose among so many of the likeliest tokens; 0 is all',
    low: 0,
    high: 1000,
    step: 1,
    usual: 0,
    slider: false,
  },
  {
    name: 'max_tokens',
    label: 'Longest answer',
    hint: 'Tokens; empty is as many as fit',
    low: 1,
    high: 1e6,
    step: 1,
    usual: 0,
    slider: false,
  },
  {
    name: 'seed',
    label: 'Seed',
    hint: 'The same seed writes the same text; empty draws one',
    low: 0,
    high: 2147483647,
    step: 1,
    usual: 0,
    slider: false,
  },
  {
    name: 'presence_penalty',
    label: 'Presence penalty',
    hint: 'Makes tokens that were written before less likely',
    low: -2,
    high: 2,
    step: 0.1,
    usual: 0,
    slider: true,
  },
  {
    name: 'frequency_penalty',
    label: 'Frequency penalty',
    hint: 'The same, as often as they were written',
    low: -2,
    high: 2,
    step: 0.1,
    usual: 0,
    slider: true,
  },
  {
    name: 'repetition_penalty',
    label: 'Repetition penalty',
    hint: 'Above 1: what stands in the prompt or text becomes less likely',
    low: 0.5,
    high: 2,
    step: 0.05,
    usual: 1,
    slider: true,
  },
];

// A number that a person has typed, within its bounds; null where there is none.
export function readNumber(control: Control, text: string): number | null {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return null;
  const within = Math.min(control.high, Math.max(control.low, value));
  return control.step >= 1 ? Math.round(within) : within;
}

export function requestFields(sampling: Sampling): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { name } of controls) {
    if (sampling[name] !== null) fields[name] = sampling[name];
  }
  const stop = sampling.stop
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, 16);
  if (stop.length > 0) fields['stop'] = stop;
  return fields;
}

// How many settings are not as they are at first.
export function changedCount(sampling: Sampling): number {
  const usual = usualSampling();
  return (Object.keys(usual) as (keyof Sampling)[]).filter((name) => sampling[name] !== usual[name]).length;
}
