// What is served here: the server's abilities and its models.
import { Store } from '../state/store';
import { json } from './client';
import { Problem } from './problem';

export interface About {
  version: string;
  keys: boolean; // a key is asked for
  feedback: boolean; // what people say of replies is stored
  lab: boolean;
}

export interface Model {
  id: string;
  max_model_len: number;
  persea: { digest: string; artifact: string | null; parameters: number; weights: string; device: string; chat: boolean };
}

export interface Served {
  about: About | null;
  models: Model[];
  problem: Problem | null;
  loading: boolean;
}

export const served = new Store<Served>({ about: null, models: [], problem: null, loading: true });

export async function loadServed(): Promise<void> {
  served.update((now) => ({ ...now, loading: true }));
  let about = served.get().about;
  try {
    about = await json<About>('/about');
    const list = await json<{ data: Model[] }>('/v1/models');
    served.set({ about, models: list.data, problem: null, loading: false });
  } catch (error) {
    served.set({
      about,
      models: [],
      problem: error instanceof Problem ? error : new Problem(String(error)),
      loading: false,
    });
  }
}
