// What was decided on the documents of a curated corpus.
import { json } from './client';

export interface Count {
  documents: number;
  bytes: number;
}

export interface Reason extends Count {
  reason: string;
}

export interface Step extends Count {
  step: string;
  reasons?: Reason[];
}

export interface Counts {
  files: number;
  read: Count;
  kept: Count;
  dropped: Step[];
  read_lengths: number[];
  kept_lengths: number[];
}

export interface SourceCounts extends Counts {
  name: string;
  licence: string;
  consent: boolean;
  copies: number;
  mixed: Count;
}

export interface Funnel {
  id: string;
  all: Counts & { changed: Step[]; skipped: { reason: string; items: number }[] };
  sources: SourceCounts[];
  more_sources: boolean;
  left_out: { name: string; reason: string }[];
  corpus: {
    documents: number;
    bytes: number;
    train_documents: number;
    train_bytes: number;
    valid_documents: number;
    valid_bytes: number;
  };
}

export interface Decision {
  source: string;
  file: string;
  place: string;
  id?: string;
  step: string;
  verdict: 'drop' | 'change' | 'skip' | 'keep';
  reason?: string;
  figure?: number;
  limit?: number;
  cuts?: { reason: string; count: number; bytes: number }[];
  bytes: number;
  excerpt: string;
  mark: [number, number]; // bytes of the excerpt
  of?: Place;
}

export interface Place {
  source: string;
  file: string;
  place: string;
  id: string;
}

// Two documents that are alike but for a few words.
export interface Altered {
  original: Place;
  copy: Place;
  differences: { kind: string; original: string; copy: string }[];
}

export interface Clusters extends Pick<Count, 'bytes'> {
  clusters: number;
  copies: number;
  largest: { of: Place; copies: number; bytes: number; members: Decision[] }[];
  altered: Altered[] | null;
}

export interface Wanted {
  step?: string;
  reason?: string;
  source?: string;
  verdict?: Decision['verdict'];
}

const name = encodeURIComponent;

export const funnel = (id: string): Promise<Funnel> => json(`/lab/artifacts/${name(id)}/funnel`);
export const decisions = (id: string, wanted: Wanted, seed: number, limit = 6): Promise<{ data: Decision[] }> => {
  const fields = Object.entries(wanted)
    .filter(([, value]) => value)
    .map(([key, value]) => `&${key}=${name(value)}`);
  return json(`/lab/artifacts/${name(id)}/decisions?limit=${limit}&seed=${seed}${fields.join('')}`);
};
export const clusters = (id: string, limit = 8): Promise<Clusters> =>
  json(`/lab/artifacts/${name(id)}/clusters?limit=${limit}`);
