// Conversations in the browser's own database, and nowhere else. Where there is none they last as long as the page.
import type { Conversation } from './conversation';
import { usualSampling } from './sampling';
import { settled } from './tree';

const kName = 'persea',
  kTable = 'conversations';

let opening: Promise<IDBDatabase | null> | null = null;

function database(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(kName, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(kTable, { keyPath: 'id' });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

async function within<T>(
  mode: IDBTransactionMode,
  action: (table: IDBObjectStore) => IDBRequest<T>,
): Promise<T | null> {
  const db = await database();
  if (!db) return null;
  return new Promise((resolve) => {
    try {
      const request = action(db.transaction(kTable, mode).objectStore(kTable));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

const looksRight = (value: unknown): value is Conversation => {
  const one = value as Partial<Conversation> | null;
  return (
    typeof one?.id === 'string' && Array.isArray(one.lanes) && one.lanes.length > 0 && typeof one.sampling === 'object'
  );
};

// All of them, the newest first.
export async function loadAll(): Promise<Conversation[]> {
  const all = ((await within('readonly', (table) => table.getAll() as IDBRequest<unknown[]>)) ?? []).filter(looksRight);
  const whole = all.map((one) => ({
    ...one,
    sampling: { ...usualSampling(), ...one.sampling },
    lanes: one.lanes.map((lane) => ({ ...lane, tree: settled(lane.tree) })),
  }));
  return whole.sort((a, b) => b.updated - a.updated);
}

export const save = (conversation: Conversation): Promise<unknown> =>
  within('readwrite', (table) => table.put(conversation));
export const remove = (id: string): Promise<unknown> => within('readwrite', (table) => table.delete(id));
