// A value that views watch. It compares by identity, so a change is a new value, never an old one written over.
import { useEffect, useReducer } from 'preact/hooks';

export class Store<T> {
  private listeners = new Set<() => void>();
  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

// The store's value in a view, which is drawn again when it changes.
export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const value = store.get();
  useEffect(() => {
    if (!Object.is(store.get(), value)) redraw(undefined as never); // changed between drawing and watching
    return store.subscribe(() => redraw(undefined as never));
  }, [store]);
  return value;
}
